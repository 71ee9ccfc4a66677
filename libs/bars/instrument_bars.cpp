#include "bars/instrument_bars.hpp"

#include <algorithm>
#include <limits>

namespace tickmesh {
namespace {

bool overlap(Timestamp from, Timestamp to, BarInterval interval) { return from < interval.end && to > interval.start; }

BarPoint point_of(Timestamp time, Price price, Quantity size, Side aggressor) {
  return {time, price.raw(), size.raw(), size.raw(), aggressor};
}

}  // namespace

InstrumentBars::InstrumentBars(const BarSpec& spec, const Symbol& symbol, std::span<const TradingSession> sessions)
    : spec_{&spec}, symbol_{symbol}, grid_{sessions}, series_{{{BarBasis::trade, 1, {}}, {BarBasis::mid, 2, {}}}} {
  TM_INVARIANT(spec.check().has_value(), "bars are built from a checked specification");
  for (std::size_t i = 0; i < spec.lengths.size(); ++i) {
    if (i == 0 || spec.lengths[i].ns / spec.lengths[levels_.back()].ns == BarSpec::kCellRatio) levels_.push_back(i);
    from_[i] = static_cast<std::uint8_t>(levels_.size() - 1);
  }
  for (Series& series : series_)
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      // Of hours a day and a third: yesterday's last ones can be corrected.
      const auto most = level == 0 ? spec.cells : spec.lengths[levels_[level]] < BarGrid::kAligned ? spec.longer_cells : std::size_t{32};
      series.kept.emplace_back(most);
    }
  prints_.reserve(spec.prints);
  gaps_.reserve(kGapsKept);
}

bool InstrumentBars::usable_quote(const Tick& tick) {
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

bool InstrumentBars::begin(const Tick& tick, std::vector<Bar>& out) {
  if (started_ && tick.feed != feed_) {
    const Duration longest = spec_->lengths.back();
    if (grid_.at(tick.event_time, longest).start <= grid_.at(last_, longest).start) {
      ++counts_.other_feed;
      return false;
    }
    last_quote_ = {};
    signs_.reset();
    prints_.clear();
    next_print_ = 0;
  }
  feed_ = tick.feed;
  if (lost_) {
    lost_ = false;
    for (Gap& gap : gaps_)
      if (gap.to == kEndOfTime) gap.to = std::max(tick.event_time, gap.from);
  }
  if (started_) {
    advance(tick.event_time, out);
  } else {
    started_ = true;
    last_ = tick.event_time;
    set_watermark(tick.event_time);
  }
  return true;
}

void InstrumentBars::apply(const Tick& tick, std::vector<Bar>& out) {
  if (!started_ || lost_ || tick.feed != feed_ || tick.event_time >= open_[0].end) {
    if (!begin(tick, out)) return;
  } else if (tick.event_time > watermark_) {
    watermark_ = tick.event_time;
  }
  last_ = std::max(last_, tick.event_time);
  if (tick.kind == TickKind::quote) {
    signs_.quote(tick.event_time, tick.bid, tick.ask);
    if (!usable_quote(tick))
      ++counts_.unusable;
    else
      add(series_[1], {tick.event_time, tick.bid.raw() + tick.ask.raw(), 0, 1, Side::none}, out);
  } else if (tick.price.raw() <= 0 || tick.size.raw() < 0) {
    ++counts_.unusable;
  } else if (tick.kind == TickKind::trade) {
    trade(tick, out);
  } else if (tick.kind == TickKind::bust) {
    bust(tick, out);
  } else {
    ++counts_.unusable;
  }
}

std::int64_t* InstrumentBars::volume_at(Timestamp time) {
  const BarInterval& longest = open_[spec_->lengths.size() - 1];
  if (time >= longest.start) return &volume_;
  return time >= longest_before_.start && time < longest_before_.end ? &volume_before_ : nullptr;
}

void InstrumentBars::trade(const Tick& tick, std::vector<Bar>& out) {
  const Side sign = tick.aggressor != Side::none ? tick.aggressor : signs_.trade(tick.event_time, tick.price);
  std::int64_t* volume = volume_at(tick.event_time);
  if (volume == nullptr) {
    ++counts_.too_old;
    return;
  }
  if (tick.size.raw() > kMostVolume - *volume) {
    ++counts_.unusable;
    return;
  }
  *volume += tick.size.raw();
  remember_print({tick.event_time, tick.price.raw(), tick.size.raw(), tick.trade_id, sign});
  add(series_[0], point_of(tick.event_time, tick.price, tick.size, sign), out);
}

void InstrumentBars::remember_print(const Print& print) {
  if (spec_->prints == 0) return;
  if (prints_.size() < spec_->prints)
    prints_.push_back(print);
  else
    prints_[next_print_] = print;
  next_print_ = next_print_ + 1 == spec_->prints ? 0 : next_print_ + 1;
}

// In the watermark's own interval of the first length, every bar that a point belongs to is open.
void InstrumentBars::add(Series& series, const BarPoint& point, std::vector<Bar>& out) {
  if (point.time < open_[0].start) return add_late(series, point, out);
  CellRing& ring = series.kept[0];
  if (ring.empty() || ring.back().start() != open_[0].start) {
    ring.insert(ring.size(), open_[0].start);
    if (open_gap_[0]) ring.back().mark_gap();
    next_end_ = open_[0].end;  // every bar ends where one of the first length does
  }
  ring.back().add(point, kMostVolume);
  ++counts_.taken;
}

void InstrumentBars::add_late(Series& series, const BarPoint& point, std::vector<Bar>& out) {
  bool kept = false, missed = false;
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const BarInterval interval = grid_.at(point.time, spec_->lengths[levels_[level]]);
    if (interval.end > watermark_) {
      kept = true;  // what is open is put together from the cells before, which reach that far back
      break;
    }
    CellRing& ring = series.kept[level];
    std::size_t i = ring.first_from(interval.start);
    if (i == ring.size() || ring[i].start() != interval.start) {
      i = ring.insert(i, interval.start);
      if (i != CellRing::kNone && in_gap(interval)) ring[i].mark_gap();
    }
    if (i == CellRing::kNone) {
      missed = true;
      continue;
    }
    ring[i].add(point, kMostVolume);
    kept = true;
  }
  find_next_end();
  const BarQuality quality = watermark_ - point.time <= spec_->lateness ? BarQuality::late : BarQuality::revised;
  if (!say_final(series, point.time, quality, out)) missed = true;
  if (kept) ++counts_.taken, ++counts_.late;
  if (missed) ++counts_.too_old;
}

