#include "orderbook/depth_flow.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <random>

namespace tickmesh {
namespace {

BookLevel level(std::int64_t ticks, std::int64_t size) { return {Price::from_raw(ticks * 1'000'000), Quantity::from_units(size)}; }
DepthView quote(std::int64_t bid, std::int64_t bid_size, std::int64_t ask, std::int64_t ask_size) {
  DepthView view;
  view.bids[0] = level(bid, bid_size);
  view.asks[0] = level(ask, ask_size);
  view.bid_levels = view.ask_levels = 1;
  return view;
}
std::int64_t e0(const DepthView& before, const DepthView& now) { return depth_events(before, now)[0] / Quantity::kScale; }

TEST(DepthFlow, AnEventOfALevelIsThatOfContKukanovAndStoikov) {
  const DepthView before = quote(100, 10, 102, 20);
  EXPECT_EQ(e0(before, quote(101, 7, 102, 20)), 7);    // bid up: its new size
  EXPECT_EQ(e0(before, quote(99, 7, 102, 20)), -10);   // bid down: its old size
  EXPECT_EQ(e0(before, quote(100, 14, 102, 20)), 4);   // same bid: the change
  EXPECT_EQ(e0(before, quote(100, 10, 101, 7)), -7);   // ask down
  EXPECT_EQ(e0(before, quote(100, 10, 103, 7)), 20);   // ask up
  EXPECT_EQ(e0(before, quote(100, 10, 102, 25)), -5);  // same ask
  EXPECT_EQ(e0(before, quote(100, 10, 0, 0)), 20);     // the ask side is empty: price unchanged, size 0
  EXPECT_EQ(e0(quote(100, 10, 0, 0), before), -20);
}

TEST(DepthFlow, ImbalanceWeighsNearLevelsMore) {
  DepthView view = quote(100, 30, 101, 10);
  EXPECT_DOUBLE_EQ(depth_imbalance(view, 1).value, 0.5);
  view.bids[1] = level(99, 0);
  view.asks[1] = level(102, 40);
  const double w = std::exp(-0.5);
  EXPECT_NEAR(depth_imbalance(view, 2).value, (20 - 40 * w) / (40 + 40 * w), 1e-15);
  const Value none = depth_imbalance(DepthView{});
  EXPECT_EQ(none.status, Status::undefined);
  EXPECT_TRUE(none.has_value);
  EXPECT_EQ(none.value, 0);
}

TEST(DepthFlow, SumsAgreeWithAddingUpTheWindowAnewAndGoOnFromASnapshot) {
  std::mt19937 dice{3};
  const auto below = [&](unsigned n) { return static_cast<std::int64_t>(dice() % n); };
  DepthFlow flow{50};
  auto cut = std::make_unique<DepthFlow>(50);
  std::deque<std::array<std::int64_t, 5>> events;
  std::deque<std::int64_t> depths;
  DepthView last;
  bool has_last = false;
  for (int i = 0; i < 5'000; ++i) {
    DepthView view;
    std::int64_t bid = 1'000 + below(3), ask = 1'004 + below(3);
    for (std::size_t k = 0; k < 5; ++k) {
      if (below(20) != 0) view.bids[k] = level(bid -= 1 + below(2), 1 + below(3));
      if (below(20) != 0) view.asks[k] = level(ask += 1 + below(2), 1 + below(3));
    }
    if (below(200) == 0) flow.break_off(), cut->break_off(), has_last = false;
    flow.push(view);
    cut->push(view);
    if (!has_last || view.bids != last.bids || view.asks != last.asks) {
      events.push_back(has_last ? depth_events(last, view) : std::array<std::int64_t, 5>{});
      depths.push_back(0);
      for (std::size_t k = 0; k < 5; ++k) depths.back() += view.bids[k].size.raw() + view.asks[k].size.raw();
      if (events.size() > 50) events.pop_front(), depths.pop_front();
      last = view;
      has_last = true;
    }
    std::int64_t all = 0, depth = 0;
    for (std::size_t k = 0; k < 5; ++k) {
      std::int64_t sum = 0;
      for (const auto& e : events) sum += e[k];
      ASSERT_EQ(flow.level(k).value, static_cast<double>(sum) / 1e8) << i;
      ASSERT_EQ(flow.level(k).status, events.size() < 50 ? Status::warmup : Status::ok);
      all += sum;
    }
    for (const std::int64_t d : depths) depth += d;
    ASSERT_DOUBLE_EQ(flow.mean().value, static_cast<double>(all) / 5e8);
    if (depth > 0) {
      ASSERT_NEAR(flow.normalised().value, 2.0 * static_cast<double>(events.size()) * static_cast<double>(all) / static_cast<double>(depth),
                  1e-12);
    }
    if (below(100) == 0) {
      Bytes bytes, again;
      ByteWriter out{bytes};
      cut->save(out);
      cut = std::make_unique<DepthFlow>(50);
      ByteReader in{bytes};
      cut->load(in);
      ASSERT_TRUE(in.done());
      ByteWriter out_again{again};
      cut->save(out_again);
      ASSERT_EQ(again, bytes);
      ASSERT_EQ(cut->mean(), flow.mean());
    }
  }
}

TEST(DepthFlow, SaysWarmUpOrUndefinedRatherThanNaN) {
  DepthFlow flow{3};
  EXPECT_EQ(flow.mean().status, Status::warmup);
  EXPECT_FALSE(flow.mean().has_value);
  flow.push(DepthView{});
  EXPECT_EQ(flow.normalised().status, Status::undefined) << "nothing rests: there is no depth to divide by";
  DepthView huge = quote(100, 1, 101, 1);
  huge.bids[0].size = Quantity::from_raw(std::int64_t{1} << 60);
  flow.push(huge);
  EXPECT_EQ(flow.events(), 1U) << "a size beyond what sums take is left out";
  flow.push(quote(100, 1, 101, 1));
  EXPECT_EQ(flow.level(0).value, 0) << "and what follows it is a first";
}

}  // namespace
}  // namespace tickmesh
