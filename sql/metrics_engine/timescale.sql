-- metrics as a hypertable, where TimescaleDB is in the database when its tables are made; compressed where its licence allows. All of
-- TimescaleDB that this service uses is in this one function, which the migration calls with the licence it found.
create or replace function metrics_engine.use_timescale(licence text) returns text
language plpgsql as $$
declare
  home text := (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'timescaledb');
  outcome text := 'hypertable';
begin
  if (select relkind from pg_class where oid = 'metrics_engine.metrics'::regclass) <> 'p' then
    return 'hypertable already';
  end if;
  if exists (select from metrics_engine.metrics) or exists (select from pg_views where schemaname = 'reader' and viewname = 'v_explain') then
    return 'native days: the table was in use before the extension came';
  end if;
  drop view metrics_engine.v_metrics;
  create table metrics_engine.metrics_flat (like metrics_engine.metrics including defaults including constraints);
  drop table metrics_engine.metrics;
  alter table metrics_engine.metrics_flat rename to metrics;
  alter table metrics_engine.metrics add primary key (partition, epoch, sequence, time);
  create index metrics_symbol_time on metrics_engine.metrics (symbol, time);
  perform tickmesh.declare_view('metrics_engine', 'metrics');
  execute format('select %I.create_hypertable(%L::regclass, ''time''::name, chunk_time_interval => interval ''1 day'')', home, 'metrics_engine.metrics');
  if licence <> 'timescale' then
    return outcome || ', compression needs another licence than ' || licence;
  end if;
  begin
    execute 'alter table metrics_engine.metrics set (timescaledb.compress, timescaledb.compress_segmentby = ''symbol'', '
            'timescaledb.compress_orderby = ''time'')';
    execute format('select %I.add_compression_policy(%L::regclass, interval ''1 day'')', home, 'metrics_engine.metrics');
    return outcome || ', compressed after a day';
  exception when others then
    return outcome || ', compression refused: ' || sqlerrm;
  end;
end $$;
