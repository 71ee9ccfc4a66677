#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "core/fixed.hpp"

namespace tickmesh {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

/// The same rounding told another way: floor, then up when more than half is left, or half and the floor is odd.
Int128 half_even_twin(Int128 numerator, Int128 denominator) {
  Int128 floor = numerator / denominator;
  if (numerator % denominator < 0) --floor;
  const Int128 rest = numerator - floor * denominator;
  const bool up = rest > denominator - rest || (rest == denominator - rest && floor % 2 != 0);
  return up ? floor + 1 : floor;
}
bool fits(Int128 value) { return value >= kLeast && value <= kMost; }

/// Small, large and in between alike: the number of bits is drawn first.
std::int64_t any_raw(std::mt19937_64& random) {
  const auto shift = random() % 64;
  return static_cast<std::int64_t>(random()) >> shift;
}

TEST(Fixed, ParsesWhatPeopleWrite) {
  EXPECT_EQ(Price::parse("201.28")->raw(), 20'128'000'000);
  EXPECT_EQ(Price::parse("-0.5")->raw(), -50'000'000);
  EXPECT_EQ(Price::parse("0.00000001")->raw(), 1);
  EXPECT_EQ(Price::parse(".5")->raw(), 50'000'000);
  EXPECT_EQ(Price::parse("7.")->raw(), 700'000'000);
  EXPECT_EQ(Price::parse("-0")->raw(), 0);
  EXPECT_EQ(Price::parse("000012")->raw(), 1'200'000'000);
  EXPECT_EQ(Price::parse("1.2300000000000")->raw(), 123'000'000) << "zeros beyond the eighth decimal lose nothing";
  EXPECT_EQ(Price::parse("92233720368.54775807")->raw(), kMost);
}

TEST(Fixed, RefusesWhatIsNoDecimalAndNamesFieldAndRule) {
  for (const char* text : {"", "-", ".", "-.", "1e-3", "+1", " 1", "1 ", "1,5", "0x10", "1.2.3", "--1", "nan", "inf", "1_000"}) {
    const auto refused = Price::parse(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().field, "price") << text;
    EXPECT_EQ(refused.error().rule, "a decimal number") << text;
  }
  EXPECT_EQ(Quantity::parse("0.000000001").error().rule, "at most 8 decimals");
  EXPECT_EQ(Quantity::parse("0.000000001").error().field, "quantity");
  for (const char* text : {"92233720368.54775808", "92233720369", "-92233720369", "99999999999999999999999999"})
    EXPECT_EQ(Money::parse(text).error().rule, "within +-92233720368") << text;
  EXPECT_EQ(Money::parse("x").error().field, "money");
}

TEST(Fixed, FormatsTheShortestExactDecimal) {
  EXPECT_EQ(Price::from_raw(20'128'000'000).str(), "201.28");
  EXPECT_EQ(Price::from_raw(20'100'000'000).str(), "201");
  EXPECT_EQ(Price::from_raw(20'100'000'000).str(2), "201.00");
  EXPECT_EQ(Price::from_raw(1).str(2), "0.00000001") << "no digit is dropped to please a width";
  EXPECT_EQ(Price::from_raw(-50'000'000).str(), "-0.5");
  EXPECT_EQ(Price{}.str(), "0");
  EXPECT_EQ(Price{}.str(2), "0.00");
  EXPECT_EQ(Price::from_raw(kLeast).str(), "-92233720368.54775808");
}

TEST(Fixed, WhatIsFormattedParsesBackToTheSameNumber) {
  std::mt19937_64 random{1};
  for (int i = 0; i < 20'000; ++i) {
    const auto raw = any_raw(random);
    if (raw == kLeast) continue;  // parsing stops one short of it: its magnitude has no positive twin
    const auto price = Price::from_raw(raw);
    const auto decimals = static_cast<int>(random() % 9);
    ASSERT_EQ(Price::parse(price.str(decimals)).value().raw(), raw) << price.str(decimals);
  }
}

TEST(Fixed, SumsAndDifferencesThatDoNotFitThrowAndTheRestIsExact) {
  std::mt19937_64 random{2};
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto a = any_raw(random), b = static_cast<std::int64_t>(random());
    const Int128 sum = Int128{a} + b, difference = Int128{a} - b;
    const auto left = Money::from_raw(a), right = Money::from_raw(b);
    if (fits(sum)) {
      ASSERT_EQ((left + right).raw(), static_cast<std::int64_t>(sum));
    } else {
      ++refused;
      ASSERT_THROW(left + right, InvariantError);
    }
    if (fits(difference)) {
      ASSERT_EQ((left - right).raw(), static_cast<std::int64_t>(difference));
    } else {
      ++refused;
      ASSERT_THROW(left - right, InvariantError);
    }
  }
  EXPECT_GT(refused, 10) << "the numbers drawn never met the limit";
  EXPECT_THROW(-Money::from_raw(kLeast), InvariantError);
  auto most = Money::from_raw(kMost);
  EXPECT_THROW(most += Money::from_raw(1), InvariantError);
  EXPECT_EQ(most.raw(), kMost) << "what is refused changes nothing";
}

TEST(Fixed, ANotionalIsRoundedHalfEvenOnce) {
  const auto of = [](const char* price, const char* quantity) { return notional(*Price::parse(price), *Quantity::parse(quantity)); };
  EXPECT_EQ(of("201.28", "49"), *Money::parse("9862.72"));
  // Half a unit of the eighth decimal goes to the even neighbour, on both sides of zero.
  EXPECT_EQ(of("0.00000001", "0.5").raw(), 0);
  EXPECT_EQ(of("0.00000003", "0.5").raw(), 2);
  EXPECT_EQ(of("0.00000005", "0.5").raw(), 2);
  EXPECT_EQ(of("-0.00000003", "0.5").raw(), -2);
  EXPECT_EQ(of("-0.00000005", "0.5").raw(), -2);
  EXPECT_EQ(of("0.00000003", "0.50000001").raw(), 2);
  EXPECT_EQ(of("0.00000001", "0.50000001").raw(), 1);
}

TEST(Fixed, NotionalsAgreeWithTheSameSumInWideIntegers) {
  std::mt19937_64 random{3};
  int exact = 0, refused = 0;
  for (int i = 0; i < 40'000; ++i) {
    const auto price = any_raw(random), quantity = any_raw(random);
    const Int128 rounded = half_even_twin(Int128{price} * quantity, Price::kScale);
    if (fits(rounded)) {
      ++exact;
      ASSERT_EQ(notional(Price::from_raw(price), Quantity::from_raw(quantity)).raw(), static_cast<std::int64_t>(rounded))
          << price << " x " << quantity;
    } else {
      ++refused;
      ASSERT_THROW(notional(Price::from_raw(price), Quantity::from_raw(quantity)), InvariantError) << price << " x " << quantity;
    }
  }
  EXPECT_GT(exact, 1000);
  EXPECT_GT(refused, 1000);
}

TEST(Fixed, AMultiplierIsPartOfTheOneRounding) {
  // 0.00000001 x 0.5 x 2 is a whole unit; rounding before the multiplier would give 0.
  EXPECT_EQ(notional(Price::from_raw(1), *Quantity::parse("0.5"), Quantity::from_units(2)).raw(), 1);
  EXPECT_EQ(notional(Price::from_units(4'500), Quantity::from_units(2), Quantity::from_units(50)), Money::from_units(450'000));
  std::mt19937_64 random{4};
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t price = any_raw(random) >> 24, quantity = any_raw(random) >> 24, multiplier = (any_raw(random) >> 30) & 0x3ffffffff;
    const Int128 scale = Price::kScale;
    const Int128 rounded = half_even_twin(Int128{price} * quantity * multiplier, scale * scale);
    if (!fits(rounded)) continue;
    ASSERT_EQ(notional(Price::from_raw(price), Quantity::from_raw(quantity), Quantity::from_raw(multiplier)).raw(),
              static_cast<std::int64_t>(rounded));
  }
}

TEST(Fixed, ProportionsAgreeWithTheSameSumInWideIntegers) {
  EXPECT_EQ(mul_div_half_even(1, 1, 2), 0);
  EXPECT_EQ(mul_div_half_even(3, 1, 2), 2);
  EXPECT_EQ(mul_div_half_even(-3, 1, 2), -2);
  EXPECT_EQ(mul_div_half_even(kMost, kMost, kMost), kMost);
  std::mt19937_64 random{5};
  for (int i = 0; i < 40'000; ++i) {
    const auto amount = any_raw(random), numerator = any_raw(random);
    const std::int64_t denominator = std::max<std::int64_t>(1, any_raw(random) & kMost);
    const Int128 rounded = half_even_twin(Int128{amount} * numerator, denominator);
    if (fits(rounded))
      ASSERT_EQ(mul_div_half_even(amount, numerator, denominator), static_cast<std::int64_t>(rounded));
    else
      ASSERT_THROW(mul_div_half_even(amount, numerator, denominator), InvariantError);
  }
  EXPECT_THROW(mul_div_half_even(1, 1, 0), InvariantError);
  EXPECT_THROW(mul_div_half_even(1, 1, -2), InvariantError);
}

TEST(Fixed, ADoubleBecomesTheNearestDecimal) {
  EXPECT_EQ(Price::from_double(201.28), *Price::parse("201.28"));
  EXPECT_EQ(Price::from_double(-0.1), *Price::parse("-0.1"));
  EXPECT_EQ(Price::from_double(0.1 + 0.2), *Price::parse("0.3"));
  for (const double bad : {1e11, -1e11, std::nan(""), HUGE_VAL, -HUGE_VAL}) EXPECT_THROW(Price::from_double(bad), InvariantError) << bad;
}

}  // namespace
}  // namespace tickmesh
