// Recorded days through the whole mesh: the tables hold the rows of the files, and what was decided is decided again by one thread.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "integration/recorded_run.hpp"
#include "support/recorded_days.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;
using namespace testing;
namespace fs = std::filesystem;

/// Counts and exact sums of every symbol: of the rows that are good, no more and no fewer.
void expect_rows_of_the_files(TestMesh& mesh, const replay::Survey& survey) {
  const auto ticks = static_cast<std::int64_t>(survey.tally.ticks);
  ASSERT_TRUE(eventually([&] { return count(mesh, "select count(*) from tick_ingestor.ticks") >= ticks; }, 120s));
  EXPECT_EQ(count(mesh, "select count(*) from tick_ingestor.ticks"), ticks);
  EXPECT_EQ(count(mesh, "select count(distinct symbol) from tick_ingestor.ticks"), static_cast<std::int64_t>(survey.symbols.size()));
  for (const auto& [symbol, seen] : survey.symbols) {
    const auto row = [&](const char* kind, const std::string& columns) {
      return mesh.postgres().query(
          "tickmesh", "select " + columns + " from tick_ingestor.ticks where symbol = '" + symbol.str() + "' and kind = '" + kind + "'");
    };
    const auto sum = [](const char* column) { return fmt::format("coalesce(sum(round({}::numeric * 100000000)), 0)::text", column); };
    const auto told = [](Int128 value) {
      std::string digits;
      for (; value > 0; value /= 10) digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
      return digits.empty() ? std::string{"0"} : digits;
    };
    EXPECT_EQ(row("quote", "count(*)"), std::to_string(seen.quotes)) << symbol.view();
    EXPECT_EQ(row("trade", "count(*)"), std::to_string(seen.trades)) << symbol.view();
    EXPECT_EQ(row("quote", sum("bid")), told(seen.bid_sum)) << symbol.view();
    EXPECT_EQ(row("quote", sum("ask")), told(seen.ask_sum)) << symbol.view();
    EXPECT_EQ(row("trade", sum("price")), told(seen.price_sum)) << symbol.view();
    EXPECT_EQ(row("trade", sum("size")), told(seen.size_sum)) << symbol.view();
    EXPECT_EQ(row("quote", "coalesce(min(event_time_ns), 0)") == "0", seen.quotes == 0) << symbol.view();
  }
}

void expect_the_same_again(TestMesh& mesh) {
  ASSERT_TRUE(mesh.stop_all());
  const auto verified = mesh.verify();
  EXPECT_EQ(verified.exit, 0) << verified.out;
  for (const char* service : {"metrics_engine", "bar_compressor", "position_manager", "broker_gateway"})
    EXPECT_NE(verified.out.find(service), std::string::npos) << verified.out;
}

TEST(Replay, TheTablesHoldTheRowsOfTheFilesAndOneThreadSaysTheSameAgain) {
  const Scratch scratch;
  make_recorded_days(scratch.path + "/data", 20);
  const Planned run = plan(scratch.path + "/data", scratch);
  EXPECT_EQ(run.recorded.survey.symbols.size(), 4u);
  TestMesh mesh{run.settings};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(over(mesh, 60s));
  expect_rows_of_the_files(mesh, run.recorded.survey);
  const replay::Tally& tally = run.recorded.survey.tally;
  EXPECT_GT(tally.bad_rows(), 0u);
  EXPECT_GT(tally.suspicious, 0u);
  double rejected = 0;
  for (const auto& [rule, n] : tally.bad)
    rejected += mesh.figure("tick_ingestor", fmt::format("tickmesh_rejected_total{{input=\"replay\",rule=\"{}\"}}", rule)).value_or(0);
  EXPECT_EQ(rejected, static_cast<double>(tally.bad_rows()));
  // The run is named by its data, and its time is theirs.
  EXPECT_EQ(mesh.postgres().query("tickmesh", "select string_agg(distinct epoch::text, ' ') from tick_ingestor.ticks"),
            std::to_string(run.recorded.epoch));
  EXPECT_EQ(mesh.postgres().query("tickmesh", "select count(*) from tick_ingestor.ticks where time_ns < event_time_ns"), "0");
  EXPECT_EQ(mesh.postgres().query("tickmesh", "select min(time)::date || ' ' || max(time)::date from tick_ingestor.ticks"),
            "2013-10-07 2013-10-07");
  EXPECT_TRUE(eventually([&] { return count(mesh, "select count(*) from bar_compressor.bars_1m where symbol = 'AIG.USA'") >= 20; }, 30s));
  EXPECT_GT(count(mesh, "select count(*) from metrics_engine.metrics where symbol = 'AIG.USA'"), 100);
  EXPECT_TRUE(mesh.unasked_ends().empty());
  expect_the_same_again(mesh);
  if (HasFailure()) mesh.dump_logs();
}

TEST(Replay, AtASpeedItTradesAndAnIngestorKilledInTheMiddleGoesOnWhereItWas) {
  const Scratch scratch;
  make_recorded_days(scratch.path + "/data", 6);
  Planned run = plan(scratch.path + "/data", scratch);
  run.settings["feed.replay.speed"] = "20";  // 18 seconds in all
  TestMesh mesh{run.settings};
  ASSERT_TRUE(mesh.wait_ready());
  const auto half = static_cast<std::int64_t>(run.recorded.survey.tally.ticks / 3);
  ASSERT_TRUE(eventually([&] { return count(mesh, "select count(*) from tick_ingestor.ticks") > half; }, 60s));
  mesh.restart("tick_ingestor");
  ASSERT_TRUE(over(mesh, 60s));
  expect_rows_of_the_files(mesh, run.recorded.survey);
  // Decided in time, so that nothing had expired when it was heard.
  EXPECT_GT(count(mesh, "select count(*) from broker_gateway.executions"), 0);
  expect_the_same_again(mesh);
  if (HasFailure()) mesh.dump_logs();
}

TEST(Replay, ARecordedDayOfTwoStocksGoesThroughWhole) {
  const Scratch scratch;
  if (!link_recorded_day(scratch.path + "/data")) GTEST_SKIP() << "no recorded data at " << kRecordedDay;
  const Planned run = plan(scratch.path + "/data", scratch);
  EXPECT_EQ(run.recorded.survey.tally.rows, 476'855u + 88'172u + 109'067u + 24'293u);
  TestMesh mesh{run.settings};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(over(mesh, 120s));
  expect_rows_of_the_files(mesh, run.recorded.survey);
  EXPECT_GT(count(mesh, "select count(*) from metrics_engine.signals"), 0);
  expect_the_same_again(mesh);
  if (HasFailure()) mesh.dump_logs();
}

}  // namespace
}  // namespace tickmesh
