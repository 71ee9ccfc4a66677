#include "bus/pace.hpp"

#include <gtest/gtest.h>

namespace tickmesh {
namespace {

constexpr Epoch kEpoch = 7;

Outbox::Heads said(Sequence in_partition_3, Sequence in_partition_9) {
  Outbox::Heads heads{};
  heads[static_cast<std::size_t>(Stream::tick)][3] = in_partition_3;
  heads[static_cast<std::size_t>(Stream::tick)][9] = in_partition_9;
  return heads;
}
ReaderState reader(const std::string& name, Epoch epoch, Sequence in_partition_3, Sequence in_partition_9) {
  ReaderState state{.reader = name, .applied = {}};
  state.applied[{Stream::tick, 3}] = {epoch, in_partition_3};
  state.applied[{Stream::tick, 9}] = {epoch, in_partition_9};
  return state;
}

TEST(Pace, ReadersThatKeptUpAllowAWholeWindow) {
  const auto p = pace(said(100, 50), kEpoch, Stream::tick, {"metrics_engine"}, {reader("metrics_engine-0", kEpoch, 100, 50)});
  EXPECT_EQ(p.allowed, kPaceWindow);
  EXPECT_TRUE(p.waiting.empty());
}

TEST(Pace, TheSlowestOfThoseThatCountDecides) {
  const auto p = pace(
      said(1000, 500), kEpoch, Stream::tick, {"metrics_engine", "bar_compressor"},
      {reader("metrics_engine-0", kEpoch, 1000, 500), reader("bar_compressor-0", kEpoch, 900, 300), reader("api_gateway-0", kEpoch, 0, 0)});
  EXPECT_EQ(p.allowed, kPaceWindow - 300);
}

TEST(Pace, AReaderThatIsNotThereHoldsItUpAfterAWindow) {
  EXPECT_EQ(pace(said(10, 0), kEpoch, Stream::tick, {"metrics_engine"}, {}).allowed, kPaceWindow - 10);
  const auto p = pace(said(kPaceWindow, 5), kEpoch, Stream::tick, {"metrics_engine"}, {});
  EXPECT_EQ(p.allowed, 0u);
  EXPECT_EQ(p.waiting, std::vector<std::string>{"metrics_engine"});
}

TEST(Pace, LessRoomThanIsWorthATurnIsNone) {
  const auto with = [](Sequence behind) {
    return pace(said(kPaceWindow, 0), kEpoch, Stream::tick, {"metrics_engine"},
                {reader("metrics_engine-0", kEpoch, kPaceWindow - behind, 0)});
  };
  EXPECT_EQ(with(kPaceWindow - kPaceLeast).allowed, kPaceLeast);
  EXPECT_TRUE(with(kPaceWindow - kPaceLeast).waiting.empty());
  EXPECT_EQ(with(kPaceWindow - kPaceLeast + 1).allowed, 0u);
  EXPECT_EQ(with(kPaceWindow - kPaceLeast + 1).waiting, std::vector<std::string>{"metrics_engine"});
}

TEST(Pace, WhatWasAppliedOfAnOlderEpochDoesNotCount) {
  const auto p = pace(said(100, 0), kEpoch, Stream::tick, {"metrics_engine"}, {reader("metrics_engine-0", kEpoch - 1, 100, 0)});
  EXPECT_EQ(p.allowed, kPaceWindow - 100);
}

}  // namespace
}  // namespace tickmesh
