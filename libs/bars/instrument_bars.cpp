#include "bars/instrument_bars.hpp"

#include <algorithm>
#include <limits>

namespace tickmesh {
namespace {

constexpr std::size_t kGapsKept = 16;
constexpr Timestamp kEndOfTime{std::numeric_limits<std::int64_t>::max()};

}  // namespace

Result<void> BarSpec::check() const {
  if (lengths.empty() || lengths.size() > kMostLengths)
    return bad_value("lengths", "1 to 16 lengths", std::to_string(lengths.size()) + " given");
  if (lengths.front().ns < 1'000'000) return bad_value("lengths", ">= 1 ms", "the first is shorter");
  for (std::size_t i = 1; i < lengths.size(); ++i)
    if (lengths[i] <= lengths[i - 1] || lengths[i].ns % lengths.front().ns != 0)
      return bad_value("lengths", "ascending multiples of the first", "length " + std::to_string(i + 1));
  if (lengths.back() > seconds(86'400)) return bad_value("lengths", "<= 1 day", "the last is longer");
  if (lateness.ns < 0) return bad_value("lateness", ">= 0", "negative");
  if (keep < lateness || keep > seconds(86'400)) return bad_value("keep", "lateness to 1 day", "out of range");
  return {};
}

InstrumentBars::InstrumentBars(const BarSpec& spec, const Symbol& symbol) : spec_{&spec}, symbol_{symbol} {
  TM_INVARIANT(spec.check().has_value(), "bars are built from a checked specification");
  most_ = Quantity::from_raw(std::numeric_limits<std::int64_t>::max() / (spec.lengths.back().ns / spec.lengths.front().ns));
  forget_at_ = kEndOfTime;
}

bool InstrumentBars::usable(const Tick& tick) {
  if (tick.kind == TickKind::trade) return tick.price.raw() > 0 && tick.size.raw() >= 0;
  if (tick.kind != TickKind::quote) return false;
  if (tick.bid.raw() <= 0 || tick.ask < tick.bid) return false;
  if (tick.ask.raw() > std::numeric_limits<std::int64_t>::max() / 2) return false;
  const bool repeated = last_quote_.kind == TickKind::quote && tick.bid == last_quote_.bid && tick.ask == last_quote_.ask &&
                        tick.bid_size == last_quote_.bid_size && tick.ask_size == last_quote_.ask_size;
  last_quote_.kind = tick.kind;
  last_quote_.bid = tick.bid;
  last_quote_.ask = tick.ask;
  last_quote_.bid_size = tick.bid_size;
  last_quote_.ask_size = tick.ask_size;
  return !repeated;
}

void InstrumentBars::apply(const Tick& tick, std::vector<Bar>& out) {
  if (started_ && tick.feed != feed_) {
    const Duration longest = spec_->lengths.back();
    if (interval_start(tick.event_time, longest) <= interval_start(last_, longest)) {
      ++counts_.other_feed;
      return;
    }
    last_quote_ = {};
  }
  feed_ = tick.feed;
  if (lost_) {
    lost_ = false;
    for (Gap& gap : gaps_)
      if (gap.to == kEndOfTime) gap.to = std::max(tick.event_time, gap.from);
  }
  if (started_) {
    advance(tick.event_time, out);
    last_ = std::max(last_, tick.event_time);
  } else {
    started_ = true;
    last_ = tick.event_time;
    set_watermark(tick.event_time);
  }
  if (!usable(tick)) {
    ++counts_.unusable;
    return;
  }
  if (tick.kind == TickKind::trade)
    add(series_[0], {tick.event_time, tick.price.raw(), tick.size, tick.aggressor}, out);
  else
    add(series_[1], {tick.event_time, tick.bid.raw() + tick.ask.raw(), {}, Side::none}, out);
}

bool InstrumentBars::add_to(Series& series, std::vector<BarCell>::iterator at, Timestamp start, const BarPoint& point) {
  auto& cells = series.cells;
  const bool fresh = at == cells.end() || at->start() != start;
  if (fresh) {
    at = cells.insert(at, BarCell{start});
    if (in_gap(start, spec_->lengths.front())) at->mark_gap();
  }
  if (!at->add(point, most_)) {
    ++counts_.unusable;
    if (fresh) cells.erase(at);
    return false;
  }
  ++counts_.taken;
  if (fresh) look_for_oldest();
  return true;
}

// The point is not after the watermark. In the watermark's own interval of the first length, every bar it belongs to is open.
void InstrumentBars::add(Series& series, const BarPoint& point, std::vector<Bar>& out) {
  const Timestamp start = ends_[0] - spec_->lengths.front();
  if (point.time < start) return add_late(series, point, out);
  auto& cells = series.cells;
  add_to(series, !cells.empty() && cells.back().start() == start ? cells.end() - 1 : cells.end(), start, point);
}

void InstrumentBars::add_late(Series& series, const BarPoint& point, std::vector<Bar>& out) {
  const Duration base = spec_->lengths.front();
  if (forgotten_at(point.time) <= watermark_) {
    ++counts_.too_old;
    return;
  }
  const Timestamp start = interval_start(point.time, base);
  auto& cells = series.cells;
  auto cell = cells.end();
  while (cell != cells.begin() && (cell - 1)->start() >= start) --cell;  // from the back: it is nearly always near the last
  if (!add_to(series, cell, start, point)) return;
  const BarQuality quality = watermark_ - point.time <= spec_->lateness ? BarQuality::late : BarQuality::revised;
  bool corrected = false;
  for (const Duration length : spec_->lengths) {
    const Timestamp from = interval_start(point.time, length);
    if (from + length > watermark_) continue;
    // There was a bar before when anything but this point is in it.
    std::uint64_t others = 0;
    for (auto it = cells.rbegin(); it != cells.rend() && it->start() >= from; ++it)
      if (it->start() < from + length) others += it->count();
    say(series, from, length, quality, others > 1, point.time, out);
    corrected = true;
  }
  if (corrected) ++counts_.late;
}

void InstrumentBars::close_past(Timestamp now, std::vector<Bar>& out) {
  Timestamp end{};
  for (std::size_t i = 0; i < spec_->lengths.size(); ++i)
    if (const Timestamp open = open_until(i); open && open <= now) end = std::max(end, open);
  if (end) advance(end, out);
}

void InstrumentBars::advance(Timestamp watermark, std::vector<Bar>& out) {
  if (!started_ || watermark <= watermark_) return;
  // All lengths are multiples of the first: no bar ends before its interval does.
  if (watermark >= ends_[0]) {
    for (Series& series : series_) {
      // Only the intervals that hold the old watermark can be open.
      for (std::size_t i = 0; i < spec_->lengths.size(); ++i) {
        const Duration length = spec_->lengths[i];
        if (ends_[i] <= watermark) say(series, ends_[i] - length, length, BarQuality::complete, false, ends_[i], out);
      }
    }
    set_watermark(watermark);
  } else {
    watermark_ = watermark;
  }
  if (watermark >= forget_at_) forget_old();
}

void InstrumentBars::set_watermark(Timestamp watermark) {
  watermark_ = watermark;
  for (std::size_t i = 0; i < spec_->lengths.size(); ++i) ends_[i] = interval_start(watermark, spec_->lengths[i]) + spec_->lengths[i];
}

Timestamp InstrumentBars::forgotten_at(Timestamp cell_start) const {
  const Duration longest = spec_->lengths.back();
  return interval_start(cell_start, longest) + longest + spec_->keep;
}

void InstrumentBars::forget_old() {
  for (Series& series : series_) {
    auto& cells = series.cells;
    const auto old = [&](const BarCell& cell) { return forgotten_at(cell.start()) <= watermark_; };
    cells.erase(cells.begin(), std::ranges::find_if_not(cells, old));
  }
  look_for_oldest();
}

void InstrumentBars::look_for_oldest() {
  forget_at_ = kEndOfTime;
  for (const Series& series : series_)
    if (!series.cells.empty()) forget_at_ = std::min(forget_at_, forgotten_at(series.cells.front().start()));
}

bool InstrumentBars::in_gap(Timestamp start, Duration length) const {
  return std::ranges::any_of(gaps_, [&](const Gap& gap) { return gap.from < start + length && gap.to > start; });
}

void InstrumentBars::say(const Series& series, Timestamp start, Duration length, BarQuality quality, bool correction, Timestamp event_time,
                         std::vector<Bar>& out) const {
  const auto& cells = series.cells;
  auto first = cells.end();
  while (first != cells.begin() && (first - 1)->start() >= start) --first;
  BarCell whole{start};
  for (auto cell = first; cell != cells.end() && cell->start() < start + length; ++cell) whole.append(*cell);
  if (whole.count() == 0) return;
  Bar bar;
  bar.header.event_time = event_time;
  bar.symbol = symbol_;
  bar.basis = series.basis;
  bar.length = length;
  bar.correction = correction;
  bar.quality = whole.gap() || in_gap(start, length) ? BarQuality::gap : quality;
  whole.fill(bar, series.unit);
  out.push_back(bar);
}

void InstrumentBars::remember(const Gap& gap, std::vector<Bar>& out) {
  if (gap.to <= gap.from) return;
  const auto overlaps = [](const Gap& g, Timestamp start, Duration length) { return g.from < start + length && g.to > start; };
  const auto before = gaps_;
  const auto knew = [&](Timestamp start, Duration length) {
    return std::ranges::any_of(before, [&](const Gap& g) { return overlaps(g, start, length); });
  };
  if (gaps_.size() == kGapsKept) gaps_.erase(gaps_.begin());
  gaps_.push_back(gap);
  const Timestamp at = gap.to == kEndOfTime ? watermark_ : gap.to;
  for (Series& series : series_) {
    // Final bars that were said without a gap are corrected; those that bear one already are not said again.
    for (const Duration length : spec_->lengths) {
      Timestamp done{-1};
      for (const BarCell& cell : series.cells) {
        const Timestamp start = interval_start(cell.start(), length);
        if (start == done) continue;
        done = start;
        if (overlaps(gap, start, length) && start + length <= watermark_ && !knew(start, length))
          say(series, start, length, BarQuality::gap, true, at, out);
      }
    }
    for (BarCell& cell : series.cells)
      if (overlaps(gap, cell.start(), spec_->lengths.front())) cell.mark_gap();
  }
}

void InstrumentBars::gap(Timestamp from, Timestamp to, std::vector<Bar>& out) { remember({from, to}, out); }

void InstrumentBars::lost(std::vector<Bar>& out) {
  if (lost_ || !started_) return;
  lost_ = true;
  remember({last_, kEndOfTime}, out);
}

Timestamp InstrumentBars::open_until(std::size_t index) const {
  const Timestamp start = ends_[index] - spec_->lengths[index];
  for (const Series& series : series_)
    if (!series.cells.empty() && series.cells.back().start() >= start) return ends_[index];
  return {};
}

void InstrumentBars::save(ByteWriter& out) const {
  out.put(started_), out.put(lost_), out.put(feed_), out.put(watermark_), out.put(last_);
  out.put(last_quote_.kind), out.put(last_quote_.bid), out.put(last_quote_.ask), out.put(last_quote_.bid_size),
      out.put(last_quote_.ask_size);
  out.put(counts_.taken), out.put(counts_.late), out.put(counts_.unusable), out.put(counts_.too_old), out.put(counts_.other_feed);
  out.put(static_cast<std::uint32_t>(gaps_.size()));
  for (const Gap& gap : gaps_) out.put(gap.from), out.put(gap.to);
  for (const Series& series : series_) {
    out.put(static_cast<std::uint32_t>(series.cells.size()));
    for (const BarCell& cell : series.cells) cell.save(out);
  }
}

void InstrumentBars::load(ByteReader& in) {
  started_ = in.get<bool>();
  lost_ = in.get<bool>();
  feed_ = in.get<FeedKind>();
  watermark_ = in.get<Timestamp>();
  last_ = in.get<Timestamp>();
  last_quote_ = {};
  last_quote_.kind = in.get<TickKind>();
  last_quote_.bid = in.get<Price>();
  last_quote_.ask = in.get<Price>();
  last_quote_.bid_size = in.get<Quantity>();
  last_quote_.ask_size = in.get<Quantity>();
  for (auto* count : {&counts_.taken, &counts_.late, &counts_.unusable, &counts_.too_old, &counts_.other_feed})
    *count = in.get<std::uint64_t>();
  gaps_.clear();
  for (auto left = in.get<std::uint32_t>(); left > 0; --left) {
    const auto from = in.get<Timestamp>();
    gaps_.push_back({from, in.get<Timestamp>()});
  }
  for (Series& series : series_) {
    series.cells.clear();
    for (auto left = in.get<std::uint32_t>(); left > 0; --left) series.cells.emplace_back().load(in);
  }
  set_watermark(watermark_);
  look_for_oldest();
}

}  // namespace tickmesh
