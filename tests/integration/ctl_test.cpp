// tickmeshctl's exit codes and the shapes of its JSON.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "integration/running_mesh.hpp"

namespace tickmesh::testing {
namespace {

class Ctl : public RunningMesh {
 protected:
  static void expect_error(const TestMesh::Ran& ran, int exit, const std::string& code) {
    EXPECT_EQ(ran.exit, exit) << ran.out;
    const auto json = Json::parse(ran.out, nullptr, false);
    ASSERT_TRUE(json.is_object()) << ran.out;
    EXPECT_EQ(json["ok"], false);
    for (const char* key : {"code", "field", "rule", "message"}) EXPECT_TRUE(json["error"].contains(key)) << ran.out;
    EXPECT_EQ(json["error"]["code"], code) << ran.out;
  }
};

TEST_F(Ctl, ZeroWhenAllIsWell) {
  ASSERT_TRUE(eventually([&] { return mesh().ctl({"status"}).exit == 0; }, 20s)) << mesh().ctl({"status"}).out;
  for (const std::vector<std::string>& words : {std::vector<std::string>{"positions"},
                                                {"orders"},
                                                {"account"},
                                                {"trades"},
                                                {"version"},
                                                {"config", "check"},
                                                {"config", "show"},
                                                {"journal", "ls"},
                                                {"journal", "verify"},
                                                {"--help"},
                                                {"tail", "tick", "--from", "earliest", "--no-follow"},
                                                {"watch", "--once"}}) {
    const auto ran = mesh().ctl(words);
    EXPECT_EQ(ran.exit, 0) << words.front() << ": " << ran.out;
  }
}

TEST_F(Ctl, LatencyNamesEveryHopFromTheHistogramsAndFromTheJournals) {
  ASSERT_TRUE(eventually([&] { return push(fresh_quote()).status == 200 && mesh().ctl({"latency"}).exit == 0; }, 20s))
      << "a tick leads to metrics: " << mesh().ctl({"latency"}).out;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--json", "latency"}, {"--json", "latency", "--symbol", "AAPL", "--last", "50"}}) {
    const auto ran = mesh().ctl(words);
    ASSERT_EQ(ran.exit, 0) << ran.out;
    const auto data = Json::parse(ran.out)["data"];
    EXPECT_EQ(data["source"], words.size() == 2 ? "metrics" : "journals");
    ASSERT_EQ(data["hops"].size(), 4U);
    std::size_t i = 0;
    for (const char* hop : {"tick_to_metric", "tick_to_signal", "tick_to_intent", "tick_to_order"})
      EXPECT_EQ(data["hops"][i++]["hop"], hop);
    const auto& metric = data["hops"][0];
    EXPECT_GT(metric["count"], 0);
    EXPECT_GE(metric["p50_us"].get<double>(), 0);
    EXPECT_LE(metric["p50_us"].get<double>(), metric["p99_us"].get<double>());
    for (const auto& hop : data["hops"]) EXPECT_EQ(hop["problem"], "") << hop;
  }
  EXPECT_EQ(mesh().ctl({"latency", "--symbol", "NOBODY"}).exit, 2);
}

TEST_F(Ctl, JsonIsOneObjectWithTheKeysThatProgramsHoldOnTo) {
  ASSERT_TRUE(eventually([&] { return mesh().ctl({"status"}).exit == 0; }, 20s)) << mesh().ctl({"status"}).out;
  for (const std::vector<std::string>& words : {std::vector<std::string>{"status"},
                                                {"positions"},
                                                {"orders", "--all"},
                                                {"account"},
                                                {"trades"},
                                                {"version"},
                                                {"config", "show"},
                                                {"journal", "ls"}}) {
    auto with = words;
    with.emplace_back("--json");
    const auto ran = mesh().ctl(with);
    const auto json = Json::parse(ran.out, nullptr, false);
    ASSERT_TRUE(json.is_object()) << words.front() << ": " << ran.out;
    EXPECT_EQ(json["ok"], true) << words.front();
    EXPECT_TRUE(json.contains("data")) << words.front();
  }
  const auto status = Json::parse(mesh().ctl({"--json", "status"}).out)["data"];
  ASSERT_EQ(status.size(), TestMesh::kServices.size());
  for (const auto& service : status)
    for (const char* key : {"service", "instance", "state", "ready", "reasons", "pid", "uptime_s", "restarts", "in_per_s", "out_per_s",
                            "lag_events", "lag_s", "healed", "lost"})
      EXPECT_TRUE(service.contains(key)) << service["service"] << ' ' << key;
  ASSERT_EQ(push(fresh_quote()).status, 200);
  std::istringstream lines{mesh().ctl({"--json", "tail", "tick", "--symbol", "AAPL", "--from", "earliest", "--no-follow"}).out};
  int events = 0;
  for (std::string line; std::getline(lines, line); ++events) {
    const auto json = Json::parse(line, nullptr, false);
    ASSERT_TRUE(json.is_object() && json.contains("name") && json.contains("event")) << line;
  }
  EXPECT_GT(events, 0);
}

TEST_F(Ctl, TwoWhenItIsAskedWhatItDoesNotUnderstand) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"opne", "AAPL", "1"},
                                                {"open", "AAPL"},
                                                {"status", "--fast"},
                                                {"cancel"},
                                                {"tail", "ticks"},
                                                {"open", "AAPL", "ten"},
                                                {"open", "NOPE", "1"},
                                                {"open", "AAPL", "1", "--limit", "0"},
                                                {"--set", "feed.demo.rat=1", "status"},
                                                {"--set", "x", "status"},
                                                {"journal", "dump", "tick_ingestor-0", "--from", "x"},
                                                {"close", "\xff"}}) {
    const auto ran = mesh().ctl(words);
    EXPECT_EQ(ran.exit, 2) << (words.empty() ? "" : words.front()) << ": " << ran.out;
  }
  expect_error(mesh().ctl({"--json", "open", "NOPE", "1"}), 2, "bad_value");
  expect_error(mesh().ctl({"--json", "tail", "ticks"}), 2, "bad_value");
}

