-- Books as depth makes them: of every symbol and minute of event time the last that was said. What came in between lies in the journals,
-- as long as those reach back.
create table metrics_engine.book (
  like tickmesh.event,
  symbol text not null,
  minute timestamptz not null,
  feed text not null,
  synthetic boolean not null,
  live boolean not null,
  reason text,
  last_update numeric(20, 0) not null,
  resyncs bigint not null,
  bids jsonb not null,
  asks jsonb not null,
  imbalance double precision,
  ofi double precision,
  ofi_normalised double precision,
  statuses text not null,
  primary key (symbol, minute)
);
create index book_minute on metrics_engine.book (minute);
comment on column metrics_engine.book.bids is 'best first, [["price", "size"], ...]; empty while the book is not live';
comment on column metrics_engine.book.statuses is 'a letter each of imbalance, ofi, ofi_normalised: W warm-up, O ok, U undefined, S stale';

select tickmesh.declare_view('metrics_engine', 'book');
