// Order flow and trade sign against vectors made with numpy and pandas, in `raw`: every row as it stands.
#include <fstream>
#include <nlohmann/json.hpp>

#include "analytics/bar_clock.hpp"
#include "analytics/mid_window.hpp"
#include "analytics/order_flow.hpp"
#include "analytics/trade_flow.hpp"
#include "analytics/trade_sign.hpp"
#include "analytics/vwap.hpp"
#include "unit/analytics/golden.hpp"

namespace tickmesh {
namespace {

using golden::at_ms;
using golden::expect_number;
using golden::read_csv;

Quote quote_of(const std::vector<std::string>& row) {
  return {at_ms(row[0]), *Price::parse(row[1]), *Price::parse(row[3]), *Quantity::parse(row[2]), *Quantity::parse(row[4])};
}

TEST(GoldenFlow, OrderFlowImbalanceOfIbmIsExactToTheUnit) {
  NEED_GOLDEN("ofi_ibm_out.csv");
  const auto quotes = read_csv("inputs/ibm_quotes.csv");
  const auto expected = read_csv("ofi_ibm_out.csv");
  ASSERT_EQ(quotes.size(), expected.size());
  ASSERT_GT(quotes.size(), 8'000u);
  OrderFlow flow;
  QuoteFilter filter{{.filters = Filters::raw}};
  for (std::size_t i = 0; i < quotes.size(); ++i) {
    const Quote q = quote_of(quotes[i]);
    ASSERT_EQ(filter.apply(q, warmup_value()).verdict, Verdict::counted);
    flow.push(q);
    const auto& row = expected[i];
    ASSERT_EQ(flow.last_event(), Quantity::from_units(std::stoll(row[1])).raw()) << i;
    ASSERT_EQ(flow.sum().value, std::stod(row[2])) << i;
    EXPECT_EQ(flow.sum().status, i < 99 ? Status::warmup : Status::ok);
    expect_number(flow.normalised(), row[3], "normalised", i);
    expect_number(book_imbalance(q), row[4], "imbalance", i);
    expect_number(microprice(q), row[5], "microprice", i);
  }
}

TEST(GoldenFlow, OrderFlowImbalanceByTheSecondOfIbmIsExact) {
  NEED_GOLDEN("ofi_ibm_bucket_out.csv");
  const auto quotes = read_csv("inputs/ibm_quotes.csv");
  const auto expected = read_csv("ofi_ibm_bucket_out.csv");
  OrderFlow flow;
  std::size_t row = 0;
  const auto check = [&](Timestamp now) {
    const auto bucket = flow.bucket(now);
    ASSERT_LT(row, expected.size());
    EXPECT_EQ(bucket.start, at_ms(expected[row][0]).ns);
    EXPECT_EQ(OrderFlow::bucket_sum(bucket).value, std::stod(expected[row][1])) << row;
    EXPECT_EQ(bucket.events, std::stoull(expected[row][3])) << row;
    ++row;
  };
  std::int64_t second = 0;
  for (const auto& cells : quotes) {
    const Quote q = quote_of(cells);
    if (second != 0 && q.time.ns / 1'000'000'000 != second) check(q.time);
    second = q.time.ns / 1'000'000'000;
    flow.push(q);
  }
  check({(second + 1) * 1'000'000'000});
  EXPECT_EQ(row, expected.size());
}

TEST(GoldenFlow, SignsVolumesAndVwapOfIbmTrades) {
  NEED_GOLDEN("flow_ibm_out.csv");
  const auto quotes = read_csv("inputs/ibm_quotes.csv");
  const auto trades = read_csv("inputs/ibm_trades.csv");
  const auto expected = read_csv("flow_ibm_out.csv");
  ASSERT_EQ(trades.size(), expected.size());
  TradeSigner signer;
  TickRule ticks;
  TradeFlow flow;
  TradeFlow by_ticks;
  Vwap vwap;
  std::size_t next = 0;
  for (std::size_t i = 0; i < trades.size(); ++i) {
    const Timestamp time = at_ms(trades[i][0]);
    // Files with equal times merge quote before trade.
    for (; next < quotes.size() && at_ms(quotes[next][0]) <= time; ++next) signer.quote(quote_of(quotes[next]));
    const Price price = *Price::parse(trades[i][1]);
    const Quantity size = *Quantity::parse(trades[i][2]);
    const int tick_sign = ticks.push(price);
    const auto sign = signer.trade(time, price, Side::none);
    flow.push(sign.sign, size, time);
    by_ticks.push(tick_sign, size, time);
    vwap.push(price, size);
    const auto& row = expected[i];
    ASSERT_EQ(tick_sign, std::stoi(row[1])) << i;
    ASSERT_EQ(sign.sign, std::stoi(row[2])) << i;
    ASSERT_EQ(flow_units(by_ticks.cvd()), std::stod(row[3])) << i;
    ASSERT_EQ(flow_units(flow.cvd()), std::stod(row[4])) << i;
    ASSERT_EQ(flow_units(flow.last_trades().buy), std::stod(row[5])) << i;
    ASSERT_EQ(flow_units(flow.last_trades().sell), std::stod(row[6])) << i;
    expect_number(flow.last_trades().pressure(), row[7], "pressure", i);
    expect_number(flow.last_trades().ratio(), row[8], "ratio", i);
    expect_number(vwap.value(), row[9], "vwap", i);
  }
  // The session's trades at the midpoint or before any quote, or signless.
  EXPECT_EQ(std::llround((signer.share(SignRule::tick).value + signer.share(SignRule::none).value) * 6'245), 499);
  EXPECT_EQ(signer.share(SignRule::venue).value, 0);
}

TEST(GoldenFlow, BarsOfTenSecondsOfIbm) {
  NEED_GOLDEN("bars_10s_ibm_out.csv");
  const auto trades = read_csv("inputs/ibm_trades.csv");
  const auto expected = read_csv("bars_10s_ibm_out.csv");
  BarClock clock{seconds(10)};
  Atr atr{14};
  std::size_t row = 0;
  const auto check = [&](const ClosedBar& bar) {
    ASSERT_LT(row, expected.size());
    const auto& cells = expected[row];
    EXPECT_EQ(bar.start, at_ms(cells[0]));
    EXPECT_EQ(bar.open, *Price::parse(cells[1])) << row;
    EXPECT_EQ(bar.high, *Price::parse(cells[2])) << row;
    EXPECT_EQ(bar.low, *Price::parse(cells[3])) << row;
    EXPECT_EQ(bar.close, *Price::parse(cells[4])) << row;
    EXPECT_EQ(bar.volume, *Quantity::parse(cells[5])) << row;
    atr.push(bar);
    expect_number(atr.true_range(), cells[9], "true range", row);
    golden::expect_cell(atr.value(), cells[10], "atr", row);
    ++row;
  };
  ClosedBar closed;
  for (std::size_t i = 0; i < trades.size(); ++i) {
    const Timestamp time = at_ms(trades[i][0]);
    if (clock.advance(time, closed)) check(closed);
    clock.add(time, *Price::parse(trades[i][1]), *Quantity::parse(trades[i][2]), i == 0);
  }
  ASSERT_TRUE(clock.advance(clock.end(), closed));
  check(closed);
  EXPECT_EQ(row, expected.size());
}

TEST(GoldenFlow, EdgeCasesOfFlowAndSign) {
  NEED_GOLDEN("edge_cases.json");
  std::ifstream file(golden::folder() / "edge_cases.json");
  const auto cases = nlohmann::json::parse(file);
  const auto quote = [](const nlohmann::json& q) {
    return Quote{{}, Price::from_units(q[0]), Price::from_units(q[2]), Quantity::from_units(q[1]), Quantity::from_units(q[3])};
  };
  ASSERT_EQ(cases.at("ofi_event").size(), 8u);
  for (const auto& one : cases.at("ofi_event")) {
    OrderFlow flow;
    if (!one.at("prev").is_null()) flow.push(quote(one.at("prev")));
    flow.push(quote(one.at("cur")));
    EXPECT_EQ(flow.last_event(), Quantity::from_units(one.at("e")).raw()) << one.at("why");
  }
  for (const auto& one : cases.at("book_imbalance")) {
    Quote q{{}, Price::from_units(1), Price::from_units(2), Quantity::from_units(one.at("qb")), Quantity::from_units(one.at("qa"))};
    EXPECT_EQ(book_imbalance(q).value, one.at("imb").get<double>());
    const bool empty = one.at("qb") == 0 && one.at("qa") == 0;
    EXPECT_EQ(book_imbalance(q).status, empty ? Status::undefined : Status::ok);
    if (empty) {
      EXPECT_EQ(microprice(q), undefined_value(1.5));
    }
  }
  for (const auto& one : cases.at("trade_sign")) {
    TradeSigner signer;
    Timestamp t{1};
    // What came before is replayed: a trade that leaves the sign, then one at the former price.
    if (!one.at("prev_price").is_null()) {
      const double before = one.at("prev_price");
      const int sign = one.at("prev_sign");
      if (sign != 0) signer.trade(t, Price::from_double(before - sign), Side::none);
      signer.trade(t, Price::from_double(before), Side::none);
    }
    if (!one.at("bid").is_null()) signer.quote({{2}, Price::from_double(one.at("bid")), Price::from_double(one.at("ask")), {}, {}});
    EXPECT_EQ(signer.trade({3}, Price::from_double(one.at("price")), Side::none).sign, one.at("sign").get<int>()) << one.at("why");
  }
}

}  // namespace
}  // namespace tickmesh
