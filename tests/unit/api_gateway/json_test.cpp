#include "api_gateway/json.hpp"

#include "tickmesh/v1/metrics.pb.h"

#include "unit/api_gateway/kit.hpp"

namespace tickmesh::testing {
namespace {

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> out;
  for (const auto& [key, value] : object.items()) out.push_back(key);
  return out;
}
using Keys = std::vector<std::string>;

class TradingState : public ::testing::Test {
 protected:
  TradingState() { fill(core_); }
  Json state() const { return trading_state(core_.view(), instruments(), kNow); }
  ApiCore core_{{}, kCodec};
};

TEST_F(TradingState, HasTheKeysThatProgramsHoldOnTo) {
  const Json all = state();
  EXPECT_EQ(keys(all),
            (Keys{"timestamp", "time", "mode", "data", "risk_state", "account", "open_positions", "market_data", "closed_trades"}));
  EXPECT_EQ(keys(all["account"]), (Keys{"balance", "realized_pnl", "unrealized_pnl", "equity", "currency"}));
  ASSERT_EQ(all["open_positions"].size(), 1u);
  EXPECT_EQ(keys(all["open_positions"][0]), (Keys{"id", "symbol", "side", "shares", "position_size", "entry_time", "entry_price",
                                                  "stop_loss", "take_profit", "last_price", "unrealized_pnl", "status"}));
  ASSERT_EQ(all["market_data"].size(), 2u);
  for (const Json& row : all["market_data"])
    EXPECT_EQ(keys(row), (Keys{"symbol", "feed", "time", "bid", "ask", "metrics", "indicators", "signal", "confidence", "reason", "state",
                               "signals"}));
  ASSERT_EQ(all["closed_trades"].size(), 1u);
  for (const auto& key : keys(all["open_positions"][0])) EXPECT_TRUE(all["closed_trades"][0].contains(key)) << key;
  for (const char* key : {"exit_time", "exit_price", "pnl", "exit_reason"}) EXPECT_TRUE(all["closed_trades"][0].contains(key)) << key;
}

TEST_F(TradingState, ShowsEveryValueThatTheMessageOfMetricsHolds) {
  const Json metrics = state()["market_data"][0]["metrics"];
  std::size_t values = 0;
  for (int i = 0; i < v1::Metrics::descriptor()->field_count(); ++i) {
    const auto* field = v1::Metrics::descriptor()->field(i);
    if (field->message_type() != v1::Value::descriptor() || field->is_repeated()) continue;
    ++values;
    EXPECT_EQ(keys(metrics[field->name()]), (Keys{"value", "status"})) << field->name();
  }
  EXPECT_GE(values, 16u);
  EXPECT_EQ(metrics.size(), values + 1) << "and kelly";
}

TEST_F(TradingState, ShowsWhatClosedTradesLetAStrategyStake) {
  StrategyEvent word{.header = {kNow, kNow, {}}, .strategy = "mean_reversion", .symbol = kApple, .enabled = true, .closed_trades = 29};
  word.kelly_bound = KellyBound::too_few;
  tell(core_, Stream::strategy, word);
  EXPECT_EQ(state()["market_data"][0]["metrics"]["kelly"], (Json{{"value", nullptr}, {"status", "WARMUP"}}));
  word.closed_trades = 30;
  word.kelly_full = 0.32;
  word.kelly_used = 0.08;
  word.kelly_bound = KellyBound::fraction;
  tell(core_, Stream::strategy, word);
  const Json shown{{"value", 0.08}, {"status", "OK"}, {"full", 0.32}, {"bound", "FRACTION"}, {"trades", 30}};
  EXPECT_EQ(state()["market_data"][0]["metrics"]["kelly"], shown);
  EXPECT_EQ(metrics_json(core_.view().metrics.at(kApple), core_.view())["metrics"]["kelly"], shown);
  EXPECT_EQ(strategy_json(word)["kelly_bound"], "FRACTION");
}

TEST_F(TradingState, HasNumbersWhereNumbersArePromised) {
  const Json all = state();
  EXPECT_EQ(all["timestamp"], 1737376814);
  EXPECT_EQ(all["time"], "2025-01-20T12:40:14.000000000Z");
  EXPECT_EQ(all["mode"], "PAPER");
  EXPECT_EQ(all["data"], "SYNTHETIC");
  EXPECT_EQ(all["risk_state"], "ACTIVE");
  EXPECT_EQ(all["account"]["balance"], 100000.0);
  const Json& open = all["open_positions"][0];
  EXPECT_EQ(open["side"], "LONG");
  EXPECT_EQ(open["shares"], 49);
  EXPECT_EQ(open["position_size"], 9862.72);
  EXPECT_EQ(open["entry_price"], 201.28);
  EXPECT_EQ(open["stop_loss"], 200.1);
  EXPECT_EQ(open["last_price"], 201.27) << "a long is left at the bid";
  EXPECT_EQ(open["unrealized_pnl"], -0.49);
  EXPECT_EQ(open["status"], "OPEN");
  const Json& row = all["market_data"][0];
  EXPECT_EQ(row["symbol"], "AAPL.DEMO");
  EXPECT_EQ(row["metrics"]["z_score"], (Json{{"value", -2.5}, {"status", "OK"}}));
  EXPECT_EQ(row["metrics"]["kelly"], (Json{{"value", nullptr}, {"status", "WARMUP"}}));
  EXPECT_EQ(row["metrics"]["mid"]["value"], nullptr) << "a value that is not there is null, never 0";
  EXPECT_EQ(row["signal"], "WAIT");
  EXPECT_EQ(row["reason"], "edge 3.1 bp < 8.7 bp");
  const Json& closed = all["closed_trades"][0];
  EXPECT_EQ(closed["status"], "CLOSED");
  EXPECT_EQ(closed["shares"], 49) << "what was held, not the nothing that is left";
  EXPECT_EQ(closed["exit_price"], 202.0);
  EXPECT_EQ(closed["pnl"], 33.28);
  EXPECT_EQ(closed["exit_reason"], "target");
  EXPECT_EQ(closed["exit_time"], "2025-01-20T12:40:19.000000000Z");
}

TEST_F(TradingState, CallsRecordedDaysRecordedAndNeverLive) {
  ApiCore core{{}, kCodec};
  auto recorded = quote(kApple);
  recorded.synthetic = false;
  recorded.feed = FeedKind::replay;
  tell(core, Stream::latest, recorded);
  EXPECT_EQ(trading_state(core.view(), instruments(), kNow)["data"], "RECORDED");
  recorded.feed = FeedKind::push;
  tell(core, Stream::latest, recorded);
  EXPECT_EQ(trading_state(core.view(), instruments(), kNow)["data"], "LIVE");
}

TEST_F(TradingState, OfAMeshNotHeardOfYetClaimsNothing) {
  const Json empty = trading_state(MeshView{}, instruments(), kNow);
  EXPECT_EQ(empty["risk_state"], "REDUCING") << "unknown is not ACTIVE";
  EXPECT_TRUE(empty["open_positions"].empty() && empty["open_positions"].is_array());
  EXPECT_TRUE(empty["market_data"].is_array());
}

TEST_F(TradingState, KeepsTheLastHundredClosedTrades) {
  for (int i = 0; i < 150; ++i) tell(core_, Stream::position, position("Q" + std::to_string(i), PositionEventKind::closed));
  const Json closed = state()["closed_trades"];
  ASSERT_EQ(closed.size(), 100u);
  EXPECT_EQ(closed.back()["id"], "Q149");
  EXPECT_EQ(closed.front()["id"], "Q50");
}

TEST(ApiJson, OfABookShowsItsLevelsWhetherItIsLiveAndItsAge) {
  const Json shown = book_json(book(), kNow + milliseconds(1'500));
  EXPECT_EQ(shown["bids"], Json::parse(R"([["201.27","5"],["201.26","9"]])"));
  EXPECT_EQ(shown["asks"], Json::parse(R"([["201.29","4"]])"));
  EXPECT_EQ(shown["live"], true);
  EXPECT_EQ(shown["last_update"], 77);
  EXPECT_EQ(shown["resyncs"], 2);
  EXPECT_EQ(shown["imbalance"]["value"], 0.25);
  EXPECT_EQ(shown["ofi"]["status"], "WARMUP");
  EXPECT_EQ(shown["age_s"], 1.5);
  BookTop broken{.header = {kNow, kNow, {}}, .symbol = kApple, .reason = "gap"};
  EXPECT_EQ(book_json(broken, kNow)["reason"], "gap");
  EXPECT_EQ(book_json(broken, kNow)["bids"], Json::array());
}

TEST(ApiJson, HasDecimalTextsAndIsoTimes) {
  MeshView view;
  view.latest[kApple] = quote(kApple);
  const Json open = position_json(position("P1"), view, Instruments{});
  EXPECT_EQ(open["entry_price"], "201.28");
  EXPECT_EQ(open["entry_time"], "2025-01-20T12:40:14.000000000Z");
  EXPECT_EQ(open["unrealized_pnl"], "-0.49");
  EXPECT_EQ(order_json(order("O1", OrderEventKind::accepted))["status"], "ACCEPTED");
  EXPECT_EQ(iso_time({}), "");
  EXPECT_EQ(iso_time({1}), "1970-01-01T00:00:00.000000001Z");
}

TEST(ProfileJson, ShowsWhereItTradesItsStateWithReasonsAndWhatMustStandBeside) {
  MeshView view;
  ProfileEvent e{.header = {kNow, kNow, {}}, .symbol = kApple, .feed = FeedKind::replay, .kind = ProfileEventKind::developing};
  e.session_start = kNow;
  e.approx = true;
  e.volume_share = 0.025;
  e.row_size = price("0.05");
  e.low = price("201.00");
  e.rows = {Quantity::from_units(3), Quantity::from_units(9)};
  e.poc = price("201.075");
  e.val = price("201.00");
  e.vah = price("201.10");
  e.lvn = {price("201.025")};
  e.state = MarketStateKind::imbalance_up;
  e.reason = "3 closes above VAH";
  e.vpin = {0.25, Status::ok, true};
  view.profiles[kApple] = e;
  const Json shown = profile_json(view, kApple);
  EXPECT_EQ(shown["symbol"], kApple.str());
  EXPECT_TRUE(shown["completed"].empty());
  const Json& developing = shown["developing"];
  EXPECT_EQ(developing["note"], "APPROX, from bars; this feed sees 2.5 % of the volume");
  EXPECT_EQ(developing["rows"], (Json{"3", "9"}));
  EXPECT_EQ(developing["poc"], "201.075");
  EXPECT_EQ(developing["lvn"], (Json{"201.025"}));
  EXPECT_EQ(developing["state"]["state"], "IMBALANCE_UP");
  EXPECT_EQ(developing["state"]["reason"], "3 closes above VAH");
  EXPECT_EQ(developing["lvn_proximity"]["near"], "");
  EXPECT_EQ(developing["vpin"], (Json{{"value", 0.25}, {"status", "OK"}}));
  e.kind = ProfileEventKind::completed;
  view.completed_profiles[kApple] = {e};
  EXPECT_EQ(profile_json(view, kApple)["completed"].size(), 1u);
}

}  // namespace
}  // namespace tickmesh::testing
