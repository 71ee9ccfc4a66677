// How unusual the present order-flow imbalance is: OFI(100) against its own mean and deviation over the last 2,000 quote events.
#pragma once
#include <cstdint>

#include "analytics/order_flow.hpp"

namespace tickmesh {

/// z = (x - mean) / sd of the last n sums of order flow, the present one among them, sd with divisor n. Sums are exact, O(1) an event; n
/// sums of 8 bytes are kept. WARMUP without a value until there are n; 0 and UNDEFINED where all of them are equal.
class FlowScore {
 public:
  /// Largest |sum| that the window takes, raw: 1,400 million units. Squares of n of them fit 128 bits.
  static constexpr std::int64_t kMost = std::int64_t{1} << 57;

  /// `n` from 2 to 2,048.
  explicit FlowScore(std::size_t n = 2000) : sums_{n} { TM_INVARIANT(n >= 2 && n <= 2048, "a score has a window of 2 to 2048 events"); }
  /// One event's sum, raw units. One beyond kMost is not counted, and until the next the score is UNDEFINED.
  void push(Int128 sum);
  void reset();
  /// Asks for the lines of memory that `push` will read and write.
  void prefetch() const { __builtin_prefetch(sums_.place(), 1); }
  std::size_t window() const { return sums_.capacity(); }
  Value z() const;

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  void count(std::int64_t sum);
  Ring<std::int64_t> sums_;
  bool beyond_{false};  // the last one was not counted
  Int128 total_{0}, squares_{0};
};

}  // namespace tickmesh
