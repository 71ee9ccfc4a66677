// The bars of one instrument: from trades and from mids, of every length, with their corrections.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "bars/bar_cell.hpp"
#include "core/bytes.hpp"
#include "core/events.hpp"

namespace tickmesh {

/// What bars are built. All intervals are counted from the Unix epoch.
struct BarSpec {
  static constexpr std::size_t kMostLengths = 16;
  std::vector<Duration> lengths{seconds(1), seconds(60)};  ///< ascending; each a multiple of the first, of which it is built
  Duration lateness{seconds(2)};                           ///< a trade later than this makes a `revised` bar, else a `late` one
  Duration keep{seconds(300)};                             ///< finished bars of the first length can be corrected this long
  /// Error: the field and the rule it breaks.
  Result<void> check() const;
};

struct BarCounts {
  std::uint64_t taken{0};
  std::uint64_t late{0};      ///< of those, ones that corrected a final bar or filled an interval that had none
  std::uint64_t unusable{0};  ///< one-sided, crossed or repeated quotes; trades without a price, or of a volume that would overflow
  std::uint64_t too_old{0};   ///< beyond `keep`: their bar is no longer held
  std::uint64_t other_feed{0};
};

/// A bar is final once the watermark, the latest event time seen or told, reaches its end; empty intervals make no bar. A final bar is
/// said with event_time = its end, a correction with the event_time of what corrected it. `gap` outranks `late` and `revised`: what is
/// missing stays missing. Feeds are never mixed: another feed takes over only at the next interval of the longest length.
/// Bound: of each basis, bars of the first length of (keep + two of the longest length), and the last 16 gaps.
class InstrumentBars {
 public:
  /// `spec` must outlive this and pass its check.
  InstrumentBars(const BarSpec& spec, const Symbol& symbol);

  /// Takes a quote or a trade of event_time > 0; a tick at or past a bar's end makes it final first.
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

  FeedKind feed() const { return feed_; }
  const BarCounts& counts() const { return counts_; }
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Series {
    BarBasis basis;
    int unit;
    std::vector<BarCell> cells;  // of the first length, none empty, ascending
  };
  struct Gap {
    Timestamp from{}, to{};
  };
  bool usable(const Tick& tick);
  void add(Series& series, const BarPoint& point, std::vector<Bar>& out);
  void add_late(Series& series, const BarPoint& point, std::vector<Bar>& out);
  /// Adds to the cell that begins at `start`, which lies at or before `at`; false when it has no room.
  bool add_to(Series& series, std::vector<BarCell>::iterator at, Timestamp start, const BarPoint& point);
  void set_watermark(Timestamp watermark);
  void remember(const Gap& gap, std::vector<Bar>& out);
  bool in_gap(Timestamp start, Duration length) const;
  /// Says the bar of `length` at `start` from the cells it covers; nothing when there are none.
  void say(const Series& series, Timestamp start, Duration length, BarQuality quality, bool correction, Timestamp event_time,
           std::vector<Bar>& out) const;
  Timestamp forgotten_at(Timestamp cell_start) const;  ///< when a cell is beyond correction
  void forget_old();
  void look_for_oldest();

  const BarSpec* spec_;
  Symbol symbol_;
  std::array<Series, 2> series_{{{BarBasis::trade, 1, {}}, {BarBasis::mid, 2, {}}}};
  std::vector<Gap> gaps_;
  bool started_{false};
  bool lost_{false};  // a gap is open since last_
  FeedKind feed_{FeedKind::none};
  Timestamp watermark_{};
  // What the watermark means, so that a tick inside an open bar divides nothing: the ends of the intervals of each length that hold it,
  // and when the oldest cell is forgotten.
  std::array<Timestamp, BarSpec::kMostLengths> ends_{};
  Timestamp forget_at_{};
  Quantity most_{};    // volume of one cell
  Timestamp last_{};   // latest event time of a tick
  Tick last_quote_{};  // kind, prices and sizes alone
  BarCounts counts_{};
};

/// Start of the interval of `length` that holds `time`.
constexpr Timestamp interval_start(Timestamp time, Duration length) {
  const std::int64_t past = time.ns % length.ns;
  return {time.ns - past - (past < 0 ? length.ns : 0)};
}

}  // namespace tickmesh
