// The rolling windows against slow, obvious twins that compute each window from scratch.
#include <cmath>
#include <span>

#include "analytics/half_life.hpp"
#include "analytics/mid_window.hpp"
#include "analytics/spread_window.hpp"
#include "analytics/trend_window.hpp"
#include "unit/analytics/random_ticks.hpp"

namespace tickmesh {
namespace {

using testing_ticks::random_mids;
using testing_ticks::SplitMix;

constexpr std::int64_t kSixtyThousand = 2 * 60'000LL * 100'000'000LL;

struct Moments {
  long double mean{0}, sum_squares{0};
};
// Two passes over price units.
template <class T>
Moments moments(std::span<const T> window, long double scale) {
  Moments m;
  for (const T x : window) m.mean += static_cast<long double>(x) * scale;
  m.mean /= static_cast<long double>(window.size());
  for (const T x : window) {
    const long double d = static_cast<long double>(x) * scale - m.mean;
    m.sum_squares += d * d;
  }
  return m;
}
constexpr long double kHalfUnit = 0.5e-8L;

void expect_close(double actual, long double expected, double relative, double absolute) {
  EXPECT_NEAR(actual, static_cast<double>(expected), std::abs(static_cast<double>(expected)) * relative + absolute);
}
void expect_same(const Value& a, const Value& b) {
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.has_value, b.has_value);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(a.value), std::bit_cast<std::uint64_t>(b.value));
}

