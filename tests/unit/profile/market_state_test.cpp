#include "analytics/profile/market_state.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>

namespace tickmesh {
namespace {

using enum MarketStateKind;
Price cents(std::int64_t n) { return Price::from_raw(n * 1'000'000); }
Quantity units(std::int64_t n) { return Quantity::from_units(n); }
constexpr Timestamp kOpen{1'381'152'600'000'000'000};
constexpr MarketState::Area kArea{Price::from_raw(1'000'000'000), Price::from_raw(1'010'000'000)};  // 10.00 to 10.10

struct Driven : MarketState {
  explicit Driven(Area previous = kArea) { begin(kOpen, previous); }
  /// One bar: a trade of 100 at its close.
  void bar(std::int64_t close, int sign, Area developing = kArea) {
    trade(cents(close), units(100), sign);
    close_bar(kOpen + seconds(60 * ++bars_), cents(close), developing);
  }
  std::int64_t bars_{0};
};
Bytes saved(const MarketState& state) {
  Bytes bytes;
  ByteWriter out{bytes};
  state.save(out);
  return bytes;
}

TEST(MarketState, IsUnknownUntilTenBarsThenBalancedInsideTheArea) {
  Driven state;
  for (int i = 0; i < 9; ++i) state.bar(1'005 + i % 2, 0);
  EXPECT_EQ(state.state(), unknown);
  state.bar(1'005, 0);
  EXPECT_EQ(state.state(), balance);
  EXPECT_EQ(state.read().in_frac.value, 1);
  EXPECT_EQ(state.read().efficiency.value, 0) << "nine steps that lead nowhere: from 1005 to 1005";
}

TEST(MarketState, LeavesBalanceUpwardsOnThreeClosesAboveWithDirectionAndBuyers) {
  Driven state;
  for (int i = 0; i < 10; ++i) state.bar(1'005 + i % 2, 0);
  ASSERT_EQ(state.state(), balance);
  state.bar(1'012, 1);
  state.bar(1'016, 1);
  EXPECT_EQ(state.state(), balance) << "two closes above";
  state.bar(1'020, 1);
  EXPECT_EQ(state.state(), imbalance_up);
  const auto r = state.read();
  EXPECT_EQ(r.accept_up, 3U);
  // 1005 to 1020 by nine steps of 1 (the tenth close is 1006), then 6, 4 and 4.
  EXPECT_DOUBLE_EQ(r.efficiency.value, 15.0 / (9 + 6 + 4 + 4));
  EXPECT_EQ(r.cvd, 300);
  EXPECT_EQ(reasons(r), "13 bars, 76.92 % of volume inside, 3 closes above VAH, efficiency 0.65, CVD +300.00");
  state.begin(kOpen + seconds(86'400), kArea);
  EXPECT_EQ(state.state(), unknown);
}

TEST(MarketState, WithoutBuyersThreeClosesAboveAreNoImbalance) {
  Driven state;
  for (int i = 0; i < 10; ++i) state.bar(1'005 + i % 2, 0);
  for (const int close : {1'012, 1'016, 1'020}) state.bar(close, -1);
  EXPECT_EQ(state.state(), balance);
}

TEST(MarketState, FallsDownwardsAsItRises) {
  Driven state;
  for (int i = 0; i < 10; ++i) state.bar(1'005 - i % 2, 0);
  for (const int close : {998, 994, 990}) state.bar(close, -1);
  EXPECT_EQ(state.state(), imbalance_down);
  EXPECT_EQ(state.read().accept_down, 3U);
}

TEST(MarketState, ComparesWithThePreviousSessionForHalfAnHourThenWithTheAreaAtTheBarsStart) {
  const MarketState::Area developing{cents(2'000), cents(2'010)};
  Driven state;
  for (int i = 0; i < 29; ++i) state.bar(1'005, 0, developing);
  EXPECT_EQ(state.reference(), kArea);
  state.bar(1'005, 0, developing);
  EXPECT_EQ(state.reference(), developing);
  Driven first{MarketState::Area{}};
  EXPECT_FALSE(first.reference());
  first.bar(1'005, 0, developing);
  EXPECT_EQ(first.reference(), developing) << "no session before: the developing one from the second bar on";
}

TEST(MarketState, AgreesWithItsWindowLookedThroughAnewAndGoesOnFromASnapshot) {
  struct Bar {
    std::int64_t close, inside, volume, flow;
  };
  std::mt19937_64 dice{2};
  const auto below = [&](std::int64_t n) { return static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(n)); };
  MarketState state;
  auto cut = std::make_unique<MarketState>();
  std::deque<Bar> window;
  MarketStateKind expected = unknown;
  std::uint32_t up = 0, down = 0;
  MarketState::Area reference{};
  std::int64_t price = 1'000, seen[4]{};
  Timestamp now = kOpen, start = kOpen;
  MarketState::Area previous{};
  int drift = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (i % 390 == 0) {
      previous = {cents(price - 8), cents(price + 8)};
      start = now;
      state.begin(now, previous);
      cut->begin(now, previous);
      reference = previous;
      window.clear();
      expected = unknown;
      up = down = 0;
    }
    if (below(40) == 0) drift = static_cast<int>(below(3)) - 1;
    Bar bar{};
    for (std::int64_t n = 1 + below(5); n > 0; --n) {
      price = std::max<std::int64_t>(100, price + below(5) - 2 + drift);
      const int sign = static_cast<int>(below(3)) - 1 + (below(3) == 0 ? drift : 0);
      const int clamped = std::max(-1, std::min(1, sign));
      const std::int64_t size = 1 + below(50);
      state.trade(cents(price), units(size), clamped);
      cut->trade(cents(price), units(size), clamped);
      bar.volume += size;
      bar.flow += clamped * size;
      if (cents(price) >= reference.low && cents(price) <= reference.high) bar.inside += size;
    }
    bar.close = price;
    now = now + seconds(60);
    const MarketState::Area developing{cents(price - 3 - below(20)), cents(price + 3 + below(20))};
    state.close_bar(now, cents(price), developing);
    cut->close_bar(now, cents(price), developing);

    window.push_back(bar);
    if (window.size() > 30) window.pop_front();
    std::int64_t path = 0, inside = 0, volume = 0, flow = 0;
    for (std::size_t k = 0; k < window.size(); ++k) {
      if (k > 0) path += std::abs(window[k].close - window[k - 1].close);
      inside += window[k].inside, volume += window[k].volume, flow += window[k].flow;
    }
    up = cents(price) > reference.high ? up + 1 : 0;
    down = cents(price) < reference.low ? down + 1 : 0;
    const double efficiency =
        path > 0 ? static_cast<double>(std::abs(window.back().close - window.front().close)) / static_cast<double>(path) : 0;
    const double in_frac = static_cast<double>(inside) / static_cast<double>(volume);
    if (window.size() >= 10) {
      if (up >= 3 && efficiency >= 0.30 && flow > 0)
        expected = imbalance_up;
      else if (down >= 3 && efficiency >= 0.30 && flow < 0)
        expected = imbalance_down;
      else if (in_frac >= 0.60 && efficiency < 0.30)
        expected = balance;
    }
    const auto r = state.read();
    ASSERT_EQ(r.state, expected) << i;
    ASSERT_DOUBLE_EQ(r.efficiency.value, efficiency) << i;
    ASSERT_DOUBLE_EQ(r.in_frac.value, in_frac) << i;
    ASSERT_EQ(r.cvd, static_cast<double>(flow)) << i;
    ++seen[static_cast<int>(expected)];
    reference = now - start < seconds(1'800) ? previous : developing;
    if (below(100) == 0) {
      const Bytes bytes = saved(*cut);
      cut = std::make_unique<MarketState>();
      ByteReader in{bytes};
      cut->load(in);
      ASSERT_TRUE(in.done());
      ASSERT_EQ(saved(*cut), saved(state));
    }
    ASSERT_EQ(cut->read(), r);
  }
  for (const std::int64_t count : seen) EXPECT_GT(count, 100);
}

}  // namespace
}  // namespace tickmesh
