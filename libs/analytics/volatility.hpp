// How much prices move (METRICS.md section 5) and Roll's spread (1.4). Annualised where a number of periods a year is given.
#pragma once
#include <cstddef>
#include <cstdint>

#include "analytics/moving.hpp"
#include "analytics/ring.hpp"
#include "analytics/value.hpp"

namespace tickmesh {

/// Sum of squared log returns of a mid that is looked at on a grid of time, over the last n returns.
class RealisedVariance {
 public:
  explicit RealisedVariance(std::size_t n = 12, Duration grid = seconds(300)) : squares_{n}, grid_{grid} {
    TM_INVARIANT(grid.ns > 0, "a grid has cells");
  }
  /// The mid is `twice_mid` from `time` on; what it was before counts for the points of the grid up to `time`.
  void push(std::int64_t twice_mid, Timestamp time) {
    if (time.ns >= next_ && mid_ > 0) sample(time);
    if (mid_ == 0) begin(time);
    mid_ = twice_mid;
  }
  /// A gap or a new session: no return is formed across it.
  void break_off() { mid_ = sampled_ = 0; }
  void reset();
  std::size_t size() const { return squares_.size(); }
  Value variance() const;  ///< summed anew, partial windows WARMUP
  /// Root of the variance, a year of `trading_seconds`.
  Value volatility(double trading_seconds) const;
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  void begin(Timestamp time);
  void sample(Timestamp time);
  Ring<double> squares_;
  Duration grid_;
  std::int64_t mid_{0};      // twice the last; 0: none since a break
  std::int64_t sampled_{0};  // at the last point of the grid; 0: none since a break
  std::int64_t next_{0};     // the next point, ns
};

/// RiskMetrics: v = l v + (1 - l) r^2, seeded with the first r^2.
class EwmaVariance {
 public:
  explicit EwmaVariance(double lambda = 0.94) : lambda_{lambda} { TM_INVARIANT(lambda > 0 && lambda < 1, "a weight of the past"); }
  void push(double close);  ///< > 0
  void reset() { has_last_ = has_value_ = false, last_ = value_ = 0; }
  Value volatility(double periods) const;  ///< sqrt(v x periods)
  void save(ByteWriter& out) const { out.put(has_last_), out.put(has_value_), out.put(last_), out.put(value_); }
  void load(ByteReader& in);

 private:
  double lambda_;
  bool has_last_{false}, has_value_{false};
  double last_{0}, value_{0};
};

/// Range estimators over the last n bars, `periods` a year; summed anew when asked, of terms whose logarithms are taken once a bar.
/// UNDEFINED where a price was not positive.
class RangeVolatility {
 public:
  explicit RangeVolatility(std::size_t n = 20) : bars_{n} { TM_INVARIANT(n >= 3, "a deviation of returns needs two of them"); }
  void push(const ClosedBar& bar);
  const void* place() const { return bars_.place(); }  ///< that `push` will write to, behind what it reads
  void reset() { bars_.reset(), last_close_ = {}; }
  Value close_to_close(double periods) const;  ///< sample deviation of the n - 1 returns inside the n closes
  Value parkinson(double periods) const;       ///< Parkinson 1980
  Value garman_klass(double periods) const;    ///< Garman & Klass 1980; a sum below 0 counts as 0, and is UNDEFINED
  Value rogers_satchell(double periods) const;
  Value garman_klass_overnight(double periods) const;  ///< with ln(open / close before)^2; one bar later than the others
  Value vwap() const;                                  ///< of the n closes, weighted by volume
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Entry {
    ClosedBar bar;
    Price close_before{};
    bool positive{false};  // all four prices
    // What the bar adds to the sum of each estimator; 0 where a price is missing that it needs.
    double log_return{0};  // from the close of the entry before
    double parkinson{0}, garman_klass{0}, rogers_satchell{0}, overnight{0};
  };
  void take(const ClosedBar& bar, Price close_before);
  Value mean_of(double scale, double Entry::* term) const;
  Ring<Entry> bars_;
  Price last_close_{};
};

/// Roll 1984: 2 sqrt(-Cov(dp_t, dp_{t-1})) over the last n price changes; 0 when the covariance is not negative. Only where there are no
/// quotes.
class RollSpread {
 public:
  explicit RollSpread(std::size_t n = 100) : prices_{n + 1} { TM_INVARIANT(n >= 3, "a covariance needs two pairs"); }
  void push(Price price) { prices_.push(price.raw()); }
  void reset() { prices_.reset(); }
  Value autocovariance() const;  ///< divisor pairs - 1, price units squared
  Value spread() const;          ///< price units
  void save(ByteWriter& out) const { prices_.save(out); }
  void load(ByteReader& in) { prices_.load(in); }

 private:
  Ring<std::int64_t> prices_;
};

}  // namespace tickmesh
