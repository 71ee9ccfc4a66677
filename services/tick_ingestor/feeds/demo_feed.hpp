// The demo market on the clock: which of its ticks are due by now. Pure: the clock is the caller's.
#pragma once
#include <cstdint>
#include <optional>

#include "core/bytes.hpp"
#include "core/events.hpp"
#include "market/demo_market.hpp"
#include "tick_ingestor/feeds/demo_depth.hpp"
#include "tick_ingestor/feeds/take_event.hpp"

namespace tickmesh {

class DemoFeed {
 public:
  /// A process that slept longer than this goes on where it was, later, instead of catching up in a burst.
  static constexpr Duration kMostBehind = seconds(2);

  /// `depth`: its books are told, too.
  explicit DemoFeed(DemoMarket market, bool depth = false) : fresh_{market}, said_{market}, live_{std::move(market)}, tells_depth_{depth} {}

  /// Gives what is due at `now`, at most `limit` items: Tick and FeedEvent inputs with `event_time` set, which never decreases, and
  /// behind one of them a DepthUpdate whose turn it is, which is no item: after a restart they may come at other moments.
  /// The market begins with the first call; after `recover` it goes on from `now`. Returns how many.
  std::size_t due(Timestamp now, std::size_t limit, const TakeEvent& take);
  /// When the next item is due; zero before the first `due`.
  Timestamp next_due() { return anchor_ ? anchor_ + Duration{next_offset()} : Timestamp{}; }
  /// Items given in all; what `save` is held against.
  std::uint64_t position() const { return base_ + live_.position() - (pending_ ? 1 : 0); }
  const DemoMarket& market() const { return live_; }

  /// The market as it was after `items` demo items in all were said: a snapshot must not hold what was given but not yet said.
  /// `items` never decreases and never exceeds what was given.
  void save(ByteWriter& out, std::uint64_t items);
  /// What was saved at `items`. False when the snapshot is of another market (seed, rate, instruments) or, `in` being empty, of none: this
  /// one then begins at its start.
  /// InvariantError: it does not stand at `items`.
  bool load(ByteReader& in, std::uint64_t items);
  /// Goes to where `items` demo items in all had been said, the last one at `last_event_time`.
  void recover(std::uint64_t items, Timestamp last_event_time);

 private:
  std::int64_t next_offset();

  DemoMarket fresh_;  ///< at its start
  DemoMarket said_;   ///< trails `live_`; moved when a snapshot is taken
  DemoMarket live_;
  bool tells_depth_;
  DemoDepth depth_{};
  Event given_{};                      ///< the one place of what is given
  std::optional<DemoItem> pending_{};  ///< taken from `live_`, not due yet
  bool other_{false};                  ///< the snapshot was of another market
  std::uint64_t base_{0};              ///< items said in all before this market's first
  Timestamp anchor_{};                 ///< wall time of offset 0; zero: not running
  Timestamp last_event_{};             ///< event_time of the last item
};

}  // namespace tickmesh
