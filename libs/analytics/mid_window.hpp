// Mean, deviation and z-score of the mid over the last n quote ticks (METRICS.md 1.1).
#pragma once
#include <cstdint>

#include "analytics/ring.hpp"
#include "analytics/value.hpp"
#include "core/bytes.hpp"
#include "core/fixed.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// Largest price the windows take, raw: 45 million units. It keeps every sum of squares of a 200-tick window inside 128 bits.
inline constexpr std::int64_t kMaxWindowPrice = std::int64_t{1} << 52;

/// 2 x mid = bid + ask in raw units, so that no half unit is lost. Both prices within kMaxWindowPrice.
constexpr std::int64_t twice_mid(Price bid, Price ask) { return bid.raw() + ask.raw(); }
/// Stored mids of a window, each one that a quote can have: sums over them stay exact.
inline Ring<std::int64_t> load_mids(ByteReader& in, std::size_t capacity) {
  Ring<std::int64_t> stored{capacity};
  stored.load(in);
  for (std::size_t i = 0; i < stored.size(); ++i)
    TM_INVARIANT(stored[i] >= 0 && stored[i] <= 2 * kMaxWindowPrice, "a stored mid is one that a quote can have");
  return stored;
}
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
  explicit MidWindow(std::size_t n = 50) : mids_{n}, times_{n} {}
  void push(std::int64_t twice_mid, Timestamp event_time);
  void reset();
  std::size_t size() const { return mids_.size(); }
  bool full() const { return mids_.full(); }

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

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  void add(std::int64_t twice_mid);
  /// n^2 x variance of 2 x mid, exact.
  Int128 scaled_variance() const;

  Ring<std::int64_t> mids_;
  Ring<std::int64_t> times_;
  std::int64_t anchor_{0};
  Int128 sum_{0};
  Int128 sum_squares_{0};
};

}  // namespace tickmesh
