-- The numbers behind each decision, and the decisions with every number they used.
select tickmesh.declare_service('metrics_engine');

-- A value that is not there is NULL. `statuses` has one letter a value, in column order from mid to round_trip_bp:
-- W warm-up, O ok, U undefined, S stale.
create table metrics_engine.metrics (
  like tickmesh.event,
  symbol text not null,
  feed text not null,
  bid double precision,
  ask double precision,
  mid double precision,
  z_score double precision,
  mean double precision,
  sd double precision,
  sd_bp double precision,
  half_life double precision,
  window_span_s double precision,
  spread_bp double precision,
  spread_mean_bp double precision,
  spread_sd_bp double precision,
  spread_cv double precision,
  spread_regime double precision,
  trend_slope double precision,
  trend_t double precision,
  cost_bp double precision,
  round_trip_bp double precision,
  statuses text not null,
  primary key (partition, epoch, sequence)
);
create index metrics_symbol_time on metrics_engine.metrics (symbol, time);

create table metrics_engine.signals (
  like tickmesh.event,
  symbol text not null,
  strategy text,
  action text not null,
  confidence double precision,
  edge_bp double precision,
  cost_bp double precision,
  stop numeric(28, 8),
  target numeric(28, 8),
  valid_until timestamptz,
  reason text,
  inputs jsonb not null,
  primary key (partition, epoch, sequence)
);
create index signals_symbol_time on metrics_engine.signals (symbol, time);

select tickmesh.declare_view('metrics_engine', t) from unnest(array['metrics', 'signals']) t;
