-- Who asked the mesh for what, and when: every accepted command, in the order the mesh heard them.
select tickmesh.declare_service('api_gateway');

create table api_gateway.audit_log (
  like tickmesh.event,
  id text,
  verb text not null,
  symbol text,
  quantity numeric(28, 8),
  limit_price numeric(28, 8),
  stop numeric(28, 8),
  target numeric(28, 8),
  client_order_id text,
  hard boolean not null,
  issuer text,
  note text,
  valid_until timestamptz,
  primary key (partition, epoch, sequence)
);
create index audit_log_id on api_gateway.audit_log (id);

select tickmesh.declare_view('api_gateway', 'audit_log');
