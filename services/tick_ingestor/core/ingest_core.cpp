#include "tick_ingestor/core/ingest_core.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tickmesh {

std::string_view rule_of(TickRefusal refusal) {
  switch (refusal) {
    case TickRefusal::none: return "";
    case TickRefusal::unknown_instrument: return "listed in instruments.toml";
    case TickRefusal::no_kind: return "a quote or a trade";
    case TickRefusal::no_time: return "ns since 1970, above 0";
    case TickRefusal::in_the_future: return "not in the future";
    case TickRefusal::no_price: return "at least one side";
    case TickRefusal::negative_price: return "price > 0";
    case TickRefusal::negative_size: return "size >= 0";
    case TickRefusal::crossed: return "ask >= bid";
  }
  return "?";
}

FeedEvent absence_of_feed(Timestamp spoke_until, Timestamp now) {
  FeedEvent event{.kind = FeedEventKind::session_started, .text = "tick_ingestor started"};
  if (!spoke_until) return event;
  event.kind = FeedEventKind::gap;
  event.from = spoke_until;
  event.to = now;
  event.text = "tick_ingestor was away";
  return event;
}

IngestCore::IngestCore(const Instruments& instruments, IngestOptions options, DemoFeed* demo)
    : options_{options}, demo_{demo}, depth_{instruments, options.depth_snapshot_every} {
  TM_INVARIANT(options.latest_every.ns > 0 && options.remembered_rows > 0, "the grid and the memory of the ingestor are not empty");
  for (const Instrument& i : instruments.list()) {
    PerSymbol& at = symbols_[i.id()];
    at.symbol = i.symbol;
    at.last.symbol = i.symbol;
  }
}

TickRefusal IngestCore::check(const Tick& t, Timestamp now, const PerSymbol* at) const {
  if (at == nullptr) return TickRefusal::unknown_instrument;
  if (t.event_time.ns <= 0) return TickRefusal::no_time;
  const bool pushed = t.feed == FeedKind::push;
  if (pushed && t.event_time > now + options_.most_ahead) return TickRefusal::in_the_future;
  if (t.kind == TickKind::trade || t.kind == TickKind::bust) {
    if (t.price.raw() <= 0) return TickRefusal::negative_price;
    return t.size.raw() < 0 ? TickRefusal::negative_size : TickRefusal::none;
  }
  if (t.kind != TickKind::quote) return TickRefusal::no_kind;
  if (t.bid.raw() < 0 || t.ask.raw() < 0) return TickRefusal::negative_price;
  if (t.bid.is_zero() && t.ask.is_zero()) return TickRefusal::no_price;
  if (t.bid_size.raw() < 0 || t.ask_size.raw() < 0) return TickRefusal::negative_size;
  // Recorded data is crossed at times, and the metrics know what to do then; who pushes a crossed quote has made a mistake.
  if (pushed && !t.bid.is_zero() && !t.ask.is_zero() && t.ask < t.bid) return TickRefusal::crossed;
  return TickRefusal::none;
}

void IngestCore::apply(const Input& in, Outbox& out) {
  if (in.name.stream != Stream::local) return;
  if (const auto* tick = std::get_if<Tick>(&in.event)) {
    take(*tick, in, out);
  } else if (const auto* depth = std::get_if<DepthUpdate>(&in.event)) {
    depth_.take(*depth, in.now, out);
  } else if (const auto* feed = std::get_if<FeedEvent>(&in.event)) {
    if (feed->feed == FeedKind::demo) {
      ++demo_items_;
      demo_event_time_ = std::max(demo_event_time_, feed->header.event_time);
    }
    out.emit(Stream::feed, feed->symbol.empty() ? Partition{0} : instrument_id(feed->symbol).partition(), *feed);
  }
}

void IngestCore::take(const Tick& tick, const Input& in, Outbox& out) {
  PerSymbol* const found = symbols_.find(tick.instrument);
  const TickRefusal refusal = check(tick, in.now, found);
  if (refusal != TickRefusal::none) {
    TM_INVARIANT(tick.feed != FeedKind::demo, "the demo market gives valid ticks, or its position could not be told from what was said");
    ++counts_.refused[static_cast<std::size_t>(refusal)];
    return;
  }
  PerSymbol& at = *found;
  if (tick.feed == FeedKind::push && at.pushed.contains(RecentRows::key(tick))) {
    ++counts_.duplicates;
    return;
  }
  ++counts_.accepted;
  learn(at, tick);
  const Name name = out.emit(Stream::tick, tick.instrument.partition(), tick);
  if (in.now < at.latest_due) return;
  said_latest(at, in.now.ns / options_.latest_every.ns);
  Latest& latest = at.last;
  latest.header = {.event_time = tick.event_time, .cause = {name, in.now}};
  out.emit(Stream::latest, tick.instrument.partition(), std::as_const(latest));
}

