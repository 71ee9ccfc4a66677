// How fast the mid comes back, from a rolling AR(1) (METRICS.md 1.1): a sanity figure beside the z-score.
#pragma once
#include "analytics/mid_window.hpp"

namespace tickmesh {

/// phi is the least-squares slope of m_t on m_{t-1} over the n - 1 neighbouring pairs of the last n mids, each side about its own mean.
class HalfLifeWindow {
 public:
  explicit HalfLifeWindow(std::size_t n = 50) : mids_{n} { TM_INVARIANT(n >= 3, "an AR(1) needs two pairs"); }
  void push(std::int64_t twice_mid);
  void reset();
  /// UNDEFINED in a flat window.
  Value phi() const;
  /// ln 2 / -ln phi, in ticks; UNDEFINED unless 0 < phi < 1.
  Value ticks() const;
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  Ring<std::int64_t> mids_;
  std::int64_t anchor_{0};
  Int128 sum_{0};
  Int128 sum_squares_{0};
  Int128 sum_products_{0};
};

}  // namespace tickmesh