void InstrumentBars::bust(const Tick& tick, std::vector<Bar>& out) {
  Series& series = series_[0];
  BarPoint point = point_of(tick.event_time, tick.price, tick.size, tick.aggressor);
  for (Print& print : prints_)
    if (print.time == tick.event_time && print.price == point.value && print.size == point.size && print.id == tick.trade_id) {
      point.aggressor = print.aggressor;
      print.time = {};
      break;
    }
  bool kept = false, missed = false;
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const BarInterval interval = grid_.at(point.time, spec_->lengths[levels_[level]]);
    if (level > 0 && interval.end > watermark_) break;
    if (take_back(level, point, interval))
      kept = true;
    else if (series.kept[level].knows(interval.start))
      break;  // there is no such trade
    else
      missed = true;
  }
  if (!kept) {
    ++counts_.unusable;
    return;
  }
  if (std::int64_t* volume = volume_at(point.time)) *volume -= std::min(*volume, point.size);
  if (!say_final(series, point.time, BarQuality::revised, out)) missed = true;
  ++counts_.busted;
  if (missed) ++counts_.too_old;
}

bool InstrumentBars::take_back(std::size_t level, const BarPoint& point, BarInterval interval) {
  CellRing& ring = series_[0].kept[level];
  const std::size_t i = ring.first_from(interval.start);
  if (i == ring.size() || ring[i].start() != interval.start || ring[i].count() == 0) return false;
  BarCell& cell = ring[i];
  // The last one leaves its prices behind; of the others the prices are found again where everything is still known.
  BarCell anew{interval.start};
  if (cell.count() > 1 && level > 0 && series_[0].kept[level - 1].knows(interval.start)) {
    const Run run = cells_in(series_[0].kept[level - 1], interval);
    for (std::size_t k = run.begin; k < run.end; ++k) anew.append(series_[0].kept[level - 1][k]);
  } else if (cell.count() > 1 && level == 0) {
    for (std::size_t k = 0; k < prints_.size(); ++k) {
      const Print& print = prints_[prints_.size() < spec_->prints ? k : (next_print_ + k) % prints_.size()];
      if (print.time >= interval.start && print.time < interval.end)
        anew.add({print.time, print.price, print.size, print.size, print.aggressor}, kMostVolume);
    }
  }
  if (anew.count() == 0 || anew.count() + 1 != cell.count()) return cell.subtract(point);
  if (cell.gap()) anew.mark_gap();
  for (std::size_t length = 0; length < spec_->lengths.size(); ++length)
    if (cell.said(length)) anew.mark_said(length);
  cell = anew;
  return true;
}

