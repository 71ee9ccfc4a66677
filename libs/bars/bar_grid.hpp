// Where the intervals of a length lie: on the epoch, and from an hour on at the session's open.
#pragma once
#include <algorithm>
#include <limits>
#include <span>

#include "core/trading_session.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// [start, end).
struct BarInterval {
  Timestamp start{}, end{};
  friend bool operator==(const BarInterval&, const BarInterval&) = default;
};

/// Start of the interval of `length` > 0 that holds `time`, counted from `anchor`.
constexpr Timestamp interval_start(Timestamp time, Duration length, Timestamp anchor = {}) {
  const std::int64_t past = (time - anchor).ns % length.ns;
  return {time.ns - past - (past < 0 ? length.ns : 0)};
}

/// Intervals shorter than an hour are counted from the Unix epoch. Longer ones are counted from the last session open at or before them
/// and end early where another session opens; before the first session known, and without a calendar, they are counted from the epoch
/// (the session is the UTC day). After the last session known they go on from its open.
class BarGrid {
 public:
  static constexpr Duration kAligned{3'600'000'000'000};
  BarGrid() = default;
  /// `sessions` ascend, apart, and outlive this.
  explicit BarGrid(std::span<const TradingSession> sessions) : sessions_{sessions} {}

  BarInterval at(Timestamp time, Duration length) const {
    if (length < kAligned || sessions_.empty()) {
      const Timestamp start = interval_start(time, length);
      return {start, start + length};
    }
    const auto next = std::ranges::upper_bound(sessions_, time, {}, &TradingSession::open);
    const Timestamp anchor = next == sessions_.begin() ? Timestamp{} : (next - 1)->open;
    const Timestamp start = interval_start(time, length, anchor);
    return {start, next == sessions_.end() ? start + length : std::min(start + length, next->open)};
  }

 private:
  std::span<const TradingSession> sessions_;
};

}  // namespace tickmesh
