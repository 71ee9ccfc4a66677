-- Every event table opens with the same columns and every service keeps its place in its journal the same way: both are said once, here.

-- A pattern, never filled: `like tickmesh.event` gives a table the event's name, its times and its cause.
create table tickmesh.event (
  stream text not null,
  partition smallint not null,
  epoch bigint not null,
  sequence bigint not null,
  time timestamptz not null,
  event_time timestamptz,
  cause_stream text,
  cause_partition smallint,
  cause_epoch bigint,
  cause_sequence bigint,
  cause_time timestamptz
);

-- Where a service's projectors stand, and what the journal had dropped before they came by.
create function tickmesh.declare_service(service text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create table %I.projection (
      instance text primary key,
      epoch bigint not null,
      lsn bigint not null,
      updated_at timestamptz not null default now())', service);
  execute format('create table %I.projection_gaps (
      instance text not null,
      from_lsn bigint not null,
      to_lsn bigint not null,
      reason text not null,
      noticed_at timestamptz not null default now(),
      primary key (instance, from_lsn, to_lsn))', service);
  perform tickmesh.declare_view(service, 'projection');
  perform tickmesh.declare_view(service, 'projection_gaps');
end $$;

-- Declares a table's columns, as they are now, for readers: <schema>.v_<table>.
create function tickmesh.declare_view(service text, table_name text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  columns text;
begin
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into strict columns
    from pg_attribute a
   where a.attrelid = format('%I.%I', service, table_name)::regclass and a.attnum > 0 and not a.attisdropped;
  execute format('create view %I.%I as select %s from %I.%I', service, 'v_' || table_name, columns, service, table_name);
end $$;