TEST_F(Ctl, FourWhenARuleRefusesAndTheRuleIsPrinted) {
  expect_error(mesh().ctl({"--json", "close", "AAPL"}), 4, "refused");
  const auto said = mesh().ctl({"close", "AAPL"});
  EXPECT_EQ(said.exit, 4);
  EXPECT_NE(said.out.find("position"), std::string::npos) << said.out;
}

TEST_F(Ctl, OneAndThreeWhenServicesAreDown) {
  mesh().kill("broker_gateway", SIGTERM);
  ASSERT_TRUE(eventually([&] { return !mesh().running("broker_gateway"); }, 30s));
  EXPECT_TRUE(eventually([&] { return mesh().ctl({"status"}).exit == 1; }, 20s));
  EXPECT_TRUE(eventually(
      [&] {
        const auto json = Json::parse(mesh().ctl({"--json", "status"}).out, nullptr, false);
        if (json["ok"] != false || json["error"]["code"] != "not_met") return false;
        for (const auto& service : json["data"])
          if (service["service"] == "broker_gateway") return service["state"] == "down" && service["ready"] == false;
        return false;
      },
      20s))
      << mesh().ctl({"--json", "status"}).out;
  mesh().kill("api_gateway", SIGTERM);
  ASSERT_TRUE(eventually([&] { return !mesh().running("api_gateway"); }, 30s));
  EXPECT_EQ(mesh().ctl({"status"}).exit, 1) << "it asks each service itself";
  expect_error(mesh().ctl({"--json", "positions"}), 3, "unreachable");
  expect_error(mesh().ctl({"--json", "close", "AAPL"}), 3, "unreachable");
  const auto nobody =
      mesh().ctl({"--set", "health.base_port=" + std::to_string(free_port() / 2), "--set", "api.socket=nowhere.sock", "status"});
  EXPECT_EQ(nobody.exit, 3) << nobody.out;
  mesh().start("broker_gateway");
  mesh().start("api_gateway");
}

TEST_F(Ctl, OneWhenAJournalIsCorrupt) {
  namespace fs = std::filesystem;
  ASSERT_EQ(push(fresh_quote()).status, 200);
  const auto copy = mesh().dir() + "/copy";
  fs::create_directories(copy);
  fs::copy(mesh().journal("position_manager"), copy + "/position_manager-0", fs::copy_options::recursive);
  const auto whole = mesh().ctl({"--set", "journal.dir=copy", "journal", "verify", "position_manager-0"});
  EXPECT_EQ(whole.exit, 0) << whole.out;
  std::string first;
  for (const auto& entry : fs::directory_iterator(copy + "/position_manager-0"))
    if (const auto name = entry.path().filename().string(); name.starts_with("seg-") && (first.empty() || name < first)) first = name;
  {
    std::fstream file{copy + "/position_manager-0/" + first, std::ios::in | std::ios::out | std::ios::binary};
    file.seekg(100);
    const char byte = static_cast<char>(file.get() ^ 0x40);
    file.seekp(100);
    file.put(byte);
  }
  const auto corrupt = mesh().ctl({"--set", "journal.dir=copy", "journal", "verify", "position_manager-0"});
  EXPECT_EQ(corrupt.exit, 1) << corrupt.out;
  EXPECT_NE(corrupt.out.find(first), std::string::npos) << corrupt.out;
  expect_error(mesh().ctl({"--json", "--set", "journal.dir=copy", "journal", "verify"}), 1, "not_met");
  EXPECT_EQ(mesh().ctl({"journal", "verify", "nobody-0"}).exit, 1);
  const auto none = mesh().ctl({"--set", "journal.dir=nowhere", "journal", "verify"});
  EXPECT_EQ(none.exit, 1);
  EXPECT_NE(none.out.find("holds journals"), std::string::npos) << none.out;
  EXPECT_EQ(mesh().ctl({"journal", "verify"}).exit, 0) << "the mesh's own are whole";
}

}  // namespace
}  // namespace tickmesh::testing
