// The spread over the last n quote ticks, in basis points of mid (METRICS.md 1.2).
#pragma once
#include "analytics/quote_history.hpp"
#include "analytics/value.hpp"
#include "core/bytes.hpp"
#include "core/fixed.hpp"

namespace tickmesh {

/// (ask - bid) / mid x 10^4; both prices positive.
double spread_bp(Price bid, Price ask);

/// Spreads in bp are real numbers: sums of the distance to an anchor, taken anew every 65,536 ticks (METRICS.md 0.6).
class SpreadWindow {
 public:
  explicit SpreadWindow(std::size_t n = 100) : n_{static_cast<std::uint32_t>(n)} {
    TM_INVARIANT(n >= 2, "a sample deviation needs two spreads");
  }
  /// The newest spread of `history`, a finite number; it goes back n ticks.
  void push(const QuoteHistory& history);
  void reset();
  std::size_t size() const { return size_; }
  std::size_t length() const { return n_; }
  Value current() const;  ///< bp; from the first tick on
  Value mean() const;     ///< bp
  Value sd() const;       ///< bp, divisor n - 1
  Value cv() const;       ///< sd / mean; UNDEFINED unless the mean is positive
  Value regime() const;   ///< current / mean; UNDEFINED unless the mean is positive
  /// Sums of real numbers depend on the way they were taken: they are stored, where the spreads alone would not do.
  struct Sums {
    double anchor{0}, sum{0}, squares{0};
    std::uint32_t since_anchored{0};
  };
  void save_sums(ByteWriter& out) const {
    out.put(sums_.anchor), out.put(sums_.sum), out.put(sums_.squares), out.put(sums_.since_anchored);
  }
  static Sums load_sums(ByteReader& in);
  void set_sums(const Sums& sums) { sums_ = sums; }

 private:
  void sum_anew(const QuoteHistory& history);
  std::uint32_t n_;
  std::uint32_t size_{0};
  double newest_{0};
  Sums sums_{};
};

}  // namespace tickmesh
