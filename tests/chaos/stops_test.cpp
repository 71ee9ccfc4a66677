// What a mesh does while one of its services hangs (SIGSTOP), and after it goes on.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <thread>

#include "chaos/auditor/mesh_data.hpp"
#include "chaos/desk.hpp"
#include "chaos/outcome.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;
using namespace chaos;

constexpr double kActive = 1, kReducing = 2;

class Stops : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(mesh.wait_ready());
    ASSERT_TRUE(becomes(mesh, "position_manager", kActive));
  }
  /// The service hangs for at least as long as it takes the others to see it, `while_hung` included; then all is as before.
  void hang(const std::string& service, const std::function<void()>& while_hung) {
    mesh.kill(service, SIGSTOP);
    while_hung();
    mesh.kill(service, SIGCONT);
    ASSERT_TRUE(mesh.wait_ready()) << "after " << service;
    EXPECT_TRUE(becomes(mesh, "position_manager", kActive)) << "after " << service << ": " << mesh.ctl({"account"}).out;
  }
  // Entries by hand alone, so that no symbol is taken already.
  TestMesh mesh{
      lively({{"risk.min_confidence", "1"}, {"risk.stale_ms", "1500"}, {"gateway.dead_man_ms", "2500"}, {"api.command_valid_ms", "4000"}})};
};
class LongStops : public Stops {};

TEST_F(Stops, WithoutPricesOrWithoutAGatewayNothingIsEnteredAndExitsWaitForThem) {
  ASSERT_TRUE(works(mesh, {"open", "MSFT", "10"}));
  ASSERT_TRUE(works(mesh, {"open", "SPY", "10"}));
  hang("tick_ingestor", [&] {
    EXPECT_TRUE(becomes(mesh, "position_manager", kReducing));
    for (const char* reader : {"bar_compressor", "metrics_engine", "position_manager", "broker_gateway"})
      EXPECT_TRUE(eventually([&] { return says(mesh, reader, "tick_ingestor is silent"); }, 5s)) << reader;
    const auto refused = mesh.ctl({"open", "QQQ", "10"});
    EXPECT_EQ(refused.exit, 4) << refused.out;
    EXPECT_NE(refused.out.find("feed_silent"), std::string::npos) << refused.out;
    // Every symbol is stale by now, each by itself.
    EXPECT_TRUE(
        eventually([&] { return mesh.ctl({"account"}).out.find("stale: no quote for more than 1500 ms") != std::string::npos; }, 5s));
    mesh.background("tickmeshctl", {"close", "MSFT"});
  });
  // A person's exit went out at once; nobody had to ask again.
  EXPECT_TRUE(eventually([&] { return !holds(mesh, "MSFT"); }, 15s));
  EXPECT_TRUE(works(mesh, {"open", "QQQ", "10"}));

  hang("broker_gateway", [&] {
    EXPECT_TRUE(becomes(mesh, "position_manager", kReducing));
    EXPECT_TRUE(says(mesh, "position_manager", "broker_gateway is silent"));
    const auto refused = mesh.ctl({"open", "XLF", "10"});
    EXPECT_EQ(refused.exit, 4) << refused.out;
    EXPECT_NE(refused.out.find("gateway_silent"), std::string::npos) << refused.out;
    mesh.background("tickmeshctl", {"close", "SPY"});
  });
  EXPECT_TRUE(eventually([&] { return !holds(mesh, "SPY"); }, 15s)) << "an exit that waited for the gateway was forgotten";
  EXPECT_TRUE(works(mesh, {"open", "XLF", "10"}));
  expect_clean_end(mesh);
}

/// Exits by stop or target, closed after `since` (ISO).
long bracket_exits(TestMesh& mesh, const std::string& since) {
  const auto trades = TestMesh::Json::parse(mesh.ctl({"--json", "trades"}).out, nullptr, false);
  if (!trades.is_object() || !trades.contains("data")) return 0;
  return std::ranges::count_if(trades["data"], [&](const auto& t) {
    const auto reason = t.value("exit_reason", "");
    return (reason == "stop" || reason == "target") && t.value("exit_time", "") > since;
  });
}

