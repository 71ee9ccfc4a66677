// Small budgets, and somebody who was away: what goes is told and counted, what is kept waits for its readers.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "support/mesh.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;

/// Indices of the segments a journal has; the last may be one allocated ahead.
std::pair<std::uint64_t, std::uint64_t> segments(const std::string& journal) {
  std::uint64_t first = ~std::uint64_t{0}, last = 0;
  for (const auto& entry : std::filesystem::directory_iterator{journal}) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("seg-")) continue;
    const std::uint64_t index = std::stoull(name.substr(4, 16), nullptr, 16);
    first = std::min(first, index);
    last = std::max(last, index);
  }
  return {first, last};
}

std::int64_t count(TestMesh& mesh, const std::string& sql) { return std::stoll(mesh.postgres().query("tickmesh", sql)); }

TEST(Retention, WhoWasAwayTooLongIsToldStartsWarmAndTheLossIsCounted) {
  TestMesh mesh{{{"feed.demo.rate", "2000"},
                 {"journal.segment_bytes", "65536"},
                 {"journal.budget.perishable_bytes", "1048576"},
                 {"journal.snapshot_s", "1"},
                 {"postgres.batch_rows", "500"}}};
  ASSERT_TRUE(mesh.wait_ready());
  const std::string z = "substr(statuses, 2, 1)";
  ASSERT_TRUE(eventually([&] { return count(mesh, "select count(*) from metrics_engine.metrics where " + z + " = 'O'") > 0; }, 60s));
  EXPECT_EQ(mesh.status("metrics_engine").value("lost", -1), 0);

  mesh.kill("metrics_engine", SIGKILL);
  mesh.kill("bar_compressor", SIGKILL);
  const auto before = count(mesh, "select extract(epoch from now()) * 1000000");
  mesh.postgres().stop();
  const auto held = segments(mesh.journal("tick_ingestor")).second;
  ASSERT_TRUE(eventually([&] { return segments(mesh.journal("tick_ingestor")).first > held; }, 60s)) << "the ring does not turn";
  mesh.postgres().start();
  mesh.start("metrics_engine");
  mesh.start("bar_compressor");
  ASSERT_TRUE(mesh.wait_ready());

  // The reader knows what it lost, says so, and its numbers do not pretend.
  EXPECT_GT(mesh.status("metrics_engine").value("lost", 0), 1000);
  EXPECT_GT(mesh.figure("metrics_engine", "tickmesh_events_lost_total{stream=\"tick\"}").value_or(0), 1000);
  const auto since = " where time > to_timestamp(" + std::to_string(before) + " / 1000000.0)";
  EXPECT_TRUE(
      eventually([&] { return count(mesh, "select count(*) from metrics_engine.metrics" + since + " and " + z + " = 'W'") > 0; }, 60s));
  EXPECT_TRUE(
      eventually([&] { return count(mesh, "select count(*) from metrics_engine.metrics" + since + " and " + z + " = 'O'") > 0; }, 60s));
  EXPECT_TRUE(
      eventually([&] { return count(mesh, "select count(*) from bar_compressor.bars_1s" + since + " and quality = 'gap'") > 0; }, 60s));

  // The projection lacked its database for as long: a row, a count, and on it goes.
  ASSERT_TRUE(eventually([&] { return count(mesh, "select count(*) from tick_ingestor.v_projection_gaps") > 0; }, 60s));
  const auto lost = count(mesh, "select sum(events) from tick_ingestor.v_projection_gaps");
  const auto holes = count(mesh,
                           "select sum(last - n) from (select max(sequence) as last, count(*) as n from tick_ingestor.ticks "
                           "group by partition, epoch) t");
  EXPECT_GT(holes, 1000);
  EXPECT_GE(lost, holes) << "ticks that are nowhere are counted, with what else the ingestor says";
  const auto told = [&](const char* name) { return mesh.figure("tick_ingestor", name).value_or(0); };
  EXPECT_TRUE(eventually([&] { return told("tickmesh_projection_lost_events_total") >= static_cast<double>(lost); }, 10s));
  EXPECT_GE(told("tickmesh_projection_gaps_total"), 1);
  const auto newest = "select max(sequence) from tick_ingestor.ticks";
  const auto then = count(mesh, newest);
  EXPECT_TRUE(eventually([&] { return count(mesh, newest) > then; }, 30s));
  EXPECT_TRUE(mesh.unasked_ends().empty());
  if (HasFailure()) mesh.dump_logs();
}

/// The newest segment from which something was dropped; 0: none.
std::uint64_t newest_packed(const std::string& journal) {
  std::uint64_t newest = 0;
  for (const auto& entry : std::filesystem::directory_iterator{journal}) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("seg-")) continue;
    std::ifstream file{entry.path(), std::ios::binary};
    char header[8]{};
    if (file.read(header, sizeof header) && header[4] == 4)
      newest = std::max<std::uint64_t>(newest, std::stoull(name.substr(4, 16), nullptr, 16));
  }
  return newest;
}

