// One simulated day on seed 1: what CONTRACTS "Demo feed" promises of it.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "unit/market/demo_instruments.hpp"

namespace tickmesh {
namespace {

/// Correlation of a series with itself one step earlier.
class LagOne {
 public:
  void add(double x) {
    if (n_ > 0) {
      xy_ += x * last_;
      ++pairs_;
    }
    last_ = x;
    sum_ += x;
    square_ += x * x;
    ++n_;
  }
  double correlation() const {
    const double mean = sum_ / static_cast<double>(n_);
    return (xy_ / static_cast<double>(pairs_) - mean * mean) / (square_ / static_cast<double>(n_) - mean * mean);
  }
  double standard_error() const { return 1 / std::sqrt(static_cast<double>(n_)); }

 private:
  double last_{0}, sum_{0}, square_{0}, xy_{0};
  std::size_t n_{0}, pairs_{0};
};

struct OfInstrument {
  std::int64_t last_at{-1};
  double last_mid{0};
  LagOne gaps, moves;
  std::int64_t bid{0}, ask{0};
  std::array<std::uint64_t, 6> spreads{};
  std::uint64_t quotes{0}, trades{0};
  // AR(1) of the mid about its mean over blocks of 200 quotes.
  std::vector<double> block;
  double covariance{0}, variance{0};
  void add_mid(double mid) {
    block.push_back(mid);
    if (block.size() < 200) return;
    double mean = 0;
    for (const double m : block) mean += m / 200;
    for (std::size_t i = 1; i < block.size(); ++i) {
      covariance += (block[i] - mean) * (block[i - 1] - mean);
      variance += (block[i - 1] - mean) * (block[i - 1] - mean);
    }
    block.clear();
  }
};

struct Day {
  std::map<InstrumentId, OfInstrument> instruments;
  LagOne feed_gaps;
  std::int64_t last_at{-1};
  std::uint64_t ticks{0}, trades{0}, at_quote{0}, crossed{0}, backwards{0}, outside_five{0}, in_gap{0}, while_halted{0}, unchanged{0};
  std::array<double, 13> volume{};  // half hours
  std::vector<DemoEvent> events;
};

Day run_day() {
  const Instruments instruments = testing::demo_instruments();
  auto market = *DemoMarket::make(instruments, testing::demo_options());
  Day day;
  std::map<InstrumentId, Tick> last;
  InstrumentId halted{};
  std::int64_t latest = 0, interrupted = 0;
  for (;;) {
    const DemoItem item = market.next();
    day.backwards += item.offset < latest;
    latest = item.offset;
    if (item.is_event) {
      day.events.push_back(item.event);
      if (item.event.kind == FeedEventKind::session_ended) return day;
      if (item.event.kind == FeedEventKind::gap || item.event.kind == FeedEventKind::resumed) interrupted = item.offset;
      if (item.event.kind == FeedEventKind::gap) day.in_gap += day.last_at >= item.event.from;
      if (item.event.kind == FeedEventKind::halted) halted = instrument_id(item.event.symbol);
      if (item.event.kind == FeedEventKind::resumed) halted = {};
      continue;
    }
    const Tick& t = item.tick;
    OfInstrument& of = day.instruments[t.instrument];
    day.while_halted += t.instrument == halted;
    ++day.ticks;
    // Silences and the halt are no arrivals: one of three minutes would outweigh a day of them in a variance.
    const auto ordinary = [&](std::int64_t since) { return since >= 0 && since >= interrupted; };
    if (ordinary(day.last_at)) day.feed_gaps.add(static_cast<double>(item.offset - day.last_at));
    day.last_at = item.offset;
    if (ordinary(of.last_at)) of.gaps.add(static_cast<double>(item.offset - of.last_at));
    of.last_at = item.offset;
    if (t.kind == TickKind::quote) {
      ++of.quotes;
      const std::int64_t spread = (t.ask.raw() - t.bid.raw()) / 1'000'000;
      day.crossed += t.ask <= t.bid || t.bid.raw() <= 0 || t.bid_size.raw() <= 0 || t.ask_size.raw() <= 0;
      day.outside_five += spread < 1 || spread > 5;
      if (spread >= 1 && spread <= 5) ++of.spreads[static_cast<std::size_t>(spread)];
      const double mid = 0.5 * (t.bid.to_double() + t.ask.to_double());
      if (of.last_mid > 0) of.moves.add(std::abs(std::log(mid / of.last_mid)));
      of.last_mid = mid;
      of.add_mid(mid);
      day.unchanged += last[t.instrument] == t;
      last[t.instrument] = t;
      of.bid = t.bid.raw();
      of.ask = t.ask.raw();
    } else {
      ++of.trades;
      ++day.trades;
      day.at_quote += t.price.raw() == of.bid || t.price.raw() == of.ask;
      day.volume[std::min<std::size_t>(12, static_cast<std::size_t>(item.offset / 1'800'000'000'000))] += t.size.to_double();
      EXPECT_GE(t.price.raw(), of.bid);
      EXPECT_LE(t.price.raw(), of.ask);
    }
  }
}

const Day& day() {
  static const Day one = run_day();
  return one;
}

TEST(DemoDay, HasTheTicksThatWereAskedFor) {
  EXPECT_NEAR(static_cast<double>(day().ticks), 200.0 * 23'400, 0.1 * 200 * 23'400);
  EXPECT_EQ(day().instruments.size(), 17U);
  EXPECT_EQ(day().backwards, 0U);
}

TEST(DemoDay, NeverCrossesTheBookAndKeepsTheSpreadWithinFiveTicks) {
  EXPECT_EQ(day().crossed, 0U);
  EXPECT_EQ(day().outside_five, 0U);
  EXPECT_EQ(day().unchanged, 0U);
  for (const auto& [id, of] : day().instruments) {
    std::size_t widths = 0;
    for (const auto n : of.spreads) widths += n > of.quotes / 1000;
    EXPECT_GE(widths, 3U) << "the spread moves";
  }
}

TEST(DemoDay, ArrivesInClusters) {
  EXPECT_GT(day().feed_gaps.correlation(), 0.1 + 3 * day().feed_gaps.standard_error());
  for (const auto& [id, of] : day().instruments) EXPECT_GT(of.gaps.correlation(), 0.1 + 3 * of.gaps.standard_error());
  std::printf("inter-arrival autocorrelation at lag 1: feed %.3f, first instrument %.3f\n", day().feed_gaps.correlation(),
              day().instruments.begin()->second.gaps.correlation());
}

TEST(DemoDay, MovesInClusters) {
  double lowest = 1;
  for (const auto& [id, of] : day().instruments) {
    EXPECT_GT(of.moves.correlation(), 0.1 + 3 * of.moves.standard_error());
    lowest = std::min(lowest, of.moves.correlation());
  }
  std::printf("|return| autocorrelation at lag 1: lowest of 17 %.3f\n", lowest);
}

TEST(DemoDay, TradesAtTheBidOrTheAsk) {
  EXPECT_GT(day().trades, day().ticks / 10);
  EXPECT_GE(static_cast<double>(day().at_quote), 0.95 * static_cast<double>(day().trades));
  EXPECT_LT(day().at_quote, day().trades) << "some print inside the spread";
}

TEST(DemoDay, HasVolumeThatIsUShaped) {
  const auto& v = day().volume;
  const double noon = (v[5] + v[6] + v[7]) / 3;
  EXPECT_GT(v[0], 1.5 * noon);
  EXPECT_GT(v[12], 1.5 * noon);
  EXPECT_GT(v[0], v[2]);
  EXPECT_GT(v[12], v[10]);
}

TEST(DemoDay, FallsSilentOneToThreeTimesAndHaltsOnce) {
  std::map<FeedEventKind, int> count;
  for (const DemoEvent& e : day().events) ++count[e.kind];
  EXPECT_EQ(count[FeedEventKind::session_started], 1);
  EXPECT_EQ(count[FeedEventKind::session_ended], 1);
  EXPECT_EQ(count[FeedEventKind::halted], 1);
  EXPECT_EQ(count[FeedEventKind::resumed], 1);
  EXPECT_GE(count[FeedEventKind::gap], 1);
  EXPECT_LE(count[FeedEventKind::gap], 3);
  EXPECT_EQ(day().in_gap, 0U) << "a tick inside a silence";
  EXPECT_EQ(day().while_halted, 0U) << "a tick of a halted instrument";
  for (const DemoEvent& e : day().events) {
    if (e.kind != FeedEventKind::gap) continue;
    EXPECT_GE(e.to - e.from, 2'000'000'000);
    EXPECT_LE(e.to - e.from, 8'000'000'000);
  }
}

TEST(DemoDay, RevertsToItsMean) {
  for (const auto& [id, of] : day().instruments) {
    const double phi = of.covariance / of.variance;
    ASSERT_GT(phi, 0.0);
    ASSERT_LT(phi, 1.0);
    const double half_life = std::log(2) / -std::log(phi);
    std::printf("half-life of mean reversion %016llx: %.1f quotes (phi %.4f)\n", static_cast<unsigned long long>(id.value), half_life, phi);
    EXPECT_GT(half_life, 1.0);
    EXPECT_LT(half_life, 60.0);
  }
}

}  // namespace
}  // namespace tickmesh
