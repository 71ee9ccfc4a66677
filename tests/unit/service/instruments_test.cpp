#include "service/config.hpp"
#include "unit/service/files.hpp"

namespace tickmesh {
namespace {

class InstrumentsFile : public ::testing::Test {
 protected:
  Result<Instruments> load(const std::string& toml) { return load_instruments(files_.put("instruments.toml", toml)); }
  testing::Files files_;
};

TEST_F(InstrumentsFile, TheDeliveredOneLoads) {
  const auto all = load_instruments(std::string(TICKMESH_SOURCE_DIR) + "/deploy/config/instruments.toml");
  ASSERT_TRUE(all) << to_string(all.error());
  EXPECT_EQ(all->list().size(), 17u);
  const auto* apple = all->find(*Symbol::parse("AAPL.DEMO"));
  ASSERT_NE(apple, nullptr);
  EXPECT_EQ(apple->tick_size, *Price::parse("0.01"));
  EXPECT_EQ(apple->reference_price, *Price::parse("201.28"));
}

TEST_F(InstrumentsFile, WhatIsLeftOutHasItsDefault) {
  const auto all = load("[[instrument]]\nsymbol = \"A.X\"\ntick_size = \"0.01\"\nlot = \"1\"\n");
  ASSERT_TRUE(all) << to_string(all.error());
  const Instrument& i = all->list()[0];
  EXPECT_EQ(i.multiplier, Quantity::from_units(1));
  EXPECT_EQ(i.currency, "USD");
  EXPECT_EQ(i.price_decimals, 2);
  EXPECT_EQ(i.daily_volume, 0);
}

TEST_F(InstrumentsFile, ErrorsNameFileLineSymbolFieldAndRule) {
  const std::string good = "[[instrument]]\nsymbol = \"A.X\"\ntick_size = \"0.01\"\nlot = \"1\"\n";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"tick_sice = \"0.01\"\n", "tick_sice"},
      {"multiplier = 2\n", "multiplier"},
      {"reference_price = \"1e3\"\n", "reference_price"},
      {"daily_volume = \"much\"\n", "daily_volume"},
      {"daily_volatility = -0.1\n", "daily_volatility"},
      {"currency = 5\n", "currency"},
      {"calendar = \"\"\n", "calendar"},
      {"price_decimals = \"2\"\n", "price_decimals"},
      {"price_decimals = 9\n", "price_decimals"},
      {"profile_row_ticks = 0\n", "profile_row_ticks"},
      {"profile_row_ticks = 1.5\n", "profile_row_ticks"},
      {"volume_share = 1.5\n", "volume_share"},
      {"from_bars = 1\n", "from_bars"},
      {"daily_volume = nan\n", "daily_volume"},
  };
  for (const auto& [line, field] : cases) {
    const auto refused = load("# one\n" + good + line);
    ASSERT_FALSE(refused) << line;
    EXPECT_EQ(refused.error().field, field) << line;
    EXPECT_FALSE(refused.error().rule.empty()) << line;
    EXPECT_NE(refused.error().message.find("instruments.toml:2: A.X"), std::string::npos) << refused.error().message;
  }
  EXPECT_EQ(load("[[instrument]]\nsymbol = \"A.X\"\nlot = \"1\"\n").error().field, "tick_size");
  EXPECT_EQ(load("[[instrument]]\nsymbol = \"A.X\"\ntick_size = \"0\"\nlot = \"1\"\n").error().rule, "> 0");
  EXPECT_EQ(load("[[instrument]]\nsymbol = \"a.x\"\n").error().field, "symbol");
  EXPECT_EQ(load(good + good).error().rule, "listed once");
  EXPECT_EQ(load("instrument = 5\n").error().rule, "[[instrument]] tables");
  EXPECT_EQ(load("").error().rule, "[[instrument]] tables");
  EXPECT_EQ(load("[[instrument]\n").error().rule, "valid TOML");
  EXPECT_NE(load_instruments(files_.path + "/nowhere.toml").error().field.find("nowhere.toml"), std::string::npos);
}

}  // namespace
}  // namespace tickmesh
