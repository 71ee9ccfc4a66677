#include <gmock/gmock.h>

#include "replay_kit.hpp"

namespace tickmesh::replay {
namespace {

using ::testing::ElementsAre;
using testing::Folder;
using ::testing::HasSubstr;
using testing::replay_all;

const char* const kTrade = "34200000,491800,300,P,0,0\n";
const char* const kQuote = "34200000,491800,300,0,0,P,0,0\n34200000,0,0,492000,100,P,0,0\n";

TEST(Data, TwoFilesOfOneInstrumentAndKindAreRefusedAndBothAreNamed) {
  const auto refused = [](std::initializer_list<const char*> names) {
    const Folder folder;
    for (const char* name : names) folder.put(name, std::string_view{name}.find("quote") != std::string_view::npos ? kQuote : kTrade);
    const auto data = find_data(folder.path, "", {});
    return data ? std::string{} : to_string(data.error());
  };
  EXPECT_EQ(refused({"equity/usa/tick/aig/20131007_trade.csv", "equity/usa/tick/aig/20131007_quote.csv",
                     "equity/usa/tick/aig/20131008_trade.csv"}),
            "");
  const std::string two = refused({"equity/usa/tick/aig/20131007_trade.csv", "equity/usa/tick/aig/20131007_trade.zip"});
  EXPECT_THAT(two, HasSubstr("20131007_trade.csv holds trades of AIG.USA as well"));
  EXPECT_THAT(two, HasSubstr("20131007_trade.zip: one file an instrument"));
  EXPECT_THAT(refused({"equity/usa/tick/aig/20131007_trade.csv", "equity/usa/second/aig/20131007_trade.csv"}), HasSubstr("as well"));
  EXPECT_THAT(refused({"equity/usa/tick/aig/20131007_trade.csv", "equity/usa/second/aig/20131008_trade.csv"}), HasSubstr("as well"));
  EXPECT_THAT(refused({"a/equity/usa/tick/aig/20131007_trade.csv", "b/equity/usa/tick/aig/20131007_trade.csv"}), HasSubstr("as well"));
  // Trades of ticks with quotes of seconds, and one pair at two venues, are no such thing.
  EXPECT_EQ(refused({"equity/usa/tick/spy/20131007_trade.csv", "equity/usa/second/spy/20131007_quote.csv"}), "");
  EXPECT_EQ(refused({"forex/fxcm/tick/eurusd/20140506_quote.csv", "forex/oanda/tick/eurusd/20140506_quote.csv"}), "");
}

TEST(Data, AnInstrumentThatTwoFilesNameInTheirRowsIsRefused) {
  const Folder folder;
  folder.put("columns.toml", "time = \"t\"\nformat = \"s\"\nsymbol = \"s\"\nprice = \"p\"\n");
  folder.put("one.csv", "t,s,p\n1,A,2\n2,B,3\n");
  folder.put("two.csv", "t,s,p\n1,C,2\n3,B,3\n");
  EXPECT_THAT(to_string(replay_all(folder.path).error), HasSubstr("one.csv tells of B.CSV as well"));
}

TEST(Data, ABadFileIsRefused) {
  const auto refused = [](const char* name, const std::string& text) {
    const Folder folder;
    folder.put(name, text);
    return to_string(replay_all(folder.path).error);
  };
  EXPECT_THAT(refused("equity/usa/tick/aig/20131007_trade.csv", "no,rows,of,its,layout,x\nat,all,x,x,x,x\n"),
              HasSubstr("20131007_trade.csv: rows of its layout"));
  EXPECT_THAT(refused("equity/usa/tick/aig/20131307_trade.csv", kTrade), HasSubstr("day '20131307'"));
  EXPECT_THAT(refused("forex/dukascopy/tick/eurusd/20140506_quote.csv", "1,1,1\n"),
              HasSubstr("whose time zone is known: market 'dukascopy'"));
  EXPECT_THAT(refused("readme.txt", "nothing"), HasSubstr("readme.txt for one"));
  EXPECT_THAT(to_string(replay_all("/nowhere").error), HasSubstr("/nowhere: a folder"));
}

TEST(Data, SymbolsAreChosenBareOrWhole) {
  const Folder folder;
  folder.put("equity/usa/tick/aig/20131007_trade.csv", kTrade);
  folder.put("equity/usa/tick/bac/20131007_trade.csv", kTrade);
  EXPECT_THAT(replay_all(folder.path, {"bac"}).ticks, ElementsAre(HasSubstr("BAC.USA")));
  EXPECT_THAT(replay_all(folder.path, {"AIG.USA"}).ticks, ElementsAre(HasSubstr("AIG.USA")));
  EXPECT_THAT(to_string(replay_all(folder.path, {"ibm"}).error), HasSubstr("IBM"));
}

TEST(Data, ItsHashIsOfItsNamesAndBytesAlone) {
  const Folder one, two;
  for (const Folder* folder : {&one, &two}) {
    folder->put("equity/usa/tick/aig/20131007_trade.csv", kTrade);
    folder->put("notes.txt", folder->path);
  }
  const auto hash = [](const Folder& folder) { return find_data(folder.path, "", {})->hash; };
  EXPECT_EQ(hash(one), hash(two));
  two.put("equity/usa/tick/aig/20131007_trade.csv", std::string(kTrade) + kTrade);
  EXPECT_NE(hash(one), hash(two));
}

TEST(Data, InstrumentsThatAreNotConfiguredAreDerivedFromLayoutAndData) {
  const Folder folder;
  folder.put("equity/usa/tick/aig/20131007_trade.csv", "34200000,491800,300,P,0,0\n34500000,496800,200,P,0,0\n34800000,491800,100,P,0,0\n");
  folder.put("forex/oanda/tick/usdjpy/20140506_quote.csv", "1,101.5,101.52\n");
  const auto data = *find_data(folder.path, "", {});
  const auto seen = *survey(data, {});
  const auto listed = *with_derived({}, seen);
  const Instrument* aig = listed.find(*Symbol::parse("AIG.USA"));
  ASSERT_NE(aig, nullptr);
  EXPECT_EQ(aig->calendar, "XNYS");
  EXPECT_EQ(aig->tick_size.str(), "0.01");
  EXPECT_EQ(aig->daily_volume, 600);
  EXPECT_GT(aig->daily_volatility, 0.005);
  const Instrument* yen = listed.find(*Symbol::parse("USDJPY.OANDA"));
  ASSERT_NE(yen, nullptr);
  EXPECT_EQ(yen->calendar, "FX");
  EXPECT_EQ(yen->currency, "JPY");
  EXPECT_EQ(yen->tick_size.str(), "0.001");
  EXPECT_EQ(yen->reference_price.str(), "101.51");

  // What is configured stands, and the file written is read back as it was.
  Instrument own = *aig;
  own.tick_size = *Price::parse("0.05");
  const auto configured = *Instruments::make({own});
  const auto both = *with_derived(configured, seen);
  EXPECT_EQ(both.find(own.symbol)->tick_size.str(), "0.05");
  const auto again = load_instruments(folder.put("instruments.toml", instruments_toml(both)));
  ASSERT_TRUE(again.has_value()) << to_string(again.error());
  EXPECT_EQ(instruments_toml(*again), instruments_toml(both));
}

TEST(Data, AnInstrumentWhoseTradesAreBarsIsKnownAsOneConfiguredOrNot) {
  const Folder folder;
  folder.put("equity/usa/minute/aig/20131007_quote.csv", "34200000,1,1,1,491800,300,1,1,1,492000,100\n");
  folder.put("equity/usa/minute/aig/20131007_trade.csv", "34200000,491800,491900,491700,491800,300\n");
  folder.put("equity/usa/tick/bac/20131007_trade.csv", kTrade);
  const auto data = find_data(folder.path, "", {});
  ASSERT_TRUE(data) << to_string(data.error());
  const auto seen = survey(*data, {});
  ASSERT_TRUE(seen) << to_string(seen.error());
  const auto listed = *with_derived({}, *seen);
  const Symbol bars = *Symbol::parse("AIG.USA");
  EXPECT_TRUE(listed.find(bars)->from_bars);
  EXPECT_FALSE(listed.find(*Symbol::parse("BAC.USA"))->from_bars);
  Instrument configured = *listed.find(bars);
  configured.from_bars = false;
  configured.profile_row = Price::from_raw(3 * configured.tick_size.raw());
  configured.volume_share = 0.025;
  const auto both = *with_derived(*Instruments::make({configured}), *seen);
  EXPECT_TRUE(both.find(bars)->from_bars);
  const auto again = load_instruments(folder.put("instruments.toml", instruments_toml(both)));
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ(again->find(bars)->profile_row, configured.profile_row);
  EXPECT_EQ(again->find(bars)->volume_share, 0.025);
  EXPECT_TRUE(again->find(bars)->from_bars);
}

TEST(Data, TheEpochNamesDataAndWhatDecidesAndNothingElse) {
  const Folder folder;
  folder.put("equity/usa/tick/aig/20131007_trade.csv", kTrade);
  const auto data = *find_data(folder.path, "", {});
  const auto epoch = [&](const Config::Overrides& overrides) {
    char* none[] = {nullptr};
    return replay_epoch(data, *Config::load("", overrides, none), {});
  };
  const Epoch plain = epoch({});
  EXPECT_NE(plain, 0u);
  EXPECT_LT(plain, Epoch{1} << 40 | 1);
  EXPECT_EQ(plain, epoch({{"journal.dir", "elsewhere"}, {"health.base_port", "9999"}, {"venue.paper.ledger", "x"}}));
  EXPECT_NE(plain, epoch({{"risk.max_positions", "3"}}));
  EXPECT_NE(plain, epoch({{"venue.paper.latency_ms", "7"}}));
}

}  // namespace
}  // namespace tickmesh::replay
