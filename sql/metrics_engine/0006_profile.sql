-- Where sessions traded, what state their markets were in and why, and the order flow of a symbol over time.

-- A row as a profile develops (with each search for its nodes) and one as its session is over; `rows` is the volume of each row of
-- `row_size` from `low` upwards. What developed is kept as long as metrics; `developed` is NULL in a completed one, which stays for ever.
create table metrics_engine.volume_profile (
  like tickmesh.event,
  symbol text not null,
  feed text not null,
  synthetic boolean not null,
  kind text not null,
  session_start timestamptz,
  session_end timestamptz,
  developed timestamptz,
  approx boolean not null,
  volume_share double precision,
  row_size numeric(28, 8) not null,
  low numeric(28, 8),
  rows numeric(28, 8)[] not null,
  poc numeric(28, 8),
  val numeric(28, 8),
  vah numeric(28, 8),
  volume numeric(28, 8) not null,
  inside numeric(28, 8) not null,
  hvn numeric(28, 8)[] not null,
  lvn numeric(28, 8)[] not null,
  vpin double precision,
  primary key (partition, epoch, sequence)
);
create index volume_profile_symbol_time on metrics_engine.volume_profile (symbol, time);
create index volume_profile_developed on metrics_engine.volume_profile (developed) where developed is not null;
create index volume_profile_completed on metrics_engine.volume_profile (symbol, session_start) where kind = 'completed';

-- A row a change.
create table metrics_engine.market_state (
  like tickmesh.event,
  symbol text not null,
  feed text not null,
  synthetic boolean not null,
  session_start timestamptz,
  state text not null,
  in_frac double precision,
  efficiency double precision,
  accept_up bigint not null,
  accept_down bigint not null,
  cvd numeric(28, 8) not null,
  reason text,
  primary key (partition, epoch, sequence)
);
create index market_state_symbol_time on metrics_engine.market_state (symbol, time);
create index market_state_time on metrics_engine.market_state (time);

-- A row each time bars closed, of the shortest of them, from the first metrics after it: without trades for a while that is a longer one; `statuses` as in metrics, from ofi on.
create table metrics_engine.order_flow (
  like tickmesh.event,
  symbol text not null,
  feed text not null,
  length_s bigint not null,
  closed timestamptz not null,
  ofi double precision,
  ofi_normalised double precision,
  ofi_1s double precision,
  ofi_1s_normalised double precision,
  ofi_z double precision,
  cvd double precision,
  buy_60s double precision,
  sell_60s double precision,
  pressure_60s double precision,
  buy_100 double precision,
  sell_100 double precision,
  pressure_100 double precision,
  aggr double precision,
  momentum double precision,
  intensity double precision,
  aggressive double precision,
  vpin double precision,
  depth_imbalance double precision,
  depth_ofi double precision,
  depth_ofi_normalised double precision,
  statuses text not null,
  primary key (partition, epoch, sequence, time)
) partition by range (time);
create index order_flow_symbol_time on metrics_engine.order_flow (symbol, time);

select tickmesh.declare_view('metrics_engine', t) from unnest(array['volume_profile', 'market_state', 'order_flow']) t;
