-- What is held, what it earned, and why it was or was not done.
select tickmesh.declare_service('position_manager');

-- The last state of each position. `quantity` is what is held now; `shares` and `position_size` (at cost) are the same while it is OPEN, and
-- what was entered once it is CLOSED.
create table position_manager.positions (
  like tickmesh.event,
  id text primary key,
  symbol text,
  side text not null,
  entry_time timestamptz,
  entry_price numeric(28, 8),
  shares numeric(28, 8) not null,
  position_size numeric(28, 8) not null,
  stop_loss numeric(28, 8),
  take_profit numeric(28, 8),
  status text not null,
  exit_time timestamptz,
  exit_price numeric(28, 8),
  pnl numeric(28, 8) not null,
  fees numeric(28, 8) not null,
  quantity numeric(28, 8) not null,
  entry_quantity numeric(28, 8) not null,
  entry_value numeric(28, 8) not null,
  strategy text,
  exit_reason text
);
create index positions_symbol on position_manager.positions (symbol, entry_time);
create index positions_open on position_manager.positions (symbol) where status = 'OPEN';

-- Closed positions, one row each, for ever.
create table position_manager.trades (
  like tickmesh.event,
  id text primary key,
  symbol text,
  side text not null,
  quantity numeric(28, 8) not null,
  entry_time timestamptz,
  entry_price numeric(28, 8),
  entry_value numeric(28, 8) not null,
  exit_time timestamptz,
  exit_price numeric(28, 8),
  pnl numeric(28, 8) not null,
  fees numeric(28, 8) not null,
  strategy text,
  exit_reason text
);
create index trades_exit_time on position_manager.trades (exit_time);

-- `id` is the event's name as text.
create table position_manager.account_state (
  like tickmesh.event,
  id text primary key,
  timestamp timestamptz not null,
  currency text,
  balance numeric(28, 8) not null,
  realized_pnl numeric(28, 8) not null,
  unrealized_pnl numeric(28, 8) not null,
  equity numeric(28, 8) not null,
  gross numeric(28, 8) not null,
  open_positions integer not null
);
create index account_state_timestamp on position_manager.account_state (timestamp);

create table position_manager.intents (
  like tickmesh.event,
  kind text not null,
  client_order_id text,
  symbol text,
  side text,
  order_type text,
  purpose text,
  quantity numeric(28, 8),
  limit_price numeric(28, 8),
  stop_price numeric(28, 8),
  reference_price numeric(28, 8),
  position_id text,
  strategy text,
  valid_until timestamptz,
  manager_epoch bigint,
  manager_incarnation bigint,
  gateway_epoch bigint,
  gateway_incarnation bigint,
  reason text,
  primary key (partition, epoch, sequence)
);
create index intents_client_order_id on position_manager.intents (client_order_id);

create table position_manager.risk_events (
  like tickmesh.event,
  kind text not null,
  symbol text,
  state text,
  rule text,
  reason text,
  command_id text,
  outcome text,
  primary key (partition, epoch, sequence)
);
create index risk_events_time on position_manager.risk_events (time);

-- The shadow of what commands did; `symbol` is * where all symbols are meant.
create table position_manager.strategies (
  like tickmesh.event,
  strategy text not null,
  symbol text not null,
  enabled boolean not null,
  primary key (strategy, symbol)
);

create table position_manager.risk_limits (
  like tickmesh.event,
  rule text not null,
  symbol text not null,
  value numeric(28, 8) not null,
  unit text not null,
  primary key (rule, symbol)
);

select tickmesh.declare_view('position_manager', t)
  from unnest(array['positions', 'trades', 'account_state', 'intents', 'risk_events', 'strategies', 'risk_limits']) t;
