#include "metrics_engine/core/depth_metrics.hpp"

#include <algorithm>
#include <limits>

namespace tickmesh {
namespace {

void copy(std::span<const BookLevel> from, std::vector<DepthLevel>& into) {
  into.reserve(from.size());
  for (const BookLevel& level : from) into.push_back({level.price, level.size});
}

}  // namespace

DepthMetrics::DepthMetrics(const Instrument& instrument, Duration grid)
    : symbol_{instrument.symbol}, grid_{grid}, book_{Price::from_raw(std::max<std::int64_t>(1, instrument.tick_size.raw()))} {}

void DepthMetrics::learn(const DepthUpdate& update) {
  if (update.feed != feed_ && feed_ != FeedKind::none) {  // feeds are never mixed
    book_.drop();
    flow_.reset();
    resyncs_ = 0;
    lost_ = false;
  }
  feed_ = update.feed;
  synthetic_ = update.synthetic;
  event_time_ = std::max(event_time_, update.header.event_time);
  changes_.clear();
  for (const DepthLevel& level : update.bids) changes_.push_back({level.price, level.size, Side::buy});
  for (const DepthLevel& level : update.asks) changes_.push_back({level.price, level.size, Side::sell});
  const bool was_live = book_.live();
  const bool snapshot = update.kind == DepthKind::snapshot;
  const DepthOutcome outcome =
      snapshot ? book_.apply(DepthSnapshot{update.last, changes_}) : book_.apply(DepthDelta{update.previous, update.last, changes_});
  if (was_live && !book_.live()) ++resyncs_;
  // What a snapshot changes nobody's orders need have changed at once.
  if (was_live != book_.live() || (snapshot && outcome == DepthOutcome::applied)) flow_.break_off();
  if (was_live || outcome != DepthOutcome::held) lost_ = false;
  if (outcome == DepthOutcome::applied || was_live != book_.live()) {
    look();
    if (book_.live()) flow_.push(view_);
    changed_ = true;
  }
}

void DepthMetrics::lose() {
  if (book_.live()) {
    ++resyncs_;
    lost_ = true;
  }
  book_.drop();
  flow_.break_off();
  look();
}

void DepthMetrics::enter_session() {
  flow_.reset();
  resyncs_ = 0;
}

std::string DepthMetrics::reason() const {
  if (book_.live()) return {};
  if (lost_) return "lost";
  return std::string(to_string(book_.reason()));
}

BookTop DepthMetrics::top() const {
  BookTop top;
  top.header.event_time = event_time_;
  top.symbol = symbol_;
  top.feed = feed_;
  top.synthetic = synthetic_;
  top.live = book_.live();
  top.reason = reason();
  top.last = book_.last();
  top.resyncs = resyncs_;
  std::array<BookLevel, BookTop::kLevels> levels;
  copy({levels.data(), book_.levels().top(Side::buy, levels)}, top.bids);
  copy({levels.data(), book_.levels().top(Side::sell, levels)}, top.asks);
  top.imbalance = imbalance(false);
  top.ofi = judged(flow_.mean(), false);
  top.ofi_normalised = judged(flow_.normalised(), false);
  return top;
}

void DepthMetrics::said() {
  using Limits = std::numeric_limits<std::int64_t>;
  const std::int64_t cell = event_time_.ns / grid_.ns;
  say_next_ = {cell >= Limits::max() / grid_.ns ? Limits::max() : (cell + 1) * grid_.ns};
  said_live_ = book_.live();
  changed_ = false;
}

Value DepthMetrics::imbalance(bool silent) const {
  if (!book_.live()) return {.value = 0, .status = feed_ == FeedKind::none ? Status::warmup : Status::undefined, .has_value = false};
  return judged(depth_imbalance(view_), silent);
}

Value DepthMetrics::judged(Value value, bool silent) const {
  if (value.status == Status::warmup) return value;
  if (synthetic_)
    value.status = Status::undefined;
  else if (value.status == Status::ok && (silent || !book_.live()))
    value.status = Status::stale;
  return value;
}

void DepthMetrics::fill(Metrics& m, bool silent) const {
  m.depth_imbalance = imbalance(silent);
  m.depth_ofi = judged(flow_.mean(), silent);
  m.depth_ofi_normalised = judged(flow_.normalised(), silent);
}

void DepthMetrics::save(ByteWriter& out) const {
  book_.save(out);
  flow_.save(out);
  out.put(feed_), out.put(synthetic_), out.put(lost_), out.put(said_live_), out.put(changed_);
  out.put(event_time_), out.put(say_next_), out.put(resyncs_);
}

void DepthMetrics::load(ByteReader& in) {
  book_.load(in);
  flow_.load(in);
  feed_ = in.get<FeedKind>();
  for (bool* flag : {&synthetic_, &lost_, &said_live_, &changed_}) *flag = in.get<bool>();
  event_time_ = in.get<Timestamp>();
  say_next_ = in.get<Timestamp>();
  resyncs_ = in.get<std::uint64_t>();
  look();
}

}  // namespace tickmesh
