// Recorded data through every core in one thread.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "backtester/recorded.hpp"
#include "support/recorded_days.hpp"
#include "unit/backtester/mesh_kit.hpp"

namespace tickmesh {
namespace {

struct Days {
  Days() {
    std::string pattern = "/tmp/tickmesh-days-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path = pattern;
    testing::make_recorded_days(path, 20);
  }
  ~Days() { std::filesystem::remove_all(path); }
  Days(const Days&) = delete;
  std::string path;
};

backtest::Summary run(const backtest::Recorded& recorded, const Config& config) {
  backtest::SingleThreadMesh mesh{config, recorded.instruments, recorded.survey.first, {.epoch = recorded.epoch}};
  backtest::RecordedSource source{recorded};
  return mesh.run(source);
}

TEST(Recorded, ADaySaysTheSameTwiceAndEveryTickIsHeardOnce) {
  const Days days;
  const auto demo = testing::demo_mesh();
  const auto recorded = *backtest::open_recorded(days.path, demo.config, demo.instruments, "", {});
  const auto once = run(recorded, demo.config), again = run(recorded, demo.config);
  EXPECT_EQ(once.ticks, recorded.survey.tally.ticks);
  EXPECT_EQ(once.hash.count(Stream::tick), recorded.survey.tally.ticks);
  for (const Stream stream : {Stream::tick, Stream::bar, Stream::metrics, Stream::profile, Stream::signal, Stream::intent, Stream::order})
    EXPECT_EQ(once.hash.of(stream), again.hash.of(stream)) << to_string(stream);
  EXPECT_GT(once.hash.count(Stream::bar), 60u);
  EXPECT_GT(once.hash.count(Stream::metrics), 1000u);
  EXPECT_EQ((once.end - recorded.survey.last).ns, replay::kAfterwards.ns);
}

TEST(Recorded, AnotherEpochGivesOtherBytesAndTheSameDecisions) {
  const Days days;
  const auto demo = testing::demo_mesh();
  auto recorded = *backtest::open_recorded(days.path, demo.config, demo.instruments, "", {"AIG", "BAC"});
  const auto here = run(recorded, demo.config);
  ++recorded.epoch;
  const auto there = run(recorded, demo.config);
  EXPECT_EQ(here.hash.of(Stream::tick), there.hash.of(Stream::tick));
  EXPECT_NE(here.hash.of(Stream::metrics), there.hash.of(Stream::metrics)) << "causes are named by it";
  EXPECT_EQ(here.signals, there.signals);
  EXPECT_EQ(here.account.equity, there.account.equity);
}

TEST(Recorded, AFileDamagedAfterTheFirstLookStopsTheRun) {
  const Days days;
  const auto demo = testing::demo_mesh();
  const auto recorded = *backtest::open_recorded(days.path, demo.config, demo.instruments, "", {});
  std::filesystem::remove(recorded.data.files.front().path);
  EXPECT_THROW(run(recorded, demo.config), std::runtime_error);
}

}  // namespace
}  // namespace tickmesh
