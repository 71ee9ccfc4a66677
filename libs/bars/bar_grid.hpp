// Where the intervals of a length lie: on the epoch, and from an hour on in the sessions of a calendar.
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

/// Intervals shorter than an hour are counted from the Unix epoch. Longer ones never cross a session's open or close: inside a session they
/// are counted from its open, between two sessions from the close before, so that what is traded before the open or after the close is in
/// bars of its own. An interval of a day is the whole session, however long. Before the first session known, and without a calendar, they
/// are counted from the epoch (the session is the UTC day).
class BarGrid {
 public:
  static constexpr Duration kAligned{3'600'000'000'000};
  static constexpr Duration kDay{86'400'000'000'000};
  BarGrid() = default;
  /// `sessions` ascend, apart, and outlive this.
  explicit BarGrid(std::span<const TradingSession> sessions) : sessions_{sessions} {}

  BarInterval at(Timestamp time, Duration length) const {
    if (length < kAligned || sessions_.empty()) {
      const Timestamp start = interval_start(time, length);
      return {start, start + length};
    }
    const auto next = std::ranges::upper_bound(sessions_, time, {}, &TradingSession::open);
    const auto* last = next == sessions_.begin() ? nullptr : &*(next - 1);
    const bool inside = last != nullptr && time < last->close;
    if (inside && length >= kDay) return {last->open, last->close};
    const Timestamp start = interval_start(time, length, last == nullptr ? Timestamp{} : inside ? last->open : last->close);
    if (inside) return {start, std::min(start + length, last->close)};
    return {start, next == sessions_.end() ? start + length : std::min(start + length, next->open)};
  }

 private:
  std::span<const TradingSession> sessions_;
};

}  // namespace tickmesh
