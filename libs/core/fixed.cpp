#include "core/fixed.hpp"

#include <cmath>
#include <limits>

namespace tickmesh {
namespace {

using Wide = Int128;

std::int64_t narrow(Wide value, const char* promise) {
  TM_INVARIANT(value >= std::numeric_limits<std::int64_t>::min() && value <= std::numeric_limits<std::int64_t>::max(), promise);
  return static_cast<std::int64_t>(value);
}

Wide divide_half_even(Wide numerator, Wide denominator) {
  const bool negative = numerator < 0;
  const Wide magnitude = negative ? -numerator : numerator;
  Wide quotient = magnitude / denominator;
  const Wide twice = 2 * (magnitude % denominator);
  if (twice > denominator || (twice == denominator && (quotient & 1) != 0)) ++quotient;
  return negative ? -quotient : quotient;
}

}  // namespace

namespace detail {

Result<std::int64_t> parse_e8(std::string_view text, std::string_view field) {
  const auto refuse = [&](const char* rule) { return bad_value(std::string(field), rule, "'" + std::string(text.substr(0, 40)) + "'"); };
  std::string_view rest = text;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (negative) rest.remove_prefix(1);
  if (rest.empty()) return refuse("a decimal number");
  std::int64_t value = 0;
  int decimals = -1;  // digits seen after the point; -1 before it
  bool digits = false;
  for (const char c : rest) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (c < '0' || c > '9') return refuse("a decimal number");
    digits = true;
    if (decimals == 8) {
      if (c != '0') return refuse("at most 8 decimals");
      continue;
    }
    if (decimals >= 0) ++decimals;
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value)) return refuse("within +-92233720368");
  }
  if (!digits) return refuse("a decimal number");
  for (int d = decimals < 0 ? 0 : decimals; d < 8; ++d)
    if (__builtin_mul_overflow(value, 10, &value)) return refuse("within +-92233720368");
  return negative ? -value : value;
}

std::string format_e8(std::int64_t raw, int min_decimals) {
  // Unsigned magnitude, so that the smallest integer formats too.
  const std::uint64_t magnitude = raw < 0 ? 0 - static_cast<std::uint64_t>(raw) : static_cast<std::uint64_t>(raw);
  std::string fraction = std::to_string(magnitude % 100'000'000);
  fraction.insert(0, 8 - fraction.size(), '0');
  while (static_cast<int>(fraction.size()) > min_decimals && !fraction.empty() && fraction.back() == '0') fraction.pop_back();
  std::string out = (raw < 0 ? "-" : "") + std::to_string(magnitude / 100'000'000);
  return fraction.empty() ? out : out + '.' + fraction;
}

std::int64_t checked_add(std::int64_t a, std::int64_t b) { return narrow(Wide{a} + b, "a sum of exact decimals fits 64 bits"); }
std::int64_t checked_sub(std::int64_t a, std::int64_t b) { return narrow(Wide{a} - b, "a difference of exact decimals fits 64 bits"); }

std::int64_t from_double_e8(double value) {
  const double scaled = std::nearbyint(value * 1e8);
  TM_INVARIANT(scaled > -9.2e18 && scaled < 9.2e18, "a double to be made exact is finite and within +-92,000,000,000");
  return static_cast<std::int64_t>(scaled);
}

}  // namespace detail

Money notional(Price price, Quantity quantity, Quantity multiplier) {
  // price x quantity is at most 2^126; a multiplier of 1 needs no second product.
  const Wide product = Wide{price.raw()} * quantity.raw();
  constexpr Wide scale = Price::kScale;
  if (multiplier.raw() == Price::kScale) return Money::from_raw(narrow(divide_half_even(product, scale), "a notional fits 64 bits"));
  Wide scaled = 0;
  TM_INVARIANT(!__builtin_mul_overflow(product, Wide{multiplier.raw()}, &scaled), "a notional fits 128 bits before rounding");
  return Money::from_raw(narrow(divide_half_even(scaled, scale * scale), "a notional fits 64 bits"));
}

std::int64_t mul_div_half_even(std::int64_t amount, std::int64_t numerator, std::int64_t denominator) {
  TM_INVARIANT(denominator > 0, "a denominator is positive");
  return narrow(divide_half_even(Wide{amount} * numerator, denominator), "a quotient fits 64 bits");
}

}  // namespace tickmesh
