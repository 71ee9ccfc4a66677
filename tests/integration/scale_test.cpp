// Several instances of metrics_engine share the partitions: one dies and heals, their number changes, and nothing is lost or said twice.
#include <gtest/gtest.h>

#include <iostream>

#include "support/mesh.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;

std::int64_t number(TestMesh& mesh, const std::string& sql) { return std::stoll(mesh.postgres().query("tickmesh", sql)); }

constexpr const char* kRows = "select count(*) from metrics_engine.metrics";

/// Of ticks that could be judged, up to the last that was: cells of the grid that nothing was said in. Times in tables are whole
/// microseconds, so ticks at a cell's very edge are left out.
std::int64_t missing_cells(TestMesh& mesh) {
  return number(mesh, R"(
    with said as (select symbol, floor(extract(epoch from event_time) * 10)::bigint as cell, event_time from metrics_engine.metrics),
         last as (select symbol, max(event_time) as at from said group by symbol),
         asked as (select distinct t.symbol, floor(extract(epoch from t.event_time) * 10)::bigint as cell
                     from tick_ingestor.ticks t join last l on l.symbol = t.symbol and t.event_time <= l.at
                    where t.kind = 'quote' and t.bid > 0 and t.ask >= t.bid
                      and extract(epoch from t.event_time) * 10 - floor(extract(epoch from t.event_time) * 10) between 0.001 and 0.999)
    select count(*) from asked a where not exists (select 1 from said s where s.symbol = a.symbol and s.cell = a.cell))");
}
/// Ticks whose metrics were said more than once.
std::int64_t said_twice(TestMesh& mesh) {
  return number(mesh, R"(
    select count(*) from (select 1 from metrics_engine.metrics where cause_stream = 'tick'
                           group by cause_partition, cause_epoch, cause_sequence having count(*) > 1) twice)");
}
std::int64_t partitions(TestMesh& mesh, const std::string& where) {
  return number(mesh, "select count(distinct partition) from metrics_engine.metrics where " + where);
}

class Scale : public ::testing::Test {
 protected:
  static TestMesh::Settings settings(unsigned engines) {
    return {{"feed.demo.rate", "600"}, {"journal.snapshot_s", "2"}, {"mesh.metrics_engines", std::to_string(engines)}};
  }
  static bool grows(TestMesh& mesh, const std::string& where) {
    const auto sql = std::string(kRows) + " where " + where;
    const auto before = number(mesh, sql);
    return eventually([&] { return number(mesh, sql) > before + 50; }, 60s);
  }
  static void expect_whole(TestMesh& mesh) {
    const auto audit = mesh.audit();
    EXPECT_EQ(audit.exit, 0) << audit.out;
    EXPECT_EQ(missing_cells(mesh), 0);
    EXPECT_EQ(said_twice(mesh), 0);
    std::cout << number(mesh, kRows) << " metrics, " << number(mesh, "select count(distinct epoch) from metrics_engine.metrics")
              << " epochs; " << audit.out.substr(audit.out.rfind("audit: "));
    if (::testing::Test::HasFailure()) mesh.dump_logs();
  }
};

TEST_F(Scale, TwoEnginesShareThePartitionsAndOneThatIsKilledHeals) {
  TestMesh mesh{settings(2)};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(grows(mesh, "partition % 2 = 0"));
  ASSERT_TRUE(grows(mesh, "partition % 2 = 1"));
  const auto status = TestMesh::Json::parse(mesh.ctl({"--json", "status"}).out);
  EXPECT_EQ(status["data"].size(), 7U) << status.dump(2);

  mesh.kill("metrics_engine-1", SIGKILL);
  ASSERT_TRUE(eventually([&] { return mesh.ctl({"account"}).out.find("metrics_engine-1 is silent") != std::string::npos; }, 30s))
      << mesh.ctl({"account"}).out;
  EXPECT_TRUE(grows(mesh, "partition % 2 = 0")) << "the other goes on";
  mesh.start("metrics_engine-1");
  ASSERT_TRUE(mesh.wait_ready());
  EXPECT_TRUE(eventually([&] { return mesh.ctl({"account"}).out.find("is silent") == std::string::npos; }, 30s));
  EXPECT_TRUE(grows(mesh, "partition % 2 = 1"));
  // Each has its own: nothing of one was said by the other.
  EXPECT_EQ(
      number(mesh,
             "select count(*) from (select partition from metrics_engine.metrics group by partition having count(distinct epoch) > 1) p"),
      0);

  ASSERT_TRUE(mesh.quiesce());
  ASSERT_TRUE(mesh.stop_all());
  expect_whole(mesh);
}

TEST_F(Scale, TheirNumberChangesAndNothingIsLostOrSaidTwice) {
  TestMesh mesh{settings(1)};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(grows(mesh, "true"));
  EXPECT_EQ(mesh.ctl({"scale", "--handover", "metrics_engine", "2"}).exit, 4) << "it still runs";

  for (const unsigned engines : {2U, 3U, 1U}) {
    SCOPED_TRACE(engines);
    ASSERT_TRUE(mesh.stop_all());
    const auto scaled = mesh.ctl({"scale", "--handover", "metrics_engine", std::to_string(engines)});
    ASSERT_EQ(scaled.exit, 0) << scaled.out;
    mesh.set_engines(engines);
    mesh.start_all();
    ASSERT_TRUE(mesh.wait_ready());
    for (unsigned i = 0; i < engines; ++i) ASSERT_TRUE(grows(mesh, "partition % " + std::to_string(engines) + " = " + std::to_string(i)));
    EXPECT_EQ(missing_cells(mesh), 0);
    EXPECT_EQ(said_twice(mesh), 0);
    // What moved is warm: a window of 50 ticks is full at once.
    const auto body = mesh.ctl({"--json", "watch", "--once"});
    EXPECT_NE(body.out.find("\"z_score\""), std::string::npos) << body.out;
  }
  EXPECT_GT(partitions(mesh, "true"), 5);

  ASSERT_TRUE(mesh.quiesce());
  ASSERT_TRUE(mesh.stop_all());
  expect_whole(mesh);
}

}  // namespace
}  // namespace tickmesh
