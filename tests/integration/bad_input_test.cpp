// What people and programs send wrong: the configuration, a second start, POST /ticks, the HTTP ports.
#include <filesystem>
#include <fstream>

#include "integration/running_mesh.hpp"

namespace tickmesh::testing {
namespace {

class BadStart : public RunningMesh {};
class BadTicks : public RunningMesh {};
class BadHttp : public RunningMesh {};

TEST_F(BadStart, ATypoInTheConfigurationIsNamedWithTheNearestKey) {
  const auto flag = mesh().run("tickmesh-tick_ingestor", {"--feed.demo.rat=5"});
  EXPECT_EQ(flag.exit, 2);
  EXPECT_NE(flag.out.find("did you mean 'feed.demo.rate'?"), std::string::npos) << flag.out;
  std::ofstream{mesh().dir() + "/typo.toml"} << "[risk]\nstale_ms = 5000\nmax_position = 3\n";
  const auto file = mesh().run("tickmesh-position_manager", {"--config", "typo.toml"});
  EXPECT_EQ(file.exit, 2);
  EXPECT_NE(file.out.find("typo.toml:3"), std::string::npos) << file.out;
  EXPECT_NE(file.out.find("'risk.max_positions'"), std::string::npos) << file.out;
  EXPECT_EQ(mesh().run("tickmesh-position_manager", {"--config", "nowhere.toml"}).exit, 2);
  EXPECT_EQ(mesh().run("tickmesh-position_manager", {"positions"}).exit, 2);
  const auto range = mesh().run("tickmesh-broker_gateway", {"--gateway.collar=2", "--check"});
  EXPECT_EQ(range.exit, 2);
  EXPECT_NE(range.out.find("from 0 to 1"), std::string::npos) << range.out;
}

TEST_F(BadStart, AnInstrumentFileWithAnErrorIsNamed) {
  std::ofstream{mesh().dir() + "/instruments.toml"} << "[[instrument]]\nsymbol = \"A.X\"\ntick_size = \"0\"\nlot = \"1\"\n";
  const auto ran = mesh().run("tickmesh-metrics_engine", elsewhere("instruments", {"--mesh.instruments=instruments.toml"}));
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("tick_size"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("instruments.toml"), std::string::npos) << ran.out;
}

TEST_F(BadStart, APortInUseIsNamedWithItsKeyAndAddress) {
  auto words = elsewhere("port");
  words.back() = "--health.base_port=" + ingestor().substr(ingestor().find(':') + 1);
  const auto ran = mesh().run("tickmesh-tick_ingestor", words);
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("health.base_port"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find(ingestor()), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("in use"), std::string::npos) << ran.out;
}

TEST_F(BadStart, ASecondInstanceIsRefusedAndTheFirstGoesOn) {
  const auto pid = mesh().pid("tick_ingestor");
  const auto ran = mesh().run("tickmesh-tick_ingestor", {});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("another process"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("journal/tick_ingestor-0"), std::string::npos) << ran.out;
  EXPECT_EQ(mesh().pid("tick_ingestor"), pid);
  EXPECT_EQ(push(fresh_quote()).status, 200);
}

TEST_F(BadStart, AWrongDatabasePasswordIsNamedWithItsRole) {
  std::filesystem::create_directories(mesh().dir() + "/wrong");
  std::ofstream{mesh().dir() + "/wrong/tickmesh_bar_compressor"} << "wrong\n";
  const auto ran = mesh().run("tickmesh-bar_compressor", elsewhere("password", {"--postgres.password_dir=wrong"}));
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("tickmesh_bar_compressor"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("password"), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find("password=wrong"), std::string::npos) << "a secret in the log";
}

TEST_F(BadTicks, UnreadableIs400MissingTokenIs401TooLargeIs413) {
  for (const char* body : {"", "no json", "[1,2", "{\"symbol\":", "\xff\xfe", "5"}) EXPECT_EQ(push(body).status, 400) << body;
  EXPECT_EQ(http_call(ingestor(), "POST", "/ticks", fresh_quote()).status, 401);
  EXPECT_EQ(http_call(ingestor(), "POST", "/ticks", fresh_quote(), "Bearer wrong").status, 401);
  EXPECT_EQ(http_call(ingestor(), "POST", "/ticks", fresh_quote(), token()).status, 401);
  EXPECT_EQ(http_call(ingestor(), "POST", "/ticks", fresh_quote(), "Bearer ").status, 401);
  EXPECT_EQ(push(std::string((8u << 20) + 1, ' ')).status, 413);
  EXPECT_EQ(http_call(ingestor(), "GET", "/ticks", "", "Bearer " + token()).status, 405);
  const auto error = Json::parse(push("no json").body);
  for (const char* key : {"code", "field", "rule", "message"}) EXPECT_TRUE(error["error"].contains(key)) << key;
  EXPECT_EQ(push(fresh_quote()).status, 200);
}

TEST_F(BadTicks, ThePartsThatAreSoundAreTakenAndTheRestIsNamedRowByRowAndCounted) {
  const auto crossed_before = rejected("tick_ingestor", "rule=\"ask >= bid\"");
  const auto all_before = rejected("tick_ingestor", "input=\"ticks\"");
  const std::string body = R"([
    {"symbol":"MSFT.DEMO","time":"2025-01-20T14:30:00Z","bid":430.10,"ask":430.12,"bid_size":100,"ask_size":200},
    {"symbol":"MSFT.DEMO","time":"2025-01-20T14:30:01Z","bid":430.20,"ask":430.12,"bid_size":100,"ask_size":200},
    {"symbol":"NOPE.DEMO","time":"2025-01-20T14:30:02Z","bid":1,"ask":2,"bid_size":1,"ask_size":1},
    {"symbol":"MSFT.DEMO","time":"yesterday","price":430.11,"size":5},
    {"symbol":"MSFT.DEMO","time":"2999-01-20T14:30:02Z","price":430.11,"size":5},
    {"symbol":"MSFT.DEMO","time":"2025-01-20T14:30:04Z","price":430.11,"size":5,"side":"buy","id":77},
    {"symbol":"MSFT.DEMO","time":"2025-01-20T14:30:05Z","price":-1,"size":5},
    "not a row"])";
  const auto answer = push(body);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto json = Json::parse(answer.body);
  EXPECT_EQ(json["accepted"], 2);
  EXPECT_EQ(json["duplicates"], 0);
  std::map<int, Json> rows;
  for (const auto& row : json["rejected"]) rows[row["row"].get<int>()] = row;
  ASSERT_EQ(rows.size(), 6u) << answer.body;
  EXPECT_EQ(rows[1]["field"], "ask");
  EXPECT_EQ(rows[1]["rule"], "ask >= bid");
  EXPECT_EQ(rows[2]["field"], "symbol");
  EXPECT_EQ(rows[3]["field"], "time");
  EXPECT_EQ(rows[6]["field"], "price");
  for (const auto& [number, row] : rows) {
    EXPECT_FALSE(row["rule"].get<std::string>().empty()) << number;
    EXPECT_TRUE(row.contains("value")) << number;
  }
  EXPECT_TRUE(eventually([&] { return rejected("tick_ingestor", "input=\"ticks\"") >= all_before + 6; }, 10s));
  EXPECT_EQ(rejected("tick_ingestor", "rule=\"ask >= bid\""), crossed_before + 1);