TEST_F(LongStops, ExitsByStopAndTargetGoOnWithoutMetrics) {
  // Brackets of 4 and of 10 basis points round the market: it leaves some of them within seconds.
  const auto state = TestMesh::Json::parse(mesh.ctl({"--json", "watch", "--once"}).out, nullptr, false);
  ASSERT_TRUE(state.is_object());
  unsigned n = 0;
  for (const auto& row : state["market_data"]) {
    if (n == 9 || row["bid"].is_null()) continue;
    const double width = n++ % 2 == 0 ? 0.0004 : 0.001;
    const double bid = row["bid"].get<double>(), ask = row["ask"].get<double>();
    mesh.background("tickmeshctl",
                    {"open", row["symbol"].get<std::string>(), "5", "--stop", fmt::format("{:.2f}", bid * (1 - width) - 0.01), "--target",
                     fmt::format("{:.2f}", ask * (1 + width) + 0.01)});
  }
  ASSERT_GT(n, 5U);
  ASSERT_TRUE(eventually([&] { return mesh.figure("position_manager", "tickmesh_positions").value_or(0) >= 4; }, 20s));
  hang("metrics_engine", [&] {
    EXPECT_TRUE(becomes(mesh, "position_manager", kReducing));
    const auto refused = mesh.ctl({"open", "QQQ", "10"});
    EXPECT_EQ(refused.exit, 4) << refused.out;
    EXPECT_NE(refused.out.find("metrics_silent"), std::string::npos) << refused.out;
    const auto since = TestMesh::Json::parse(mesh.ctl({"--json", "watch", "--once"}).out, nullptr, false).value("time", "");
    EXPECT_TRUE(eventually([&] { return bracket_exits(mesh, since) > 0; }, 60s)) << mesh.ctl({"trades"}).out << mesh.ctl({"positions"}).out;
  });
  expect_clean_end(mesh);
}

TEST_F(LongStops, BarsThatHangAreNobodysTroubleAndCatchUp) {
  Desk desk{mesh, 3};
  mesh.kill("bar_compressor", SIGSTOP);
  for (int i = 0; i < 30; ++i) {
    desk.act();
    EXPECT_EQ(mesh.figure("position_manager", "tickmesh_risk_state").value_or(0), kActive);
    std::this_thread::sleep_for(100ms);  // the fault's own length
  }
  EXPECT_TRUE(works(mesh, {"open", "TLT", "10"}));
  mesh.kill("bar_compressor", SIGCONT);
  ASSERT_TRUE(mesh.wait_ready());
  EXPECT_TRUE(eventually([&] { return mesh.status("bar_compressor").value("lag_events", 1) == 0; }, 20s));
  EXPECT_EQ(lost(mesh, "bar_compressor"), 0U);
  expect_clean_end(mesh);
}

TEST_F(LongStops, ADeadMansEntriesAreCancelledAndHisExitsKept) {
  ASSERT_TRUE(works(mesh, {"open", "MSFT", "10"}));
  // An entry that rests far below, and an exit that waits for a quote: none comes while the feed hangs.
  ASSERT_TRUE(works(mesh, {"open", "AAPL", "5", "--limit", "195.24"}));
  mesh.kill("tick_ingestor", SIGSTOP);
  ASSERT_TRUE(becomes(mesh, "position_manager", kReducing));
  std::this_thread::sleep_for(9s);  // then the venue, too, finds the last quote too old to fill on: the fault's own length
  mesh.background("tickmeshctl", {"close", "MSFT"});
  const auto working = [&](const std::string& purpose) {
    const auto orders = TestMesh::Json::parse(mesh.ctl({"--json", "orders"}).out, nullptr, false);
    if (!orders.is_object() || !orders.contains("data")) return -1L;
    return static_cast<long>(std::ranges::count_if(orders["data"], [&](const auto& o) { return o.value("purpose", "") == purpose; }));
  };
  ASSERT_TRUE(eventually([&] { return working("EXIT") == 1; }, 3s)) << mesh.ctl({"orders"}).out;
  mesh.kill("position_manager", SIGSTOP);
  EXPECT_TRUE(eventually([&] { return says(mesh, "broker_gateway", "position_manager is silent"); }, 6s));
  EXPECT_TRUE(eventually([&] { return working("ENTRY") == 0; }, 15s)) << mesh.ctl({"orders"}).out;
  EXPECT_EQ(working("EXIT"), 1) << mesh.ctl({"orders"}).out;
  mesh.kill("tick_ingestor", SIGCONT);
  EXPECT_TRUE(eventually([&] { return working("EXIT") == 0; }, 15s))
      << "the exit fills although its sender hangs: " << mesh.ctl({"orders"}).out;
  mesh.kill("position_manager", SIGCONT);
  ASSERT_TRUE(mesh.wait_ready());
  EXPECT_TRUE(becomes(mesh, "position_manager", kActive)) << mesh.ctl({"account"}).out;
  EXPECT_TRUE(eventually([&] { return !holds(mesh, "MSFT"); }, 15s));
  EXPECT_TRUE(works(mesh, {"open", "QQQ", "10"}));
  expect_clean_end(mesh);

  auditor::Report report;
  const auditor::MeshData data{mesh.journals(), report};
  unsigned cancelled = 0, exits = 0;
  for (const auto& event : data.said(auditor::kOrder)) {
    const auto e = auditor::order_of(event);
    cancelled += e.kind == auditor::kCanceled && e.order.purpose == 1 && e.order.symbol == "AAPL.DEMO";
    exits += e.kind == auditor::kCanceled && e.order.purpose == 2;
  }
  EXPECT_EQ(cancelled, 1U);
  EXPECT_EQ(exits, 0U) << "an exit was cancelled";
}

