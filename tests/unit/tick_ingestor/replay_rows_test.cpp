#include <gmock/gmock.h>

#include "replay_kit.hpp"

namespace tickmesh::replay {
namespace {

using ::testing::ElementsAre;
using testing::Folder;
using ::testing::HasSubstr;
using testing::replay_all;

TEST(LeanRows, OneSidedQuotesBecomeTheLastBidAndTheLastAsk) {
  const Folder folder;
  folder.put("equity/usa/tick/aig/20131007_quote.zip",
             "34200000,491800,100,0,0,P,1,0\n"
             "34200000,0,0,492000,3000,Q,1,0\n"
             "34200250,491900,200,0,0,Z,1,0\n");
  EXPECT_THAT(replay_all(folder.path).ticks,
              ElementsAre("AIG.USA quote 49.18x100 0x0 @13:30:00.000", "AIG.USA quote 49.18x100 49.2x3000 @13:30:00.000",
                          "AIG.USA quote 49.19x200 49.2x3000 @13:30:00.250"));
}

TEST(LeanRows, SuspiciousRowsAreDroppedAndCounted) {
  const Folder folder;
  folder.put("equity/usa/tick/aig/20131007_trade.csv",
             "34200000,491800,300,P,2000,0\n34200001,9900000,300,P,2000,1\n34200002,491900,1,P,0,0\n");
  const auto all = replay_all(folder.path);
  EXPECT_THAT(all.ticks, ElementsAre("AIG.USA trade 49.18x300 @13:30:00.000", "AIG.USA trade 49.19x1 @13:30:00.002"));
  EXPECT_EQ(all.tally.suspicious, 1u);
  EXPECT_EQ(all.tally.rows, 3u);
}

TEST(LeanRows, EquitiesAreNewYorksInSummerAndInWinter) {
  const Folder folder;
  folder.put("equity/usa/tick/a/20140307_trade.csv", "34200000,10000,1,P,0,0\n");
  folder.put("equity/usa/tick/a/20140310_trade.csv", "34200000,10000,1,P,0,0\n");
  EXPECT_THAT(replay_all(folder.path).ticks, ElementsAre("A.USA trade 1x1 @14:30:00.000", "A.USA trade 1x1 @13:30:00.000"));
}

TEST(LeanRows, FxcmIsFiveHoursBehindOandaAndSendsCrossedQuotes) {
  const Folder folder;
  folder.put("forex/fxcm/tick/eurusd/20140506_quote.zip", "339,1.38835,1.38833\n");
  folder.put("forex/oanda/tick/eurusd/20140506_quote.zip", "18000339,1.38833,1.38835\n");
  EXPECT_THAT(replay_all(folder.path).ticks,
              ElementsAre("EURUSD.FXCM quote 1.38835x0 1.38833x0 @05:00:00.339", "EURUSD.OANDA quote 1.38833x0 1.38835x0 @05:00:00.339"));
}

TEST(LeanRows, CfdTimesHaveFractionsOfAMillisecond) {
  const Folder folder;
  folder.put("cfd/oanda/tick/xauusd/20140506_quote.csv", "808.0672,1310.926,1311.237\n");
  const auto data = *find_data(folder.path, "", {});
  Merge merge{data.files, {}};
  Rows rows;
  ASSERT_EQ(*merge.next(10, rows), 1u);
  EXPECT_EQ(rows.ticks[0].event_time.ns % 1'000'000'000, 808'067'200);
}

TEST(LeanRows, ABarIsItsClosingQuoteOrItsClosingPriceAndWholeVolumeAtItsLastMillisecond) {
  const Folder folder;
  folder.put("equity/usa/second/aig/20131007_quote.csv", "34200000,491800,491800,481800,488700,2000,494100,494100,492000,492000,3000\n");
  folder.put("equity/usa/minute/aig/20131007_trade.csv", "34200000,491800,491900,481800,488700,4300\n");
  folder.put("crypto/coinbase/minute/btcusd/20131007_quote.zip",
             "0,7424.9,7424.9,7424.9,7425,1.88483821,7424.91,7424.91,7424.91,7426,33.35399601000002\n");
  EXPECT_THAT(replay_all(folder.path).ticks,
              ElementsAre("BTCUSD.COINBASE quote 7425x1.88483821 7426x33.35399601 @00:00:59.999",
                          "AIG.USA quote 48.87x2000 49.2x3000 @13:30:00.999", "AIG.USA trade 48.87x4300 @13:30:59.999"));
}

TEST(Rows, ABadRowIsSkippedAndToldWithFileLineFieldRuleAndValue) {
  const Folder folder;
  folder.put("equity/usa/tick/aig/20131007_trade.csv",
             "34200000,491800,300,P,0,0\n"
             "x,491800,300,P,0,0\n"
             "34200001,-491800,300,P,0,0\n"
             "34200002,491800\n"
             "86400000,491800,300,P,0,0\n"
             "34200003,0,300,P,0,0\n"
             "34200004,491800,99999999999999999999,P,0,0\n"
             "\n"
             "34200005,491800,300,P,0,0\r\n"
             "34200006,491900,300,P,0,0");
  const auto all = replay_all(folder.path);
  EXPECT_EQ(all.ticks.size(), 3u);
  EXPECT_EQ(all.tally.rows, 9u);
  EXPECT_EQ(all.tally.bad_rows(), 6u);
  const std::string file = "equity/usa/tick/aig/20131007_trade.csv:";
  EXPECT_THAT(all.tally.examples, ElementsAre(file + "2: time: a decimal of at least 0 that fits 64 bits: 'x'",
                                              file + "3: price: a decimal of at least 0 that fits 64 bits: '-491800'",
                                              file + "4: size: a value: '34200002,491800'",
                                              file + "5: time: milliseconds since midnight, below 86400000: '86400000'",
                                              file + "6: price: above 0: '34200003,0,300,P,0,0'",
                                              file + "7: size: a decimal of at least 0 that fits 64 bits: '99999999999999999999'"));
}

TEST(Rows, ARowThatStepsBackInTimeStaysWhereItStandsAndIsCounted) {
  const Folder folder;
  folder.put("equity/usa/tick/a/20131007_trade.csv", "34200002,10000,1,P,0,0\n34200000,20000,1,P,0,0\n34200003,30000,1,P,0,0\n");
  const auto all = replay_all(folder.path);
  EXPECT_THAT(all.ticks, ElementsAre("A.USA trade 1x1 @13:30:00.002", "A.USA trade 2x1 @13:30:00.000", "A.USA trade 3x1 @13:30:00.003"));
  EXPECT_EQ(all.tally.backwards, 1u);
}

TEST(CsvRows, ColumnsAreFoundByTheirNamesAndTimesReadInTheirZone) {
  const Folder folder;
  folder.put("columns.toml",
             "time = \"when\"\nformat = \"iso\"\nzone = \"America/New_York\"\nsymbol = \"sym\"\nbid = \"b\"\nask = \"a\"\nprice = "
             "\"p\"\nsize = \"s\"\nvenue = \"X\"\n");
  folder.put("day.csv.gz",
             "sym,when,b,a,p,s\n"
             "one,2014-03-07 09:30:00.25,10.01,10.02,,\n"
             "two,2014-03-10T09:30:00,,,20.5,7\n"
             "one.X,2014-03-10T13:30:01Z,10.01,10.03,10.02,5\n"
             "one,2014-03-10T14:30:02+01:00,10.01,,,\n"
             "one,2014-03-10 25:00:00,10.01,,,\n");
  const auto all = replay_all(folder.path);
  EXPECT_EQ(to_string(all.error), "");
  EXPECT_THAT(all.ticks, ElementsAre("ONE.X quote 10.01x0 10.02x0 @14:30:00.250", "TWO.X trade 20.5x7 @13:30:00.000",
                                     "ONE.X quote 10.01x0 10.03x0 @13:30:01.000", "ONE.X trade 10.02x5 @13:30:01.000",
                                     "ONE.X quote 10.01x0 0x0 @13:30:02.000"));
  EXPECT_THAT(all.tally.examples, ElementsAre(HasSubstr("day.csv.gz:6: time: as 2014-05-06T13:30:00.5")));
}

TEST(CsvRows, NumberedColumnsNumericTimesAndTheFileNameAsSymbol) {
  const Folder folder;
  folder.put(
      "columns.toml",
      "time = 1\nformat = \"ms\"\nsymbol = \"<file name>\"\nprice = 3\nsize = 6\nheader = false\nprice_scale = 100\nseparator = \";\"\n");
  folder.put("btcusd.csv", "1364774820000;93;9325;93;93;1.5\n1364774880500.5;93;9330;93;93;0.25\n");
  EXPECT_THAT(replay_all(folder.path).ticks,
              ElementsAre("BTCUSD.CSV trade 93.25x1.5 @00:07:00.000", "BTCUSD.CSV trade 93.3x0.25 @00:08:00.500"));
}

TEST(CsvRows, AMissingColumnOrZoneIsRefusedWithFileAndLine) {
  const Folder folder;
  folder.put("x.csv", "t,p\n1,2\n");
  const auto refused = [&](const std::string& columns) {
    folder.put("columns.toml", columns);
    const auto data = find_data(folder.path, "", {});
    return data ? std::string("taken") : to_string(data.error()).substr(folder.path.size() + 1);
  };
  const std::string rest = "symbol = \"<file name>\"\nprice = \"p\"\n";
  EXPECT_EQ(refused("time = \"t\"\nformat = \"s\"\n" + rest), "taken");
  EXPECT_THAT(refused("time = \"T\"\nformat = \"s\"\n" + rest), HasSubstr("x.csv:1: the columns that"));
  EXPECT_THAT(refused("time = \"t\"\nformat = \"iso\"\n" + rest), HasSubstr("columns.toml:1: an IANA zone for iso times: zone is missing"));
  EXPECT_THAT(refused("time = \"t\"\nformat = \"iso\"\nzone = \"Mars\"\n" + rest), HasSubstr("columns.toml:3: an IANA time zone"));
  EXPECT_THAT(refused("time = \"t\"\nformat = \"day\"\n" + rest), HasSubstr("columns.toml:2: one of iso, s, ms, ns"));
  EXPECT_THAT(refused("time = \"t\"\nformat = \"s\"\nprise = 1\n" + rest), HasSubstr("columns.toml:3: a known key: prise"));
  EXPECT_THAT(refused("time = \"t\"\nformat = \"s\"\nsymbol = \"<file name>\"\n"), HasSubstr("there is no price column"));
}

}  // namespace
}  // namespace tickmesh::replay
