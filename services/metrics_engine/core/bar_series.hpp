// The bars of one length and what they say.
#pragma once
#include "analytics/bar_clock.hpp"
#include "analytics/moving.hpp"
#include "analytics/prior_bars.hpp"
#include "analytics/volatility.hpp"
#include "core/foresight.hpp"

namespace tickmesh {

/// A bar that closes goes into the windows; what they say of it is computed when it is first asked for, and kept: whoever publishes copies.
class alignas(64) BarSeries {
 public:
  /// `bars_a_year` annualises volatilities.
  BarSeries(Duration length, double bars_a_year);
  /// Time has come to `time`: a bar that ended is closed.
  void advance(Timestamp time);
  /// A trade of that time, after `advance`.
  void trade(Timestamp time, Price price, Quantity size);
  /// Asks for the memory that `trade` and `atr` will need.
  [[gnu::always_inline]] void prefetch() const { prefetch_lines<2>(this); }
  /// Asks for the memory that `advance` will need where it closes a bar.
  [[gnu::always_inline]] void prefetch_close() const {
    const auto* line = reinterpret_cast<const char*>(this);
    for (; line <= reinterpret_cast<const char*>(&values_); line += 64) __builtin_prefetch(line, 1);  // most of values_ is computed later
  }
  /// The same, when that is there: what it points to.
  [[gnu::always_inline]] void prefetch_windows() const {
    for (const void* place : {sma_20_.place(), sma_50_.place(), atr_.place(), macd_.place(), prior_.place()}) __builtin_prefetch(place, 1);
    const auto* range = static_cast<const char*>(range_.place());
    for (const std::ptrdiff_t line : {-64, 0, 64}) __builtin_prefetch(range + line, 1);
  }
  /// End of the open bar; the latest time there is where none is open.
  Timestamp open_until() const;
  /// The next bar is the first of a session: averages run on, its range does not reach back.
  void enter_session() { session_begins_ = true; }
  void reset();  ///< another feed
  const BarIndicators& values() {
    if (!computed_) compute();
    return values_;
  }
  Value atr() const { return atr_.value(); }    ///< values().atr_14
  bool fresh() const { return values_.fresh; }  ///< values().fresh
  /// The values were said.
  void said() { values_.fresh = false; }
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  void close(const ClosedBar& bar);
  void compute();

  BarClock clock_;  // what trades touch lies first
  bool session_begins_{true};
  Atr atr_{14};
  double bars_a_year_;
  CloseWindow sma_20_{20}, sma_50_{50};
  Ema ema_12_{12}, ema_20_{20}, ema_26_{26}, ema_50_{50};
  Rsi rsi_{14};
  Macd macd_{12, 26, 9};
  EwmaVariance ewma_{0.94};
  RangeVolatility range_{20};
  PriorBars prior_{20};
  ClosedBar last_{};     // the last closed one: values_ is a function of it and of the windows
  bool computed_{true};  // values_ is of it
  BarIndicators values_{};
};

}  // namespace tickmesh