void IngestCore::said_latest(PerSymbol& at, std::int64_t cell) const {
  TM_INVARIANT(cell >= -1 && cell < std::numeric_limits<std::int64_t>::max() / options_.latest_every.ns, "a stored grid cell lies in time");
  at.said_in = cell;
  at.latest_due = {(cell + 1) * options_.latest_every.ns};
}

void IngestCore::learn(PerSymbol& at, const Tick& tick) {
  if (tick.feed == FeedKind::demo) {
    ++demo_items_;
    demo_event_time_ = std::max(demo_event_time_, tick.event_time);
  }
  if (tick.feed == FeedKind::push) at.pushed.add(RecentRows::key(tick), options_.remembered_rows);
  at.last.feed = tick.feed;
  at.last.synthetic = tick.synthetic;
  if (tick.kind == TickKind::quote) {
    at.last.bid = tick.bid;
    at.last.ask = tick.ask;
    at.last.bid_size = tick.bid_size;
    at.last.ask_size = tick.ask_size;
  } else if (tick.kind == TickKind::trade) {
    at.last.last_price = tick.price;
    at.last.last_size = tick.size;
  }
}

void IngestCore::observe(const Name& name, const Event& said) {
  if (name.stream == Stream::tick) {
    const auto& tick = std::get<Tick>(said);
    // An instrument that was taken out of the configuration meanwhile still moved the demo market on.
    if (PerSymbol* at = symbols_.find(tick.instrument)) return learn(*at, tick);
    if (tick.feed == FeedKind::demo) ++demo_items_;
  } else if (name.stream == Stream::latest) {
    const auto& latest = std::get<Latest>(said);
    if (PerSymbol* at = symbols_.find(instrument_id(latest.symbol))) said_latest(*at, latest.header.time.ns / options_.latest_every.ns);
  } else if (name.stream == Stream::depth) {
    depth_.observe(std::get<DepthUpdate>(said));
  } else if (name.stream == Stream::feed) {
    const auto& feed = std::get<FeedEvent>(said);
    if (feed.feed != FeedKind::demo) return;
    ++demo_items_;
    demo_event_time_ = std::max(demo_event_time_, feed.header.event_time);
  }
}

void IngestCore::recovered() {
  if (demo_ != nullptr) demo_->recover(demo_items_, demo_event_time_);
}

void IngestCore::save(ByteWriter& out) const {
  out.put(demo_items_);
  out.put(demo_event_time_);
  Bytes market;
  if (demo_ != nullptr) {
    ByteWriter writer{market};
    demo_->save(writer, demo_items_);
  }
  out.put(as_text(market));
  out.put(static_cast<std::uint32_t>(symbols_.size()));
  for (const auto* entry : symbols_.sorted()) {
    const auto& [id, at] = *entry;
    out.put(id);
    out.put(at.said_in);
    out.put(at.last.feed), out.put(at.last.synthetic);
    out.put(at.last.bid), out.put(at.last.ask), out.put(at.last.bid_size), out.put(at.last.ask_size);
    out.put(at.last.last_price), out.put(at.last.last_size);
    at.pushed.save(out);
  }
  depth_.save(out);
}

void IngestCore::load(ByteReader& in) {
  demo_items_ = in.get<std::uint64_t>();
  demo_event_time_ = in.get<Timestamp>();
  const auto market = in.get<std::string>();
  if (demo_ != nullptr) {
    ByteReader reader{as_bytes(market)};
    demo_->load(reader, demo_items_);
  }
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto id = in.get<InstrumentId>();
    PerSymbol at;
    said_latest(at, in.get<std::int64_t>());
    at.last.feed = in.get<FeedKind>();
    at.last.synthetic = in.get<bool>();
    at.last.bid = in.get<Price>();
    at.last.ask = in.get<Price>();
    at.last.bid_size = in.get<Quantity>();
    at.last.ask_size = in.get<Quantity>();
    at.last.last_price = in.get<Price>();
    at.last.last_size = in.get<Quantity>();
    at.pushed.load(in);
    PerSymbol* const listed = symbols_.find(id);
    if (listed == nullptr) continue;  // no longer listed
    at.symbol = at.last.symbol = listed->symbol;
    *listed = std::move(at);
  }
  depth_.load(in);
}

}  // namespace tickmesh