TEST(MidWindow, WarmsUpForNTicks) {
  MidWindow window{3};
  for (int i = 0; i < 2; ++i) {
    window.push(100 + i, Timestamp{i});
    EXPECT_EQ(window.z_score(), warmup_value());
    EXPECT_EQ(window.mean(), warmup_value());
    EXPECT_EQ(window.span_seconds(), warmup_value());
  }
  window.push(102, Timestamp{4'000'000'000});
  EXPECT_EQ(window.z_score().status, Status::ok);
  EXPECT_DOUBLE_EQ(window.span_seconds().value, 4);
}

TEST(MidWindow, FlatWindowHasZeroZAndSaysUndefined) {
  MidWindow window{50};
  for (int i = 0; i < 60; ++i) window.push(kSixtyThousand + 1, Timestamp{i});
  EXPECT_EQ(window.z_score(), undefined_value(0));
  EXPECT_EQ(window.sd(), ok_value(0));
}

TEST(MidWindow, AgreesWithItsSlowTwinAndNeverExceedsItsBound) {
  const auto mids = random_mids(7, 20'000, kSixtyThousand);
  MidWindow window{50};
  int flat = 0;
  for (std::size_t i = 0; i < mids.size(); ++i) {
    window.push(mids[i], Timestamp{static_cast<std::int64_t>(i)});
    if (i < 49) continue;
    const auto m = moments(std::span<const std::int64_t>(mids).subspan(i - 49, 50), kHalfUnit);
    expect_close(window.mean().value, m.mean, 1e-15, 0);
    const long double sd = std::sqrt(m.sum_squares / 50);
    if (window.z_score().status == Status::undefined) {
      ++flat;
      EXPECT_LT(sd, 1e-9L);
      continue;
    }
    expect_close(window.sd().value, sd, 1e-10, 1e-13);
    expect_close(window.z_score().value, (static_cast<long double>(mids[i]) * kHalfUnit - m.mean) / sd, 1e-9, 1e-9);
    EXPECT_LE(std::abs(window.z_score().value), 7.0 + 1e-12);
  }
  EXPECT_GT(flat, 0);
}

TEST(MidWindow, DoesNotDriftOverTwoMillionTicks) {
  SplitMix random{11};
  MidWindow window{50};
  std::vector<std::int64_t> last;
  std::int64_t mid = kSixtyThousand;
  for (int i = 0; i < 2'000'000; ++i) {
    mid += random.between(-100, 100) * 10'000;
    window.push(mid, Timestamp{i});
    if (i >= 2'000'000 - 50) last.push_back(mid);
  }
  MidWindow fresh{50};
  for (const auto m : last) fresh.push(m, Timestamp{0});
  expect_same(window.z_score(), fresh.z_score());
  expect_same(window.sd(), fresh.sd());
}

TEST(MidWindow, LargestPricesDoNotOverflow) {
  MidWindow window{50};
  TrendWindow trend{200};
  HalfLifeWindow half_life{50};
  for (int i = 0; i < 400; ++i) {
    const std::int64_t mid = i % 2 == 0 ? 2 : 2 * kMaxWindowPrice;
    window.push(mid, Timestamp{i});
    trend.push(mid);
    half_life.push(mid);
  }
  EXPECT_NEAR(window.z_score().value, 1.0, 1e-12);
  EXPECT_EQ(trend.t_value().status, Status::ok);
  EXPECT_LT(std::abs(trend.t_value().value), 1.0);
  EXPECT_NEAR(half_life.phi().value, -1.0, 1e-12);
}

TEST(HalfLife, OfAFallByHalfATickIsOneTick) {
  HalfLifeWindow window{20};
  std::int64_t mid = 1 << 30;
  for (int i = 0; i < 20; ++i, mid /= 2) window.push(mid);
  EXPECT_NEAR(window.phi().value, 0.5, 1e-9);
  EXPECT_NEAR(window.ticks().value, 1.0, 1e-8);
}

TEST(HalfLife, IsUndefinedWhereTheMidDoesNotComeBack) {
  HalfLifeWindow bounce{20}, flat{20}, line{20};
  for (int i = 0; i < 20; ++i) {
    bounce.push(1000 + (i % 2));
    flat.push(1000);
    line.push(1000 + i);
  }
  EXPECT_EQ(bounce.ticks(), undefined_value());
  EXPECT_EQ(flat.ticks(), undefined_value());
  EXPECT_EQ(line.ticks(), undefined_value());
}

TEST(HalfLife, AgreesWithItsSlowTwin) {
  const auto mids = random_mids(3, 5'000, kSixtyThousand);
  HalfLifeWindow window{50};
  int defined = 0;
  for (std::size_t i = 0; i < mids.size(); ++i) {
    window.push(mids[i]);
    if (i < 49) {
      EXPECT_EQ(window.ticks(), warmup_value());
      continue;
    }
    const auto before = std::span<const std::int64_t>(mids).subspan(i - 49, 49);
    const auto after = std::span<const std::int64_t>(mids).subspan(i - 48, 49);
    const auto x = moments(before, kHalfUnit);
    const auto y = moments(after, kHalfUnit);
    long double covariance = 0;
    for (std::size_t k = 0; k < 49; ++k)
      covariance += (static_cast<long double>(before[k]) * kHalfUnit - x.mean) * (static_cast<long double>(after[k]) * kHalfUnit - y.mean);
    if (window.phi().status == Status::undefined) {
      EXPECT_LT(x.sum_squares, 1e-15L);
      continue;
    }
    const long double phi = covariance / x.sum_squares;
    expect_close(window.phi().value, phi, 1e-9, 1e-9);
    if (phi > 0.01L && phi < 0.99L) {
      ++defined;
      expect_close(window.ticks().value, std::log(2.0L) / -std::log(phi), 1e-6, 0);
    }
  }
  EXPECT_GT(defined, 1000);
}

TEST(Trend, RisingByOneUnitATickHasThatSlope) {
  TrendWindow window{200};
  for (std::int64_t i = 0; i < 200; ++i) window.push(2 * 100'000'000 * (100 + i));
  EXPECT_DOUBLE_EQ(window.slope().value, 1.0);
  EXPECT_EQ(window.t_value(), undefined_value());
}

TEST(Trend, FlatHasSlopeZeroAndNoT) {
  TrendWindow window{200};
  for (int i = 0; i < 200; ++i) window.push(12345);
  EXPECT_EQ(window.slope(), ok_value(0));
  EXPECT_EQ(window.t_value(), undefined_value(0));
}

TEST(Trend, AgreesWithItsSlowTwin) {
  const auto mids = random_mids(5, 5'000, kSixtyThousand);
  TrendWindow window{200};
  int judged = 0;
  for (std::size_t i = 0; i < mids.size(); ++i) {
    window.push(mids[i]);
    if (i < 199) {
      EXPECT_EQ(window.t_value(), warmup_value());
      continue;
    }
    const auto values = std::span<const std::int64_t>(mids).subspan(i - 199, 200);
    const auto y = moments(values, kHalfUnit);
    long double xy = 0, xx = 0;
    for (std::size_t k = 0; k < 200; ++k) {
      const long double x = static_cast<long double>(k) - 99.5L;
      xy += x * (static_cast<long double>(values[k]) * kHalfUnit - y.mean);
      xx += x * x;
    }
    const long double slope = xy / xx;
    long double residual = 0;
    for (std::size_t k = 0; k < 200; ++k) {
      const long double e = static_cast<long double>(values[k]) * kHalfUnit - y.mean - slope * (static_cast<long double>(k) - 99.5L);
      residual += e * e;
    }
    expect_close(window.slope().value, slope, 1e-9, 1e-12);
    if (window.t_value().status != Status::ok) continue;
    ++judged;
    expect_close(window.t_value().value, slope / std::sqrt(residual / 198 / xx), 1e-8, 1e-8);
  }
  EXPECT_GT(judged, 4000);
}

TEST(Spread, StatisticsAgreeWithTheirSlowTwinBeyondTheReAnchoring) {
  SplitMix random{17};
  SpreadWindow window{100};
  std::vector<double> all;
  for (int i = 0; i < 140'000; ++i) {
    const Price bid = Price::from_raw(10'000'000'000 + random.between(-50, 50) * 1'000'000);
    const Price ask = Price::from_raw(bid.raw() + random.between(0, 5) * 1'000'000);
    const double bp = spread_bp(bid, ask);
    all.push_back(bp);
    window.push(bp);
    expect_same(window.current(), ok_value(bp));
    if (i < 99) {
      EXPECT_EQ(window.mean(), warmup_value());
      continue;
    }
    if (i % 37 != 0) continue;
    const auto m = moments(std::span<const double>(all).subspan(all.size() - 100, 100), 1);
    expect_close(window.mean().value, m.mean, 1e-11, 0);
    expect_close(window.sd().value, std::sqrt(m.sum_squares / 99), 1e-9, 0);
    expect_close(window.cv().value, std::sqrt(m.sum_squares / 99) / m.mean, 1e-9, 0);
    expect_close(window.regime().value, static_cast<long double>(bp) / m.mean, 1e-9, 1e-12);
  }
}

TEST(Spread, LockedIsAnObservationAndLeavesRatiosUndefined) {
  SpreadWindow window{100};
  for (int i = 0; i < 100; ++i) window.push(spread_bp(Price::from_units(10), Price::from_units(10)));
  EXPECT_EQ(window.mean(), ok_value(0));
  EXPECT_EQ(window.sd(), ok_value(0));
  EXPECT_EQ(window.cv(), undefined_value());
  EXPECT_EQ(window.regime(), undefined_value());
}

TEST(Spread, ConstantSpreadHasExactlyNoDeviation) {
  SpreadWindow window{100};
  for (int i = 0; i < 70'000; ++i) window.push(1.9999 + (i < 500 ? i : 0));
  EXPECT_EQ(window.sd(), ok_value(0));
  EXPECT_NEAR(window.regime().value, 1, 1e-9);
}

TEST(Spread, WhatIsNotANumberChangesNothing) {
  SpreadWindow window{100};
  window.push(1.5);
  window.push(std::nan(""));
  EXPECT_EQ(window.current(), ok_value(1.5));
}

// What every window promises: saved at any tick and loaded elsewhere, it goes on with the same bits; reset, it is as new.
template <class Window, class Push, class Read>
void expect_continues(Push push, Read read) {
  SplitMix random{23};
  for (int round = 0; round < 20; ++round) {
    const auto mids = random_mids(100 + static_cast<std::uint64_t>(round), 1'000, kSixtyThousand);
    const auto cut = static_cast<std::size_t>(random.between(0, 999));
    Window whole, before, after;
    for (std::size_t i = 0; i < 300; ++i) push(after, mids[999 - i]);
    for (std::size_t i = 0; i < mids.size(); ++i) {
      if (i == cut) {
        Bytes bytes;
        ByteWriter writer{bytes};
        before.save(writer);
        ByteReader reader{bytes};
        after.load(reader);
        EXPECT_TRUE(reader.done());
      }
      push(whole, mids[i]);
      push(i < cut ? before : after, mids[i]);
      const auto expected = read(whole);
      const auto actual = read(i < cut ? before : after);
      for (std::size_t k = 0; k < expected.size(); ++k) expect_same(actual[k], expected[k]);
    }
    whole.reset();
    Window fresh;
    for (const auto mid : mids) {
      push(whole, mid + 5);
      push(fresh, mid + 5);
    }
    for (std::size_t k = 0; k < read(fresh).size(); ++k) expect_same(read(whole)[k], read(fresh)[k]);
  }
}

TEST(Windows, RefuseAStoredMidThatNoQuoteCanHave) {
  for (const std::int64_t mid : {std::int64_t{-1}, 2 * kMaxWindowPrice + 1, std::numeric_limits<std::int64_t>::max()}) {
    Bytes bytes;
    ByteWriter out{bytes};
    out.put(std::uint32_t{2}), out.put(std::int64_t{1}), out.put(mid);
    const auto refuses = [&](auto window) {
      ByteReader in{bytes};
      EXPECT_THROW(window.load(in), InvariantError) << mid;
    };
    refuses(MidWindow{50});
    refuses(HalfLifeWindow{50});
    refuses(TrendWindow{200});
  }
}

TEST(Windows, ContinueBitForBitAfterSaveAndLoad) {
  expect_continues<MidWindow>([](MidWindow& w, std::int64_t m) { w.push(m, Timestamp{m}); },
                              [](const MidWindow& w) { return std::array{w.z_score(), w.mean(), w.sd(), w.sd_bp(), w.span_seconds()}; });
  expect_continues<HalfLifeWindow>([](HalfLifeWindow& w, std::int64_t m) { w.push(m); },
                                   [](const HalfLifeWindow& w) { return std::array{w.phi(), w.ticks()}; });
  expect_continues<TrendWindow>([](TrendWindow& w, std::int64_t m) { w.push(m); },
                                [](const TrendWindow& w) { return std::array{w.slope(), w.t_value()}; });
  expect_continues<SpreadWindow>([](SpreadWindow& w, std::int64_t m) { w.push(static_cast<double>(m % 1'000'003) / 7e5); },
                                 [](const SpreadWindow& w) { return std::array{w.current(), w.mean(), w.sd(), w.cv(), w.regime()}; });
}

}  // namespace
}  // namespace tickmesh
