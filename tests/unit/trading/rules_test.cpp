#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "trading/exit_rules.hpp"
#include "trading/sizing.hpp"

namespace tickmesh {
namespace {

Price price(const char* text) { return *Price::parse(text); }
Quantity units(std::int64_t n) { return Quantity::from_units(n); }
LastQuote quote(const char* bid, const char* ask) { return {Timestamp{1}, price(bid), price(ask), false}; }
PositionState held(Side side, const char* stop, const char* target) {
  PositionState p{"P1", *Symbol::parse("AAPL.DEMO"), side, units(1)};
  p.enlarge({price("100"), units(10), {}, Timestamp{1}});
  p.stop = price(stop), p.target = price(target);
  return p;
}
Instrument share() { return {*Symbol::parse("AAPL.DEMO"), price("0.01"), units(1), units(1), "USD"}; }

TEST(ExitRules, LongIsJudgedAtTheBid) {
  const auto p = held(Side::buy, "99", "101");
  EXPECT_EQ(judge_prices(p, quote("99.01", "101.50")), PriceExit::none);
  EXPECT_EQ(judge_prices(p, quote("99.00", "99.02")), PriceExit::stop);
  EXPECT_EQ(judge_prices(p, quote("101.00", "101.02")), PriceExit::target);
}

TEST(ExitRules, ShortIsJudgedAtTheAsk) {
  const auto p = held(Side::sell, "101", "99");
  EXPECT_EQ(judge_prices(p, quote("98.50", "99.01")), PriceExit::none);
  EXPECT_EQ(judge_prices(p, quote("100.98", "101.00")), PriceExit::stop);
  EXPECT_EQ(judge_prices(p, quote("98.98", "99.00")), PriceExit::target);
}

TEST(ExitRules, NothingIsJudgedWithoutLevelsOrQuote) {
  EXPECT_EQ(judge_prices(held(Side::buy, "0", "0"), quote("1", "1.01")), PriceExit::none);
  EXPECT_EQ(judge_prices(held(Side::buy, "99", "101"), LastQuote{}), PriceExit::none);
}

TEST(ExitRules, LevelsOnTheWrongSideAreNamed) {
  const auto q = quote("99.99", "100.01");
  EXPECT_EQ(misplaced(Side::buy, price("99"), price("101"), q), "");
  EXPECT_EQ(misplaced(Side::buy, price("99.99"), price("101"), q), "stop_side");
  EXPECT_EQ(misplaced(Side::buy, price("0"), price("99"), q), "target_side");
  EXPECT_EQ(misplaced(Side::sell, price("101"), price("99"), q), "");
  EXPECT_EQ(misplaced(Side::sell, price("100.01"), price("99"), q), "stop_side");
  EXPECT_EQ(misplaced(Side::sell, price("0"), price("100.01"), q), "target_side");
}

TEST(SizeByAllocation, BuysWholeLotsWithinTheAllocation) {
  EXPECT_EQ(*size_by_allocation({}, price("201.28"), share()), units(49));
  EXPECT_EQ(*size_by_allocation({}, price("10000"), share()), units(1));
  auto lots = share();
  lots.lot = units(10);
  EXPECT_EQ(*size_by_allocation({}, price("201.28"), lots), units(40));
  auto contract = share();
  contract.multiplier = units(10);
  EXPECT_EQ(*size_by_allocation({}, price("201.28"), contract), units(4));
}

TEST(SizeByAllocation, IsCappedAtTheMost) { EXPECT_EQ(*size_by_allocation({}, price("0.01"), share()), units(10'000)); }

TEST(SizeByAllocation, SlippageMakesItSmaller) {
  Allocation a;
  a.slippage_ppm = 30'000;
  EXPECT_EQ(*size_by_allocation(a, price("201.28"), share()), units(48));
}

TEST(SizeByAllocation, ReferenceCases) {
  const auto path = std::filesystem::path(TICKMESH_SOURCE_DIR) / ".." / "shared" / "reference" / "golden" / "edge_cases.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the reference vectors are not here: " << path.string();
  std::ifstream file(path);
  const auto cases = nlohmann::json::parse(file).at("sizing_by_allocation");
  ASSERT_EQ(cases.size(), 4u);
  for (const auto& one : cases) {
    Allocation a{.amount = Money::from_units(one.at("allocation"))};
    if (one.contains("max_qty")) a.max_quantity = units(one["max_qty"]);
    auto instrument = share();
    if (one.contains("lot")) instrument.lot = units(one["lot"]);
    const Price at = Price::from_double(one.at("price"));
    const auto sized = size_by_allocation(a, at, instrument);
    if (one.at("qty") == 0) {
      ASSERT_FALSE(sized) << one;
      EXPECT_EQ(sized.error().rule, one.at("reason") == "bad price" ? "NO_PRICE" : "PRICE_ABOVE_ALLOCATION") << one;
      continue;
    }
    ASSERT_TRUE(sized) << one;
    EXPECT_EQ(*sized, units(one.at("qty"))) << one;
    if (one.contains("notional")) {
      EXPECT_NEAR(sized->to_double() * at.to_double(), one["notional"].get<double>(), 1e-9) << one;
    }
  }
}

TEST(SizeByAllocation, RefusesRatherThanRoundUp) {
  EXPECT_EQ(size_by_allocation({}, price("10000.01"), share()).error().rule, "PRICE_ABOVE_ALLOCATION");
  EXPECT_EQ(size_by_allocation({}, Price{}, share()).error().rule, "NO_PRICE");
}

}  // namespace
}  // namespace tickmesh
