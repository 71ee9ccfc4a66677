// Is there anything to trade? METRICS 12 `mean_reversion` by a slow twin that stores its windows, over the first hour.
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <map>

#include "unit/market/demo_instruments.hpp"

namespace tickmesh {
namespace {

struct Outcome {
  int entries{0}, round_trips{0}, stopped{0}, at_target{0}, by_signal{0};
  double first_entry_s{-1};
  double pnl{0};
  std::array<int, 4> quarters{};  // entries by quarter of an hour
};

struct Twin {
  const Instrument* instrument{};
  std::deque<double> mids;     // 200
  std::deque<double> spreads;  // 100
  double bid{0}, ask{0};
  double quantity{0}, entry{0}, stop{0}, target{0};
};

double mean_of(const std::deque<double>& x, std::size_t last) {
  double sum = 0;
  for (std::size_t i = x.size() - last; i < x.size(); ++i) sum += x[i];
  return sum / static_cast<double>(last);
}

double slope_t(const std::deque<double>& y) {
  const double n = static_cast<double>(y.size()), x_mean = (n - 1) / 2, y_mean = mean_of(y, y.size());
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double x = static_cast<double>(i) - x_mean, d = y[i] - y_mean;
    xy += x * d, xx += x * x, yy += d * d;
  }
  const double slope = xy / xx, rest = yy - slope * xy;
  return rest <= 0 ? 0 : slope / std::sqrt(rest / (n - 2) / xx);
}

/// `every_change`: a size that changed is a tick too; else only mid and spread count.
Outcome trade_an_hour(std::uint64_t seed, bool every_change) {
  const Instruments instruments = testing::demo_instruments();
  auto market = *DemoMarket::make(instruments, testing::demo_options(seed));
  std::map<InstrumentId, Twin> twins;
  Outcome out;
  for (DemoItem item = market.next(); item.offset < 3'600'000'000'000; item = market.next()) {
    if (item.is_event || item.tick.kind != TickKind::quote) continue;
    Twin& w = twins[item.tick.instrument];
    if (w.instrument == nullptr) w.instrument = instruments.find(item.tick.instrument);
    const double bid = item.tick.bid.to_double(), ask = item.tick.ask.to_double(), m = (bid + ask) / 2;
    const bool moved = bid != w.bid || ask != w.ask;
    w.bid = bid;
    w.ask = ask;
    const auto close = [&](double price, int& how) {
      out.pnl += w.quantity * (price - w.entry) - 2 * std::max(1.0, 0.005 * std::abs(w.quantity));
      w.quantity = 0;
      ++how;
      ++out.round_trips;
    };
    if (w.quantity > 0 && bid <= w.stop) close(bid, out.stopped);
    if (w.quantity < 0 && ask >= w.stop) close(ask, out.stopped);
    if (w.quantity > 0 && bid >= w.target) close(bid, out.at_target);
    if (w.quantity < 0 && ask <= w.target) close(ask, out.at_target);
    if (!moved && !every_change) continue;
    w.mids.push_back(m);
    w.spreads.push_back(1e4 * (ask - bid) / m);
    if (w.mids.size() > 200) w.mids.pop_front();
    if (w.spreads.size() > 100) w.spreads.pop_front();
    if (w.mids.size() < 200) continue;
    const double ma = mean_of(w.mids, 50);
    double variance = 0;
    for (std::size_t i = 150; i < 200; ++i) variance += (w.mids[i] - ma) * (w.mids[i] - ma) / 50;
    if (variance <= 1e-14 * m * m) continue;
    const double sd = std::sqrt(variance), z = (m - ma) / sd;
    EXPECT_LE(std::abs(z), 7.0001);
    if (w.quantity != 0) {
      if (std::abs(z) <= 0.5 || (z > 0) == (w.quantity > 0)) close(w.quantity > 0 ? bid : ask, out.by_signal);
      continue;
    }
    if (std::abs(z) < 2 || w.spreads.back() > 2 * mean_of(w.spreads, 100)) continue;
    const double shares = std::floor(10'000 / m);
    const double commission_bp = 1e4 * std::max(1.0, 0.005 * shares) / (m * shares);
    const double impact_bp = 1e4 * w.instrument->daily_volatility * std::sqrt(shares / w.instrument->daily_volume);
    const double round_trip_bp = 2 * (0.5 * w.spreads.back() + commission_bp + impact_bp);
    if (1e4 * std::abs(m - ma) / m < 1.5 * round_trip_bp) continue;
    const double t = slope_t(w.mids);
    if (z < 0 ? t <= -2 : t >= 2) continue;
    w.quantity = z < 0 ? shares : -shares;
    w.entry = z < 0 ? ask : bid;
    const double stop = std::max(3 * sd, 2 * (ask - bid)), target = std::max(std::abs(ma - m), 2 * (ask - bid));
    w.stop = z < 0 ? m - stop : m + stop;
    w.target = z < 0 ? m + target : m - target;
    ++out.entries;
    ++out.quarters[static_cast<std::size_t>(item.offset / 900'000'000'000)];
    if (out.first_entry_s < 0) out.first_entry_s = static_cast<double>(item.offset) * 1e-9;
  }
  return out;
}

void expect_a_market_worth_watching(std::uint64_t seed, double first_entry_s) {
  for (const bool every_change : {true, false}) {
    const Outcome o = trade_an_hour(seed, every_change);
    std::printf(
        "seed %llu, %s: first entry %.1f s, %d entries (%d %d %d %d by quarter), %d round trips: %d stopped, %d at target, %d by signal; "
        "%.2f\n",
        static_cast<unsigned long long>(seed), every_change ? "every quote change is a tick" : "mid and spread changes are ticks",
        o.first_entry_s, o.entries, o.quarters[0], o.quarters[1], o.quarters[2], o.quarters[3], o.round_trips, o.stopped, o.at_target,
        o.by_signal, o.pnl);
    EXPECT_GT(o.first_entry_s, 0);
    EXPECT_LE(o.first_entry_s, first_entry_s);
    EXPECT_GE(o.round_trips, 5);
    EXPECT_LE(o.round_trips, 50);
    EXPECT_GT(o.stopped, 0) << "not every trade ends well";
  }
}

TEST(DemoTrading, GivesAFirstEntryWithinAMinuteAndFiveToFiftyRoundTripsInTheFirstHour) { expect_a_market_worth_watching(1, 60); }

TEST(DemoTrading, HoldsForOtherSeedsToo) {
  for (const std::uint64_t seed : {2, 3, 7}) expect_a_market_worth_watching(seed, 120);
}

}  // namespace
}  // namespace tickmesh