TEST_F(LongStops, AHaltReachesEveryoneThroughTheFileWhileApiGatewayHangs) {
  ASSERT_TRUE(works(mesh, {"open", "MSFT", "10"}));
  mesh.kill("api_gateway", SIGSTOP);
  // Trading itself needs nobody's page.
  EXPECT_TRUE(eventually([&] { return says(mesh, "position_manager", "api_gateway is silent"); }, 6s));
  EXPECT_EQ(mesh.figure("position_manager", "tickmesh_risk_state").value_or(0), kActive);
  mesh.background("tickmeshctl", {"halt"});
  EXPECT_TRUE(becomes(mesh, "position_manager", kReducing, 5s));
  EXPECT_TRUE(becomes(mesh, "broker_gateway", kReducing, 5s));
  mesh.kill("api_gateway", SIGCONT);
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return mesh.reap_background() == 0; }, 20s));
  EXPECT_EQ(mesh.figure("position_manager", "tickmesh_risk_state").value_or(0), kReducing) << "waking up lifted a halt";
  EXPECT_TRUE(works(mesh, {"resume"}));
  EXPECT_TRUE(becomes(mesh, "position_manager", kActive));
  EXPECT_TRUE(works(mesh, {"open", "QQQ", "10"}));
  expect_clean_end(mesh);
}

TEST_F(LongStops, ACoreThreadThatIsStuckIsToldOfByItsHealthAndByThoseWhoHearIt) {
  // Opening a pipe that nobody reads waits for a reader: the thread sticks where it writes its state file.
  const std::string pipe = mesh.dir() + "/run/trading_state.json.new";
  ASSERT_TRUE(eventually([&] { return ::mkfifo(pipe.c_str(), 0600) == 0; }, 5s));
  EXPECT_TRUE(eventually(
      [&] { return mesh.get("api_gateway", "/healthz").value_or("").find("has not turned for a second") != std::string::npos; }, 10s));
  EXPECT_TRUE(eventually([&] { return says(mesh, "position_manager", "api_gateway is silent"); }, 6s));
  EXPECT_EQ(mesh.figure("position_manager", "tickmesh_risk_state").value_or(0), kActive) << "trading needs nobody's page";
  std::ifstream reader{pipe, std::ios::binary};
  const std::string state{std::istreambuf_iterator<char>{reader}, {}};
  EXPECT_NE(state.find("risk_state"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return mesh.get("api_gateway", "/healthz").value_or("") == R"({"ok":true})"; }, 10s));
  ASSERT_TRUE(mesh.wait_ready());
  EXPECT_TRUE(works(mesh, {"open", "QQQ", "10"}));
  expect_clean_end(mesh);
}

TEST_F(LongStops, AnyServiceHangsAgainAndAgainUnderLoad) {
  Desk desk{mesh, 5};
  std::mt19937_64 random{5};
  for (int round = 0; round < 12; ++round) {
    const std::string service = TestMesh::kServices[static_cast<std::size_t>(round) % TestMesh::kServices.size()];
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds{300 + random() % 4'000};  // the fault's own length
    mesh.kill(service, SIGSTOP);
    while (std::chrono::steady_clock::now() < until) {
      desk.act();
      std::this_thread::sleep_for(50ms);
    }
    mesh.kill(service, SIGCONT);
  }
  ASSERT_TRUE(mesh.wait_ready());
  EXPECT_TRUE(works(mesh, {"resume"}));
  EXPECT_TRUE(becomes(mesh, "position_manager", kActive));
  for (const char* service : TestMesh::kServices) EXPECT_EQ(lost(mesh, service), 0U) << service;
  expect_clean_end(mesh);
}

}  // namespace
}  // namespace tickmesh
