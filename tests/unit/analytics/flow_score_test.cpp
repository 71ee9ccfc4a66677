#include "analytics/flow_score.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <deque>
#include <random>

#include "analytics/plain_math.hpp"
#include "analytics/prior_bars.hpp"
#include "analytics/ring.hpp"

namespace tickmesh {
namespace {

/// The window kept whole and gone through anew for every value.
class SlowScore {
 public:
  explicit SlowScore(std::size_t n) : n_{n} {}
  void push(std::int64_t sum) {
    sums_.push_back(sum);
    if (sums_.size() > n_) sums_.pop_front();
  }
  Value z() const {
    if (sums_.size() < n_) return {0, Status::warmup, false};
    if (std::ranges::all_of(sums_, [this](std::int64_t x) { return x == sums_.front(); })) return {0, Status::undefined, true};
    long double mean = 0, variance = 0;
    for (const auto x : sums_) mean += static_cast<long double>(x) / static_cast<long double>(n_);
    for (const auto x : sums_)
      variance += (static_cast<long double>(x) - mean) * (static_cast<long double>(x) - mean) / static_cast<long double>(n_);
    return {static_cast<double>((static_cast<long double>(sums_.back()) - mean) / std::sqrt(variance)), Status::ok, true};
  }

 private:
  std::size_t n_;
  std::deque<std::int64_t> sums_;
};

template <class T>
T continued(const T& one, T fresh) {
  Bytes bytes;
  ByteWriter out{bytes};
  one.save(out);
  ByteReader in{bytes};
  fresh.load(in);
  EXPECT_TRUE(in.done());
  return fresh;
}

TEST(FlowScore, IsTheScoreOfTheWholeWindowAndGoesOnFromASnapshotAnywhere) {
  for (const std::size_t n : {std::size_t{2}, std::size_t{7}, std::size_t{2000}}) {
    std::mt19937_64 random{n};
    FlowScore score{n};
    SlowScore slow{n};
    for (int i = 0; i < 6000; ++i) {
      // From single lots to the largest the window takes, and stretches where nothing moves.
      const int bits = static_cast<int>(random() % 57);
      const auto sum = i % 900 < 300 && n < 100 ? 5 : static_cast<std::int64_t>(random() >> (63 - bits)) - (std::int64_t{1} << bits) / 2;
      score.push(sum);
      slow.push(sum);
      if (random() % 512 == 0) score = continued(score, FlowScore{n});
      const Value a = score.z(), b = slow.z();
      ASSERT_EQ(a.status, b.status) << i;
      ASSERT_NEAR(a.value, b.value, 1e-9 * std::max(1.0, std::abs(b.value))) << i;
      if (a.has_value) {
        ASSERT_LE(std::abs(a.value), std::sqrt(static_cast<double>(n - 1)) + 1e-9) << "the present one is in the window";
      }
    }
  }
}

TEST(FlowScore, WarmsUpSaysNothingOfAFlatWindowAndStartsAnewWithASession) {
  FlowScore score{3};
  score.push(4), score.push(4);
  EXPECT_EQ(score.z(), (Value{0, Status::warmup, false}));
  score.push(4);
  EXPECT_EQ(score.z(), (Value{0, Status::undefined, true})) << "zero deviation";
  score.push(10);
  EXPECT_NEAR(score.z().value, std::sqrt(2.0), 1e-12) << "4, 4, 10: mean 6, sd sqrt 8";
  score.reset();
  EXPECT_EQ(score.z().status, Status::warmup);
}

TEST(FlowScore, LeavesOutWhatNoSumTakes) {
  FlowScore score{2};
  score.push(1), score.push(3);
  const Value before = score.z();
  score.push(Int128{FlowScore::kMost} + 1);
  EXPECT_EQ(score.z(), (Value{0, Status::undefined, false}));
  EXPECT_EQ(continued(score, FlowScore{2}).z().status, Status::undefined);
  score.push(3);
  EXPECT_EQ(score.z().status, Status::undefined) << "3 and 3";
  score.push(1), score.push(3);
  EXPECT_EQ(score.z(), before);
}

TEST(FlowScore, RefusesASnapshotThatNoEventsMade) {
  Bytes bytes;
  ByteWriter out{bytes};
  out.put(std::uint32_t{1}), out.put(FlowScore::kMost + 1), out.put(false);
  ByteReader in{bytes};
  FlowScore score{5};
  EXPECT_THROW(score.load(in), InvariantError);
}

TEST(PlainMath, APairHasTheBitsThatEachOfItHasAloneAndZeroWhereNothingIsLeft) {
  std::mt19937_64 dice{7};
  std::uniform_real_distribution<double> exponent{-720, 0};
  const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
  for (int i = 0; i < 100'000; ++i) {
    const double a = i % 100 == 0 ? -0.0 : exponent(dice), b = exponent(dice) / 100;
    const Pair both = exp_of_negative(Pair{a, b});
    ASSERT_EQ(bits(both[0]), bits(exp_of_negative(a))) << a;
    ASSERT_EQ(bits(both[1]), bits(exp_of_negative(b))) << b;
    ASSERT_NEAR(both[1] / std::exp(b), 1, 1e-15) << b;
    if (a < -700) {
      ASSERT_EQ(bits(both[0]), 0u) << a;
    }
  }
}

TEST(Ring, HoldsTheLastOfAnyNumberAndBeginsAnewWhereverItStood) {
  for (const std::size_t n : {1u, 2u, 3u, 7u, 8u, 100u}) {
    Ring<int> ring{n};
    for (const int pushes : {0, 1, 5, 13, 250}) {
      ring.reset();
      std::deque<int> held;
      for (int i = 0; i < pushes; ++i) {
        if (ring.full()) {
          ASSERT_EQ(ring.oldest(), held.front());
          ASSERT_EQ(ring.place(), &ring.oldest()) << "what leaves lies where the next one goes";
        }
        ring.push(i);
        held.push_back(i);
        if (held.size() > n) held.pop_front();
        ASSERT_EQ(ring.size(), held.size());
        for (std::size_t k = 0; k < held.size(); ++k) {
          ASSERT_EQ(ring[k], held[k]);
          ASSERT_EQ(ring.back(held.size() - 1 - k), held[k]);
        }
      }
    }
  }
}

TEST(PriorBars, HoldsABarAgainstTheTwentyBeforeItAndNotAgainstItself) {
  PriorBars bars{20};
  std::mt19937_64 random{3};
  std::deque<ClosedBar> kept;
  for (int i = 0; i < 400; ++i) {
    ClosedBar bar;
    bar.close = Price::from_raw(static_cast<std::int64_t>(1 + random() % 20'000'000'000));
    bar.volume = Quantity::from_raw(static_cast<std::int64_t>(random() % 1'000'000'000'000));
    kept.push_back(bar);
    if (kept.size() > 21) kept.pop_front();
    bars.push(bar);
    if (random() % 16 == 0) bars = continued(bars, PriorBars{20});
    ASSERT_EQ(bars.close().value, bar.close.to_double());
    ASSERT_EQ(bars.volume().value, bar.volume.to_double());
    if (kept.size() < 21) {
      ASSERT_EQ(bars.high_close().status, Status::warmup) << "twenty bars stand before it first";
      ASSERT_EQ(bars.mean_volume().status, Status::warmup);
      continue;
    }
    double high = 0, low = 1e12, volume = 0;
    for (std::size_t k = 0; k < 20; ++k) {
      high = std::max(high, kept[k].close.to_double());
      low = std::min(low, kept[k].close.to_double());
      volume += kept[k].volume.to_double() / 20;
    }
    ASSERT_EQ(bars.high_close().value, high);
    ASSERT_EQ(bars.low_close().value, low);
    ASSERT_NEAR(bars.mean_volume().value, volume, 1e-9 * volume);
  }
}

}  // namespace
}  // namespace tickmesh
