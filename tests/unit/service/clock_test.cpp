#include "service/clock.hpp"

#include <gtest/gtest.h>

namespace tickmesh {
namespace {

TEST(Clock, NeverRunsBackwards) {
  Clock clock;
  Timestamp last = clock.now();
  for (int i = 0; i < 200'000; ++i) {
    const Timestamp now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(Clock, IsUtcAndTellsNoStepWhereThereWasNone) {
  const auto before = system_ns();
  Clock clock;
  const Timestamp now = clock.now();
  const auto after = system_ns();
  // The kernel's own clock may be slewed between the looks; a step would be told.
  EXPECT_GE(now.ns, before - 1'000'000);
  EXPECT_LE(now.ns, after + 1'000'000);
  EXPECT_EQ(clock.take_step_ns(), 0);
}

}  // namespace
}  // namespace tickmesh
