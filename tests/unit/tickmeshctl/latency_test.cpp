// Percentiles as they are read off a histogram and off samples.
#include "tickmeshctl/latency_verb.hpp"

#include <gtest/gtest.h>

namespace tickmesh::ctl {
namespace {

constexpr const char* kText = R"(# HELP tickmesh_tick_to_order_seconds From the time of a tick to the release of what it led to.
# TYPE tickmesh_tick_to_order_seconds histogram
tickmesh_tick_to_order_seconds_count 10
tickmesh_tick_to_order_seconds_sum 0.5
tickmesh_tick_to_order_seconds_bucket{le="1e-06"} 0
tickmesh_tick_to_order_seconds_bucket{le="0.001"} 4
tickmesh_tick_to_order_seconds_bucket{le="0.002"} 8
tickmesh_tick_to_order_seconds_bucket{le="1"} 9
tickmesh_tick_to_order_seconds_bucket{le="+Inf"} 10
tickmesh_tick_to_signal_seconds_bucket{le="+Inf"} 3
)";

TEST(Latency, AHistogramIsReadByItsNameAlone) {
  const auto buckets = Buckets::parse(kText, "tickmesh_tick_to_order_seconds");
  ASSERT_TRUE(buckets);
  EXPECT_EQ(buckets->count(), 10U);
  EXPECT_EQ(buckets->upto.size(), 5U);
  EXPECT_EQ(Buckets::parse(kText, "tickmesh_tick_to_signal_seconds")->count(), 3U);
  EXPECT_FALSE(Buckets::parse(kText, "tickmesh_tick_to_intent_seconds"));
  EXPECT_FALSE(Buckets::parse("tickmesh_x_seconds_bucket{le=\"wide\"} 3\n", "tickmesh_x_seconds"));
}

TEST(Latency, APercentileLiesWithinItsBucket) {
  const auto buckets = *Buckets::parse(kText, "tickmesh_tick_to_order_seconds");
  EXPECT_NEAR(quantile(buckets, 0.4), 0.001, 1e-12) << "the fourth of ten";
  EXPECT_NEAR(quantile(buckets, 0.5), 0.00125, 1e-12) << "a quarter into the next bucket";
  EXPECT_NEAR(quantile(buckets, 0.8), 0.002, 1e-12);
  EXPECT_NEAR(quantile(buckets, 0.99), 1, 1e-12) << "beyond the last bound nothing is known but that";
  EXPECT_EQ(quantile(Buckets{{{0.5, 0}, {1, 0}}}, 0.5), 1) << "no samples: no claim, and no division by nothing";
}

TEST(Latency, APercentileOfSamplesIsOneOfThem) {
  std::vector<double> samples{5, 1, 4, 2, 3};
  EXPECT_EQ(quantile(samples, 0.5), 3);
  EXPECT_EQ(quantile(samples, 0.99), 5);
  EXPECT_EQ(quantile(samples, 0.2), 1);
  std::vector<double> one{7};
  EXPECT_EQ(quantile(one, 0.5), 7);
}

}  // namespace
}  // namespace tickmesh::ctl
