// Order-flow imbalance of the best quote (Cont, Kukanov & Stoikov 2014; METRICS.md 2.1), book imbalance and microprice (2.2).
#pragma once
#include <cstdint>

#include "analytics/quote_filter.hpp"
#include "analytics/ring.hpp"
#include "analytics/value.hpp"

namespace tickmesh {

/// Largest size a sum of sizes takes, raw: 11 thousand million units.
inline constexpr std::int64_t kMaxFlowSize = std::int64_t{1} << 60;
constexpr bool usable_size(Quantity size) { return size.raw() >= 0 && size.raw() <= kMaxFlowSize; }

void put(ByteWriter& out, Int128 value);
Int128 get_int128(ByteReader& in);

/// e of one event, raw units: bid up +new size, bid down -old size, same bid +change; ask down -new size, ask up +old size, same ask
/// -change. Exact; sizes within kMaxFlowSize, prices not below 0.
constexpr std::int64_t ofi_event(const Quote& before, const Quote& now) {
  // Without a branch, by the sign of what each price moved: nobody can guess it.
  const auto unless_negative = [](std::int64_t moved, Quantity size) { return size.raw() & ~(moved >> 63); };
  const std::int64_t bid = now.bid.raw() - before.bid.raw(), ask = now.ask.raw() - before.ask.raw();
  return unless_negative(bid, now.bid_size) - unless_negative(-bid, before.bid_size) - unless_negative(-ask, now.ask_size) +
         unless_negative(ask, before.ask_size);
}

/// Sums of e over the last n events and over whole buckets of time. Contemporaneous with the price, not a forecast of it.
/// Partial windows have values and say WARMUP. UNDEFINED where no quote of the window had a size: there is no flow to see.
class OrderFlow {
 public:
  explicit OrderFlow(std::size_t n = 100, Duration bucket = seconds(1)) : events_{n}, bucket_length_{bucket} {
    TM_INVARIANT(bucket.ns > 0, "a bucket has a length");
  }
  /// One event; the first has e = 0. A quote whose sizes are beyond kMaxFlowSize is left out (false), and the next one is a first.
  bool push(const Quote& quote);
  /// What comes next is a first event: after a crossed book, a hard gap.
  void break_off() { has_last_ = false; }
  void reset();
  /// Asks for the lines of memory that `push` will read and write.
  void prefetch() const { __builtin_prefetch(events_.place(), 1); }

  std::int64_t last_event() const { return last_event_; }  ///< raw units
  std::size_t events() const { return events_.size(); }
  bool full() const { return events_.full(); }
  Int128 raw_sum() const { return sum_; }          ///< raw units, exact
  bool sees_sizes() const { return depth_ != 0; }  ///< false: no quote of the window had a size
  Value sum() const;                               ///< units
  Value normalised() const;                        ///< sum / mean depth, depth = (bid size + ask size) / 2

  /// The latest bucket that had events and is over at `now`.
  struct Bucket {
    Int128 sum{0};
    Int128 depth{0};        ///< sum of bid size + ask size
    std::int64_t start{0};  ///< ns
    std::uint64_t events{0};
  };
  Bucket bucket(Timestamp now) const;
  static Value bucket_sum(const Bucket& bucket);
  static Value bucket_normalised(const Bucket& bucket);

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Entry {
    std::int64_t e;
    std::int64_t depth;  // bid size + ask size
  };
  Ring<Entry> events_;
  Duration bucket_length_;
  Int128 sum_{0}, depth_{0};
  Bucket open_{};
  Quote last_{};
  std::int64_t last_event_{0};
  bool has_last_{false};
  Bucket closed_{};
};

/// (bid size - ask size) / (bid size + ask size); 0 and UNDEFINED when both are zero.
Value book_imbalance(const Quote& quote);
/// (bid x ask size + ask x bid size) / (bid size + ask size), price units; the mid and UNDEFINED when both sizes are zero.
Value microprice(const Quote& quote);

}  // namespace tickmesh
