-- Regime, order flow and volatility beside the first sixteen values, and what closed bars say.
-- `statuses` goes on in column order: a row of before has sixteen letters, a row of today one for each value.
alter table metrics_engine.metrics
  add column regime_down double precision,
  add column regime_flat double precision,
  add column regime_up double precision,
  add column regime double precision,
  add column regime_logc double precision,
  add column regime_zero_share double precision,
  add column regime_rate_down double precision,
  add column regime_rate_flat double precision,
  add column regime_rate_up double precision,
  add column regime_null_down double precision,
  add column regime_null_flat double precision,
  add column regime_null_up double precision,
  add column regime_disagree double precision,
  add column ofi double precision,
  add column ofi_normalised double precision,
  add column ofi_1s double precision,
  add column ofi_1s_normalised double precision,
  add column book_imbalance double precision,
  add column microprice double precision,
  add column sign_share_venue double precision,
  add column sign_share_quote double precision,
  add column sign_share_tick double precision,
  add column sign_share_none double precision,
  add column cvd double precision,
  add column buy_100 double precision,
  add column sell_100 double precision,
  add column pressure_100 double precision,
  add column buy_pct_100 double precision,
  add column volume_ratio_100 double precision,
  add column buy_60s double precision,
  add column sell_60s double precision,
  add column pressure_60s double precision,
  add column buy_pct_60s double precision,
  add column volume_ratio_60s double precision,
  add column aggr double precision,
  add column momentum double precision,
  add column intensity double precision,
  add column aggressive double precision,
  add column vwap double precision,
  add column vwap_lower double precision,
  add column vwap_upper double precision,
  add column realised_variance double precision,
  add column realised_volatility double precision;

-- One row a closed bar, said with the first metrics after it; `statuses` as above, from sma_20 on.
create table metrics_engine.indicators (
  like tickmesh.event,
  symbol text not null,
  length_s bigint not null,
  closed timestamptz not null,
  bars bigint not null,
  sma_20 double precision,
  sma_50 double precision,
  ema_12 double precision,
  ema_20 double precision,
  ema_26 double precision,
  ema_50 double precision,
  atr_14 double precision,
  atr_span_s double precision,
  rsi_14 double precision,
  macd double precision,
  macd_signal double precision,
  macd_histogram double precision,
  bollinger_upper double precision,
  bollinger_lower double precision,
  bollinger_b double precision,
  ewma_volatility double precision,
  close_volatility double precision,
  parkinson double precision,
  garman_klass double precision,
  rogers_satchell double precision,
  garman_klass_overnight double precision,
  statuses text not null,
  primary key (partition, epoch, sequence, length_s, time)
) partition by range (time);
create index indicators_symbol_time on metrics_engine.indicators (symbol, length_s, time);
select tickmesh.declare_view('metrics_engine', 'indicators');

do $$
declare
  columns text;
begin
  select string_agg(quote_ident(attname), ', ' order by attnum) into strict columns
    from pg_attribute where attrelid = 'metrics_engine.metrics'::regclass and attnum > 0 and not attisdropped;
  execute format('create or replace view metrics_engine.v_metrics as select %s from metrics_engine.metrics', columns);
end $$;
