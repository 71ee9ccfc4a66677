// What a mesh does while the network between two of its services is cut, silent or slow, and after it is whole again.
#include <signal.h>

#include <thread>

#include "chaos/auditor/mesh_data.hpp"
#include "chaos/desk.hpp"
#include "chaos/links.hpp"
#include "chaos/outcome.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;
using namespace chaos;
using Fault = CuttingProxy::Fault;

constexpr double kActive = 1, kReducing = 2;

class Sockets : public ::testing::Test {
 protected:
  void SetUp() override {
    links = std::make_unique<Links>(mesh);
    mesh.start_all();
    ASSERT_TRUE(mesh.wait_ready());
    ASSERT_TRUE(becomes(mesh, "position_manager", kActive));
  }
  void expect_nothing_lost() {
    for (const char* service : TestMesh::kServices) EXPECT_EQ(lost(mesh, service), 0U) << service;
  }
  void expect_whole_again(const std::string& after) {
    ASSERT_TRUE(mesh.wait_ready()) << after;
    EXPECT_TRUE(becomes(mesh, "position_manager", kActive)) << after << ": " << mesh.ctl({"account"}).out;
  }
  // Entries by hand alone, so that no symbol is taken already.
  TestMesh mesh{Links::settings(lively({{"risk.min_confidence", "1"}, {"gateway.dead_man_ms", "3000"}, {"api.command_valid_ms", "3000"}})),
                TestMesh::Start::later};
  std::unique_ptr<Links> links;
};
class LongSockets : public Sockets {};

TEST_F(Sockets, ALinkThatBreaksIsToldOfStopsNewRiskAndIsHealedByReplay) {
  auto& link = links->at("position_manager", "tick_ingestor");
  for (const Fault fault : {Fault::cut, Fault::swallow, Fault::stall}) {
    const auto before = healed(mesh, "position_manager");
    link.set(fault);
    EXPECT_TRUE(becomes(mesh, "position_manager", kReducing)) << to_string(fault);
    EXPECT_TRUE(eventually([&] { return says(mesh, "position_manager", "tick_ingestor is silent"); }, 5s)) << to_string(fault);
    EXPECT_TRUE(mesh.ready("metrics_engine")) << "its own link is whole";
    const auto refused = mesh.ctl({"open", "QQQ", "10"});
    EXPECT_EQ(refused.exit, 4) << refused.out;
    EXPECT_NE(refused.out.find("feed_silent"), std::string::npos) << refused.out;
    link.heal();
    expect_whole_again(to_string(fault));
    // What was only held up comes by itself.
    EXPECT_TRUE(fault == Fault::stall || healed(mesh, "position_manager") > before) << to_string(fault);
    EXPECT_TRUE(works(mesh, {"open", "QQQ", "10"}));
    EXPECT_TRUE(works(mesh, {"close", "QQQ"}));
  }
  expect_nothing_lost();
  EXPECT_GT(link.counts().lost, 0U) << "nothing was ever swallowed";
  expect_clean_end(mesh);
}

TEST_F(LongSockets, AGatewayThatHearsNoManagerCancelsEntriesAndNeverSendsWhatCameTooLate) {
  ASSERT_TRUE(works(mesh, {"open", "AAPL", "5", "--limit", "195.24"}));
  for (const Fault fault : {Fault::cut, Fault::swallow}) {
    auto& link = links->at("broker_gateway", "position_manager");
    link.set(fault);
    // The manager hears the gateway, so it still asks; its entries cannot be answered.
    const auto asked = mesh.ctl({"open", "XLF", "10"});
    EXPECT_NE(asked.exit, 0) << asked.out;
    EXPECT_TRUE(eventually([&] { return mesh.ctl({"account"}).out.find("dead_man") != std::string::npos; }, 15s))
        << mesh.ctl({"account"}).out;
    EXPECT_TRUE(becomes(mesh, "position_manager", kReducing));
    EXPECT_TRUE(eventually([&] { return mesh.ctl({"orders"}).out.find("AAPL") == std::string::npos; }, 15s)) << mesh.ctl({"orders"}).out;
    link.heal();
    expect_whole_again(to_string(fault));
    EXPECT_FALSE(holds(mesh, "XLF")) << "an entry was sent long after it had expired";
    EXPECT_TRUE(works(mesh, {"open", "QQQ", "10"}));
    EXPECT_TRUE(works(mesh, {"close", "QQQ"}));
  }
  expect_nothing_lost();
  expect_clean_end(mesh);
  auditor::Report report;
  const auditor::MeshData data{mesh.journals(), report};
  unsigned expired = 0;
  for (const auto& event : data.said(auditor::kOrder)) {
    const auto e = auditor::order_of(event);
    if (e.order.symbol != "XLF.DEMO") continue;
    expired += e.kind == auditor::kExpired;
    EXPECT_NE(e.kind, auditor::kSending);
  }
  EXPECT_EQ(expired, 2U);
}

