#include "service/config.hpp"

#include "unit/service/files.hpp"

namespace tickmesh {
namespace {

using testing::Files;

class ConfigTest : public ::testing::Test {
 protected:
  Result<Config> load(const std::string& toml, const Config::Overrides& flags = {}, std::vector<std::string> environment = {}) {
    const auto path = files_.put("tickmesh.toml", toml);
    std::vector<char*> variables;
    for (std::string& variable : environment) variables.push_back(variable.data());
    variables.push_back(nullptr);
    return Config::load(path, flags, variables.data());
  }
  Error refused(const std::string& toml, const Config::Overrides& flags = {}, std::vector<std::string> environment = {}) {
    auto config = load(toml, flags, std::move(environment));
    if (config) {
      ADD_FAILURE() << "taken: " << toml;
      return {};
    }
    return config.error();
  }
  Files files_;
};

TEST_F(ConfigTest, FlagsWinOverEnvironmentOverFileOverDefaults) {
  const std::string file = "[feed.demo]\nrate = 50\nseed = 2\n[risk]\nstale_ms = 7000\n";
  const auto config = load(file, {{"feed.demo.rate", "70"}}, {"TICKMESH__FEED__DEMO__RATE=60", "TICKMESH__FEED__DEMO__SEED=3", "HOME=/x"});
  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_EQ(config->number("feed.demo.rate"), 70);
  EXPECT_EQ(config->integer("feed.demo.seed"), 3);
  EXPECT_EQ(config->integer("risk.stale_ms"), 7000);
  EXPECT_EQ(config->integer("risk.cooldown_s"), 30);
  const auto source = [&](const char* key) { return config->entries().find(key)->second.source; };
  EXPECT_EQ(source("feed.demo.rate"), "flag");
  EXPECT_EQ(source("feed.demo.seed"), "environment");
  EXPECT_EQ(source("risk.stale_ms"), "file");
  EXPECT_EQ(source("risk.cooldown_s"), "default");
}

TEST_F(ConfigTest, ATypoIsRefusedWithTheNearestKeyAndItsPlace) {
  const auto in_file = refused("[feed.demo]\n\nrat = 50\n");
  EXPECT_EQ(in_file.field, "feed.demo.rat");
  EXPECT_NE(in_file.message.find("'feed.demo.rate'"), std::string::npos) << in_file.message;
  EXPECT_NE(in_file.message.find(files_.path + "/tickmesh.toml:3"), std::string::npos) << in_file.message;
  const auto in_table = refused("[rsk]\nstale_ms = 7000\n");
  EXPECT_NE(in_table.message.find("'risk.stale_ms'"), std::string::npos) << in_table.message;
  const auto in_environment = refused("", {}, {"TICKMESH__RISK__STALE_SM=7000"});
  EXPECT_NE(in_environment.message.find("TICKMESH__RISK__STALE_SM"), std::string::npos) << in_environment.message;
  EXPECT_NE(in_environment.message.find("'risk.stale_ms'"), std::string::npos) << in_environment.message;
  const auto in_flag = refused("", {{"api.lisen", "127.0.0.1:1"}});
  EXPECT_NE(in_flag.message.find("'api.listen'"), std::string::npos) << in_flag.message;
}

TEST_F(ConfigTest, ValuesOfAnotherTypeOrOutOfRangeAreRefusedWithTheRule) {
  const std::vector<std::tuple<std::string, std::string, std::string>> cases{
      {"[risk]\nstale_ms = \"soon\"\n", "risk.stale_ms", "an integer"},
      {"[risk]\nstale_ms = 7.5\n", "risk.stale_ms", "an integer"},
      {"[risk]\nstale_ms = 99\n", "risk.stale_ms", "from 100 to 3600000"},
      {"[risk]\nmin_confidence = 1.5\n", "risk.min_confidence", "from 0 to 1"},
      {"[risk]\nmin_confidence = nan\n", "risk.min_confidence", "a number"},
      {"[account]\nbalance = inf\n", "account.balance", "a number"},
      {"[postgres]\nenabled = \"yes\"\n", "postgres.enabled", "true or false"},
      {"[log]\nlevel = \"loud\"\n", "log.level", "one of debug|info|warn|error"},
      {"[feed.demo]\ninstruments = [1, 2]\n", "feed.demo.instruments", "a list of texts"},
      {"[feed.demo]\nseed = 2025-01-01\n", "feed.demo.seed", "a text, number, boolean or list of texts"},
      {"[risk]\nmin_confidence = \"nan\"\n", "risk.min_confidence", "a number"},
  };
  for (const auto& [toml, field, rule] : cases) {
    const auto error = refused(toml);
    EXPECT_EQ(error.field, field) << toml;
    EXPECT_EQ(error.rule, rule) << toml;
    EXPECT_NE(error.message.find("tickmesh.toml:2"), std::string::npos) << error.message;
  }
  EXPECT_EQ(refused("", {{"risk.stale_ms", ""}}).rule, "an integer");
  EXPECT_EQ(refused("", {{"risk.stale_ms", "99999999999999999999"}}).rule, "an integer");
}

TEST_F(ConfigTest, AFileThatIsNoTomlOrIsNotThereIsRefusedWithItsPlace) {
  const auto broken = refused("[feed.demo]\nrate = = 5\n");
  EXPECT_NE(broken.field.find("tickmesh.toml:2"), std::string::npos) << broken.field;
  EXPECT_EQ(broken.rule, "valid TOML");
  const auto missing = Config::load(files_.path + "/nowhere.toml", {}, nullptr);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().field.find("nowhere.toml"), std::string::npos);
}

TEST_F(ConfigTest, ListsAreReadFromFileAndFlag) {
  EXPECT_EQ(load("[feed.demo]\ninstruments = [\"AAPL.DEMO\", \"SPY.DEMO\"]\n")->list("feed.demo.instruments"),
            (std::vector<std::string>{"AAPL.DEMO", "SPY.DEMO"}));
  EXPECT_EQ(load("", {{"feed.demo.instruments", "AAPL.DEMO,SPY.DEMO"}})->list("feed.demo.instruments"),
            (std::vector<std::string>{"AAPL.DEMO", "SPY.DEMO"}));
  EXPECT_TRUE(load("")->list("feed.demo.instruments").empty());
}

TEST_F(ConfigTest, TheHashSeesWhatDecidesAndNotWhereThingsLie) {
  const auto base = load("")->hash();
  EXPECT_EQ(load("[risk]\nstale_ms = 5000\n")->hash(), base) << "the default, written down";
  EXPECT_NE(load("[risk]\nstale_ms = 5001\n")->hash(), base);
  for (const char* place : {"[mesh]\nrun_dir = \"/x\"\n", "[health]\nbase_port = 7000\n", "[postgres]\ndsn = \"x\"\n",
                            "[log]\nlevel = \"warn\"\n", "[venue.paper]\nledger = \"/x\"\n"})
    EXPECT_EQ(load(place)->hash(), base) << place;
}

TEST_F(ConfigTest, TheSampleFileHoldsEveryKeyAtItsDefault) {
  const auto sample = Config::load(std::string(TICKMESH_SOURCE_DIR) + "/deploy/config/tickmesh.toml", {}, nullptr);
  ASSERT_TRUE(sample) << to_string(sample.error());
  EXPECT_EQ(sample->hash(), Config::load("", {}, nullptr)->hash());
  for (const Key& key : config_keys()) {
    const auto& entry = sample->entries().find(key.name)->second;
    EXPECT_EQ(entry.source, "file") << key.name << " is missing in the sample";
    if (key.type == KeyType::number)
      EXPECT_EQ(std::stod(entry.value), std::stod(std::string(key.fallback))) << key.name;
    else
      EXPECT_EQ(entry.value, key.fallback) << key.name;
  }
}

TEST_F(ConfigTest, AskingForAKeyThatIsNotDeclaredIsABrokenPromise) { EXPECT_THROW(load("")->text("feed.demo.rat"), InvariantError); }

}  // namespace
}  // namespace tickmesh
