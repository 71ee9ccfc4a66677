// Moving averages, true range, RSI, MACD and bands over the sequence of bars, each O(1) a bar (METRICS.md 4.2). Prices are doubles of
// price units, > 0; a value is there from the bar that the table names.
#pragma once
#include <cstddef>
#include <cstdint>

#include "analytics/ring.hpp"
#include "analytics/value.hpp"
#include "core/bytes.hpp"
#include "core/fixed.hpp"

namespace tickmesh {

/// One closed bar of trades.
struct ClosedBar {
  Timestamp start{};
  Price open{}, high{}, low{}, close{};
  Quantity volume{};
  bool first_of_session{false};
};
void put(ByteWriter& out, const ClosedBar& bar);
ClosedBar get_closed_bar(ByteReader& in);  ///< refuses prices that no bar has

/// Mean and population deviation of the last n closes, from exact sums: SMA, and the bands about it (Bollinger 2001).
class CloseWindow {
 public:
  explicit CloseWindow(std::size_t n) : closes_{n} {}
  void push(Price close);
  const void* place() const { return closes_.place(); }  ///< that `push` will write to
  void reset();
  Value mean() const;  ///< price units
  Value sd() const;    ///< price units, divisor n
  /// (close - lower) / (upper - lower) of the bands k deviations from the mean; UNDEFINED where they meet.
  Value percent_b(double k) const;
  std::size_t size() const { return closes_.size(); }
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  Ring<std::int64_t> closes_;
  std::int64_t anchor_{0};
  Int128 sum_{0}, squares_{0};
};

/// Seeded with the mean of the first n; weight 2 / (n + 1).
class Ema {
 public:
  explicit Ema(std::size_t n) : n_{n} { TM_INVARIANT(n > 0, "an average has a length"); }
  void push(double x);
  void seed(double value) { seen_ = n_, value_ = value; }
  void reset() { seen_ = 0, value_ = 0; }
  bool ready() const { return seen_ >= n_; }
  double raw() const { return value_; }
  Value value() const { return ready() ? ok_value(value_) : warmup_value(); }
  void save(ByteWriter& out) const { out.put(static_cast<std::uint64_t>(seen_)), out.put(value_); }
  void load(ByteReader& in);

 private:
  std::size_t n_;
  std::size_t seen_{0};
  double value_{0};  // a sum until it is seeded
};

/// Wilder 1978: the mean of the first n, then ((n - 1) A + x) / n.
class WilderMean {
 public:
  explicit WilderMean(std::size_t n) : n_{n} { TM_INVARIANT(n > 0, "an average has a length"); }
  void push(double x);
  void reset() { seen_ = 0, value_ = 0; }
  bool ready() const { return seen_ >= n_; }
  double raw() const { return value_; }
  void save(ByteWriter& out) const { out.put(static_cast<std::uint64_t>(seen_)), out.put(value_); }
  void load(ByteReader& in);

 private:
  std::size_t n_;
  std::size_t seen_{0};
  double value_{0};
};

/// What the true range of a session's first bar is.
enum class GapRange : std::uint8_t { high_low = 1, true_range = 2 };

class Atr {
 public:
  explicit Atr(std::size_t n = 14, GapRange gap = GapRange::high_low) : gap_{gap}, mean_{n}, starts_{n} {}
  void push(const ClosedBar& bar);
  const void* place() const { return starts_.place(); }  ///< that `push` will write to
  void reset();
  Value true_range() const { return has_range_ ? ok_value(range_) : warmup_value(); }
  Value value() const { return mean_.ready() ? ok_value(mean_.raw()) : warmup_value(); }
  /// Seconds from the start of the oldest of the n bars to `closed`.
  Value span_seconds(Timestamp closed) const;
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  GapRange gap_;
  WilderMean mean_;
  Ring<std::int64_t> starts_;
  double last_close_{0};
  bool has_close_{false}, has_range_{false};
  double range_{0};
};

class Rsi {
 public:
  explicit Rsi(std::size_t n = 14) : gains_{n}, losses_{n} {}
  void push(double close);
  void reset();
  Value value() const;  ///< 0 to 100; 50 and UNDEFINED where nothing moved
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  WilderMean gains_, losses_;
  double last_{0};
  bool has_last_{false};
};

/// Seeded as TA-Lib does: both averages begin at bar slow - 1, the fast one with the mean of the last `fast` closes up to it. Nothing is
/// there before the signal is.
class Macd {
 public:
  explicit Macd(std::size_t fast = 12, std::size_t slow = 26, std::size_t signal = 9)
      : closes_{fast}, fast_{fast}, slow_{slow}, signal_{signal} {
    TM_INVARIANT(fast < slow, "the fast average is the faster one");
  }
  void push(double close);
  const void* place() const { return closes_.place(); }  ///< that `push` will write to
  void reset();
  Value line() const { return signal_.ready() ? ok_value(line_) : warmup_value(); }
  Value signal() const { return signal_.value(); }
  Value histogram() const { return signal_.ready() ? ok_value(line_ - signal_.raw()) : warmup_value(); }
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  Ring<double> closes_;
  Ema fast_, slow_, signal_;
  double line_{0};
};

}  // namespace tickmesh
