// The plain trend: least-squares slope of the mid on the tick number over the last n ticks, and its t-value (METRICS.md 1.3).
#pragma once
#include "analytics/mid_window.hpp"

namespace tickmesh {

class TrendWindow {
 public:
  explicit TrendWindow(std::size_t n = 200);
  void push(std::int64_t twice_mid);
  void reset();
  Value slope() const;  ///< price units a tick
  /// Sign of the slope; 0 where it is flat or not there yet.
  int direction() const {
    if (!mids_.full()) return 0;
    const Int128 slope = slope_numerator();
    return slope > 0 ? 1 : slope < 0 ? -1 : 0;
  }
  /// slope / its standard error (n - 2 degrees of freedom). Flat: 0 and UNDEFINED. On a perfect line there is no error to measure by:
  /// UNDEFINED.
  Value t_value() const;
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  Int128 slope_numerator() const;
  Ring<std::int64_t> mids_;
  std::int64_t rank_variance_{0};  // n x sum of (k - mean k)^2 for k = 0..n-1, a whole number: n^2 (n^2 - 1) / 12
  double root_freedom_;            // sqrt(n - 2)
  std::int64_t anchor_{0};
  Int128 sum_{0};          // of d
  Int128 sum_squares_{0};  // of d^2
  Int128 sum_ranked_{0};   // of k*d, k = 0 for the oldest
};

}  // namespace tickmesh
