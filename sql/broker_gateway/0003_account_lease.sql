-- Which mesh trades on an account: truth, not a projection. It has no end but its holder's: a mesh that is silent may still be trading.
create table broker_gateway.account_lease (
  account text primary key,
  mesh text not null,
  mesh_name text not null,
  holder text not null,
  epoch bigint not null,
  incarnation bigint not null,
  taken_at timestamptz not null default now(),
  renewed_at timestamptz not null default now(),
  released_at timestamptz
);

select tickmesh.declare_view('broker_gateway', 'account_lease');
