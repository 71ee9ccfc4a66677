// The reference vectors made with other people's code. They are not part of the tree; without them these tests say so and skip.
#include <fstream>
#include <nlohmann/json.hpp>

#include "analytics/cost.hpp"
#include "analytics/mid_window.hpp"
#include "analytics/quote_filter.hpp"
#include "unit/analytics/alone.hpp"
#include "unit/analytics/golden.hpp"

namespace tickmesh {
namespace {

using golden::expect_cell;
using golden::read_csv;

TEST(Golden, ZScoreAndSpreadOfEurusdRawRows) {
  NEED_GOLDEN("zscore_spread_eurusd_out.csv");
  const auto quotes = read_csv("inputs/eurusd_quotes.csv");
  const auto expected = read_csv("zscore_spread_eurusd_out.csv");
  ASSERT_EQ(quotes.size(), expected.size());
  ASSERT_GT(quotes.size(), 4'000u);
  QuoteFilter filter{{.filters = Filters::raw}};
  testing_ticks::MidAlone mids;
  testing_ticks::SpreadAlone spreads;
  for (std::size_t i = 0; i < quotes.size(); ++i) {
    Quote q;
    q.bid = *Price::parse(quotes[i][1]);
    q.ask = *Price::parse(quotes[i][2]);
    ASSERT_EQ(filter.apply(q, mids.sd()).verdict, Verdict::counted);
    mids.push(twice_mid(q.bid, q.ask), Timestamp{});
    spreads.push_bp(spread_bp(q.bid, q.ask));
    const auto& row = expected[i];
    expect_cell(ok_value(mid_units(twice_mid(q.bid, q.ask))), row[1], "mid", i);
    expect_cell(mids.mean(), row[2], "mean", i);
    expect_cell(mids.sd(), row[3], "sd", i);
    expect_cell(mids.z_score(), row[4], "z", i);
    expect_cell(spreads.current(), row[5], "spread", i);
    expect_cell(spreads.mean(), row[6], "spread mean", i);
    expect_cell(spreads.sd(), row[7], "spread sd", i);
  }
}

TEST(Golden, TransactionCost) {
  NEED_GOLDEN("cost_main_out.csv");
  const auto rows = read_csv("cost_main_out.csv");
  ASSERT_FALSE(rows.empty());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<double> v;
    for (const auto& cell : rows[i]) v.push_back(std::stod(cell));
    const CostParameters parameters{.per_unit = v[3], .min_commission = v[4], .impact = v[5]};
    const Cost cost =
        transaction_cost(parameters, {.price = v[0], .spread = v[1], .quantity = v[2], .daily_volatility = v[6], .daily_volume = v[7]});
    EXPECT_NEAR(cost.half_spread, v[8], 1e-9 * v[8]) << i;
    EXPECT_NEAR(cost.commission, v[9], 1e-9 * v[9]) << i;
    EXPECT_NEAR(cost.impact, v[10], 1e-9 * v[10]) << i;
    EXPECT_NEAR(cost.one_way_bp.value, v[12], 1e-9 * v[12]) << i;
    EXPECT_NEAR(cost.round_trip_bp.value, v[13], 1e-9 * v[13]) << i;
    EXPECT_EQ(cost.one_way_bp.status, Status::ok);
  }
}

TEST(Golden, EdgeCases) {
  NEED_GOLDEN("edge_cases.json");
  std::ifstream file(golden::folder() / "edge_cases.json");
  const auto cases = nlohmann::json::parse(file);
  for (const auto& one : cases.at("zscore")) {
    testing_ticks::MidAlone window{one.at("window").get<std::size_t>()};
    for (std::size_t i = 0; i < one.at("mid").size(); ++i) {
      window.push(twice_mid(Price::from_double(one.at("mid")[i]), Price::from_double(one.at("mid")[i])), Timestamp{});
      const auto& z = one.at("z")[i];
      EXPECT_EQ(window.z_score().has_value, !z.is_null()) << one.at("why") << " row " << i;
      if (z.is_null()) continue;
      EXPECT_NEAR(window.z_score().value, z.get<double>(), 1e-12);
    }
  }
  for (const auto& one : cases.at("sizing_by_allocation")) {
    if (one.contains("max_qty")) continue;  // the cap is sizing's, not the cost's
    const Quantity lot = Quantity::from_double(one.value("lot", 1.0));
    const auto twice = 2 * Price::from_double(one.at("price")).raw();
    EXPECT_EQ(planned_quantity(Money::from_double(one.at("allocation")), twice, Quantity::from_units(1), lot),
              Quantity::from_double(one.at("qty")));
  }
}

}  // namespace
}  // namespace tickmesh