TEST_F(LongSockets, AFillThatTheManagerCouldNotHearCountsOnceWhenItDoes) {
  for (const Fault fault : {Fault::cut, Fault::swallow, Fault::stall}) {
    ASSERT_TRUE(works(mesh, {"open", "MSFT", "10"}));
    auto& link = links->at("position_manager", "broker_gateway");
    const auto before = healed(mesh, "position_manager");
    link.set(fault);
    // Asked before the silence is noticed or after: an exit goes out, and is filled beyond the cut.
    mesh.background("tickmeshctl", {"close", "MSFT"});
    EXPECT_TRUE(becomes(mesh, "position_manager", kReducing)) << to_string(fault);
    EXPECT_TRUE(holds(mesh, "MSFT")) << "nobody told the manager";
    link.heal();
    expect_whole_again(to_string(fault));
    EXPECT_TRUE(eventually([&] { return !holds(mesh, "MSFT"); }, 15s)) << mesh.ctl({"positions"}).out;
    // What was only held up comes by itself.
    EXPECT_TRUE(fault == Fault::stall || healed(mesh, "position_manager") > before) << to_string(fault);
    ASSERT_TRUE(eventually([&] { return mesh.reap_background() == 0; }, 20s));
  }
  expect_nothing_lost();
  expect_clean_end(mesh);
}

TEST_F(LongSockets, ACommandThatArrivesTooLateIsAnsweredExpiredAndNotDone) {
  auto& link = links->at("position_manager", "api_gateway");
  for (const Fault fault : {Fault::cut, Fault::swallow}) {
    link.set(fault);
    mesh.background("tickmeshctl", {"open", "XLF", "10"});
    EXPECT_TRUE(eventually([&] { return says(mesh, "position_manager", "api_gateway is silent"); }, 6s)) << to_string(fault);
    EXPECT_EQ(mesh.figure("position_manager", "tickmesh_risk_state").value_or(0), kActive) << "nobody's page is needed to trade";
    std::this_thread::sleep_for(2s);  // beyond the command's 3 s: the fault's own length
    link.heal();
    expect_whole_again(to_string(fault));
    ASSERT_TRUE(eventually([&] { return mesh.reap_background() == 0; }, 20s));
    EXPECT_FALSE(holds(mesh, "XLF"));
    EXPECT_TRUE(works(mesh, {"open", "QQQ", "10"}));
    EXPECT_TRUE(works(mesh, {"close", "QQQ"}));
  }
  expect_nothing_lost();
  expect_clean_end(mesh);
}

TEST_F(LongSockets, SlowLinksBringEverythingInOrderAndTheirLagIsSeen) {
  auto& ticks = links->at("position_manager", "tick_ingestor");
  ticks.set(Fault::delay, 300);
  EXPECT_TRUE(works(mesh, {"open", "MSFT", "10"}));
  EXPECT_TRUE(mesh.ready("position_manager"));
  // Less than the feed says: the socket fills and heartbeats come late, until there is room again.
  ticks.set(Fault::throttle, 4'000);
  EXPECT_TRUE(eventually([&] { return mesh.ctl({"account"}).out.find("QQQ.DEMO") != std::string::npos; }, 60s))
      << mesh.ctl({"account"}).out;
  EXPECT_NE(mesh.ctl({"account"}).out.find("stale: no quote for more than"), std::string::npos);
  const auto refused = mesh.ctl({"open", "QQQ", "10"});
  EXPECT_EQ(refused.exit, 4) << "prices of long ago were traded on: " << refused.out;
  ticks.heal();
  expect_whole_again("throttle");
  EXPECT_TRUE(eventually([&] { return mesh.status("position_manager").value("lag_events", 1) < 200; }, 20s));
  EXPECT_TRUE(works(mesh, {"close", "MSFT"}));
  expect_nothing_lost();
  expect_clean_end(mesh);
}

TEST_F(LongSockets, LinksBreakAnywhereAgainAndAgainUnderLoad) {
  Desk desk{mesh, 17};
  std::mt19937_64 random{17};
  const auto& edges = Links::edges();
  for (int round = 0; round < 24; ++round) {
    std::vector<CuttingProxy*> broken;
    if (random() % 4 == 0) {
      broken = links->of(TestMesh::kServices[random() % TestMesh::kServices.size()]);
    } else {
      const auto& edge = edges[random() % edges.size()];
      broken = {&links->at(edge.first, edge.second)};
    }
    const auto fault = static_cast<Fault>(1 + random() % 3);
    for (auto* link : broken) link->set(fault);
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds{200 + random() % 3'000};  // the fault's own length
    while (std::chrono::steady_clock::now() < until) {
      desk.act();
      std::this_thread::sleep_for(50ms);
    }
    for (auto* link : broken) link->heal();
  }
  ASSERT_TRUE(mesh.wait_ready());
  EXPECT_TRUE(works(mesh, {"resume"}));
  EXPECT_TRUE(becomes(mesh, "position_manager", kActive)) << mesh.ctl({"account"}).out;
  expect_nothing_lost();
  expect_clean_end(mesh);
}

}  // namespace
}  // namespace tickmesh
