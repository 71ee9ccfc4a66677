// Exponential and logarithm from additions, products and divisions alone: the same bits on every machine, whatever its C library
// does with fused instructions, and quick enough for every tick.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

namespace tickmesh {

inline constexpr double kLn2 = 0.69314718055994530942;

/// e^x for x <= 0, within 2 units in the last place; 0 below -700. Cody and Waite's reduction, the series up to r^12.
inline double exp_of_negative(double x) {
  if (!(x > -700)) return 0;
  constexpr double kRound = 0x1.8p52;  // adding it leaves the nearest whole number in the last bits
  const double shifted = x * 1.44269504088896340736 + kRound;
  const double k = shifted - kRound;
  const double r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
  const double r2 = r * r;
  const double r4 = r2 * r2;
  const double low = (1 + r) + r2 * (1.0 / 2 + r * (1.0 / 6));
  const double middle = (1.0 / 24 + r * (1.0 / 120)) + r2 * (1.0 / 720 + r * (1.0 / 5040));
  const double high = (1.0 / 40320 + r * (1.0 / 362880)) + r2 * (1.0 / 3628800 + r * (1.0 / 39916800)) + r4 * (1.0 / 479001600);
  const double power = low + r4 * (middle + r4 * high);
  const auto exponent = static_cast<std::int64_t>(k);
  return power * std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// ln(a / b) for whole positive a and b: exact in their difference, so that a tick's return has all its digits.
inline double log_ratio(std::int64_t a, std::int64_t b) {
  const double z = static_cast<double>(a - b) / (static_cast<double>(a) + static_cast<double>(b));
  if (!(std::abs(z) < 0.02)) return std::log(static_cast<double>(a) / static_cast<double>(b));
  const double z2 = z * z;  // 2 artanh(z)
  return 2 * z * (1 + z2 * (1.0 / 3 + z2 * (1.0 / 5 + z2 * (1.0 / 7 + z2 * (1.0 / 9)))));
}

}  // namespace tickmesh
