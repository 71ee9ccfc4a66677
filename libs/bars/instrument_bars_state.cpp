// What the bars of an instrument keep, stored and loaded.
#include <algorithm>
#include <limits>

#include "bars/instrument_bars.hpp"

namespace tickmesh {
namespace {

constexpr Timestamp kLastTime{std::numeric_limits<std::int64_t>::max() / 2};

}  // namespace

std::size_t InstrumentBars::bytes() const {
  std::size_t sum =
      sizeof *this + levels_.capacity() * sizeof(std::size_t) + gaps_.capacity() * sizeof(Gap) + prints_.capacity() * sizeof(Print);
  for (const Series& series : series_)
    for (const CellRing& ring : series.kept) sum += sizeof ring + ring.most() * sizeof(BarCell);
  return sum;
}

void InstrumentBars::save(ByteWriter& out) const {
  out.put(started_), out.put(lost_), out.put(feed_), out.put(watermark_), out.put(last_);
  out.put(last_quote_.kind), out.put(last_quote_.bid), out.put(last_quote_.ask), out.put(last_quote_.bid_size),
      out.put(last_quote_.ask_size);
  out.put(counts_.taken), out.put(counts_.late), out.put(counts_.busted), out.put(counts_.unusable), out.put(counts_.too_old),
      out.put(counts_.other_feed);
  out.put(volume_), out.put(volume_before_), out.put(longest_before_.start), out.put(longest_before_.end);
  out.put(static_cast<std::uint32_t>(gaps_.size()));
  for (const Gap& gap : gaps_) out.put(gap.from), out.put(gap.to);
  for (std::size_t i = 0; i < spec_->lengths.size(); ++i) out.put(open_gap_[i]);
  out.put(static_cast<std::uint32_t>(prints_.size())), out.put(static_cast<std::uint32_t>(next_print_));
  for (const Print& p : prints_) out.put(p.time), out.put(p.price), out.put(p.size), out.put(p.id), out.put(p.aggressor);
  signs_.save(out);
  for (const Series& series : series_)
    for (const CellRing& ring : series.kept) ring.save(out);
}

void InstrumentBars::load(ByteReader& in) {
  const auto time = [&] {
    const auto t = in.get<Timestamp>();
    TM_INVARIANT(t.ns >= 0 && (t <= kLastTime || t == kEndOfTime), "a stored time is one of this age");
    return t;
  };
  started_ = in.get<bool>();
  lost_ = in.get<bool>();
  feed_ = in.get<FeedKind>();
  const Timestamp watermark = time();
  last_ = time();
  TM_INVARIANT(watermark <= kLastTime && last_ <= watermark, "the watermark is not behind the last tick");
  last_quote_ = {};
  last_quote_.kind = in.get<TickKind>();
  last_quote_.bid = in.get<Price>();
  last_quote_.ask = in.get<Price>();
  last_quote_.bid_size = in.get<Quantity>();
  last_quote_.ask_size = in.get<Quantity>();
  for (auto* count : {&counts_.taken, &counts_.late, &counts_.busted, &counts_.unusable, &counts_.too_old, &counts_.other_feed})
    *count = in.get<std::uint64_t>();
  const auto volume = in.get<std::int64_t>(), volume_before = in.get<std::int64_t>();
  TM_INVARIANT(volume >= 0 && volume <= kMostVolume && volume_before >= 0 && volume_before <= kMostVolume, "stored volumes have room");
  const Timestamp before_start = time();
  const BarInterval before{before_start, time()};
  gaps_.clear();
  const auto gaps = in.get<std::uint32_t>();
  TM_INVARIANT(gaps <= kGapsKept, "no more gaps are stored than are kept");
  for (std::uint32_t i = 0; i < gaps; ++i) {
    const Timestamp from = time();
    gaps_.push_back({from, time()});
  }
  std::array<bool, BarSpec::kMostLengths> open_gap{};
  for (std::size_t i = 0; i < spec_->lengths.size(); ++i) open_gap[i] = in.get<bool>();
  const auto prints = in.get<std::uint32_t>();
  next_print_ = in.get<std::uint32_t>();
  TM_INVARIANT(prints <= spec_->prints && next_print_ <= prints && (next_print_ < spec_->prints || spec_->prints == 0),
               "no more trades are stored than are remembered");
  prints_.clear();
  for (std::uint32_t i = 0; i < prints; ++i) {
    Print& p = prints_.emplace_back();
    p.time = time();
    p.price = in.get<std::int64_t>();
    p.size = in.get<std::int64_t>();
    p.id = in.get<std::uint64_t>();
    p.aggressor = in.get<Side>();
    TM_INVARIANT(p.price > 0 && p.size >= 0, "a stored trade is one that was taken");
  }
  LeeReady signs;
  signs.load(in);
  for (Series& series : series_)
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      CellRing& ring = series.kept[level];
      ring.load(in, series.unit, kMostVolume);
      Int128 held = 0;
      Timestamp longest{};
      bool on_grid = true;
      for (std::size_t k = 0; k < ring.size(); ++k) {
        const BarCell& cell = ring[k];
        TM_INVARIANT(cell.start() <= watermark, "a stored bar has begun");
        on_grid = on_grid && grid_.at(cell.start(), spec_->lengths[levels_[level]]).start == cell.start();
        TM_INVARIANT(on_grid || spec_->lengths[levels_[level]] >= BarGrid::kAligned, "a stored bar begins where bars do");
        Bar bar;
        cell.fill(bar, series.unit);
        const Timestamp whole = grid_.at(cell.start(), spec_->lengths.back()).start;
        held = whole == longest ? held + bar.volume.raw() : bar.volume.raw();
        longest = whole;
        TM_INVARIANT(held <= std::numeric_limits<std::int64_t>::max(), "stored volumes have room in a longest bar");
      }
      // The calendar is another than when this was stored: its hours are not today's, and the open one is found again in its minutes.
      if (!on_grid) ring.forget_before(grid_.at(watermark, spec_->lengths[levels_[level]]).start);
    }
  open_ = {};
  if (started_) set_watermark(watermark);
  watermark_ = watermark;
  open_gap_ = open_gap;
  signs_ = signs;
  volume_ = volume;
  volume_before_ = volume_before;
  longest_before_ = before;
  find_next_end();
}

}  // namespace tickmesh
