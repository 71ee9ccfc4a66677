// Mean, deviation and z-score of the mid over the last n quote ticks (METRICS.md 1.1).
#pragma once
#include <cstdint>

#include "analytics/quote_history.hpp"
#include "analytics/ring.hpp"
#include "analytics/value.hpp"
#include "core/bytes.hpp"
#include "core/fixed.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// Largest price the windows take, raw: 45 million units. It keeps every sum of squares of a 200-tick window inside 128 bits.
inline constexpr std::int64_t kMaxWindowPrice = std::int64_t{1} << 52;
/// Ticks in a window of mids at most: a sum of so many distances, each below 2^53, fits 63 bits.
inline constexpr std::size_t kMostMids = 512;

/// 2 x mid = bid + ask in raw units, so that no half unit is lost. Both prices within kMaxWindowPrice.
constexpr std::int64_t twice_mid(Price bid, Price ask) { return bid.raw() + ask.raw(); }
/// The nearest double: the same bits as the compiler's own conversion of 128 bits, without its call where 64 do.
inline double to_double(Int128 value) {
  const auto narrow = static_cast<std::int64_t>(value);
  return narrow == value ? static_cast<double>(narrow) : static_cast<double>(value);
}
/// A sum of n values of 2 x mid, in price units.
inline double mid_units(Int128 twice_mid_sum, double n = 1) {
  return to_double(twice_mid_sum) / (2.0 * static_cast<double>(Price::kScale) * n);
}

/// Sums are exact integers of the distance to an anchor, so nothing drifts and a flat window is found without an epsilon.
class MidWindow {
 public:
  explicit MidWindow(std::size_t n = 50) : n_{static_cast<std::uint32_t>(n)}, times_{n} {
    TM_INVARIANT(n > 0 && n <= kMostMids, "a window of mids has 1 to 512 ticks");
  }
  /// The newest mid of `history`, which goes back n ticks.
  void push(const QuoteHistory& history, Timestamp event_time);
  void reset();
  std::size_t size() const { return size_; }
  std::size_t length() const { return n_; }
  bool full() const { return size_ == n_; }

  struct Reversion {
    Value mean;  ///< price units
    Value sd;    ///< price units, divisor n
    /// (m - mean) / sd, the newest mid included in both; 0 and UNDEFINED in a flat window; never beyond sqrt(n - 1).
    Value z_score;
  };
  /// The three together, since they share a root.
  Reversion reversion() const;
  Value mean() const { return reversion().mean; }
  Value sd() const { return reversion().sd; }
  Value z_score() const { return reversion().z_score; }
  Value sd_bp() const { return in_bp(sd()); }
  /// A deviation of this window in bp of the newest mid.
  Value in_bp(const Value& sd) const;
  /// Seconds from the oldest to the newest observation; never negative.
  Value span_seconds() const;

  /// Event times of the window, oldest first.
  const Ring<std::int64_t>& times() const { return times_; }
  void load_times(ByteReader& in);

 private:
  /// n^2 x variance of 2 x mid, exact.
  Int128 scaled_variance() const;

  std::uint32_t n_;
  std::uint32_t size_{0};
  std::int64_t anchor_{0};
  std::int64_t newest_{0};  // less the anchor, as all sums
  std::int64_t sum_{0};
  Int128 sum_squares_{0};
  Ring<std::int64_t> times_;
};

}  // namespace tickmesh