void InstrumentBars::close_past(Timestamp now, std::vector<Bar>& out) {
  if (!next_end_ || next_end_ > now) return;
  Timestamp end{};
  for (std::size_t i = 0; i < spec_->lengths.size(); ++i)
    if (const Timestamp open = open_until(i); open && open <= now) end = std::max(end, open);
  if (end) advance(end, out);
}

void InstrumentBars::advance(Timestamp watermark, std::vector<Bar>& out) {
  if (!started_ || watermark <= watermark_) return;
  if (watermark < open_[0].end) {
    watermark_ = watermark;
    return;
  }
  // Only the intervals that hold the old watermark can be open.
  for (Series& series : series_)
    for (std::size_t i = 0; i < spec_->lengths.size(); ++i)
      if (open_[i].end <= watermark) close(series, i, out);
  set_watermark(watermark);
}

void InstrumentBars::close(Series& series, std::size_t length, std::vector<Bar>& out) {
  const BarInterval interval = open_[length];
  const std::size_t level = from_[length];
  if (level > 0 && levels_[level] == length) {
    const CellRing& from = series.kept[level - 1];
    const Run run = cells_in(from, interval);
    BarCell whole{interval.start};
    for (std::size_t k = run.begin; k < run.end; ++k) whole.append(from[k]);
    if (whole.count() == 0) return;
    CellRing& ring = series.kept[level];
    const std::size_t i = ring.insert(ring.size(), interval.start);
    ring[i] = whole;
  }
  if (open_gap_[length]) {
    CellRing& ring = series.kept[level];
    if (levels_[level] == length && !ring.empty() && ring.back().start() == interval.start) ring.back().mark_gap();
  }
  say(series, length, interval, open_gap_[length] ? BarQuality::gap : BarQuality::complete, interval.end, out);
}

void InstrumentBars::set_watermark(Timestamp watermark) {
  watermark_ = watermark;
  const std::size_t longest = spec_->lengths.size() - 1;
  for (std::size_t i = 0; i <= longest; ++i) {
    if (watermark < open_[i].end && watermark >= open_[i].start) continue;
    if (i == longest) {
      longest_before_ = open_[i];
      volume_before_ = volume_;
      volume_ = 0;
      signs_.reset();
    }
    open_[i] = grid_.at(watermark, spec_->lengths[i]);
    open_gap_[i] = in_gap(open_[i]);
  }
  find_next_end();
}

void InstrumentBars::find_next_end() {
  next_end_ = {};
  const Timestamp newest = newest_cell();
  for (std::size_t i = 0; newest && i < spec_->lengths.size(); ++i)
    if (newest >= open_[i].start && (!next_end_ || open_[i].end < next_end_)) next_end_ = open_[i].end;
}

bool InstrumentBars::in_gap(BarInterval interval) const {
  return std::ranges::any_of(gaps_, [&](const Gap& gap) { return overlap(gap.from, gap.to, interval); });
}

InstrumentBars::Run InstrumentBars::cells_in(const CellRing& ring, BarInterval interval) const {
  std::size_t end = ring.size();
  while (end > 0 && ring[end - 1].start() >= interval.end) --end;
  std::size_t begin = end;
  while (begin > 0 && ring[begin - 1].start() >= interval.start) --begin;
  return {begin, end};
}

