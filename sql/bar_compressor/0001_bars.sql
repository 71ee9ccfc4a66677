-- Bars of every length have one shape; a correction replaces the bar it corrects, so the key is the bar, not the event.
select tickmesh.declare_service('bar_compressor');

do $$
declare
  length text;
begin
  foreach length in array array['1s', '5s', '10s', '1m', '5m', '15m', '30m', '1h', '1d'] loop
    execute format('create table bar_compressor.%I (
        like tickmesh.event,
        symbol text not null,
        basis text not null,
        start timestamptz not null,
        open numeric(28, 8) not null,
        high numeric(28, 8) not null,
        low numeric(28, 8) not null,
        close numeric(28, 8) not null,
        volume numeric(28, 8) not null,
        count bigint not null,
        vwap numeric(28, 8) not null,
        signed_volume numeric(28, 8) not null,
        quality text not null,
        correction boolean not null,
        primary key (symbol, basis, start))', 'bars_' || length);
    execute format('create index %I on bar_compressor.%I using brin (start)', 'bars_' || length || '_start', 'bars_' || length);
    perform tickmesh.declare_view('bar_compressor', 'bars_' || length);
  end loop;
end $$;
