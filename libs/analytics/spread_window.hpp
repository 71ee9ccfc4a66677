// The spread over the last n quote ticks, in basis points of mid (METRICS.md 1.2).
#pragma once
#include "analytics/ring.hpp"
#include "analytics/value.hpp"
#include "core/bytes.hpp"
#include "core/fixed.hpp"

namespace tickmesh {

/// (ask - bid) / mid x 10^4; both prices positive.
double spread_bp(Price bid, Price ask);

/// Spreads in bp are real numbers: sums of the distance to an anchor, taken anew every 65,536 ticks (METRICS.md 0.6).
class SpreadWindow {
 public:
  explicit SpreadWindow(std::size_t n = 100) : spreads_{n} { TM_INVARIANT(n >= 2, "a sample deviation needs two spreads"); }
  void push(double bp);
  void reset();
  Value current() const;  ///< bp; from the first tick on
  Value mean() const;     ///< bp
  Value sd() const;       ///< bp, divisor n - 1
  Value cv() const;       ///< sd / mean; UNDEFINED unless the mean is positive
  Value regime() const;   ///< current / mean; UNDEFINED unless the mean is positive
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  void sum_anew();
  Ring<double> spreads_;
  double anchor_{0};
  double sum_{0};
  double sum_squares_{0};
  std::uint32_t since_anchored_{0};
};

}  // namespace tickmesh
