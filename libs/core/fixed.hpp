// Exact decimals: prices, quantities and money are integers of 10^-8. Overflow is an error, never a wrap.
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace tickmesh {

/// 128-bit integer for exact products and sums of squares (an extension both compilers have).
__extension__ typedef __int128 Int128;

namespace detail {
Result<std::int64_t> parse_e8(std::string_view text, std::string_view field);
std::string format_e8(std::int64_t raw, int min_decimals);
std::int64_t checked_add(std::int64_t a, std::int64_t b);  // throws InvariantError on overflow
std::int64_t checked_sub(std::int64_t a, std::int64_t b);
std::int64_t from_double_e8(double value);  // nearest, ties to even; throws InvariantError when out of range or NaN
}  // namespace detail

template <class Tag>
class Fixed {
 public:
  static constexpr std::int64_t kScale = 100'000'000;
  constexpr Fixed() = default;
  static constexpr Fixed from_raw(std::int64_t raw) { return Fixed{raw}; }
  /// Whole units; overflow is a broken invariant.
  static constexpr Fixed from_units(std::int64_t units) { return Fixed{units * kScale}; }
  /// Decimal text with at most 8 decimals: "201.28", "-0.5", "1e-3" is refused. Error names the field "price", "quantity" or "money".
  static Result<Fixed> parse(std::string_view text) {
    auto raw = detail::parse_e8(text, Tag::field);
    if (!raw) return std::unexpected(raw.error());
    return Fixed{*raw};
  }
  /// Nearest representable value; only for what enters as a double (feeds, configuration, metrics).
  static Fixed from_double(double value) { return Fixed{detail::from_double_e8(value)}; }
  constexpr std::int64_t raw() const { return raw_; }
  constexpr double to_double() const { return static_cast<double>(raw_) / static_cast<double>(kScale); }
  /// Shortest exact decimal with at least `min_decimals` digits after the point.
  std::string str(int min_decimals = 0) const { return detail::format_e8(raw_, min_decimals); }

  friend constexpr auto operator<=>(Fixed, Fixed) = default;
  friend Fixed operator+(Fixed a, Fixed b) { return Fixed{detail::checked_add(a.raw_, b.raw_)}; }
  friend Fixed operator-(Fixed a, Fixed b) { return Fixed{detail::checked_sub(a.raw_, b.raw_)}; }
  Fixed operator-() const { return Fixed{detail::checked_sub(0, raw_)}; }
  Fixed& operator+=(Fixed o) { return *this = *this + o; }
  Fixed& operator-=(Fixed o) { return *this = *this - o; }
  constexpr bool is_zero() const { return raw_ == 0; }

 private:
  constexpr explicit Fixed(std::int64_t raw) : raw_{raw} {}
  std::int64_t raw_{0};
};
struct PriceTag {
  static constexpr std::string_view field = "price";
};
struct QuantityTag {
  static constexpr std::string_view field = "quantity";
};
struct MoneyTag {
  static constexpr std::string_view field = "money";
};
using Price = Fixed<PriceTag>;
using Quantity = Fixed<QuantityTag>;
using Money = Fixed<MoneyTag>;

/// price x quantity x multiplier in 128 bits, rounded half-even once. Overflow breaks an invariant.
/// `multiplier` is a plain factor with 8 decimals (Quantity::from_units(1) for a share).
Money notional(Price price, Quantity quantity, Quantity multiplier = Quantity::from_units(1));
/// amount x numerator / denominator in 128 bits, rounded half-even; denominator > 0.
std::int64_t mul_div_half_even(std::int64_t amount, std::int64_t numerator, std::int64_t denominator);

constexpr Quantity abs(Quantity q) { return q.raw() < 0 ? Quantity::from_raw(-q.raw()) : q; }
constexpr Money abs(Money m) { return m.raw() < 0 ? Money::from_raw(-m.raw()) : m; }

}  // namespace tickmesh
