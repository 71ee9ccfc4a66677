-- ticks as a hypertable, where TimescaleDB is in the database when its tables are made; compressed where its licence allows. All of
-- TimescaleDB that this service uses is in this one function, which the migration calls with the licence it found.
create or replace function tick_ingestor.use_timescale(licence text) returns text
language plpgsql as $$
declare
  home text := (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'timescaledb');
  outcome text := 'hypertable';
begin
  if (select relkind from pg_class where oid = 'tick_ingestor.ticks'::regclass) <> 'p' then
    return 'hypertable already';
  end if;
  if exists (select from tick_ingestor.ticks) or exists (select from pg_views where schemaname = 'reader' and viewname = 'v_explain') then
    return 'native days: the table was in use before the extension came';
  end if;
  drop view tick_ingestor.v_ticks;
  create table tick_ingestor.ticks_flat (like tick_ingestor.ticks including defaults including constraints);
  drop table tick_ingestor.ticks;
  alter table tick_ingestor.ticks_flat rename to ticks;
  alter table tick_ingestor.ticks add primary key (time, partition, epoch, sequence);
  create index ticks_time on tick_ingestor.ticks using brin (time);
  perform tickmesh.declare_view('tick_ingestor', 'ticks');
  execute format('select %I.create_hypertable(%L::regclass, ''time''::name, chunk_time_interval => interval ''1 day'')', home, 'tick_ingestor.ticks');
  if licence <> 'timescale' then
    return outcome || ', compression needs another licence than ' || licence;
  end if;
  begin
    execute 'alter table tick_ingestor.ticks set (timescaledb.compress, timescaledb.compress_segmentby = ''symbol'', '
            'timescaledb.compress_orderby = ''time'')';
    execute format('select %I.add_compression_policy(%L::regclass, interval ''1 day'')', home, 'tick_ingestor.ticks');
    return outcome || ', compressed after a day';
  exception when others then
    return outcome || ', compression refused: ' || sqlerrm;
  end;
end $$;
