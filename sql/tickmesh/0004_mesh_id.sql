-- Whose database this is: one mesh's, for ever. Another one, with journals of its own, would mix its rows with these.
create table tickmesh.mesh (
  sole boolean primary key default true check (sole),
  id text not null,
  name text not null,
  since timestamptz not null default now()
);

-- Enters the first mesh that asks and tells whose it is. Services may call it and see nothing else of this schema.
create function tickmesh.claim_mesh(asking_id text, asking_name text) returns table (id text, name text, since timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into tickmesh.mesh (id, name) values (asking_id, asking_name) on conflict do nothing;
  return query select m.id, m.name, m.since from tickmesh.mesh m;
end $$;
