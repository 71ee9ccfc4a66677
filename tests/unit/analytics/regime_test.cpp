// The regime filter: what it makes of walks, and its edges.
#include "analytics/regime_filter.hpp"

#include <cmath>

#include "unit/analytics/random_ticks.hpp"

namespace tickmesh {
namespace {

using testing_ticks::SplitMix;

constexpr std::int64_t kTick = 1'000'000;  // a cent
constexpr std::int64_t kStart = 2 * 10'000 * kTick;
const RegimeSettings kSettings{};

/// Normal by the sum of twelve uniforms: close enough, and the same everywhere.
double normal(SplitMix& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += static_cast<double>(random.next() >> 11) * 0x1p-53;
  return sum;
}

void walk(RegimeFilter& filter, SplitMix& random, std::int64_t& mid, int steps, double drift) {
  for (int i = 0; i < steps; ++i) {
    mid += std::llround((normal(random) + drift) * 5 * static_cast<double>(kTick));
    filter.push(mid, 0);
  }
}

TEST(RegimeFilter, ADriftlessWalkIsLabelledAtTheNullRatesThatArePublished) {
  RegimeFilter filter{kTick, kSettings};
  SplitMix random{11};
  std::int64_t mid = 100 * kStart;
  walk(filter, random, mid, 1'000'000, 0);
  for (const auto state : {Regime::down, Regime::flat, Regime::up}) {
    EXPECT_NEAR(filter.rate(state).value, filter.null_rate(state).value, 0.02) << static_cast<int>(state);
    EXPECT_EQ(filter.null_rate(state).status, Status::ok);
  }
  const double between = 1'000'000.0 / static_cast<double>(filter.switches());
  EXPECT_GT(between, 80);
  EXPECT_LT(between, 200);
}

TEST(RegimeFilter, ADriftIsFoundAndItsOppositeToo) {
  for (const double drift : {0.4, -0.4}) {
    RegimeFilter filter{kTick, kSettings};
    SplitMix random{12};
    std::int64_t mid = 100 * kStart;
    walk(filter, random, mid, 5'000, drift);
    EXPECT_GT(filter.rate(drift > 0 ? Regime::up : Regime::down).value, 0.8);
    const double sum =
        filter.probability(Regime::down).value + filter.probability(Regime::flat).value + filter.probability(Regime::up).value;
    EXPECT_NEAR(sum, 1, 1e-12);
  }
}

TEST(RegimeFilter, WarmsUpForTwoHundredObservationsAndAGapBeginsAnew) {
  RegimeFilter filter{kTick, kSettings};
  SplitMix random{13};
  std::int64_t mid = kStart;
  walk(filter, random, mid, 201, 0);  // the first mid is no return, the first return is measured by nothing
  EXPECT_EQ(filter.probability(Regime::up).status, Status::warmup);
  EXPECT_TRUE(filter.probability(Regime::up).has_value);
  walk(filter, random, mid, 1, 0);
  EXPECT_EQ(filter.probability(Regime::up).status, Status::ok);
  filter.break_off();
  EXPECT_EQ(filter.label(), Regime::flat);
  for (const auto state : {Regime::down, Regime::flat, Regime::up}) {
    EXPECT_EQ(filter.probability(state).status, Status::warmup);
    EXPECT_DOUBLE_EQ(filter.probability(state).value, 1.0 / 3);
  }
}

TEST(RegimeFilter, AMidThatRarelyMovesIsUndefinedNotFlat) {
  RegimeFilter filter{kTick, kSettings};
  std::int64_t mid = kStart;
  filter.push(mid, 0);
  filter.push(mid += kTick, 0);
  for (int i = 0; i < 400; ++i) filter.push(i % 20 == 0 ? mid += kTick : mid, 0);
  EXPECT_DOUBLE_EQ(filter.zero_share().value, 0.95);
  EXPECT_EQ(filter.probability(Regime::flat).status, Status::undefined);
  EXPECT_EQ(filter.label_value().status, Status::undefined);
  for (int i = 0; i < 200; ++i) filter.push(i % 2 == 0 ? mid += kTick : mid -= kTick, 0);
  EXPECT_EQ(filter.probability(Regime::flat).status, Status::ok);
}

TEST(RegimeFilter, CountsLabelsAgainstTheSlope) {
  RegimeFilter filter{kTick, kSettings};
  SplitMix random{14};
  std::int64_t mid = 100 * kStart;
  for (int i = 0; i < 3'000; ++i) {
    mid += std::llround((normal(random) + 0.5) * 5 * static_cast<double>(kTick));
    filter.push(mid, i < 1'500 ? -1 : 1);
  }
  EXPECT_GT(filter.disagreement().value, 0.3);
  EXPECT_LT(filter.disagreement().value, 0.6);
}

}  // namespace
}  // namespace tickmesh
