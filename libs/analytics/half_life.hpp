// How fast the mid comes back, from a rolling AR(1) (METRICS.md 1.1): a sanity figure beside the z-score.
#pragma once
#include "analytics/mid_window.hpp"

namespace tickmesh {

/// phi is the least-squares slope of m_t on m_{t-1} over the n - 1 neighbouring pairs of the last n mids, each side about its own mean.
class HalfLifeWindow {
 public:
  explicit HalfLifeWindow(std::size_t n = 50) : n_{static_cast<std::uint32_t>(n)} {
    TM_INVARIANT(n >= 3 && n <= kMostMids, "an AR(1) needs two pairs, and of 512 mids at most");
  }
  /// The newest mid of `history`, which goes back n ticks.
  void push(const QuoteHistory& history);
  void reset();
  std::size_t size() const { return size_; }
  std::size_t length() const { return n_; }
  /// UNDEFINED in a flat window.
  Value phi() const;
  /// ln 2 / -ln phi, in ticks; UNDEFINED unless 0 < phi < 1.
  Value ticks() const;

 private:
  std::uint32_t n_;
  std::uint32_t size_{0};
  std::int64_t oldest_{0}, newest_{0};  // less the anchor of the history, as all sums
  std::int64_t sum_{0};
  Int128 sum_squares_{0};
  Int128 sum_products_{0};
};

}  // namespace tickmesh
