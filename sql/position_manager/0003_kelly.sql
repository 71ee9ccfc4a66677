-- How large a strategy's closed trades of a symbol let it trade; NULL bound: nothing was said of it.
alter table position_manager.strategies
  add column closed_trades integer not null default 0,
  add column kelly_full double precision not null default 0,
  add column kelly_used double precision not null default 0,
  add column kelly_bound text;
drop view position_manager.v_strategies;
select tickmesh.declare_view('position_manager', 'strategies');