  const auto again = Json::parse(push(body).body);
  EXPECT_EQ(again["accepted"], 0);
  EXPECT_EQ(again["duplicates"], 2);
  EXPECT_EQ(again["rejected"].size(), 6u);

  // What was accepted, and nothing else, is in the table, to the digit.
  ASSERT_TRUE(eventually([&] { return ticks("symbol = 'MSFT.DEMO'") >= 2; }, 20s));
  EXPECT_EQ(mesh().postgres().query(
                "tickmesh",
                "select string_agg(concat_ws('|', kind, feed, bid, ask, bid_size, ask_size, price, size, aggressor, trade_id, "
                "event_time_ns), ' ' order by event_time_ns) from (select kind, feed, nullif(bid, 0) bid, nullif(ask, 0) ask, "
                "nullif(bid_size, 0) bid_size, nullif(ask_size, 0) ask_size, nullif(price, 0) price, nullif(size, 0) size, "
                "nullif(aggressor, 'NONE') aggressor, nullif(trade_id, 0) trade_id, event_time_ns from tick_ingestor.ticks "
                "where symbol = 'MSFT.DEMO') t"),
            "quote|push|430.1|430.12|100|200|1737383400000000000 trade|push|430.11|5|BUY|77|1737383404000000000");
}

TEST_F(BadTicks, AnIdempotencyKeyRepeatsTheAnswerAlsoThroughTheApi) {
  const auto body = fresh_quote();
  const auto first = push(body, "key-1");
  ASSERT_EQ(first.status, 200);
  EXPECT_EQ(Json::parse(first.body)["accepted"], 1);
  EXPECT_EQ(push(body, "key-1").body, first.body) << "the answer of the first time, not 'duplicate'";
  EXPECT_EQ(Json::parse(push(body, "key-2").body)["duplicates"], 1);
  const auto forwarded = [&](const std::string& rows) {
    return http_call(api(), "POST", "/api/v1/ticks", rows, "Bearer " + token(), 20'000, "key-3");
  };
  const auto other = fresh_quote();
  const auto through = forwarded(other);
  ASSERT_EQ(through.status, 200) << through.body;
  EXPECT_EQ(Json::parse(through.body)["accepted"], 1);
  EXPECT_EQ(forwarded(other).body, through.body);
  EXPECT_EQ(http_call(api(), "POST", "/api/v1/ticks", other).status, 401);
}

TEST_F(BadTicks, MoreRowsThanARecordHoldsAreTakenAllTheSame) {
  std::string body;
  for (int i = 0; i < 30'000; ++i)
    body += R"({"symbol":"SPY.DEMO","time":)" + std::to_string(1'737'383'400'000'000'000 + i) + R"(,"price":590,"size":1})" + "\n";
  const auto answer = push(body);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(Json::parse(answer.body)["accepted"], 30'000);
  EXPECT_TRUE(eventually([&] { return ticks("symbol = 'SPY.DEMO'") == 30'000; }, 60s)) << ticks("symbol = 'SPY.DEMO'");
}

TEST_F(BadHttp, PathsAndCommandsOfNonsenseCostNobodyAnything) {
  for (const char* path : {"/%ff%fe", "/api/v1/metrics/%e2%82", "/api/v1/signals/NOPE", "/../../etc/passwd", "/api/v1/orders?all=%zz"}) {
    const auto got = http_call(api(), "GET", path);
    EXPECT_TRUE(got.status == 404 || got.status == 200) << path << ' ' << got.status;
    EXPECT_TRUE(Json::accept(got.body)) << path;
  }
  EXPECT_EQ(http_call(api(), "POST", "/%ff").status, 405);
  EXPECT_EQ(http_call(api(), "POST", "/api/v1/commands", R"({"verb":"flatten"})").status, 403) << "the port reads only";
  const std::string socket = "unix:" + mesh().dir() + "/run/api.sock";
  const auto command = [&](const std::string& body) { return http_call(socket, "POST", "/api/v1/commands", body, "", 20'000).status; };
  const auto before = rejected("api_gateway", "input=\"command\"");
  std::string wide(39, 'a');
  wide += "\xe2\x82\xac";
  EXPECT_EQ(command(R"({"verb":")" + wide + "\"}"), 400);
  EXPECT_EQ(command(R"({"verb":)" + std::string(500'000, '[') + std::string(500'000, ']') + "}"), 400);
  EXPECT_EQ(command("nonsense"), 400);
  EXPECT_EQ(command(R"({"verb":"open","symbol":"AAPL","quantity":1,"limit":0})"), 400);
  EXPECT_TRUE(eventually([&] { return rejected("api_gateway", "input=\"command\"") >= before + 4; }, 10s));
  EXPECT_EQ(http_call(api(), "GET", "/api/v1/account").status, 200);
}

}  // namespace
}  // namespace tickmesh::testing
