// The plain trend: least-squares slope of the mid on the tick number over the last n ticks, and its t-value (METRICS.md 1.3).
#pragma once
#include "analytics/mid_window.hpp"

namespace tickmesh {

class TrendWindow {
 public:
  explicit TrendWindow(std::size_t n = 200);
  /// The newest mid of `history`, which goes back n ticks.
  void push(const QuoteHistory& history);
  void reset();
  std::size_t size() const { return size_; }
  std::size_t length() const { return n_; }
  Value slope() const;  ///< price units a tick
  /// Sign of the slope; 0 where it is flat or not there yet.
  int direction() const {
    if (size_ < n_) return 0;
    const Int128 slope = slope_numerator();
    return static_cast<int>(slope > 0) - static_cast<int>(slope < 0);
  }
  /// slope / its standard error (n - 2 degrees of freedom). Flat: 0 and UNDEFINED. On a perfect line there is no error to measure by:
  /// UNDEFINED.
  Value t_value() const;

 private:
  Int128 slope_numerator() const;
  std::uint32_t n_;
  std::uint32_t size_{0};
  std::int64_t rank_variance_{0};  // n x sum of (k - mean k)^2 for k = 0..n-1, a whole number: n^2 (n^2 - 1) / 12
  double root_freedom_;            // sqrt(n - 2)
  std::int64_t sum_{0};            // of d, the distance to the anchor of the history
  Int128 sum_squares_{0};          // of d^2
  Int128 sum_ranked_{0};           // of k*d, k = 0 for the oldest
};

}  // namespace tickmesh
