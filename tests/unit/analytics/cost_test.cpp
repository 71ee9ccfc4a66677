#include "analytics/cost.hpp"

#include <cmath>

namespace tickmesh {
namespace {

// The first row of the reference vectors: 100 shares at 100.00, two cents wide.
CostInputs hundred_shares() {
  return {.price = 100, .spread = 0.02, .quantity = 100, .multiplier = 1, .daily_volatility = 0.02, .daily_volume = 5e6};
}

TEST(Cost, IsHalfTheSpreadCommissionAndSquareRootImpact) {
  const Cost cost = transaction_cost({}, hundred_shares());
  EXPECT_DOUBLE_EQ(cost.half_spread, 1);
  EXPECT_DOUBLE_EQ(cost.commission, 1);
  EXPECT_NEAR(cost.impact, 0.894427191, 1e-9);
  EXPECT_NEAR(cost.one_way_bp.value, 2.894427191, 1e-9);
  EXPECT_NEAR(cost.round_trip_bp.value, 5.788854382, 1e-9);
  EXPECT_EQ(cost.one_way_bp.status, Status::ok);
}

TEST(Cost, CommissionIsClamped) {
  CostInputs trade = hundred_shares();
  CostParameters parameters{.max_commission = 3};
  EXPECT_DOUBLE_EQ(transaction_cost(parameters, trade).commission, 1);
  trade.quantity = 400;
  EXPECT_DOUBLE_EQ(transaction_cost(parameters, trade).commission, 2);
  trade.quantity = 4000;
  EXPECT_DOUBLE_EQ(transaction_cost(parameters, trade).commission, 3);
  parameters.max_commission = 0;
  EXPECT_DOUBLE_EQ(transaction_cost(parameters, trade).commission, 20);
}

TEST(Cost, WithoutDailyVolumeOrVolatilityIsTheWorstCaseAndSaysUndefined) {
  for (double CostInputs::* missing : {&CostInputs::daily_volume, &CostInputs::daily_volatility}) {
    CostInputs trade = hundred_shares();
    trade.*missing = 0;
    const Cost cost = transaction_cost({}, trade);
    EXPECT_EQ(cost.one_way_bp, undefined_value(10));
    EXPECT_EQ(cost.round_trip_bp, undefined_value(20));
  }
}

TEST(Cost, TheWorstCaseIsNeverLessThanWhatIsKnown) {
  CostInputs trade = hundred_shares();
  trade.daily_volume = 0;
  trade.spread = 1;  // half of it: 50 bp; the commission: 1 bp
  EXPECT_NEAR(transaction_cost({}, trade).one_way_bp.value, 51, 1e-9);
}

TEST(Cost, OfATradeTooLargeForItsMarketOrOfNoneHasNoValue) {
  CostInputs trade = hundred_shares();
  trade.quantity = 0.11 * trade.daily_volume;
  EXPECT_EQ(transaction_cost({}, trade).round_trip_bp, undefined_value());
  trade.quantity = 0;
  EXPECT_EQ(transaction_cost({}, trade).round_trip_bp, undefined_value());
}

TEST(Cost, ACrossedQuoteEarnsNothing) {
  CostInputs trade = hundred_shares();
  trade.spread = -0.05;
  EXPECT_DOUBLE_EQ(transaction_cost({}, trade).half_spread, 0);
}

TEST(PlannedQuantity, IsTheLargestMultipleOfTheLotWithinTheAllocation) {
  const auto units = [](std::int64_t n) { return Quantity::from_units(n); };
  const auto twice = [](const char* price) { return 2 * Price::parse(price)->raw(); };
  EXPECT_EQ(planned_quantity(Money::from_units(10'000), twice("201.28"), units(1), units(1)), units(49));
  EXPECT_EQ(planned_quantity(Money::from_units(10'000), twice("10001"), units(1), units(1)), units(0));
  EXPECT_EQ(planned_quantity(Money::from_units(10'000), twice("100"), units(1), units(1)), units(100));
  EXPECT_EQ(planned_quantity(Money::from_units(10'000), twice("0.00000001"), units(1), units(1)), units(0));
  EXPECT_EQ(planned_quantity(Money::from_units(10'000), twice("60000"), units(1), *Quantity::parse("0.001")), *Quantity::parse("0.166"));
  EXPECT_EQ(planned_quantity(Money::from_units(10'000), twice("20"), units(100), units(1)), units(5));
  EXPECT_EQ(planned_quantity(Money::from_units(10'000), 0, units(1), units(1)), units(0));
}

}  // namespace
}  // namespace tickmesh
