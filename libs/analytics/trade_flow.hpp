// What was bought and what was sold: CVD since the session began, and the balance of the last trades and of the last minute
// (METRICS.md 2.4). Exact integers throughout.
#pragma once
#include <array>
#include <cstdint>
#include <limits>

#include "analytics/order_flow.hpp"
#include "analytics/ring.hpp"
#include "analytics/value.hpp"

namespace tickmesh {

/// Volumes in raw units. A trade of unknown sign is in neither.
struct FlowBalance {
  Int128 buy{0}, sell{0};
  Value pressure() const;  ///< (buy - sell) / (buy + sell); 0 and UNDEFINED when both are 0
  Value buy_pct() const;   ///< buy / (buy + sell); UNDEFINED when both are 0
  Value ratio() const;     ///< buy / sell; UNDEFINED when nothing was sold
};

/// A volume of raw units in units.
double flow_units(Int128 raw);

class TradeFlow {
 public:
  static constexpr std::int64_t kSeconds = 60;
  explicit TradeFlow(std::size_t n = 100) : trades_{n} {}
  /// The first bytes of this are what every trade touches; the seconds lie behind.
  static constexpr std::size_t kHead = 128;
  /// Asks for the lines of memory that `push` will read and write.
  void prefetch(Timestamp time) const {
    __builtin_prefetch(trades_.place(), 1);
    __builtin_prefetch(&seconds_[static_cast<std::uint64_t>(time.ns / 1'000'000'000) % seconds_.size()], 1);
    __builtin_prefetch(&minute_at_, 1);
  }
  /// `sign` -1, 0 or 1; 0 <= size <= kMaxFlowSize; in order of time but for late trades, which a minute they are older than leaves out.
  void push(int sign, Quantity size, Timestamp time);
  void reset();  ///< a session begins

  Int128 cvd() const { return cvd_; }  ///< buys less sells, raw units
  bool window_full() const { return trades_.full(); }
  std::uint64_t trades() const { return count_; }
  const FlowBalance& last_trades() const { return window_; }
  /// The whole second of `now` and the 59 before it. Summed once a second; in between trades are added.
  FlowBalance last_minute(Timestamp now) const;

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  static constexpr std::int64_t kNoMinute = std::numeric_limits<std::int64_t>::min();
  struct Second {
    std::int64_t at{0};  // seconds since the epoch; a slot is of this second alone
    Int128 buy{0}, sell{0};
  };
  Ring<std::int64_t> trades_;  // sign x size
  FlowBalance window_{};
  Int128 cvd_{0};
  std::uint64_t count_{0};  // of the session
  std::array<Second, 64> seconds_{};
  mutable FlowBalance minute_{};  // of the minute that ends with the second …
  mutable std::int64_t minute_at_{kNoMinute};
};

}  // namespace tickmesh
