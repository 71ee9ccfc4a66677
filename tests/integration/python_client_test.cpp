// A user's own model: the Python client, copied to a folder of its own, beside a running mesh.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "integration/running_mesh.hpp"

namespace tickmesh::testing {
namespace {

namespace fs = std::filesystem;
const std::string kSource = TICKMESH_SOURCE_DIR;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}
std::string file_text(const fs::path& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class Models : public RunningMesh {
 protected:
  static std::string predictions_token() {
    std::string token = file_text(mesh().dir() + "/secrets/predictions_token");
    while (!token.empty() && token.back() == '\n') token.pop_back();
    return token;
  }
  static HttpResult predict(const std::string& body, const std::string& authorization) {
    return http_call(api(), "POST", "/api/v1/predictions", body, authorization, 20'000);
  }
  static std::string row(const std::string& symbol, const std::string& side, double horizon_s) {
    return R"({"symbol":")" + symbol + R"(","side":")" + side + R"(","confidence":0.75,"horizon_s":)" + std::to_string(horizon_s) +
           R"(,"model":"by-hand","as_of":)" + std::to_string(now_ns()) + "}";
  }
  /// The signal of strategy `prediction` that the API shows, null when there is none.
  static Json shown(const std::string& symbol) {
    const auto answer = http_call(api(), "GET", "/api/v1/signals/" + symbol);
    if (answer.status != 200) return nullptr;
    const Json all = Json::parse(answer.body);
    for (const Json& signal : all["data"])
      if (signal["strategy"] == "prediction") return signal;
    return nullptr;
  }
  /// A quote of now, a cent higher or lower with `number`.
  static void quote(const std::string& symbol, int number) {
    const double bid = 100 + 0.01 * number;
    push(R"([{"symbol":")" + symbol + R"(","time":)" + std::to_string(now_ns()) + R"(,"bid":)" + std::to_string(bid) + R"(,"ask":)" +
         std::to_string(bid + 0.02) + R"(,"bid_size":100,"ask_size":200}])");
  }
  /// Windows full, so that there is a deviation to set a stop by.
  static void warm(const std::string& symbol) {
    std::string rows;
    const std::int64_t from = now_ns();
    for (int i = 0; i < 150; ++i)
      rows += R"({"symbol":")" + symbol + R"(","time":)" + std::to_string(from + i) + R"(,"bid":)" + (i % 2 == 0 ? "100.00" : "100.01") +
              R"(,"ask":100.03,"bid_size":100,"ask_size":200})" + "\n";
    push(rows);
  }
};

TEST_F(Models, AWordIsTakenWithATokenOrOverTheSocketAndOfBadRowsTheRuleIsNamed) {
  EXPECT_EQ(predict(row("NVDA.DEMO", "long", 5), "").status, 401);
  EXPECT_EQ(predict(row("NVDA.DEMO", "long", 5), "Bearer wrong").status, 401);
  EXPECT_EQ(predict("nonsense", "Bearer " + predictions_token()).status, 400);
  const auto answer = predict("[" + row("NVDA.DEMO", "flat", 5) + "," + row("NOPE.DEMO", "long", 5) + "]", "Bearer " + predictions_token());
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json json = Json::parse(answer.body);
  EXPECT_EQ(json["accepted"], 1);
  ASSERT_EQ(json["rejected"].size(), 1U);
  EXPECT_EQ(json["rejected"][0]["row"], 1);
  EXPECT_EQ(json["rejected"][0]["field"], "symbol");
  EXPECT_EQ(json["rejected"][0]["value"], "NOPE.DEMO");
  const auto socket =
      http_call("unix:" + mesh().dir() + "/run/api.sock", "POST", "/api/v1/predictions", row("NVDA.DEMO", "flat", 5), "", 20'000);
  EXPECT_EQ(socket.status, 200) << socket.body;
  const auto command = http_call("unix:" + mesh().dir() + "/run/api.sock", "POST", "/api/v1/commands", R"({"verb":"predict"})", "", 20'000);
  EXPECT_EQ(command.status, 400) << "a prediction is no command";
}

TEST_F(Models, AWordBecomesASignalThatNamesTheModelTradesNothingAndExpires) {
  const std::string symbol = "NVDA.DEMO";
  warm(symbol);
  int number = 0;
  quote(symbol, ++number);
  ASSERT_EQ(predict(row(symbol, "long", 2), "Bearer " + predictions_token()).status, 200);
  ASSERT_TRUE(eventually(
      [&] {
        quote(symbol, ++number % 7);
        const Json signal = shown(symbol);
        return !signal.is_null() && signal["signal"] == "ENTER_LONG";
      },
      10s))
      << shown(symbol);
  const Json signal = shown(symbol);
  EXPECT_EQ(signal["confidence"], 0.75);
  EXPECT_NE(signal["reason"].get<std::string>().find("model by-hand says long"), std::string::npos) << signal;
  EXPECT_NE(signal["stop"], "");
  ASSERT_TRUE(eventually([&] { return shown(symbol)["signal"] == "EXIT" || shown(symbol)["signal"] == "WAIT"; }, 20s)) << shown(symbol);
  EXPECT_NE(shown(symbol)["reason"].get<std::string>().find("by-hand"), std::string::npos) << shown(symbol);
  EXPECT_TRUE(eventually(
      [&] {
        return mesh().postgres().query("tickmesh",
                                       "select count(distinct action) from metrics_engine.v_signals where symbol = 'NVDA.DEMO' and "
                                       "strategy = 'prediction' and action in ('ENTER_LONG', 'EXIT') and reason like '%by-hand%'") == "2";
      },
      20s));
  EXPECT_EQ(mesh().postgres().query("tickmesh", "select count(*) from position_manager.intents where strategy = 'prediction'"), "0")
      << "shown, not traded, until the user says so";
}

TEST_F(Models, EveryRuleIsListedWithItsParameters) {
  const Json rules = Json::parse(http_call(api(), "GET", "/api/v1/signals").body)["data"];
  std::vector<std::string> names;
  for (const Json& rule : rules) {
    names.push_back(rule["strategy"]);
    for (const Json& p : rule["parameters"]) {
      EXPECT_LE(p["min"], p["value"]) << p;
      EXPECT_LE(p["value"], p["max"]) << p;
      EXPECT_EQ(p["value"], p["default"]) << p;
      EXPECT_FALSE(p["meaning"].get<std::string>().empty()) << p;
    }
    EXPECT_EQ(rule["trades"], rule["strategy"] == "mean_reversion") << rule["strategy"];
  }
  EXPECT_THAT(names, ::testing::ElementsAre("mean_reversion", "trend", "ofi_momentum", "auction_market", "breakout", "prediction"));
}

TEST_F(Models, ThePythonClientHearsTicksAndPostsWhatItsModelSaysFromAFolderOfItsOwn) {
  if (std::system("/usr/bin/python3 -c 'import zmq, google.protobuf' 2>/dev/null && command -v protoc >/dev/null") != 0)
    GTEST_SKIP() << "without python3-zmq, python3-protobuf and protoc the client is not run";
  const fs::path copy = fs::path(mesh().dir()) / "client";
  fs::copy(kSource + "/tests/clients/python", copy, fs::copy_options::recursive);
  fs::create_directories(copy / "proto");
  fs::copy(kSource + "/proto/tickmesh", copy / "proto/tickmesh", fs::copy_options::recursive);
  const std::string symbol = "AMZN.DEMO";
  warm(symbol);
  // It lives until it has posted two words; a quote at a time moves the market up and down for it.
  const std::string line = "cd '" + copy.string() + "' && timeout 60 ./predict.py --symbols " + symbol + " --ticks 'ipc://" + mesh().dir() +
                           "/run/tick_ingestor-0.pub' --api " + api() +
                           " --token-file ../secrets/predictions_token --window 5 --horizon 20 " +
                           "--count 2 >said.txt 2>&1; echo \"ended $?\" >>said.txt";
  ASSERT_EQ(std::system(("( " + line + " ) &").c_str()), 0);
  const auto said = [&] { return file_text(copy / "said.txt"); };
  int number = 0;
  const bool ended = eventually(
      [&] {
        ++number;
        quote(symbol, number % 20 < 10 ? number % 20 : 20 - number % 20);
        return said().find("ended") != std::string::npos;
      },
      60s);
  ASSERT_TRUE(ended) << said();
  ASSERT_NE(said().find("ended 0"), std::string::npos) << said();
  EXPECT_NE(said().find("\"accepted\": 1"), std::string::npos) << said();
  EXPECT_TRUE(eventually(
      [&] {
        const Json signal = shown(symbol);
        return !signal.is_null() && signal["reason"].get<std::string>().find("lean-1") != std::string::npos;
      },
      10s))
      << shown(symbol);
}

}  // namespace
}  // namespace tickmesh::testing
