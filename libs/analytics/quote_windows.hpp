// The windows over mids and spreads of one instrument, together: each counts the same quote ticks, from one history.
#pragma once
#include <algorithm>

#include "analytics/half_life.hpp"
#include "analytics/mid_window.hpp"
#include "analytics/spread_window.hpp"
#include "analytics/trend_window.hpp"
#include "core/foresight.hpp"

namespace tickmesh {

class QuoteWindows {
 public:
  /// `z`: mids and half-life, `spread`: spreads, `trend`: the slope; in ticks.
  QuoteWindows(std::size_t z, std::size_t spread, std::size_t trend)
      : halving_{trend == 2 * spread && spread == 2 * z},
        history_{std::max({z, spread, trend})},
        mids_{z},
        half_life_{z},
        spreads_{spread},
        trend_{trend} {}
  /// Both prices positive and within kMaxWindowPrice. Returns 2 x mid.
  std::int64_t push(Price bid, Price ask, Timestamp event_time);
  void reset();
  /// A hard gap: neighbours across it are no pair of an AR(1).
  void break_off() { half_life_.reset(); }

  const MidWindow& mids() const { return mids_; }
  const HalfLifeWindow& half_life() const { return half_life_; }
  const SpreadWindow& spreads() const { return spreads_; }
  const TrendWindow& trend() const { return trend_; }
  /// Asks for the lines of memory that `push` will read and write. (Inlined: see prefetch_lines.)
  [[gnu::always_inline]] void prefetch() const {
    prefetch_lines<2>(history_.place());  // behind it lies what will be the oldest of the mids then
    __builtin_prefetch(mids_.times().place(), 1);
    if (halving_) return;
    for (const std::size_t length : {mids_.length(), spreads_.length(), trend_.length()}) __builtin_prefetch(history_.place(length));
  }

  void save(ByteWriter& out) const;
  /// Throws on a mid that no quote can have, and where the windows do not tell one history.
  void load(ByteReader& in);

 private:
  bool halving_;  // what leaves them lies where the tick is written
  QuoteHistory history_;
  MidWindow mids_;
  HalfLifeWindow half_life_;
  SpreadWindow spreads_;
  TrendWindow trend_;
};

}  // namespace tickmesh
