#include "bar_compressor/core/bar_core.hpp"

#include <algorithm>
#include <span>

namespace tickmesh {
namespace {

constexpr std::uint64_t kTimer = 1;
constexpr std::int64_t kShape = -3;  // no time: what version 1 wrote begins with one; version 2 wrote -2

}  // namespace

Result<void> BarCore::check(const BarConfig& config) {
  if (config.grace.ns < 0) return bad_value("grace", ">= 0", "negative");
  if (config.max_ahead.ns < 0) return bad_value("max_ahead", ">= 0", "negative");
  if (config.stall.ns <= 0) return bad_value("stall", "> 0", "every input would count as late");
  for (const auto& [calendar, sessions] : config.sessions) {
    Timestamp last{};
    for (const TradingSession& session : sessions) {
      if (session.open < last || session.close <= session.open) return bad_value("sessions", "ascending and apart", calendar);
      if (session.open.ns % seconds(60).ns != 0 || session.close.ns % seconds(60).ns != 0)
        return bad_value("sessions", "open and close at whole minutes", calendar);
      last = session.close;
    }
  }
  return config.spec.check();
}

BarCore::BarCore(BarConfig config) : config_{std::move(config)} {
  TM_INVARIANT(check(config_).has_value(), "bars are built from a checked configuration");
  rows_.reserve(config_.instruments.list().size());
  for (const Instrument& instrument : config_.instruments.list()) {
    const auto sessions = config_.sessions.find(instrument.calendar);
    rows_.push_back(
        {instrument.id(), InstrumentBars{config_.spec, instrument.symbol,
                                         sessions == config_.sessions.end() ? std::span<const TradingSession>{}
                                                                            : std::span<const TradingSession>{sessions->second}}});
  }
}

void BarCore::apply(const Input& in, Outbox& out) {
  if (const auto* tick = std::get_if<Tick>(&in.event)) {
    if (in.name.stream == Stream::tick) on_tick(in, *tick, out);
  } else if (const auto* timer = std::get_if<TimerFired>(&in.event)) {
    on_timer(in, *timer, out);
  } else if (const auto* feed = std::get_if<FeedEvent>(&in.event)) {
    if (in.name.stream == Stream::feed) on_feed(*feed, out);
  } else if (const auto* gap = std::get_if<StreamGap>(&in.event)) {
    on_stream_gap(*gap, out);
  } else if (std::holds_alternative<Started>(in.event)) {
    // Whether the wish of the start before was kept is the runner's affair; asking again is harmless.
    armed_ = {};
    for (const Row& row : rows_) arm_open(row.bars, out);
  }
}

void BarCore::on_tick(const Input& in, const Tick& tick, Outbox& out) {
  const auto place = config_.instruments.index_of(tick.instrument);
  if (place == InstrumentIndex::kNone) {
    ++unlisted_;
    return;
  }
  if (tick.event_time.ns <= 0 || tick.event_time - in.now > config_.max_ahead) {
    ++bad_time_;
    return;
  }
  taken_ = in.now;
  behind_ = tick.time ? in.now - tick.time : Duration{};
  Row& row = rows_[place];
  row.bars.apply(tick, scratch_);
  if (!scratch_.empty()) say(row, out);
  arm_open(row.bars, out);
}

// A stall, ours or the publisher's, ends with a timer and a heap of ticks that were on their way all the time. Those ticks close their
// bars themselves; a timer that closed first would make every one of them a correction.
bool BarCore::catching_up(Timestamp now, Timestamp due) const {
  return now - due > config_.stall || (behind_ > config_.stall && now - taken_ < config_.stall);
}

void BarCore::on_timer(const Input& in, const TimerFired& timer, Outbox& out) {
  if (timer.timer != kTimer) return;
  armed_ = {};
  if (catching_up(in.now, timer.due)) {
    arm(in.now + config_.stall, out);
    return;
  }
  for (Row& row : rows_) {
    row.bars.close_past(in.now - config_.grace, scratch_);
    say(row, out);
  }
  for (const Row& row : rows_) arm_open(row.bars, out);
}

void BarCore::on_feed(const FeedEvent& event, Outbox& out) {
  if (event.kind != FeedEventKind::gap || !event.from) return;
  const Timestamp to = event.to ? event.to : event.header.event_time;
  const auto tell = [&](Row& row) {
    row.bars.gap(event.from, to, scratch_);
    say(row, out);
  };
  if (!event.symbol.empty()) {
    if (const auto place = config_.instruments.index_of(instrument_id(event.symbol)); place != InstrumentIndex::kNone) tell(rows_[place]);
    return;
  }
  for (Row& row : rows_)
    if (row.bars.feed() == event.feed || row.bars.feed() == FeedKind::none || event.feed == FeedKind::none) tell(row);
}

void BarCore::on_stream_gap(const StreamGap& gap, Outbox& out) {
  // What was lost of `feed` may have told of a gap anywhere.
  if (gap.stream != Stream::tick && gap.stream != Stream::feed) return;
  for (Row& row : rows_) {
    if (gap.stream == Stream::tick && row.id.partition() != gap.partition) continue;
    row.bars.lost(scratch_);
    say(row, out);
  }
}

void BarCore::arm(Timestamp at, Outbox& out) {
  if (armed_ && armed_ <= at) return;
  armed_ = at;
  out.wake_at(at, kTimer);
}

void BarCore::arm_open(const InstrumentBars& bars, Outbox& out) {
  if (const Timestamp end = bars.next_end()) arm(end + config_.grace, out);
}

void BarCore::say(const Row& row, Outbox& out) {
  for (const Bar& bar : scratch_) out.emit(Stream::bar, row.id.partition(), bar);
  scratch_.clear();
}

BarCounts BarCore::counts() const {
  BarCounts sum;
  for (const Row& row : rows_) {
    const BarCounts& c = row.bars.counts();
    sum.taken += c.taken;
    sum.late += c.late;
    sum.busted += c.busted;
    sum.unusable += c.unusable;
    sum.too_old += c.too_old;
    sum.other_feed += c.other_feed;
  }
  return sum;
}

void BarCore::save(ByteWriter& out) const {
  out.put(kShape), out.put(taken_), out.put(behind_.ns), out.put(unlisted_), out.put(bad_time_);
  out.put(armed_);
  out.put(static_cast<std::uint32_t>(rows_.size()));
  Bytes bytes;
  for (const Row& row : rows_) {
    bytes.clear();
    ByteWriter one{bytes};
    row.bars.save(one);
    out.put(row.id);
    out.put(as_text(bytes));
  }
}

void BarCore::load(ByteReader& in) {
  if (in.get<std::int64_t>() != kShape) {
    // Of version 1, which kept other cells, or 2, whose hours and days were those of UTC: bars begin anew.
    while (!in.done()) in.get<std::uint8_t>();
    return;
  }
  taken_ = in.get<Timestamp>();
  behind_ = {in.get<std::int64_t>()};
  unlisted_ = in.get<std::uint64_t>();
  bad_time_ = in.get<std::uint64_t>();
  armed_ = in.get<Timestamp>();
  for (auto left = in.get<std::uint32_t>(); left > 0; --left) {
    const auto id = in.get<InstrumentId>();
    const auto bytes = in.get<std::string>();
    const auto place = config_.instruments.index_of(id);
    if (place == InstrumentIndex::kNone) continue;
    ByteReader one{as_bytes(bytes)};
    rows_[place].bars.load(one);
    TM_INVARIANT(one.done(), "a stored instrument is read to its end");
  }
}

}  // namespace tickmesh
