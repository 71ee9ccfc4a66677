// What a mesh does while one of its parts hangs or is away.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <iostream>
#include <thread>

#include "auditor/events.hpp"
#include "chaos/journal_tail.hpp"
#include "chaos/outcome.hpp"
#include "support/mesh.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;
using namespace chaos;
using auditor::kExpired;
using auditor::kSending;

/// Orders by hand, one after the other: each command is started and left to itself.
void trade(TestMesh& mesh, unsigned n) {
  constexpr const char* symbols[] = {"MSFT", "NVDA", "QQQ", "SPY", "META", "GOOGL", "TSLA", "IWM"};
  const std::string symbol = symbols[n % std::size(symbols)];
  if (n / std::size(symbols) % 2 == 0)
    mesh.background("tickmeshctl", {"open", symbol, "10"});
  else
    mesh.background("tickmeshctl", {"close", symbol});
}

TEST(LongFaults, AGatewayThatHungThirtySecondsExecutesNothingStale) {
  TestMesh mesh{{{"feed.demo.rate", "400"}, {"risk.cooldown_s", "0"}, {"risk.min_confidence", "0.05"}}};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return mesh.ctl({"open", "AAPL", "5"}).exit == 0; }, 30s));

  mesh.kill("broker_gateway", SIGSTOP);
  const auto hung_at = std::chrono::system_clock::now().time_since_epoch();
  const auto until = std::chrono::steady_clock::now() + 30s;  // the fault's own length
  for (unsigned n = 0; std::chrono::steady_clock::now() < until; ++n) {
    if (n < 24) trade(mesh, n % 8);
    mesh.reap_background();
    std::this_thread::sleep_for(1s);
  }
  mesh.kill("broker_gateway", SIGCONT);
  const auto awake_at = std::chrono::system_clock::now().time_since_epoch();
  ASSERT_TRUE(mesh.wait_ready());
  // It works again: nothing that was learnt late stands in the way of what is asked now.
  EXPECT_TRUE(eventually([&] { return mesh.ctl({"resume"}).exit == 0 && mesh.ctl({"open", "XLF", "10"}).exit == 0; }, 40s));
  expect_clean_end(mesh);

  auditor::Report report;
  const auditor::MeshData data{mesh.journals(), report};
  const auto ns = [](auto d) { return std::chrono::duration_cast<std::chrono::nanoseconds>(d).count(); };
  unsigned stale = 0, expired = 0, sent = 0;
  std::map<auditor::Name, unsigned> answer;
  for (const auto& event : data.said(auditor::kOrder)) {
    const auto e = auditor::order_of(event);
    if (e.order.kind == 1 && e.header.cause.stream == auditor::kIntent) answer[e.header.cause] = e.kind;
    if (e.kind == kSending && e.order.valid_until != 0) {
      EXPECT_LE(e.header.time, e.order.valid_until) << to_string(event.name) << " was sent too late";
    }
  }
  for (const auto& event : data.said(auditor::kIntent)) {
    const auto intent = auditor::intent_of(auditor::Message{event.bytes});
    const bool while_hung = intent.header.time > ns(hung_at) && intent.valid_until < ns(awake_at);
    if (intent.kind != 1 || intent.valid_until == 0 || !while_hung) continue;
    ++stale;
    expired += answer[event.name] == kExpired;
    sent += answer[event.name] == kSending;
  }
  std::cout << stale << " entries waited longer than they were valid: " << expired << " expired, " << sent << " sent\n";
  EXPECT_GT(stale, 0U) << "no intent flowed while the gateway hung";
  EXPECT_EQ(expired, stale);
  EXPECT_EQ(sent, 0U);
}

TEST(Faults, TradingGoesOnWithoutPostgresAndNothingIsMissingAfterwards) {
  TestMesh mesh{{{"feed.demo.rate", "400"}, {"risk.cooldown_s", "0"}, {"risk.min_confidence", "0.05"}}};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return rows(mesh, "tick_ingestor.ticks") > 500; }, 30s));
  ASSERT_TRUE(eventually([&] { return mesh.ctl({"open", "MSFT", "10"}).exit == 0; }, 30s));

  mesh.postgres().kill();
  // Ticks and orders go on being recorded: a whole order's life while there is no database.
  chaos::JournalTail ticks{mesh.journal("tick_ingestor")};
  unsigned said = 0;
  EXPECT_TRUE(eventually(
      [&] {
        while (const auto record = ticks.next()) said += record->type == chaos::Written::said;
        return said > 200;
      },
      30s));
  EXPECT_EQ(mesh.ctl({"open", "QQQ", "10"}).exit, 0);
  EXPECT_EQ(mesh.ctl({"close", "MSFT"}).exit, 0);
  // The lag is there to be seen, for people and for Prometheus, and a service that restarts meanwhile still comes up.
  for (const char* service : {"tick_ingestor", "broker_gateway"}) {
    EXPECT_TRUE(eventually([&] { return mesh.status(service).value("lag_s", 0.0) > 2; }, 30s))
        << service << ": " << mesh.status(service).dump();
    EXPECT_FALSE(mesh.status(service)["projector"].value("error", "").empty()) << service;
    EXPECT_TRUE(mesh.get(service, "/metrics").value_or("").find("tickmesh_projector_lag_seconds{") != std::string::npos) << service;
    EXPECT_TRUE(mesh.ready(service)) << service << ": " << mesh.get(service, "/readyz").value_or("away");
  }
  mesh.restart("metrics_engine");
  ASSERT_TRUE(mesh.wait_ready());

  mesh.postgres().start();
  for (const char* service : TestMesh::kServices)
    EXPECT_TRUE(eventually([&] { return mesh.status(service).value("lag_s", 99.0) < 1; }, 60s))
        << service << ": " << mesh.status(service).dump();
  expect_clean_end(mesh);
}

}  // namespace
}  // namespace tickmesh
