-- Metrics come faster than anything but ticks, so they are kept by day as well.
select tickmesh.declare_days('metrics_engine');

alter table metrics_engine.metrics rename to metrics_before_days;
alter index metrics_engine.metrics_symbol_time rename to metrics_before_days_symbol_time;
alter index metrics_engine.metrics_pkey rename to metrics_before_days_pkey;
create table metrics_engine.metrics (
  like metrics_engine.metrics_before_days including defaults,
  primary key (partition, epoch, sequence, time)
) partition by range (time);
create index metrics_symbol_time on metrics_engine.metrics (symbol, time);

select tickmesh.ensure_day('metrics_engine', 'metrics', day)
  from (select distinct (time at time zone 'UTC')::date as day from metrics_engine.metrics_before_days) d;
insert into metrics_engine.metrics select * from metrics_engine.metrics_before_days;

do $$
declare
  columns text;
begin
  select string_agg(quote_ident(attname), ', ' order by attnum) into strict columns
    from pg_attribute where attrelid = 'metrics_engine.metrics'::regclass and attnum > 0 and not attisdropped;
  execute format('create or replace view metrics_engine.v_metrics as select %s from metrics_engine.metrics', columns);
end $$;
-- reader.v_explain, made before this, still reads the old table: the reader's next migration lets it go.
truncate metrics_engine.metrics_before_days;
