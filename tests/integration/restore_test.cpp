// The database comes back from an older backup while the mesh goes on: it is a projection, so it is made whole, or says what it lacks.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "support/mesh.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;

std::int64_t count(TestMesh& mesh, const std::string& sql) { return std::stoll(mesh.postgres().query("tickmesh", sql)); }

bool all_projected(TestMesh& mesh) {
  for (const char* service : TestMesh::kServices)
    if (!eventually([&] { return mesh.status(service).value("lag_s", 99.0) < 1; }, 60s)) return false;
  return true;
}

/// A whole order, so that tables of money have something to lose.
bool trade(TestMesh& mesh, const std::string& symbol) {
  return eventually([&] { return mesh.ctl({"open", symbol, "10"}).exit == 0; }, 30s);
}

TEST(Restore, AnOlderBackupCatchesUpFromTheJournals) {
  TestMesh mesh{{{"feed.demo.rate", "400"}, {"risk.cooldown_s", "0"}, {"journal.snapshot_s", "1"}}};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(trade(mesh, "AAPL"));
  ASSERT_TRUE(eventually([&] { return count(mesh, "select count(*) from broker_gateway.executions") > 0; }, 30s));
  mesh.postgres().backup();
  ASSERT_TRUE(trade(mesh, "MSFT"));
  ASSERT_TRUE(trade(mesh, "QQQ"));
  const auto executions = "select count(*) from broker_gateway.executions where symbol in ('MSFT.DEMO', 'QQQ.DEMO')";
  ASSERT_TRUE(eventually([&] { return count(mesh, executions) >= 2; }, 30s));
  const auto ticks = "select count(*) from tick_ingestor.ticks";
  const auto before = count(mesh, ticks);

  mesh.postgres().restore();
  EXPECT_TRUE(trade(mesh, "SPY")) << "orders do not wait for the database";
  EXPECT_TRUE(eventually([&] { return count(mesh, ticks) > before && count(mesh, executions) >= 2; }, 60s));
  EXPECT_TRUE(all_projected(mesh));
  for (const char* service : TestMesh::kServices)
    EXPECT_EQ(count(mesh, std::string("select count(*) from ") + service + ".projection_gaps"), 0) << service;
  // Every row that the journals tell of, once.
  ASSERT_TRUE(mesh.quiesce());
  ASSERT_TRUE(mesh.stop_all());
  const auto audit = mesh.audit();
  EXPECT_EQ(audit.exit, 0) << audit.out;
  std::cout << audit.out.substr(audit.out.rfind("audit: "));
  if (HasFailure()) mesh.dump_logs();
}

TEST(Restore, WhatAJournalHasDroppedSinceTheBackupIsARowAndACount) {
  TestMesh mesh{{{"feed.demo.rate", "2000"},
                 {"journal.segment_bytes", "65536"},
                 {"journal.budget.perishable_bytes", "524288"},
                 {"journal.snapshot_s", "1"},
                 {"postgres.batch_rows", "500"}}};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(trade(mesh, "AAPL"));
  ASSERT_TRUE(eventually([&] { return count(mesh, "select count(*) from tick_ingestor.ticks") > 1000; }, 30s));
  mesh.postgres().backup();
  const auto sequence =
      "select coalesce(max(sequence), 0) from tick_ingestor.ticks where partition = (select partition from "
      "tick_ingestor.ticks group by partition order by count(*) desc limit 1)";
  const auto at_backup = count(mesh, sequence);
  ASSERT_TRUE(trade(mesh, "MSFT"));
  // As much again as the ring holds, several times over.
  const auto written = [&] {
    std::uint64_t last = 0;
    for (const auto& entry : std::filesystem::directory_iterator{mesh.journal("tick_ingestor")})
      if (const auto name = entry.path().filename().string(); name.starts_with("seg-"))
        last = std::max<std::uint64_t>(last, std::stoull(name.substr(4, 16), nullptr, 16));
    return last;
  };
  const auto then = written();
  ASSERT_TRUE(eventually([&] { return written() > then + 16; }, 60s));

  mesh.postgres().restore();
  EXPECT_TRUE(eventually([&] { return count(mesh, "select coalesce(sum(events), 0) from tick_ingestor.v_projection_gaps") > 1000; }, 60s));
  EXPECT_TRUE(eventually([&] { return count(mesh, sequence) > at_backup; }, 60s));
  EXPECT_TRUE(eventually([&] { return mesh.figure("tick_ingestor", "tickmesh_projection_gaps_total").value_or(0) >= 1; }, 10s));
  EXPECT_TRUE(all_projected(mesh));
  // What is kept lacks nothing.
  for (const char* service : {"position_manager", "broker_gateway", "api_gateway"})
    EXPECT_EQ(count(mesh, std::string("select count(*) from ") + service + ".projection_gaps"), 0) << service;
  EXPECT_TRUE(
      eventually([&] { return count(mesh, "select count(*) from broker_gateway.executions where symbol = 'MSFT.DEMO'") >= 1; }, 30s));
  EXPECT_TRUE(mesh.unasked_ends().empty());
  if (HasFailure()) mesh.dump_logs();
}

}  // namespace
}  // namespace tickmesh