TEST(Retention, ChangesOfBooksGoByTheirOwnRuleAndWhoComesLateGoesOnFromARecordedBookWithEveryTick) {
  TestMesh mesh{{{"feed.demo.rate", "2000"},
                 {"feed.depth_snapshot_s", "3"},
                 {"journal.segment_bytes", "65536"},
                 {"journal.budget.depth_bytes", "1"},
                 {"journal.snapshot_s", "1"}},
                TestMesh::Start::later};
  mesh.start("tick_ingestor");
  mesh.start("metrics_engine");
  const auto both_ready = [&] { return mesh.ready("tick_ingestor") && mesh.ready("metrics_engine"); };
  ASSERT_TRUE(eventually(both_ready, 60s));
  const auto books = [&](const std::string& where) {
    return count(mesh, "select count(distinct symbol) from metrics_engine.v_book " + where);
  };
  ASSERT_TRUE(eventually([&] { return books("where live") > 3; }, 60s));
  const auto journal = mesh.journal("tick_ingestor");

  mesh.kill("metrics_engine", SIGKILL);
  const auto heard = segments(journal).second;
  ASSERT_TRUE(eventually([&] { return newest_packed(journal) > heard; }, 60s)) << "depth does not go";
  EXPECT_EQ(segments(journal).first, 0U) << "ticks stay";
  const auto before = count(mesh, "select coalesce(max(last_update), 0) from metrics_engine.book");
  mesh.start("metrics_engine");
  ASSERT_TRUE(eventually(both_ready, 60s));
  const auto lost = [&](const char* stream) {
    return mesh.figure("metrics_engine", std::string("tickmesh_events_lost_total{stream=\"") + stream + "\"}").value_or(0);
  };
  EXPECT_TRUE(eventually([&] { return lost("depth") > 0; }, 10s)) << "what is gone is told and counted";
  EXPECT_EQ(lost("tick"), 0);
  // Each book broke, said so, and is whole again with the next one recorded.
  const auto whole = "where live and resyncs > 0 and last_update > " + std::to_string(before);
  EXPECT_TRUE(eventually([&] { return books(whole) > 3; }, 60s));

  // The ingestor goes on as well, over the segments that it packed.
  const auto packed = newest_packed(journal);
  mesh.restart("tick_ingestor");
  ASSERT_TRUE(eventually(both_ready, 60s));
  EXPECT_TRUE(eventually([&] { return newest_packed(journal) > packed; }, 60s));
  EXPECT_EQ(segments(journal).first, 0U);
  EXPECT_EQ(lost("tick"), 0);
  const auto verified = mesh.ctl({"journal", "verify", "tick_ingestor-0"});
  EXPECT_EQ(verified.exit, 0) << verified.out;
  EXPECT_TRUE(mesh.unasked_ends().empty());
  if (HasFailure()) mesh.dump_logs();
}

TEST(Retention, WhatIsKeptWaitsForARegisteredReaderHoweverLongItIsAway) {
  constexpr std::uint64_t kBudget = 4 * 65536;
  TestMesh mesh{{{"feed.demo.rate", "2000"},
                 {"journal.segment_bytes", "65536"},
                 {"journal.budget.kept_bytes", std::to_string(kBudget)},
                 {"journal.budget.kept_days", "0"},
                 {"journal.snapshot_s", "1"}}};
  ASSERT_TRUE(mesh.wait_ready());
  const auto journal = mesh.journal("position_manager");
  ASSERT_TRUE(eventually([&] { return segments(journal).first > 2; }, 60s)) << "nothing goes while all readers take snapshots";

  // An open position: from now on position_manager has something to say to api_gateway.
  ASSERT_TRUE(eventually([&] { return mesh.ctl({"open", "AAPL", "10"}).exit == 0; }, 30s));
  const auto said = "select count(*) from position_manager.account_state";
  mesh.kill("api_gateway", SIGKILL);
  const auto heard = count(mesh, said);
  ASSERT_TRUE(eventually([&] { return count(mesh, said) > heard + 2; }, 60s)) << "nothing was said that it would miss";
  // Its last snapshot lies here or before, so this may not go, whatever the budget.
  const auto held = segments(journal).second;
  ASSERT_TRUE(eventually([&] { return segments(journal).second > held + 2 * kBudget / 65536; }, 60s));
  EXPECT_LE(segments(journal).first, held) << "the budget was held at the expense of a reader";
  // A publisher that starts again knows who is away: it is written down beside its journal.
  mesh.restart("position_manager");
  ASSERT_TRUE(eventually([&] { return mesh.ready("position_manager"); }, 60s));
  ASSERT_TRUE(eventually([&] { return segments(journal).second > held + 4 * kBudget / 65536; }, 60s));
  EXPECT_LE(segments(journal).first, held);
  std::ifstream readers{journal + "/readers"};
  const std::string text{std::istreambuf_iterator<char>{readers}, {}};
  EXPECT_NE(text.find("api_gateway-0 "), std::string::npos) << text;

  mesh.start("api_gateway");
  ASSERT_TRUE(mesh.wait_ready());
  EXPECT_EQ(mesh.status("api_gateway").value("lost", -1), 0);
  EXPECT_TRUE(eventually([&] { return segments(journal).first > held; }, 60s)) << "it has a snapshot now and nothing goes";
  EXPECT_TRUE(mesh.unasked_ends().empty());
  if (HasFailure()) mesh.dump_logs();
}

}  // namespace
}  // namespace tickmesh
