#include "tick_ingestor/core/depth_desk.hpp"

#include <algorithm>

namespace tickmesh {
namespace {

/// Of one side, best first: what makes `before` into `now`.
void differences(std::span<const BookLevel> before, const std::vector<DepthLevel>& now, std::vector<DepthLevel>& into) {
  for (const BookLevel& level : before)
    if (std::ranges::find(now, level.price, &DepthLevel::price) == now.end()) into.push_back({level.price, {}});
  for (const DepthLevel& level : now)
    if (std::ranges::find_if(before, [&](const BookLevel& b) { return b.price == level.price && b.size == level.size; }) == before.end())
      into.push_back(level);
}

bool off_tick(const TickGrid& grid, const std::vector<DepthLevel>& levels) {
  return std::ranges::any_of(levels, [&](const DepthLevel& level) { return grid.ticks(level.price) == TickGrid::kOff; });
}
bool negative(const std::vector<DepthLevel>& levels) {
  return std::ranges::any_of(levels, [](const DepthLevel& level) { return level.size.raw() < 0; });
}

}  // namespace

std::string_view rule_of(DepthRefusal refusal) {
  switch (refusal) {
    case DepthRefusal::none: return "";
    case DepthRefusal::unknown_instrument: return "listed in instruments.toml";
    case DepthRefusal::no_kind: return "a snapshot or a delta";
    case DepthRefusal::no_time: return "ns since 1970, above 0";
    case DepthRefusal::no_sequence: return "previous < last";
    case DepthRefusal::off_tick: return "price on the tick, above 0";
    case DepthRefusal::negative_size: return "size >= 0";
    case DepthRefusal::duplicate: return "newer than what was said";
  }
  return "?";
}

DepthDesk::DepthDesk(const Instruments& instruments, Duration snapshot_every) : snapshot_every_{snapshot_every} {
  TM_INVARIANT(snapshot_every.ns > 0, "books are said on a schedule");
  for (const Instrument& i : instruments.list()) {
    OneBook& at = books_[i.id()];
    at.symbol = i.symbol;
    at.tick = Price::from_raw(std::max<std::int64_t>(1, i.tick_size.raw()));
  }
}

DepthRefusal DepthDesk::check(const DepthUpdate& update, const OneBook* at) {
  if (at == nullptr) return DepthRefusal::unknown_instrument;
  if (update.header.event_time.ns <= 0) return DepthRefusal::no_time;
  const bool delta = update.kind == DepthKind::delta;
  if (!delta && update.kind != DepthKind::snapshot) return DepthRefusal::no_kind;
  if (delta && update.previous >= update.last) return DepthRefusal::no_sequence;
  const TickGrid grid{at->tick};
  if (off_tick(grid, update.bids) || off_tick(grid, update.asks)) return DepthRefusal::off_tick;
  if (negative(update.bids) || negative(update.asks)) return DepthRefusal::negative_size;
  return delta && update.feed == at->feed && update.last <= at->said ? DepthRefusal::duplicate : DepthRefusal::none;
}

DepthUpdate DepthDesk::numbered(const OneBook& at, const DepthUpdate& now) const {
  DepthUpdate said = now;
  const bool first = now.feed != at.feed;
  said.last = first ? 1 : at.said + 1;
  if (first || !at.book->live() || now.bids.empty() || now.asks.empty()) return said;
  said.kind = DepthKind::delta;
  said.previous = at.said;
  said.bids.clear(), said.asks.clear();
  std::vector<BookLevel> before(at.book->levels().levels(Side::buy));
  at.book->levels().top(Side::buy, before);
  differences(before, now.bids, said.bids);
  before.resize(at.book->levels().levels(Side::sell));
  at.book->levels().top(Side::sell, before);
  differences(before, now.asks, said.asks);
  return said;
}

DepthUpdate DepthDesk::whole(const OneBook& at) const {
  DepthUpdate said{.symbol = at.symbol, .kind = DepthKind::snapshot, .last = at.book->last()};
  std::vector<BookLevel> levels(kMostLevels);
  for (const Side side : {Side::buy, Side::sell}) {
    auto& into = side == Side::buy ? said.bids : said.asks;
    const std::size_t n = at.book->levels().top(side, levels);
    into.reserve(n);
    for (std::size_t i = 0; i < n; ++i) into.push_back({levels[i].price, levels[i].size});
  }
  return said;
}

void DepthDesk::take(const DepthUpdate& update, Timestamp now, Outbox& out) {
  OneBook* const at = books_.find(instrument_id(update.symbol));
  const DepthRefusal refusal = check(update, at);
  if (refusal != DepthRefusal::none) {
    ++refused_[static_cast<std::size_t>(refusal)];
    return;
  }
  const bool numbers_itself = update.kind == DepthKind::snapshot && update.last == 0;
  DepthUpdate said = numbers_itself ? numbered(*at, update) : update;
  if (said.kind == DepthKind::delta && said.bids.empty() && said.asks.empty() && numbers_itself) return;  // nothing changed
  learn(*at, said);
  const Partition partition = instrument_id(update.symbol).partition();
  const Timestamp event_time = said.header.event_time;
  const Name name = out.emit(Stream::depth, partition, std::move(said));
  if (!at->book->live() || event_time - at->snapshot_at < snapshot_every_) return;
  DepthUpdate snapshot = whole(*at);
  snapshot.header = {.event_time = event_time, .cause = {name, now}};
  snapshot.feed = update.feed;
  snapshot.synthetic = update.synthetic;
  at->snapshot_at = event_time;
  out.emit(Stream::depth, partition, std::move(snapshot));
}

void DepthDesk::learn(OneBook& at, const DepthUpdate& said) {
  if (said.feed == FeedKind::replay) ++recorded_;
  if (at.book == nullptr) at.book = std::make_unique<DepthBook>(at.tick);
  if (said.feed != at.feed) {  // feeds are never mixed
    at.book->drop();
    at.feed = said.feed;
    at.said = 0;
  }
  changes_.clear();
  for (const DepthLevel& level : said.bids) changes_.push_back({level.price, level.size, Side::buy});
  for (const DepthLevel& level : said.asks) changes_.push_back({level.price, level.size, Side::sell});
  if (said.kind == DepthKind::snapshot) {
    at.book->apply(DepthSnapshot{said.last, changes_});
    at.snapshot_at = said.header.event_time;
  } else {
    at.book->apply(DepthDelta{said.previous, said.last, changes_});
  }
  at.said = std::max(at.said, said.last);
}

void DepthDesk::observe(const DepthUpdate& said) {
  OneBook* const at = books_.find(instrument_id(said.symbol));
  if (said.header.cause.name.stream == Stream::depth) {  // on schedule: told by the book that is here
    if (at != nullptr) at->snapshot_at = said.header.event_time;
  } else if (at != nullptr) {
    learn(*at, said);
  } else if (said.feed == FeedKind::replay) {
    ++recorded_;
  }
}

void DepthDesk::save(ByteWriter& out) const {
  out.put(recorded_);
  const auto all = books_.sorted();
  out.put(static_cast<std::uint32_t>(std::ranges::count_if(all, [](const auto* entry) { return entry->second.book != nullptr; })));
  Bytes bytes;
  for (const auto* entry : all) {
    const auto& [id, at] = *entry;
    if (at.book == nullptr) continue;
    bytes.clear();
    ByteWriter one{bytes};
    one.put(at.tick), one.put(at.feed), one.put(at.said), one.put(at.snapshot_at);
    at.book->save(one);
    out.put(id);
    out.put(as_text(bytes));
  }
}

void DepthDesk::load(ByteReader& in) {
  recorded_ = in.get<std::uint64_t>();
  for (auto left = in.get<std::uint32_t>(); left > 0; --left) {
    const auto id = in.get<InstrumentId>();
    const auto bytes = in.get<std::string>();
    OneBook* const at = books_.find(id);
    ByteReader one{as_bytes(bytes)};
    // No longer listed, or with another tick: its levels may lie between ticks, and the next snapshot of its feed comes.
    if (at == nullptr || one.get<Price>() != at->tick) continue;
    at->feed = one.get<FeedKind>();
    at->said = one.get<std::uint64_t>();
    at->snapshot_at = one.get<Timestamp>();
    at->book = std::make_unique<DepthBook>(at->tick);
    at->book->load(one);
    TM_INVARIANT(one.done(), "a stored book is read to its end");
  }
}

}  // namespace tickmesh
