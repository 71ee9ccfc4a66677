-- The same unique key with the time first: rows come in the order of their time, so each goes where the last one went, and the index is
-- full pages instead of a growing edge a partition. Who looks a tick up by its name has its time as well.
do $$
begin
  -- A hypertable that is in use keeps the key it has: its chunks may be compressed.
  if (select relkind from pg_class where oid = 'tick_ingestor.ticks'::regclass) = 'p' then
    alter table tick_ingestor.ticks drop constraint ticks_pkey;
    alter table tick_ingestor.ticks add primary key (time, partition, epoch, sequence);
  end if;
end $$;
