// The harness tells the truth: a stall is charged to everything it delayed, and figures are what their turns gave.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/harness/pacing.hpp"
#include "bench/harness/report.hpp"

namespace tickmesh::bench {
namespace {

constexpr std::int64_t kMicrosecond = 1'000, kMillisecond = 1'000'000;

/// Time that passes only when somebody works or sleeps.
struct VirtualClock {
  std::int64_t time{1'000'000'000};
  std::int64_t now() const { return time; }
  void sleep_until(std::int64_t ns) { time = ns; }
};

/// Answers within 10 us, but for one call that hangs.
struct Target {
  VirtualClock& clock;
  std::uint64_t hangs_at;
  void call(std::uint64_t i) { clock.time += i == hangs_at ? 100 * kMillisecond : 10 * kMicrosecond; }
};

struct Seen {
  Latencies from_intended, from_actual;
};

Seen run(std::uint64_t hangs_at) {
  VirtualClock clock;
  Target target{clock, hangs_at};
  Seen seen;
  at_rate(clock, Schedule{clock.now(), 2'000}, 10'000, [&](std::uint64_t i, std::int64_t intended) {
    const std::int64_t begin = clock.now();
    target.call(i);
    seen.from_intended.add(clock.now() - intended);
    seen.from_actual.add(clock.now() - begin);
  });
  return seen;
}

TEST(AtRate, AStallOfATenthOfASecondShowsInTheLatenciesOfAllItDelayed) {
  // 2,000 a second for five seconds: 100 ms delay 200 calls, the 2 % worst of them.
  const Seen seen = run(5'000);
  EXPECT_GT(seen.from_intended.percentile(0.99), 40 * kMillisecond);
  EXPECT_EQ(seen.from_intended.max(), 100 * kMillisecond);
  EXPECT_EQ(seen.from_intended.percentile(0.5), 10 * kMicrosecond);
  // What a clock started at each call would have told: nothing happened.
  EXPECT_EQ(seen.from_actual.percentile(0.99), 10 * kMicrosecond);
}

TEST(AtRate, WithoutAStallTheLatencyIsTheTargetsOwn) {
  const Seen seen = run(1'000'000);
  EXPECT_EQ(seen.from_intended.max(), 10 * kMicrosecond);
}

TEST(AtRate, LateWorkIsNeitherLeftOutNorMoved) {
  VirtualClock clock;
  const std::int64_t begin = clock.now();
  std::vector<std::int64_t> intended, actual;
  at_rate(clock, Schedule{begin, 1'000}, 5, [&](std::uint64_t i, std::int64_t at) {
    intended.push_back(at - begin);
    actual.push_back(clock.now() - begin);
    clock.time += i == 1 ? 2 * kMillisecond + kMicrosecond : 0;
  });
  const auto ms = kMillisecond;
  EXPECT_EQ(intended, (std::vector<std::int64_t>{0, ms, 2 * ms, 3 * ms, 4 * ms}));
  EXPECT_EQ(actual, (std::vector<std::int64_t>{0, ms, 3 * ms + kMicrosecond, 3 * ms + kMicrosecond, 4 * ms}));
}

TEST(Latencies, APercentileIsTheNearestRank) {
  Latencies l;
  for (std::int64_t i = 100; i >= 1; --i) l.add(i);
  EXPECT_EQ(l.percentile(0.5), 50);
  EXPECT_EQ(l.percentile(0.99), 99);
  EXPECT_EQ(l.percentile(0.999), 100);
  EXPECT_EQ(l.percentile(0), 1);
  EXPECT_EQ(Latencies{}.percentile(0.5), 0);
}

TEST(Figures, AreMediansBesideTheMedianOfTheirFloors) {
  const auto all = figures({{"a.p50", "us"}, {"b", "ticks/s"}}, {{{2, 100}, {3, 50}}, {{4, 300}, {9, 70}}, {{2, 200}, {6, 60}}});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].value, 6);
  EXPECT_EQ(all[0].floor, 2);
  EXPECT_EQ(all[0].ratio(), 3);
  EXPECT_EQ(all[0].min, 3);
  EXPECT_EQ(all[0].max, 9);
  EXPECT_EQ(all[1].ratio(), 0.3);
  EXPECT_EQ(all[1].runs, 3u);
}

TEST(Figures, InJsonHaveNullWhereThereIsNoFloor) {
  const auto json = nlohmann::json::parse(as_json(figures({{"heal", "s"}}, {{{}, {0.5}}, {{}, {0.25}}})));
  EXPECT_EQ(json,
            nlohmann::json::parse(R"([{"name":"heal","value":0.375,"unit":"s","floor":null,"ratio":null,"runs":2,"min":0.25,"max":0.5}])"));
}

}  // namespace
}  // namespace tickmesh::bench
