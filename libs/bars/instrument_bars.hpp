// The bars of one instrument: from trades and from mids, of every length, with their corrections.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "bars/bar_cell.hpp"
#include "bars/bar_grid.hpp"
#include "bars/bar_spec.hpp"
#include "bars/cell_ring.hpp"
#include "bars/lee_ready.hpp"
#include "core/bytes.hpp"
#include "core/events.hpp"

namespace tickmesh {

struct BarCounts {
  std::uint64_t taken{0};
  std::uint64_t late{0};      ///< of those, ones that corrected a final bar or filled an interval that had none
  std::uint64_t busted{0};    ///< trades taken back
  std::uint64_t unusable{0};  ///< one-sided, crossed or repeated quotes; trades without a price, or of a volume that would overflow;
                              ///< busts of what no bar holds
  std::uint64_t too_old{0};   ///< of the late and the busted, ones that some bar no longer kept has missed
  std::uint64_t other_feed{0};
};

/// A bar is final once the watermark, the latest event time seen or told, reaches its end; empty intervals make no bar. A final bar is
/// said with event_time = its end, a correction with the event_time of what corrected it. `gap` outranks `late` and `revised`: what is
/// missing stays missing. A late trade corrects every bar that is still kept; the finest are forgotten first, so it is in the hour and
/// the day when its second is gone. A bust takes volume, count and sums back for as long, and the prices, too, while every trade of the
/// bar's second is remembered; a bar all of whose trades were busted is corrected to count 0, its prices as they were.
/// A trade whose aggressor the feed does not tell is signed by Lee & Ready. Feeds are never mixed: another feed takes over only at the
/// next interval of the longest length.
/// Bound: 64 KiB of state with the default specification.
class InstrumentBars {
 public:
  /// `spec` must outlive this and pass its check, and so must `sessions`: ascending, apart, opening and closing at whole minutes; none: UTC
  /// days.
  InstrumentBars(const BarSpec& spec, const Symbol& symbol, std::span<const TradingSession> sessions = {});

  /// Takes a quote, a trade or a bust of event_time > 0; a tick at or past a bar's end makes it final first.
  void apply(const Tick& tick, std::vector<Bar>& out);
  /// The feed was silent or lost something in [from, to): bars it overlaps are `gap`, final ones by correction.
  void gap(Timestamp from, Timestamp to, std::vector<Bar>& out);
  /// Ticks after the last one are lost; the gap ends with the next tick.
  void lost(std::vector<Bar>& out);
  /// Time has come to `watermark`: what ends until then is final.
  void advance(Timestamp watermark, std::vector<Bar>& out);
  /// Makes final the open bars whose end is not after `now`, and tells the watermark no more than that: after a stall the ticks still
  /// waiting are not late for bars that nobody has begun.
  void close_past(Timestamp now, std::vector<Bar>& out);
  /// End of the open bar of `lengths[index]`; zero when there is none.
  Timestamp open_until(std::size_t index) const;
  /// The earliest end of an open bar; zero when there is none.
  Timestamp next_end() const { return next_end_; }

  FeedKind feed() const { return feed_; }
  const BarCounts& counts() const { return counts_; }
  std::size_t bytes() const;  ///< of memory
  void save(ByteWriter& out) const;
  /// Throws on what `save` cannot have written. Hours that another calendar made are forgotten.
  void load(ByteReader& in);

 private:
  static constexpr std::size_t kGapsKept = 32;
  static constexpr std::int64_t kMostVolume = std::numeric_limits<std::int64_t>::max() / 4;  // of a longest bar
  static constexpr Timestamp kEndOfTime{std::numeric_limits<std::int64_t>::max()};
  struct Series {
    BarBasis basis;
    int unit;
    std::vector<CellRing> kept;  // by level
  };
  struct Gap {
    Timestamp from{}, to{};
  };
  struct Print {
    Timestamp time{};
    std::int64_t price{0}, size{0};
    std::uint64_t id{0};
    Side aggressor{Side::none};
  };
  struct Run {
    std::size_t begin, end;
  };

  /// What a tick that does not just fall into the open bar of the first length asks for. False: it is of another feed.
  bool begin(const Tick& tick, std::vector<Bar>& out);
  bool usable_quote(const Tick& tick);
  void trade(const Tick& tick, std::vector<Bar>& out);
  void bust(const Tick& tick, std::vector<Bar>& out);
  void add(Series& series, const BarPoint& point, std::vector<Bar>& out);
  void add_late(Series& series, const BarPoint& point, std::vector<Bar>& out);
  /// Volume of the longest bar that holds `time`; nullptr: too long ago.
  std::int64_t* volume_at(Timestamp time);
  bool take_back(std::size_t level, const BarPoint& point, BarInterval interval);
  void remember_print(const Print& print);
  void set_watermark(Timestamp watermark);
  void find_next_end();
  Timestamp newest_cell() const;  ///< start of the latest interval of the first length that is not empty; zero: none
  void remember(const Gap& gap, std::vector<Bar>& out);
  bool in_gap(BarInterval interval) const;
  Run cells_in(const CellRing& ring, BarInterval interval) const;
  /// Says the bar of `length` in the interval, put together from the kept cells; nothing when they are not all kept any more, or when
  /// there is nothing to say. A correction when it was said before.
  void say(Series& series, std::size_t length, BarInterval interval, BarQuality quality, Timestamp event_time, std::vector<Bar>& out);
  /// The bars that are final, of every length, that hold `time`. False when one of them was not said: it is not kept.
  bool say_final(Series& series, Timestamp time, BarQuality quality, std::vector<Bar>& out);
  void close(Series& series, std::size_t length, std::vector<Bar>& out);

  const BarSpec* spec_;
  Symbol symbol_;
  BarGrid grid_;
  std::vector<std::size_t> levels_;                         // index of the length of each kept level
  std::array<std::uint8_t, BarSpec::kMostLengths> from_{};  // the level that bars of a length are put together from
  std::array<Series, 2> series_;
  std::vector<Gap> gaps_;
  std::vector<Print> prints_;  // a ring
  std::size_t next_print_{0};
  LeeReady signs_;
  bool started_{false};
  bool lost_{false};  // a gap is open since last_
  FeedKind feed_{FeedKind::none};
  Timestamp watermark_{};
  // What the watermark means, so that a tick inside an open bar divides nothing: the intervals of each length that hold it.
  std::array<BarInterval, BarSpec::kMostLengths> open_{};
  std::array<bool, BarSpec::kMostLengths> open_gap_{};  // a gap overlaps it
  BarInterval longest_before_{};                        // of the longest length, the last one that was open
  std::int64_t volume_{0}, volume_before_{0};           // of trades in the open one of the longest length, and in the one before
  Timestamp next_end_{};
  Timestamp last_{};   // latest event time of a tick
  Tick last_quote_{};  // kind, prices and sizes alone
  BarCounts counts_{};
};

}  // namespace tickmesh
