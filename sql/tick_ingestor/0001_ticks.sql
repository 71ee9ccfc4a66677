-- What the feeds gave, as they gave it: ticks by day, the last value of each symbol, and the health of the feeds.
select tickmesh.declare_service('tick_ingestor');

-- Configuration in force when the named event was said.
create table tick_ingestor.symbols (
  like tickmesh.event,
  symbol text primary key,
  venue text not null,
  instrument_id numeric(20) not null unique,
  tick_size numeric(28, 8) not null,
  lot numeric(28, 8) not null,
  multiplier numeric(28, 8) not null,
  currency text,
  calendar text,
  reference_price numeric(28, 8),
  daily_volume double precision,
  daily_volatility double precision,
  price_decimals integer not null
);

create table tick_ingestor.ticks (
  like tickmesh.event,
  symbol text not null,
  kind text not null,
  feed text not null,
  synthetic boolean not null,
  bid double precision,
  ask double precision,
  bid_size double precision,
  ask_size double precision,
  price double precision,
  size double precision,
  aggressor text,
  trade_id numeric(20),
  time_ns bigint not null,
  event_time_ns bigint not null,
  primary key (partition, epoch, sequence, time)
) partition by range (time);
create index ticks_time on tick_ingestor.ticks using brin (time);

-- The service may fill tables but not make them, so days are made and dropped through these two, which run as their owner.
-- One lock for all days: two instances that open the same two days in turn would otherwise wait for each other.
create function tick_ingestor.ensure_ticks_day(day date) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  part text := 'ticks_' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass(format('tick_ingestor.%I', part)) is not null then
    return false;
  end if;
  perform pg_advisory_xact_lock(7811887218240001);
  if to_regclass(format('tick_ingestor.%I', part)) is not null then
    return false;
  end if;
  -- Attaching a table lets readers of the other days go on; creating it as a partition would not.
  execute format('create table tick_ingestor.%I (like tick_ingestor.ticks including defaults including constraints)', part);
  execute format('alter table tick_ingestor.ticks attach partition tick_ingestor.%I for values from (%L) to (%L)', part,
                 day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
  return true;
end $$;

create function tick_ingestor.drop_ticks_before(day date) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  part text;
  dropped integer := 0;
begin
  perform pg_advisory_xact_lock(7811887218240001);
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'tick_ingestor.ticks'::regclass and c.relname < 'ticks_' || to_char(day, 'YYYYMMDD')
  loop
    execute format('drop table tick_ingestor.%I', part);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;

create table tick_ingestor.latest (
  like tickmesh.event,
  symbol text primary key,
  feed text not null,
  synthetic boolean not null,
  bid double precision,
  ask double precision,
  bid_size double precision,
  ask_size double precision,
  last_price double precision,
  last_size double precision
);

create table tick_ingestor.feed_events (
  like tickmesh.event,
  kind text not null,
  feed text not null,
  symbol text,
  from_time timestamptz,
  to_time timestamptz,
  text text,
  primary key (partition, epoch, sequence)
);
create index feed_events_time on tick_ingestor.feed_events (time);

-- Named by the event that opened the session; an end is what closed it, or nothing when the ingestor died.
create table tick_ingestor.feed_sessions (
  like tickmesh.event,
  feed text not null,
  symbol text,
  started_at timestamptz not null,
  ended_at timestamptz,
  end_epoch bigint,
  end_sequence bigint,
  text text,
  primary key (partition, epoch, sequence)
);

select tickmesh.declare_view('tick_ingestor', t)
  from unnest(array['symbols', 'ticks', 'latest', 'feed_events', 'feed_sessions']) t;
