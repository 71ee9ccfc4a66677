// The rolling windows against slow, obvious twins that compute each window from scratch.
#include <cmath>
#include <span>

#include "unit/analytics/alone.hpp"
#include "unit/analytics/random_ticks.hpp"

namespace tickmesh {
namespace {

using testing_ticks::HalfLifeAlone;
using testing_ticks::MidAlone;
using testing_ticks::random_mids;
using testing_ticks::SplitMix;
using testing_ticks::SpreadAlone;
using testing_ticks::TrendAlone;

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
  MidAlone window{3};
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
  MidAlone window{50};
  for (int i = 0; i < 60; ++i) window.push(kSixtyThousand + 1, Timestamp{i});
  EXPECT_EQ(window.z_score(), undefined_value(0));
  EXPECT_EQ(window.sd(), ok_value(0));
}

TEST(MidWindow, AgreesWithItsSlowTwinAndNeverExceedsItsBound) {
  const auto mids = random_mids(7, 20'000, kSixtyThousand);
  MidAlone window{50};
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
  MidAlone window{50};
  std::vector<std::int64_t> last;
  std::int64_t mid = kSixtyThousand;
  for (int i = 0; i < 2'000'000; ++i) {
    mid += random.between(-100, 100) * 10'000;
    window.push(mid, Timestamp{i});
    if (i >= 2'000'000 - 50) last.push_back(mid);
  }
  MidAlone fresh{50};
  for (const auto m : last) fresh.push(m, Timestamp{0});
  expect_same(window.z_score(), fresh.z_score());
  expect_same(window.sd(), fresh.sd());
}

TEST(MidWindow, LargestPricesDoNotOverflow) {
  MidAlone window{50};
  TrendAlone trend{200};
  HalfLifeAlone half_life{50};
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
  HalfLifeAlone window{20};
  std::int64_t mid = 1 << 30;
  for (int i = 0; i < 20; ++i, mid /= 2) window.push(mid);
  EXPECT_NEAR(window.phi().value, 0.5, 1e-9);
  EXPECT_NEAR(window.ticks().value, 1.0, 1e-8);
}

TEST(HalfLife, IsUndefinedWhereTheMidDoesNotComeBack) {
  HalfLifeAlone bounce{20}, flat{20}, line{20};
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
  HalfLifeAlone window{50};
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
  TrendAlone window{200};
  for (std::int64_t i = 0; i < 200; ++i) window.push(2 * 100'000'000 * (100 + i));
  EXPECT_DOUBLE_EQ(window.slope().value, 1.0);
  EXPECT_EQ(window.t_value(), undefined_value());
}

TEST(Trend, FlatHasSlopeZeroAndNoT) {
  TrendAlone window{200};
  for (int i = 0; i < 200; ++i) window.push(12345);
  EXPECT_EQ(window.slope(), ok_value(0));
  EXPECT_EQ(window.t_value(), undefined_value(0));
}

TEST(Trend, AgreesWithItsSlowTwin) {
  const auto mids = random_mids(5, 5'000, kSixtyThousand);
  TrendAlone window{200};
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
  SpreadAlone window{100};
  std::vector<double> all;
  for (int i = 0; i < 140'000; ++i) {
    const Price bid = Price::from_raw(10'000'000'000 + random.between(-50, 50) * 1'000'000);
    const Price ask = Price::from_raw(bid.raw() + random.between(0, 5) * 1'000'000);
    const double bp = spread_bp(bid, ask);
    all.push_back(bp);
    window.push_bp(bp);
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
  SpreadAlone window{100};
  for (int i = 0; i < 100; ++i) window.push_bp(spread_bp(Price::from_units(10), Price::from_units(10)));
  EXPECT_EQ(window.mean(), ok_value(0));
  EXPECT_EQ(window.sd(), ok_value(0));
  EXPECT_EQ(window.cv(), undefined_value());
  EXPECT_EQ(window.regime(), undefined_value());
}

TEST(Spread, ConstantSpreadHasExactlyNoDeviation) {
  SpreadAlone window{100};
  for (int i = 0; i < 70'000; ++i) window.push_bp(1.9999 + (i < 500 ? i : 0));
  EXPECT_EQ(window.sd(), ok_value(0));
  EXPECT_NEAR(window.regime().value, 1, 1e-9);
}

// What the windows promise together: saved at any tick and loaded elsewhere, they go on with the same bits; reset, they are as new.
TEST(Windows, ContinueBitForBitAfterSaveAndLoad) {
  SplitMix random{23};
  const auto read = [](const QuoteWindows& w) {
    return std::array{w.mids().z_score(),  w.mids().mean(),       w.mids().sd(),     w.mids().sd_bp(),    w.mids().span_seconds(),
                      w.half_life().phi(), w.half_life().ticks(), w.trend().slope(), w.trend().t_value(), w.spreads().current(),
                      w.spreads().mean(),  w.spreads().sd(),      w.spreads().cv(),  w.spreads().regime()};
  };
  const auto push = [](QuoteWindows& w, std::int64_t mid) {
    const auto half = mid / 2 - mid % 7 * 1'000'000;
    w.push(Price::from_raw(half), Price::from_raw(mid - half), Timestamp{mid});
  };
  const std::array<std::array<std::size_t, 3>, 3> lengths{{{50, 100, 200}, {256, 2, 3}, {3, 700, 5}}};
  for (std::size_t round = 0; round < 21; ++round) {
    const auto& n = lengths[round % lengths.size()];
    const auto mids = random_mids(100 + round, 1'000, kSixtyThousand);
    const auto cut = static_cast<std::size_t>(random.between(0, 999));
    QuoteWindows whole{n[0], n[1], n[2]}, before{n[0], n[1], n[2]}, after{n[0], n[1], n[2]};
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
      QuoteWindows& ours = i < cut ? before : after;
      for (QuoteWindows* w : {&whole, &ours}) {
        if (i % 333 == 332) w->break_off();
        push(*w, mids[i]);
      }
      const auto expected = read(whole);
      const auto actual = read(ours);
      for (std::size_t k = 0; k < expected.size(); ++k) expect_same(actual[k], expected[k]);
    }
    whole.reset();
    QuoteWindows fresh{n[0], n[1], n[2]};
    for (const auto mid : mids) {
      push(whole, mid + 5);
      push(fresh, mid + 5);
    }
    for (std::size_t k = 0; k < read(fresh).size(); ++k) expect_same(read(whole)[k], read(fresh)[k]);
  }
}

/// Stored windows of 50, 100 and 200: mids with their times, mids of the half-life, spreads with their sums, mids of the trend.
Bytes stored(const std::vector<std::int64_t>& z, const std::vector<std::int64_t>& pairs, const std::vector<double>& spreads,
             const std::vector<std::int64_t>& trend) {
  Bytes bytes;
  ByteWriter out{bytes};
  const auto put = [&](const auto& all) {
    out.put(static_cast<std::uint32_t>(all.size()));
    for (const auto one : all) out.put(one);
  };
  put(z), put(std::vector<std::int64_t>(z.size())), put(pairs), put(spreads);
  for (int i = 0; i < 3; ++i) out.put(0.0);
  out.put(std::uint32_t{0});
  put(trend);
  return bytes;
}

TEST(Windows, RefuseWhatNoHistoryOfQuotesCanHaveLeft) {
  const auto loads = [](const Bytes& bytes) {
    QuoteWindows windows{50, 100, 200};
    ByteReader in{bytes};
    windows.load(in);
  };
  EXPECT_NO_THROW(loads(stored({2, 3}, {3}, {1.5, 2.5}, {1, 2, 3})));
  for (const std::int64_t mid : {std::int64_t{-1}, 2 * kMaxWindowPrice + 1, std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_THROW(loads(stored({1, mid}, {}, {}, {1, mid})), InvariantError) << mid;
    EXPECT_THROW(loads(stored({}, {1, mid}, {}, {})), InvariantError) << mid;
    EXPECT_THROW(loads(stored({}, {}, {}, {1, mid})), InvariantError) << mid;
  }
  EXPECT_THROW(loads(stored({2, 4}, {3}, {1.5}, {1, 2, 3})), InvariantError) << "the newest mid is another";
  EXPECT_THROW(loads(stored({2, 3}, {9, 2, 3}, {1.5}, {1, 2, 3})), InvariantError);
  EXPECT_THROW(loads(stored({}, {2, 3}, {1.5}, {})), InvariantError) << "pairs without mids";
  EXPECT_THROW(loads(stored({3}, {3}, {std::nan("")}, {3})), InvariantError);
  EXPECT_THROW(loads(stored(std::vector<std::int64_t>(51, 7), {}, {}, {})), InvariantError) << "longer than the window";
}

}  // namespace
}  // namespace tickmesh
