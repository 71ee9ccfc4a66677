#include "risk/kelly.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

namespace tickmesh {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(TICKMESH_SOURCE_DIR) / ".." / "shared" / "reference" / "golden";
#define NEED_GOLDEN(name) \
  if (!std::filesystem::exists(kGolden / (name))) GTEST_SKIP() << "the reference vectors are not here: " << (kGolden / (name)).string()

Money usd(std::int64_t units) { return Money::from_units(units); }

ClosedTrades trades(int wins, std::int64_t win, int losses, std::int64_t loss) {
  ClosedTrades t;
  for (int i = 0; i < wins; ++i) t.add(usd(win), usd(1'000));
  for (int i = 0; i < losses; ++i) t.add(usd(-loss), usd(1'000));
  return t;
}

TEST(KellyGolden, BinaryBets) {
  NEED_GOLDEN("kelly_binary_grid_out.csv");
  std::ifstream file(kGolden / "kelly_binary_grid_out.csv");
  std::string line;
  std::getline(file, line);
  int rows = 0;
  for (; std::getline(file, line); ++rows) {
    std::vector<double> v;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, ',');) v.push_back(std::stod(cell));
    const double f = std::max(0.0, kelly_binary(v[0], v[1], v[2]));  // no edge: nothing is bet
    EXPECT_NEAR(f, v[5], 1e-9) << line;
    EXPECT_NEAR(f, v[4], 1e-6) << line;
    const auto growth = [&](double stake) { return v[0] * std::log1p(stake * v[1]) + (1 - v[0]) * std::log1p(-stake * v[2]); };
    EXPECT_NEAR(growth(f), v[6], 1e-9) << line;
    EXPECT_NEAR(growth(f / 2), v[7], 1e-9) << line;
  }
  EXPECT_EQ(rows, 10);
}

TEST(KellyGolden, DailyReturns) {
  NEED_GOLDEN("kelly_returns_grid_out.json");
  std::ifstream file(kGolden / "inputs" / "spy_returns.csv");
  std::string line;
  std::getline(file, line);
  std::vector<double> returns;
  while (std::getline(file, line)) returns.push_back(std::stod(line));
  std::ifstream json(kGolden / "kelly_returns_grid_out.json");
  const auto expected = nlohmann::json::parse(json);
  ASSERT_EQ(returns.size(), expected["n"].get<std::size_t>());
  const double mean = std::accumulate(returns.begin(), returns.end(), 0.0) / static_cast<double>(returns.size());
  double squares = 0;
  for (const double r : returns) squares += (r - mean) * (r - mean);
  const double full = kelly_mean_variance(mean, squares / static_cast<double>(returns.size() - 1));
  EXPECT_NEAR(full, expected["kelly_mean_variance"].get<double>(), 1e-9 * full);
  EXPECT_NEAR(kelly_log_growth(returns), expected["kelly_empirical_max_log_growth"].get<double>(), 1e-6);
  for (const auto& row : expected["fractional"])
    EXPECT_NEAR(std::min(row["cap"].get<double>(), row["fraction"].get<double>() * full), row["f"].get<double>(), 1e-9);
}

TEST(KellyGolden, EdgeCases) {
  NEED_GOLDEN("edge_cases.json");
  std::ifstream file(kGolden / "edge_cases.json");
  const auto cases = nlohmann::json::parse(file).at("kelly");
  ASSERT_EQ(cases.size(), 3u);
  for (const auto& one : cases) {
    const double full = kelly_binary(one.at("p"), one.at("b"), 1);
    if (one.contains("f")) {
      // No edge, or one against us: nothing is bet, whichever way it is asked for.
      EXPECT_EQ(std::max(0.0, full), one["f"].get<double>()) << one;
      const int wins = static_cast<int>(one.at("p").get<double>() * 100);
      const Kelly traded = trades(wins, 10, 100 - wins, 10).size({});
      EXPECT_EQ(traded.used, one["f"].get<double>()) << one;
      EXPECT_EQ(traded.bound, KellyBound::no_edge) << one;
    } else {
      // It never lost: all of it, were there no cap; and there is one.
      EXPECT_EQ(full, one.at("f_full").get<double>()) << one;
      const Kelly traded = trades(100, 1'000, 0, 0).size({});
      EXPECT_EQ(traded.used, KellyRules{}.max_risk) << one;
      EXPECT_EQ(traded.bound, KellyBound::cap) << one;
    }
  }
}

TEST(Kelly, TheWilsonIntervalIsTheTextbooks) {
  // 55 of 100 at 95 %: 0.4524 to 0.6439 (Brown, Cai & DasGupta 2001, by the formula).
  EXPECT_NEAR(wilson_lower(55, 100, 1.959963984540054), 0.45244, 1e-5);
  EXPECT_NEAR(1 - wilson_lower(45, 100, 1.959963984540054), 0.64386, 1e-5);
  EXPECT_NEAR(wilson_lower(0, 100, 1.6), 0, 1e-15);
  EXPECT_EQ(wilson_lower(0, 0, 1.6), 0);
}

TEST(Kelly, ThirtyClosedTradesAreTheLeast) {
  EXPECT_EQ(trades(25, 20, 4, 10).size({}).bound, KellyBound::too_few);
  EXPECT_EQ(trades(25, 20, 4, 10).size({}).used, 0);
  EXPECT_NE(trades(25, 20, 5, 10).size({}).bound, KellyBound::too_few);
}

TEST(Kelly, ADiscountedEdgeOfNothingStakesNothing) {
  // 55 % of 100 at even money looks like an edge of a tenth; the lower end of its interval is below one half.
  const Kelly kelly = trades(55, 10, 45, 10).size({});
  EXPECT_LT(kelly.full, 0);
  EXPECT_EQ(kelly.used, 0);
  EXPECT_EQ(kelly.bound, KellyBound::no_edge);
  EXPECT_EQ(trades(0, 1, 40, 10).size({}).bound, KellyBound::no_edge);
}

TEST(Kelly, AQuarterIsUsedUntilTheCapBinds) {
  // Losses of half the stake: 0.02 of equity at risk lets 0.04 of it be staked.
  const Kelly capped = trades(90, 500, 10, 500).size({});
  EXPECT_NEAR(capped.full, kelly_binary(wilson_lower(90, 100, KellyRules{}.z), 0.5, 0.5), 1e-12);
  EXPECT_NEAR(capped.used, 0.04, 1e-12);
  EXPECT_EQ(capped.bound, KellyBound::cap);
  // Small losses: the notional caps.
  EXPECT_NEAR(trades(90, 10, 10, 10).size({}).used, 0.20, 1e-12);
  // A small edge: the fraction binds.
  const Kelly small = trades(600, 500, 530, 500).size({.min_trades = 30});
  EXPECT_EQ(small.bound, KellyBound::fraction);
  EXPECT_NEAR(small.used, small.full / 4, 1e-12);
}

TEST(Kelly, ATradeOfNoProfitIsALoss) {
  ClosedTrades t;
  for (int i = 0; i < 30; ++i) t.add(Money{}, usd(1'000));
  EXPECT_EQ(t.size({}).bound, KellyBound::no_edge);
}

TEST(Kelly, WithoutALossYetALossCountsAsLargeAsAWin) {
  const Kelly kelly = trades(40, 10, 0, 0).size({});
  EXPECT_GT(kelly.full, 0);
  EXPECT_NEAR(kelly.used, 0.20, 1e-12);
}

TEST(Kelly, RestoredItGoesOnAndRefusesWhatNoTradesAddUpTo) {
  const ClosedTrades t = trades(33, 12, 21, 9);
  Bytes bytes;
  ByteWriter writer{bytes};
  t.save(writer);
  ClosedTrades again;
  ByteReader reader{bytes};
  again.load(reader);
  EXPECT_EQ(again, t);
  for (std::size_t i = 8; i < 24; ++i) bytes[i] = std::byte{0xff};  // not a number
  ByteReader broken{bytes};
  EXPECT_ANY_THROW(again.load(broken));
}

}  // namespace
}  // namespace tickmesh