bool InstrumentBars::say_final(Series& series, Timestamp time, BarQuality quality, std::vector<Bar>& out) {
  bool all = true;
  for (std::size_t i = 0; i < spec_->lengths.size(); ++i) {
    const BarInterval interval = grid_.at(time, spec_->lengths[i]);
    if (interval.end > watermark_) continue;
    if (series.kept[from_[i]].knows(interval.start))
      say(series, i, interval, quality, time, out);
    else
      all = false;
  }
  return all;
}

void InstrumentBars::say(Series& series, std::size_t length, BarInterval interval, BarQuality quality, Timestamp event_time,
                         std::vector<Bar>& out) {
  CellRing& ring = series.kept[from_[length]];
  if (ring.empty()) return;
  // Nearly always it is the bar that just ended.
  const bool last = levels_[from_[length]] == length && ring.back().start() == interval.start;
  const Run run = last ? Run{ring.size() - 1, ring.size()} : cells_in(ring, interval);
  if (run.begin == run.end) return;
  BarCell whole = ring[run.begin];
  bool said = whole.said(length);
  ring[run.begin].mark_said(length);
  for (std::size_t k = run.begin + 1; k < run.end; ++k) {
    said = said || ring[k].said(length);
    ring[k].mark_said(length);
    whole.append(ring[k]);
  }
  if (whole.count() == 0 && !said) return;
  Bar& bar = out.emplace_back();
  bar.header.event_time = event_time;
  bar.symbol = symbol_;
  bar.basis = series.basis;
  bar.length = spec_->lengths[length];
  bar.correction = said;
  bar.quality = whole.gap() || in_gap(interval) ? BarQuality::gap : quality;
  whole.fill(bar, series.unit);
  bar.start = interval.start;
}

void InstrumentBars::remember(const Gap& gap, std::vector<Bar>& out) {
  if (gap.to <= gap.from) return;
  const auto before = gaps_;
  if (gaps_.size() == kGapsKept) gaps_.erase(gaps_.begin());
  gaps_.push_back(gap);
  for (std::size_t i = 0; i < spec_->lengths.size(); ++i)
    if (overlap(gap.from, gap.to, open_[i])) open_gap_[i] = true;
  const Timestamp at = gap.to == kEndOfTime ? watermark_ : gap.to;
  for (Series& series : series_) {
    // Final bars that were said without a gap are corrected; those that bear one already are not said again.
    for (std::size_t i = 0; i < spec_->lengths.size(); ++i) {
      const CellRing& ring = series.kept[from_[i]];
      Timestamp done{-1};
      for (std::size_t k = 0; k < ring.size(); ++k) {
        const BarInterval interval = grid_.at(ring[k].start(), spec_->lengths[i]);
        if (interval.start == done) continue;
        done = interval.start;
        if (!overlap(gap.from, gap.to, interval) || interval.end > watermark_ || !ring.knows(interval.start)) continue;
        bool knew = std::ranges::any_of(before, [&](const Gap& g) { return overlap(g.from, g.to, interval); });
        const Run run = cells_in(ring, interval);
        for (std::size_t c = run.begin; c < run.end; ++c) knew = knew || ring[c].gap();
        if (!knew) say(series, i, interval, BarQuality::gap, at, out);
      }
    }
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      CellRing& ring = series.kept[level];
      for (std::size_t k = 0; k < ring.size(); ++k)
        if (overlap(gap.from, gap.to, grid_.at(ring[k].start(), spec_->lengths[levels_[level]]))) ring[k].mark_gap();
    }
  }
}

void InstrumentBars::gap(Timestamp from, Timestamp to, std::vector<Bar>& out) { remember({from, to}, out); }

void InstrumentBars::lost(std::vector<Bar>& out) {
  if (lost_ || !started_) return;
  lost_ = true;
  remember({last_, kEndOfTime}, out);
}

Timestamp InstrumentBars::open_until(std::size_t index) const {
  const Timestamp newest = newest_cell();
  return newest && newest >= open_[index].start ? open_[index].end : Timestamp{};
}

Timestamp InstrumentBars::newest_cell() const {
  Timestamp newest{};
  for (const Series& series : series_)
    if (!series.kept[0].empty()) newest = std::max(newest, series.kept[0].back().start());
  return newest;
}

}  // namespace tickmesh
