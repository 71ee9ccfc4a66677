// Exponential and logarithm from additions, products and divisions alone: the same bits on every machine, whatever its C library
// does with fused instructions, and quick enough for every tick.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

namespace tickmesh {

inline constexpr double kLn2 = 0.69314718055994530942;

/// Two numbers side by side: an operation on both is one of the processor's, and gives each the bits that it has alone.
using Pair = double __attribute__((vector_size(16)));

namespace plain_math {

constexpr double kRound = 0x1.8p52;  // adding it leaves the nearest whole number in the last bits
using PairBits = std::uint64_t __attribute__((vector_size(16)));

/// e^x of `Real` (double or Pair) for -700 < x <= 0. Cody and Waite's reduction, the series up to r^12.
template <class Real, class Bits>
inline Real exp_within_range(Real x) {
  const Real shifted = x * 1.44269504088896340736 + kRound;
  const Real k = shifted - kRound;
  const Real r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
  const Real r2 = r * r;
  const Real r4 = r2 * r2;
  const Real low = (1.0 + r) + r2 * (1.0 / 2 + r * (1.0 / 6));
  const Real middle = (1.0 / 24 + r * (1.0 / 120)) + r2 * (1.0 / 720 + r * (1.0 / 5040));
  const Real high = (1.0 / 40320 + r * (1.0 / 362880)) + r2 * (1.0 / 3628800 + r * (1.0 / 39916800)) + r4 * (1.0 / 479001600);
  const Real power = low + r4 * (middle + r4 * high);
  // The last twelve bits of kRound are none: what was shifted holds k there, as a whole number.
  return power * std::bit_cast<Real>((std::bit_cast<Bits>(shifted) + 1023) << 52);
}

}  // namespace plain_math

/// e^x for x <= 0, within 2 units in the last place; 0 below -700.
inline double exp_of_negative(double x) { return x > -700 ? plain_math::exp_within_range<double, std::uint64_t>(x) : 0; }
/// The same of both.
inline Pair exp_of_negative(Pair x) {
  using plain_math::PairBits;
  const Pair power = plain_math::exp_within_range<Pair, PairBits>(x);
  return std::bit_cast<Pair>(std::bit_cast<PairBits>(power) & std::bit_cast<PairBits>(x > -700.0));
}

/// ln(a / b) for whole positive a and b: exact in their difference, so that a tick's return has all its digits.
inline double log_ratio(std::int64_t a, std::int64_t b) {
  const double z = static_cast<double>(a - b) / (static_cast<double>(a) + static_cast<double>(b));
  if (!(std::abs(z) < 0.02)) return std::log(static_cast<double>(a) / static_cast<double>(b));
  const double z2 = z * z;  // 2 artanh(z)
  return 2 * z * (1 + z2 * (1.0 / 3 + z2 * (1.0 / 5 + z2 * (1.0 / 7 + z2 * (1.0 / 9)))));
}

}  // namespace tickmesh
