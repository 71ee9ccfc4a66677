-- Tables by day: made ahead, dropped without holding anybody up, the same way for every service; and what TimescaleDB may be asked to do.

-- 'apache' or 'timescale' when the extension is in this database, else NULL.
create function tickmesh.timescale_licence() returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce(current_setting('timescaledb.license', true), 'apache')
    from pg_extension where extname = 'timescaledb';
$$;

-- The day's partition of a native table; false when it is there, or when the table makes its own (a hypertable).
create function tickmesh.ensure_day(service text, table_name text, day date) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  part text := table_name || '_' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass(format('%I.%I', service, part)) is not null
     or (select relkind from pg_class where oid = format('%I.%I', service, table_name)::regclass) <> 'p' then
    return false;
  end if;
  -- One lock for all days: two instances that open the same two days in turn would otherwise wait for each other.
  perform pg_advisory_xact_lock(7811887218240001);
  if to_regclass(format('%I.%I', service, part)) is not null then
    return false;
  end if;
  -- Attaching a table lets readers and writers of the other days go on; creating it as a partition would not.
  execute format('create table %I.%I (like %I.%I including defaults including constraints)', service, part, service, table_name);
  execute format('alter table %I.%I attach partition %I.%I for values from (%L) to (%L)', service, table_name, service, part,
                 day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
  return true;
end $$;

-- Drops one partition, or does nothing: whoever uses the table is waited for no longer than a blink, and waits no longer for us.
create function tickmesh.try_drop(service text, part text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' as $$
begin
  execute format('drop table %I.%I', service, part);
  return true;
exception when lock_not_available then
  return false;
end $$;

-- Days before `day`, the oldest first; stops at the first that is in use. Returns how many went.
create function tickmesh.drop_days_before(service text, table_name text, day date) returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  whole regclass := format('%I.%I', service, table_name)::regclass;
  part text;
  dropped integer := 0;
begin
  if (select relkind from pg_class where oid = whole) <> 'p' then
    if tickmesh.timescale_licence() is null then
      return 0;
    end if;
    execute format('select count(*) from %I.drop_chunks(%L::regclass, %L::timestamptz)',
                   (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'timescaledb'),
                   whole, day::timestamp at time zone 'UTC')
      into dropped;
    return dropped;
  end if;
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = whole and c.relname < table_name || '_' || to_char(day, 'YYYYMMDD')
     order by c.relname
  loop
    exit when not tickmesh.try_drop(service, part);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;

-- The oldest days, while all of them together take more than `bytes`; the newest two always stay.
create function tickmesh.drop_days_over(service text, table_name text, bytes bigint) returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  part record;
  dropped integer := 0;
begin
  for part in
    select relname from (
      select c.relname, row_number() over (order by c.relname desc) as age,
             sum(pg_total_relation_size(c.oid)) over (order by c.relname desc) as with_newer
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = format('%I.%I', service, table_name)::regclass) days
     where age > 2 and with_newer > bytes
     order by relname
  loop
    exit when not tickmesh.try_drop(service, part.relname);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;

-- The service may fill tables but not make them, so it makes and drops days through functions of its own schema, which run as their owner.
create function tickmesh.declare_days(service text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create function %I.ensure_day(table_name text, day date) returns boolean
    language sql security definer set search_path = pg_catalog, pg_temp as
    $body$ select tickmesh.ensure_day(%L, table_name, day) $body$', service, service);
  execute format('create function %I.drop_days_before(table_name text, day date) returns integer
    language sql security definer set search_path = pg_catalog, pg_temp as
    $body$ select tickmesh.drop_days_before(%L, table_name, day) $body$', service, service);
  execute format('create function %I.drop_days_over(table_name text, bytes bigint) returns integer
    language sql security definer set search_path = pg_catalog, pg_temp as
    $body$ select tickmesh.drop_days_over(%L, table_name, bytes) $body$', service, service);
end $$;
