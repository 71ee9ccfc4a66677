// Prices to whole ticks and back, without a division.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

#include "core/fixed.hpp"

namespace tickmesh {

/// The multiples of a price's tick. n = d q with d = 2^k m, m odd: q = rotr(n / m, k), and n / m is a product with the inverse of m modulo
/// 2^64; n is a multiple of d exactly where q is not above (2^64 - 1) / d (Granlund & Montgomery 1994, section 9).
class TickGrid {
 public:
  static constexpr std::int64_t kOff = -1;
  static constexpr std::int64_t kMost = std::int64_t{1} << 60;  ///< ticks: so that differences and sums of a few fit 64 bits
  /// `tick` > 0.
  explicit TickGrid(Price tick) : tick_{tick.raw()} {
    TM_INVARIANT(tick.raw() > 0, "a tick is a positive price");
    const auto d = static_cast<std::uint64_t>(tick.raw());
    shift_ = std::countr_zero(d);
    const std::uint64_t odd = d >> shift_;
    inverse_ = odd;  // right in the last 3 bits; each step doubles them
    for (int i = 0; i < 5; ++i) inverse_ *= 2 - odd * inverse_;
    most_ = std::min(std::numeric_limits<std::uint64_t>::max() / d, static_cast<std::uint64_t>(kMost));
  }
  Price tick() const { return Price::from_raw(tick_); }
  /// Ticks in `price`; kOff where it is not positive or lies between two ticks.
  std::int64_t ticks(Price price) const {
    const std::uint64_t q = std::rotr(static_cast<std::uint64_t>(price.raw()) * inverse_, shift_);
    return price.raw() > 0 && q <= most_ ? static_cast<std::int64_t>(q) : kOff;
  }
  /// Of what `ticks` gave; of anything else whatever comes, without harm.
  Price price(std::int64_t ticks) const {
    return Price::from_raw(static_cast<std::int64_t>(static_cast<std::uint64_t>(ticks) * static_cast<std::uint64_t>(tick_)));
  }

 private:
  std::int64_t tick_;
  int shift_;
  std::uint64_t inverse_, most_;
};

}  // namespace tickmesh
