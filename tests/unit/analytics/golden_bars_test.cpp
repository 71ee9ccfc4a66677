// Bar indicators, volatility and the regime filter against TA-Lib, TTR, numpy and hmmlearn.
#include <fstream>
#include <nlohmann/json.hpp>

#include "analytics/hmm_filter.hpp"
#include "analytics/moving.hpp"
#include "analytics/volatility.hpp"
#include "unit/analytics/golden.hpp"

namespace tickmesh {
namespace {

using golden::expect_cell;
using golden::read_csv;

ClosedBar daily_bar(const std::vector<std::string>& row) {
  ClosedBar bar;
  bar.open = *Price::parse(row[1]);
  bar.high = *Price::parse(row[2]);
  bar.low = *Price::parse(row[3]);
  bar.close = *Price::parse(row[4]);
  bar.volume = *Quantity::parse(row[5]);
  return bar;
}

TEST(GoldenBars, IndicatorsOfSpyDailyAreTaLibs) {
  NEED_GOLDEN("ta_spy_daily_out.csv");
  const auto bars = read_csv("inputs/spy_daily.csv");
  const auto expected = read_csv("ta_spy_daily_out.csv");
  ASSERT_EQ(bars.size(), expected.size());
  ASSERT_GT(bars.size(), 2'000u);
  CloseWindow sma_20{20}, sma_50{50};
  Ema ema_12{12}, ema_20{20}, ema_26{26};
  Rsi rsi;
  Atr atr{14, GapRange::true_range};
  Macd macd;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const ClosedBar bar = daily_bar(bars[i]);
    const double close = bar.close.to_double();
    sma_20.push(bar.close), sma_50.push(bar.close);
    for (Ema* ema : {&ema_12, &ema_20, &ema_26}) ema->push(close);
    rsi.push(close);
    atr.push(bar);
    macd.push(close);
    const auto& row = expected[i];
    expect_cell(atr.true_range(), row[1], "tr", i);
    expect_cell(sma_20.mean(), row[2], "sma 20", i);
    expect_cell(sma_50.mean(), row[3], "sma 50", i);
    expect_cell(ema_12.value(), row[4], "ema 12", i);
    expect_cell(ema_20.value(), row[5], "ema 20", i);
    expect_cell(ema_26.value(), row[6], "ema 26", i);
    expect_cell(rsi.value(), row[7], "rsi", i);
    expect_cell(atr.value(), row[8], "atr", i);
    expect_cell(macd.line(), row[9], "macd", i);
    expect_cell(macd.signal(), row[10], "macd signal", i);
    expect_cell(macd.histogram(), row[11], "macd histogram", i);
    if (i < 19) continue;
    const double half = 2 * sma_20.sd().value;
    expect_cell(ok_value(sma_20.mean().value + half), row[12], "upper band", i);
    expect_cell(ok_value(sma_20.mean().value - half), row[14], "lower band", i);
    EXPECT_NEAR(sma_20.percent_b(2).value, (close - std::stod(row[14])) / (std::stod(row[12]) - std::stod(row[14])), 1e-6) << i;
  }
}

TEST(GoldenBars, RangeVolatilityAndRollingVwapOfSpyAreTtrs) {
  NEED_GOLDEN("rangevol_vwap_spy_out.csv");
  const auto bars = read_csv("inputs/spy_daily.csv");
  const auto expected = read_csv("rangevol_vwap_spy_out.csv");
  ASSERT_EQ(bars.size(), expected.size());
  RangeVolatility volatility{20};
  Atr atr{14, GapRange::true_range};
  Rsi rsi;
  Macd macd;
  constexpr double kDays = 252;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const ClosedBar bar = daily_bar(bars[i]);
    volatility.push(bar);
    atr.push(bar);
    rsi.push(bar.close.to_double());
    macd.push(bar.close.to_double());
    const auto& row = expected[i];
    expect_cell(volatility.close_to_close(kDays), row[1], "close", i);
    expect_cell(volatility.parkinson(kDays), row[2], "parkinson", i);
    expect_cell(volatility.garman_klass(kDays), row[3], "garman-klass", i);
    expect_cell(volatility.rogers_satchell(kDays), row[4], "rogers-satchell", i);
    expect_cell(volatility.garman_klass_overnight(kDays), row[5], "garman-klass with overnight", i);
    expect_cell(volatility.vwap(), row[7], "vwap of closes", i);
    expect_cell(atr.value(), row[8], "atr", i);
    expect_cell(rsi.value(), row[9], "rsi", i);
    // Another seed, forgotten after 400 bars.
    if (i >= 400 && row.size() > 11) {
      EXPECT_NEAR(macd.line().value, std::stod(row[10]), 1e-6) << i;
    }
  }
}

TEST(GoldenBars, RollSpreadOfEurusdMids) {
  NEED_GOLDEN("roll_eurusd_out.csv");
  const auto quotes = read_csv("inputs/eurusd_quotes.csv");
  const auto expected = read_csv("roll_eurusd_out.csv");
  ASSERT_EQ(expected.size(), 2'000u);
  RollSpread roll{100};
  int negative = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto twice = Price::parse(quotes[i][1])->raw() + Price::parse(quotes[i][2])->raw();
    roll.push(Price::from_raw(twice / 2));  // half of 5 decimals: 6 decimals, exact
    expect_cell(roll.autocovariance(), expected[i][1], "autocovariance", i, 1e-9, 1e-18);
    expect_cell(roll.spread(), expected[i][2], "spread", i, 1e-9, 1e-12);
    negative += roll.spread().value > 0 ? 1 : 0;
  }
  EXPECT_GT(negative, 100);
}

template <std::size_t K>
HmmParameters<K> model(const nlohmann::json& m) {
  HmmParameters<K> p;
  for (std::size_t s = 0; s < K; ++s) {
    p.start[s] = m.at("startprob")[s];
    p.mean[s] = m.at("means")[s];
    p.sd[s] = m.at("stdevs")[s];
    for (std::size_t t = 0; t < K; ++t) p.transition[s][t] = m.at("transmat")[s][t];
  }
  return p;
}

TEST(GoldenBars, FilteredLawsAndLikelihoodsOfSpyAreHmmlearns) {
  NEED_GOLDEN("hmm_spy_out.csv");
  std::ifstream file(golden::folder() / "hmm_spy_out.json");
  const auto models = nlohmann::json::parse(file).at("models");
  const auto rows = read_csv("hmm_spy_out.csv");
  ASSERT_GT(rows.size(), 2'000u);
  const HmmModel<2> model_2{model<2>(models.at("two"))};
  const HmmModel<3> model_3{model<3>(models.at("three"))};
  HmmFilter<2> two{model_2};
  HmmFilter<3> three{model_3};
  double loglik_2 = 0;
  double loglik_3 = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double x = std::stod(rows[i][1]);
    two.step(x);
    three.step(x);
    loglik_2 += two.log_likelihood();
    loglik_3 += three.log_likelihood();
    for (std::size_t s = 0; s < 2; ++s) EXPECT_NEAR(two.law()[s], std::stod(rows[i][2 + s]), 1e-9) << i;
    EXPECT_NEAR(two.log_likelihood(), std::stod(rows[i][7]), 1e-9) << i;
    for (std::size_t s = 0; s < 3; ++s) EXPECT_NEAR(three.law()[s], std::stod(rows[i][8 + s]), 1e-9) << i;
    EXPECT_NEAR(three.log_likelihood(), std::stod(rows[i][15]), 1e-9) << i;
    EXPECT_NEAR(three.law()[0] + three.law()[1] + three.law()[2], 1, 1e-12);
  }
  EXPECT_NEAR(loglik_2, models.at("two").at("loglik").get<double>(), 1e-7);
  EXPECT_NEAR(loglik_3, models.at("three").at("loglik").get<double>(), 1e-7);
}

TEST(GoldenBars, EdgeCasesOfRsi) {
  NEED_GOLDEN("edge_cases.json");
  std::ifstream file(golden::folder() / "edge_cases.json");
  const auto cases = nlohmann::json::parse(file).at("rsi");
  ASSERT_FALSE(cases.empty());
  for (const auto& one : cases) {
    Rsi rsi{one.at("period").get<std::size_t>()};
    for (std::size_t i = 0; i < one.at("close").size(); ++i) {
      rsi.push(one.at("close")[i]);
      const auto& expected = one.at("rsi")[i];
      EXPECT_EQ(rsi.value().has_value, !expected.is_null()) << one.at("why") << i;
      if (!expected.is_null()) {
        EXPECT_NEAR(rsi.value().value, expected.get<double>(), 1e-12) << one.at("why") << i;
      }
    }
    EXPECT_EQ(rsi.value().status, one.at("why") == "flat" ? Status::undefined : Status::ok);
  }
}

}  // namespace
}  // namespace tickmesh
