-- Flow against its own past, the profile, the market's state and depth beside the values before, and what closed bars traded at.
-- `statuses` goes on in column order.
alter table metrics_engine.metrics
  add column ofi_z double precision,
  add column poc double precision,
  add column val double precision,
  add column vah double precision,
  add column hvn_above double precision,
  add column hvn_below double precision,
  add column lvn_above double precision,
  add column lvn_below double precision,
  add column lvn_ticks double precision,
  add column lvn_atr double precision,
  add column market_state double precision,
  add column in_frac double precision,
  add column efficiency double precision,
  add column accept_up double precision,
  add column accept_down double precision,
  add column state_cvd double precision,
  add column profile_share double precision,
  add column vpin double precision,
  add column depth_imbalance double precision,
  add column depth_ofi double precision,
  add column depth_ofi_normalised double precision;
alter table metrics_engine.indicators
  add column close double precision,
  add column volume double precision,
  add column high_close_20 double precision,
  add column low_close_20 double precision,
  add column mean_volume_20 double precision;

do $$
declare
  one text;
  columns text;
begin
  foreach one in array array['metrics', 'indicators'] loop
    select string_agg(quote_ident(attname), ', ' order by attnum) into strict columns
      from pg_attribute where attrelid = ('metrics_engine.' || one)::regclass and attnum > 0 and not attisdropped;
    execute format('create or replace view metrics_engine.v_%s as select %s from metrics_engine.%s', one, columns, one);
  end loop;
end $$;
