-- What SQL refused is kept and holds nothing back; where a projection stands is said by sequence, too, so that what is lost can be counted.
create function tickmesh.declare_rejects(service text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- Last sequences in the tables, of the offset's epoch: u8 stream, u8 partition, u64 sequence each, little-endian.
  execute format('alter table %I.projection add column heads bytea', service);
  -- Events in the gap; NULL where nobody can tell.
  execute format('alter table %I.projection_gaps add column events bigint', service);
  execute format('create table %I.projection_rejects (
      instance text not null,
      stream text not null,
      partition smallint not null,
      epoch bigint not null,
      sequence bigint not null,
      sqlstate text,
      error text not null,
      bytes bytea not null,
      noticed_at timestamptz not null default now(),
      primary key (instance, stream, partition, epoch, sequence))', service);
  perform tickmesh.declare_view(service, 'projection_rejects');
  execute format('create or replace view %I.v_projection_gaps as
      select instance, from_lsn, to_lsn, reason, noticed_at, events from %I.projection_gaps', service, service);
end $$;
