// Recorded venue streams as ticks: Binance's lines and LOBSTER's events.
#include <gtest/gtest.h>

#include "replay_kit.hpp"
#include "tick_ingestor/feeds/replay/binance.hpp"
#include "tick_ingestor/feeds/replay/lobster.hpp"

namespace tickmesh::replay {
namespace {

using namespace tickmesh::replay::testing;
using ::testing::ElementsAre;

const std::string kQuote =
    R"(1723161254087891268 {"stream":"btcusdt@bookTicker","data":{"u":5009,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}})";
const std::string kTrade =
    R"(1723161254087896568 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":373,"p":"61837.63","q":"0.02","T":1723161255342,"m":true,"M":true}})";
const std::string kDepth =
    R"(1723161254137307667 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255408,"s":"BTCUSDT","U":5010,"u":5012,"b":[["61737.63","0.00"],["61730.17","1.5"]],"a":[]}})";
const std::string kChained =
    R"(1723161255030314667 {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":60,"u":70,"pu":55,"b":[],"a":[["1.5","2"]]}})";
const std::string kSnapshot = R"(1723161254206652067 {"lastUpdateId":5011,"bids":[["61837.63","3.7"]],"asks":[["61837.64","1"]]})";

TEST(RecordedRows, ABinanceLineIsATradeAQuoteADeltaOrASnapshot) {
  BinanceLine line;
  const char* rule = "";
  ASSERT_TRUE(parse_binance(kTrade, line, rule));
  EXPECT_EQ(line.kind, BinanceKind::trade);
  EXPECT_EQ(line.price, *Price::parse("61837.63"));
  EXPECT_EQ(line.size, *Quantity::parse("0.02"));
  EXPECT_EQ(line.aggressor, Side::sell) << "the buyer was the maker";
  EXPECT_EQ(line.trade_id, 373U);
  EXPECT_EQ(line.received.ns, 1'723'161'254'087'896'568);
  EXPECT_EQ(line.event.ns, 1'723'161'255'342'000'000);
  ASSERT_TRUE(parse_binance(kQuote, line, rule));
  EXPECT_EQ(line.kind, BinanceKind::quote);
  EXPECT_EQ(line.ask_size, *Quantity::parse("1.54698"));
  EXPECT_EQ(line.last, 5009U);
  ASSERT_TRUE(parse_binance(kDepth, line, rule));
  EXPECT_EQ(line.kind, BinanceKind::depth);
  EXPECT_EQ(line.previous, 5009U) << "spot: the one before U";
  EXPECT_EQ(line.last, 5012U);
  EXPECT_THAT(line.levels, ElementsAre(LevelChange{*Price::parse("61737.63"), {}, Side::buy},
                                       LevelChange{*Price::parse("61730.17"), *Quantity::parse("1.5"), Side::buy}));
  ASSERT_TRUE(parse_binance(kChained, line, rule));
  EXPECT_EQ(line.previous, 55U) << "futures: pu";
  EXPECT_THAT(line.levels, ElementsAre(LevelChange{*Price::parse("1.5"), *Quantity::parse("2"), Side::sell}));
  ASSERT_TRUE(parse_binance(kSnapshot, line, rule));
  EXPECT_EQ(line.kind, BinanceKind::snapshot);
  EXPECT_EQ(line.last, 5011U);
  EXPECT_EQ(line.levels.size(), 2U);
}

TEST(RecordedRows, ABinanceLineCutAnywhereIsRefused) {
  BinanceLine line;
  for (const std::string& whole : {kTrade, kQuote, kDepth, kChained, kSnapshot})
    for (std::size_t end = 0; end < whole.size(); ++end) {
      const char* rule = "";
      EXPECT_FALSE(parse_binance(std::string_view{whole}.substr(0, end), line, rule)) << whole.substr(0, end);
      EXPECT_STRNE(rule, "");
    }
  const char* rule = "";
  EXPECT_FALSE(parse_binance(R"(1 {"stream":"x@trade","data":{"p":"-1","q":"1","m":true}})", line, rule));
  EXPECT_FALSE(parse_binance(R"(1 {"stream":"x@trade","data":{"p":"1.123456789","q":"1","m":true}})", line, rule)) << "a ninth place";
  EXPECT_FALSE(parse_binance(R"(1 {"stream":"x@trade","data":{"p":"99999999999999999999","q":"1","m":true}})", line, rule));
  EXPECT_FALSE(parse_binance(R"(1 {"stream":"x@depth","data":{"U":5,"u":4,"b":[],"a":[]}})", line, rule));
}

TEST(RecordedRows, TradesAndBestQuotesOfABinanceFileAreTicksAtTheirTimeOfReceipt) {
  Folder folder;
  folder.put("binance/spot_btcusdt_20240808.gz", kQuote + "\n" + kTrade + "\n" + kDepth + "\n" + kSnapshot + "\nnonsense\n");
  const Replayed got = replay_all(folder.path);
  EXPECT_EQ(got.error.message, "");
  EXPECT_THAT(got.ticks, ElementsAre("BTCUSDT.BINANCE quote 61837.63x3.78826 61837.64x1.54698 @23:54:14.087",
                                     "BTCUSDT.BINANCE trade 61837.63x0.02 @23:54:14.087"));
  EXPECT_EQ(got.tally.rows, 5U);
  EXPECT_EQ(got.tally.bad_rows(), 1U);
}

TEST(RecordedRows, ExecutionsOfALobsterFileAreTradesAgainstTheRestingSide) {
  Folder folder;
  folder.put("AMZN_2012-06-21_34200000_57600000_message_1.csv.gz",
             "Time,Type,OrderId,Size,Price,Direction\n34200.5,1,11,21,2238100,1\n34200.75,4,11,20,2238100,1\n34201,5,0,1,2238200,-1\n34202,"
             "9,1,1,1,1\n");
  folder.put("AMZN_2012-06-21_34200000_57600000_orderbook_1.csv.gz", "2239500,100,2231800,100\n");  // it ends before the messages do
  const Replayed got = replay_all(folder.path);
  EXPECT_EQ(got.error.message, "");
  EXPECT_THAT(got.ticks, ElementsAre("AMZN.NASDAQ trade 223.81x20 @13:30:00.750", "AMZN.NASDAQ trade 223.82x1 @13:30:01.000"));
  EXPECT_EQ(got.tally.bad_rows(), 3U);

  LobsterRow row;
  const char* rule = "";
  ASSERT_TRUE(parse_lobster("34200.017459617,4,11885113,21,2238100,1", row, rule));
  EXPECT_EQ(row.since_midnight.ns, 34'200'017'459'617);
  EXPECT_EQ(row.order, 11'885'113U);
  EXPECT_EQ(row.side, Side::buy);
  for (const char* bad : {"", "34200", "34200.,1,1,1,1,1", "34200,1,1,1,1", "34200,1,1,1,1,0", "34200,1,1,0,1,1", "34200,1,1,1,-5,1",
                          "86400,1,1,1,1,1", "34200,1,1,1,1,1,1", "x,1,1,1,1,1"})
    EXPECT_FALSE(parse_lobster(bad, row, rule)) << bad;
}

}  // namespace
}  // namespace tickmesh::replay
