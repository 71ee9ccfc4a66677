-- Orders as they stand, everything that happened to them, and every fill once.
select tickmesh.declare_service('broker_gateway');

-- The last state of each order; `price` is the limit of a LIMIT, the trigger of a STOP, NULL for MARKET. `order_id` is the venue's.
create table broker_gateway.orders (
  like tickmesh.event,
  client_order_id text primary key,
  order_id text,
  symbol text,
  side text not null,
  quantity numeric(28, 8) not null,
  price numeric(28, 8),
  order_type text not null,
  status text not null,
  filled_qty numeric(28, 8) not null,
  remaining_qty numeric(28, 8) not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  purpose text,
  position_id text,
  strategy text,
  valid_until timestamptz,
  attempt integer not null,
  rule text,
  reason text
);
create index orders_created_at on broker_gateway.orders (created_at);

create table broker_gateway.order_events (
  like tickmesh.event,
  kind text not null,
  intent_kind text not null,
  client_order_id text,
  order_id text,
  symbol text,
  side text,
  order_type text,
  purpose text,
  quantity numeric(28, 8),
  limit_price numeric(28, 8),
  stop_price numeric(28, 8),
  position_id text,
  strategy text,
  attempt integer not null,
  filled_qty numeric(28, 8) not null,
  remaining_qty numeric(28, 8) not null,
  execution_id text,
  rule text,
  reason text,
  primary key (partition, epoch, sequence)
);
create index order_events_client_order_id on broker_gateway.order_events (client_order_id);

-- Keyed by the venue's execution id: a venue repeats its fills after a reconnect.
create table broker_gateway.executions (
  like tickmesh.event,
  execution_id text not null,
  order_id text,
  client_order_id text not null,
  symbol text,
  side text not null,
  fill_price numeric(28, 8) not null,
  fill_qty numeric(28, 8) not null,
  timestamp timestamptz not null,
  time_ns bigint not null,
  commission numeric(28, 8) not null,
  bid numeric(28, 8),
  ask numeric(28, 8),
  position_id text,
  purpose text,
  primary key (client_order_id, execution_id)
);
create index executions_timestamp on broker_gateway.executions (timestamp);
create unique index executions_name on broker_gateway.executions (partition, epoch, sequence);

create table broker_gateway.venue_sessions (
  like tickmesh.event,
  venue text,
  gateway_epoch bigint not null,
  gateway_incarnation bigint not null,
  opened_at timestamptz not null,
  primary key (partition, epoch, sequence)
);

create table broker_gateway.venue_events (
  like tickmesh.event,
  kind text not null,
  venue text,
  gateway_epoch bigint not null,
  gateway_incarnation bigint not null,
  state text,
  command_id text,
  outcome text,
  reason text,
  primary key (partition, epoch, sequence)
);

select tickmesh.declare_view('broker_gateway', t)
  from unnest(array['orders', 'order_events', 'executions', 'venue_sessions', 'venue_events']) t;
