// Recorded days in the order of event time: separate processes say what one thread says, every time, whoever is killed meanwhile.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <iostream>

#include "backtester/verify.hpp"
#include "integration/recorded_run.hpp"
#include "signals/signal_rule.hpp"
#include "support/recorded_days.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using Clock = std::chrono::steady_clock;

/// "signal 12 events 0123456789abcdef", a line each: readable where two differ.
std::string told(const CanonicalHash& hash, const CanonicalHash& fills) {
  std::string lines;
  for (const Stream stream : {Stream::tick, Stream::bar, Stream::metrics, Stream::profile, Stream::signal, Stream::intent, Stream::order,
                              Stream::position, Stream::account})
    lines += fmt::format("{} {} events {:016x}\n", to_string(stream), hash.count(stream), hash.of(stream));
  return lines + fmt::format("fills {} events {:016x}\n", fills.count(Stream::order), fills.of(Stream::order));
}

struct Backtested {
  std::string told;
  std::uint64_t ticks{0}, fills{0};
};
Backtested backtested(const Planned& run, const Config::Overrides& changed = {}) {
  backtest::SingleThreadMesh mesh{defaults(changed), run.recorded.instruments, run.recorded.survey.first, {.epoch = run.recorded.epoch}};
  backtest::RecordedSource source{run.recorded};
  const auto summary = mesh.run(source);
  return {told(summary.hash, summary.fills_hash), summary.ticks, summary.fills};
}

/// Everybody has taken all there is: nothing is missing or held anywhere, and nobody has said anything for a while.
bool settled(TestMesh& mesh, std::chrono::milliseconds limit) {
  std::string before;
  auto since = Clock::now();
  return eventually(
      [&] {
        std::string now;
        for (const std::string& service : mesh.names()) {
          const auto status = mesh.status(service);
          if (status.is_null() || status.value("lag_events", 1) != 0) now += '?';
          if (mesh.figure(service, "tickmesh_queue_depth{queue=\"event_time\"}").value_or(0) != 0) now += '?';
          for (const char* stream : {"tick", "bar", "metrics", "profile", "signal", "intent", "order"})
            if (const auto said = mesh.figure(service, fmt::format("tickmesh_events_published_total{{stream=\"{}\"}}", stream)))
              now += fmt::format("{} ", *said);
        }
        if (now != before || now.find('?') != std::string::npos) since = Clock::now();
        before = now;
        return Clock::now() - since > 2s;
      },
      limit);
}

/// Goes through a mesh in event-time; `meanwhile` is called when it is under way. What it said, from its journals.
std::string through_the_mesh(const Planned& run, std::uint64_t ticks, const std::function<void(TestMesh&)>& meanwhile = {}) {
  TestMesh mesh{run.settings};
  if (!mesh.wait_ready()) return "not ready";
  const auto begin = Clock::now();
  if (meanwhile) meanwhile(mesh);
  const bool ended = over(mesh, 240s) && settled(mesh, 240s);
  EXPECT_TRUE(ended);
  const double took = std::chrono::duration<double>(Clock::now() - begin).count() - 2;
  std::cout << fmt::format("event-time: {} ticks in {:.1f} s, {:.0f} ticks/s through separate processes\n", ticks, took,
                           static_cast<double>(ticks) / took);
  EXPECT_TRUE(mesh.stop_all());
  EXPECT_TRUE(mesh.unasked_ends().empty());
  const auto said = backtest::said_hashes(mesh.journals());
  if (!said) return to_string(said.error());
  const auto verified = mesh.verify();
  EXPECT_EQ(verified.exit, 0) << verified.out;
  if (::testing::Test::HasFailure()) mesh.dump_logs();
  return told(said->hash, said->fills);
}

Planned in_event_time(const std::string& data, const Scratch& scratch) {
  Planned run = plan(data, scratch);
  run.settings["mesh.time"] = "event-time";
  return run;
}

TEST(EventTime, AMeshSaysWhatOneThreadSaysAndSoDoesOneOfTwoEnginesWithEveryRuleOn) {
  const Scratch scratch;
  make_recorded_days(scratch.path + "/data", 20);
  Planned run = in_event_time(scratch.path + "/data", scratch);
  std::string rules;
  for (const auto rule : signal_rule_names()) rules += (rules.empty() ? "" : ",") + std::string(rule);
  const Config::Overrides every{{"signals.rules", rules}, {"signals.traded", rules}};
  for (const auto& [key, value] : every) run.settings[key] = value;
  const Backtested once = backtested(run, every);
  EXPECT_GT(once.fills, 0u);
  EXPECT_EQ(through_the_mesh(run, once.ticks), once.told);
  run.settings["mesh.metrics_engines"] = "2";
  EXPECT_EQ(through_the_mesh(run, once.ticks), once.told);
}

TEST(EventTime, WhoIsKilledInTheMiddleHealsAndTheSameIsSaid) {
  const Scratch scratch;
  make_recorded_days(scratch.path + "/data", 6);
  Planned run = in_event_time(scratch.path + "/data", scratch);
  const Backtested once = backtested(run);
  EXPECT_GT(once.fills, 0u);
  run.settings["feed.replay.speed"] = "30";  // 12 seconds in all
  const auto ticks_reach = [&](TestMesh& mesh, double part) {
    return eventually(
        [&] {
          return count(mesh, "select count(*) from tick_ingestor.ticks") >
                 static_cast<std::int64_t>(part * static_cast<double>(once.ticks));
        },
        60s);
  };
  EXPECT_EQ(through_the_mesh(run, once.ticks,
                             [&](TestMesh& mesh) {
                               EXPECT_TRUE(ticks_reach(mesh, 0.2));
                               mesh.restart("metrics_engine");
                               EXPECT_TRUE(ticks_reach(mesh, 0.4));
                               mesh.restart("tick_ingestor");
                               mesh.restart("bar_compressor");
                               EXPECT_TRUE(ticks_reach(mesh, 0.6));
                               mesh.restart("position_manager");
                             }),
            once.told);
}

TEST(EventTime, WhoeverWaitsNamesWhomHeWaitsFor) {
  const Scratch scratch;
  make_recorded_days(scratch.path + "/data", 6);
  Planned run = in_event_time(scratch.path + "/data", scratch);
  run.settings["feed.replay.speed"] = "30";
  TestMesh mesh{run.settings};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return count(mesh, "select count(*) from tick_ingestor.ticks") > 100; }, 60s));
  mesh.kill("metrics_engine", SIGKILL);
  const auto named = [&] {
    const auto status = mesh.status("position_manager");
    return !status.is_null() && status["reasons"].dump().find("event-time: waiting for metrics_engine") != std::string::npos;
  };
  EXPECT_TRUE(eventually(named, 30s));
  mesh.start("metrics_engine");
  EXPECT_TRUE(eventually([&] { return !named(); }, 30s));
  EXPECT_TRUE(over(mesh, 60s));
  if (HasFailure()) mesh.dump_logs();
}

TEST(EventTime, ARecordedDayOfTwoStocksIsTheSameTwiceThroughTheMeshAndOnceInOneThread) {
  const Scratch scratch;
  if (!link_recorded_day(scratch.path + "/data")) GTEST_SKIP() << "no recorded data at " << kRecordedDay;
  const Planned run = in_event_time(scratch.path + "/data", scratch);
  const Backtested once = backtested(run);
  std::cout << once.told;
  EXPECT_GT(once.fills, 0u);
  EXPECT_EQ(through_the_mesh(run, once.ticks), once.told);
  EXPECT_EQ(through_the_mesh(run, once.ticks), once.told);
}

}  // namespace
}  // namespace tickmesh
