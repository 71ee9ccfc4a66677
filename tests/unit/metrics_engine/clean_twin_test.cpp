// `clean` against a slow, obvious twin: everything kept, every window counted from scratch. On hostile ticks made here, and on a recorded
// day where one is at hand.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "metrics_engine/core/symbol_metrics.hpp"
#include "signals/signal_rule.hpp"
#include "unit/analytics/random_ticks.hpp"
#include "unit/metrics_engine/zipped_rows.hpp"

namespace tickmesh {
namespace {

using testing_ticks::SplitMix;
using testing_ticks::zipped_rows;

Instrument instrument() {
  Instrument i;
  i.symbol = *Symbol::parse("IBM.TEST");
  i.tick_size = *Price::parse("0.01");
  i.lot = i.multiplier = Quantity::from_units(1);
  i.calendar = "24x7";
  return i;
}

class Twin {
 public:
  bool follows_flag{true};  ///< every trade against all before it: too slow for a whole day of trades
  void take(const Tick& t) {
    const std::int64_t day = t.event_time.ns / 86'400'000'000'000;
    if (seen_ && day != day_) {
      mids_.clear(), spreads_.clear(), events_.clear(), trades_.clear();
      flag_ = 0;
      paths_.emplace_back();
      now_ = t.event_time;
      tick_sign_ = 0, tick_price_ = {}, counts_ = {};
      last_.reset(), held_.reset(), flow_before_.reset();
    }
    day_ = day;
    t.kind == TickKind::quote ? quote(t) : trade(t);
    seen_ = true;
  }
  void compare(const Metrics& m) const {
    if (mids_.size() >= 50) {
      const auto [mean, sd] = moments(std::vector(mids_.end() - 50, mids_.end()));
      near("mean", m.mean, mean / 2e8, 1e-12);
      near("sd", m.sd, sd / 2e8, 1e-8);
      if (sd > 0) near("z", m.z_score, (static_cast<long double>(mids_.back()) - mean) / sd, 1e-7);
    } else {
      EXPECT_FALSE(m.z_score.has_value);
    }
    if (spreads_.size() >= 100) {
      long double sum = 0;
      for (std::size_t i = spreads_.size() - 100; i < spreads_.size(); ++i) sum += spreads_[i];
      near("spread", m.spread_mean_bp, sum / 100, 1e-9);
    }
    if (!events_.empty()) {
      const std::size_t n = std::min<std::size_t>(100, events_.size());
      long double e = 0;
      long double depth = 0;
      for (std::size_t i = events_.size() - n; i < events_.size(); ++i) e += events_[i].e, depth += events_[i].depth;
      near("ofi", m.ofi, e / 1e8, 0);
      if (depth > 0) near("ofi normalised", m.ofi_normalised, e / (depth / 2 / n), 1e-12);
      EXPECT_EQ(m.ofi.status, depth == 0 ? Status::undefined : n < 100 ? Status::warmup : m.ofi.status);
    }
    if (last_) {
      const long double bid = last_->bid_size.raw();
      const long double ask = last_->ask_size.raw();
      near("imbalance", m.book_imbalance, bid + ask > 0 ? (bid - ask) / (bid + ask) : 0, 1e-12);
    }
    compare_trades(m);
    compare_volatilities(m);
  }
  std::size_t volatilities() const { return volatilities_; }
  std::size_t flagged() const { return flagged_; }
  std::size_t trades() const { return trades_.size(); }
  std::size_t mids() const { return mids_.size(); }

 private:
  struct Event {
    long double e, depth;
  };
  struct Trade {
    Timestamp time;
    int sign;
    long double price, size;
  };
  static std::pair<long double, long double> moments(const std::vector<std::int64_t>& window) {
    long double mean = 0;
    long double squares = 0;
    for (const auto x : window) mean += static_cast<long double>(x) / window.size();
    for (const auto x : window) squares += (x - mean) * (x - mean);
    return {mean, std::sqrt(squares / window.size())};
  }
  static void near(const char* what, const Value& value, long double expected, double relative) {
    ASSERT_TRUE(value.has_value) << what;
    EXPECT_NEAR(value.value, static_cast<double>(expected), std::abs(static_cast<double>(expected)) * relative + relative * 1e-3) << what;
  }
  static long double mid(const Tick& t) { return (static_cast<long double>(t.bid.raw()) + t.ask.raw()) / 2; }
  static bool same(const Tick& a, const Tick& b) {
    return a.bid == b.bid && a.ask == b.ask && a.bid_size == b.bid_size && a.ask_size == b.ask_size;
  }
  bool far(const Tick& t, const Tick& from) const {
    if (mids_.size() < 50) return false;
    const auto sd = moments(std::vector(mids_.end() - 50, mids_.end())).second / 2;
    const auto distance = std::abs(mid(t) - mid(from));
    return distance > 20 * sd && distance > 0.05L * mid(from);
  }
  void accept(const Tick& t) {
    rows_.push_back(t);
    // Order flow: any change; a first event has none before it.
    const auto size = [](Quantity q) { return static_cast<long double>(q.raw()); };
    Event event{0, size(t.bid_size) + size(t.ask_size)};
    if (flow_before_) {
      const Tick& b = *flow_before_;
      if (t.bid >= b.bid) event.e += size(t.bid_size);
      if (t.bid <= b.bid) event.e -= size(b.bid_size);
      if (t.ask <= b.ask) event.e -= size(t.ask_size);
      if (t.ask >= b.ask) event.e += size(b.ask_size);
    }
    events_.push_back(event);
    flow_before_ = t;
    if (!last_ || t.bid != last_->bid || t.ask != last_->ask) {
      mids_.push_back(t.bid.raw() + t.ask.raw());
      paths_.back().push_back({t.event_time.ns, mid(t)});
      spreads_.push_back(static_cast<long double>(t.ask.raw() - t.bid.raw()) / mid(t) * 1e4L);
    }
    last_ = t;
  }
  void quote(const Tick& t) {
    if (quoted_ && t.event_time - quoted_at_ > seconds(900)) flow_before_.reset(), paths_.emplace_back();
    now_ = t.event_time;
    quoted_ = true;
    quoted_at_ = t.event_time;
    if (t.bid.raw() <= 0 || t.ask.raw() <= 0) return rows_.push_back(t);
    if (t.bid.raw() > kMaxWindowPrice || t.ask.raw() > kMaxWindowPrice || t.bid > t.ask) {
      flow_before_.reset();
      return rows_.push_back(t);
    }
    if (held_ && same(t, *held_)) return;
    if (held_) {
      if (far(t, *last_) && !far(t, *held_)) accept(*held_);
      held_.reset();
    }
    if (last_ && same(t, *last_)) return rows_.push_back(t);
    if (last_ && far(t, *last_)) {
      held_ = t;
      return;
    }
    accept(t);
  }
  void trade(const Tick& t) {
    if (t.price.raw() <= 0 || t.price.raw() > kMaxWindowPrice || t.size.raw() <= 0 || t.size.raw() > kMaxFlowSize) return;
    if (t.trade_id != 0 && t.trade_id == last_id_) return;
    last_id_ = t.trade_id;
    now_ = t.event_time;
    if (!tick_price_.is_zero() && t.price != tick_price_) tick_sign_ = t.price > tick_price_ ? 1 : -1;
    tick_price_ = t.price;
    int sign = tick_sign_;
    std::size_t rule = sign == 0 ? 0 : 3;
    for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) {
      if (row->event_time >= t.event_time) continue;
      if (row->bid.raw() > 0 && row->bid < row->ask) {
        const long double side = static_cast<long double>(t.price.raw()) - mid(*row);
        if (side != 0) sign = side > 0 ? 1 : -1, rule = 2;
      }
      break;
    }
    if (t.aggressor != Side::none) sign = t.aggressor == Side::buy ? 1 : -1, rule = 1;
    ++counts_[rule];
    const Trade trade{t.event_time, sign, static_cast<long double>(t.price.raw()), static_cast<long double>(t.size.raw())};
    if (!trades_.empty() && t.event_time - trades_.back().time > seconds(100)) flag_ = 0;
    trades_.push_back(trade);
    prints_.push_back(trade);
    if (!follows_flag) return;
    const auto pressed = pressure(t.event_time);
    if (flag_ != 0 && flag_ * pressed.aggr < 0.20L) flag_ = 0;
    if (warm(t.event_time) && pressed.intensity >= 1.5L) {
      if (pressed.aggr >= 0.30L && pressed.momentum > 0) flag_ = 1;
      if (pressed.aggr <= -0.30L && pressed.momentum < 0) flag_ = -1;
    }
    if (flag_ != 0) ++flagged_;
  }
  struct Pressure {
    long double aggr, momentum, intensity;
  };
  /// METRICS.md 2.5 as it stands there: every trade of the session, weighted by its age.
  Pressure pressure(Timestamp now) const {
    const auto decayed = [&](long double half_life, auto what) {
      long double sum = 0;
      for (const Trade& t : trades_) sum += what(t) * std::exp2(-static_cast<long double>((now - t.time).ns) / 1e9L / half_life);
      return sum;
    };
    const auto signed_size = [](const Trade& t) { return t.sign * t.size; };
    const auto size = [](const Trade& t) { return t.size; };
    const auto share = [&](long double half_life) { return decayed(half_life, signed_size) / decayed(half_life, size); };
    const long double age = static_cast<long double>((now - trades_.front().time).ns) / 1e9L;
    const auto rate = [&](long double h) { return decayed(h, size) / (h / std::log(2.0L) * (1 - std::exp2(-age / h))); };
    return {share(20), share(20) - share(120), age > 0 ? rate(20) / rate(1'200) : 0};
  }
  bool warm(Timestamp now) const { return trades_.size() >= 30 && now - trades_.front().time >= seconds(60); }
  /// Section 5, from every mid and every print there was.
  void compare_volatilities(const Metrics& m) const {
    std::vector<long double> squares;  // of returns between points five minutes apart, none across a break
    for (const auto& path : paths_) {
      constexpr std::int64_t kGrid = 300'000'000'000;
      long double before = 0;
      std::size_t next = 0;
      for (std::int64_t at = path.empty() ? 0 : path.front().first / kGrid * kGrid + kGrid; !path.empty() && at <= path.back().first;
           at += kGrid) {
        while (next < path.size() && path[next].first < at) ++next;
        const long double here = path[next - 1].second;
        if (before > 0) squares.push_back(std::log(here / before) * std::log(here / before));
        before = here;
      }
    }
    const std::size_t n = std::min<std::size_t>(12, squares.size());
    if (n > 0) {
      long double sum = 0;
      for (std::size_t i = squares.size() - n; i < squares.size(); ++i) sum += squares[i];
      near("realised variance", m.realised_variance, sum, 1e-9);
      near("realised volatility", m.realised_volatility, std::sqrt(sum * 365 * 86'400 / (300 * n)), 1e-9);
      EXPECT_EQ(m.realised_variance.status == Status::warmup, n < 12);
      ++volatilities_;
    } else {
      EXPECT_FALSE(m.realised_variance.has_value);
    }
    std::vector<long double> closes;  // of bars of ten seconds that are over
    for (std::size_t i = 0; i < prints_.size(); ++i) {
      const std::int64_t bar = prints_[i].time.ns / 10'000'000'000;
      const bool last = i + 1 == prints_.size() || prints_[i + 1].time.ns / 10'000'000'000 != bar;
      if (last && (bar + 1) * 10'000'000'000 <= now_.ns) closes.push_back(prints_[i].price);
    }
    if (closes.size() < 2) {
      EXPECT_FALSE(m.bars[0].ewma_volatility.has_value);
      return;
    }
    long double variance = 0;
    for (std::size_t i = 1; i < closes.size(); ++i) {
      const long double r = std::log(closes[i] / closes[i - 1]);
      variance += (i == 1 ? 1.0L : 0.06L) * std::pow(0.94L, static_cast<long double>(closes.size() - 1 - i)) * r * r;
    }
    near("ewma volatility", m.bars[0].ewma_volatility, std::sqrt(variance * 365 * 86'400 / 10), 1e-9);
  }
  void compare_trades(const Metrics& m) const {
    if (trades_.empty()) return;
    long double cvd = 0;
    long double weighted = 0;
    long double volume = 0;
    for (const Trade& t : trades_) cvd += t.sign * t.size, weighted += t.price * t.size, volume += t.size;
    near("cvd", m.cvd, cvd / 1e8, 0);
    near("vwap", m.vwap, weighted / volume / 1e8, 1e-12);
    long double buy = 0;
    long double sell = 0;
    for (std::size_t i = trades_.size() - std::min<std::size_t>(100, trades_.size()); i < trades_.size(); ++i)
      (trades_[i].sign > 0 ? buy : sell) += trades_[i].sign == 0 ? 0 : trades_[i].size;
    near("buy", m.buy_100, buy / 1e8, 0);
    near("sell", m.sell_100, sell / 1e8, 0);
    if (buy + sell > 0) near("pressure", m.pressure_100, (buy - sell) / (buy + sell), 1e-12);
    EXPECT_EQ(m.volume_ratio_100.has_value, sell > 0);
    buy = sell = 0;
    const std::int64_t now = m.header.event_time.ns / 1'000'000'000;
    for (auto t = trades_.rbegin(); t != trades_.rend() && t->time.ns / 1'000'000'000 > now - 60; ++t)
      (t->sign > 0 ? buy : sell) += t->sign == 0 ? 0 : t->size;
    near("buy of a minute", m.buy_60s, buy / 1e8, 0);
    near("sell of a minute", m.sell_60s, sell / 1e8, 0);
    near("share by quote", m.sign_share_quote, static_cast<long double>(counts_[2]) / trades_.size(), 1e-12);
    near("share by tick", m.sign_share_tick, static_cast<long double>(counts_[3]) / trades_.size(), 1e-12);
    const auto pressed = pressure(m.header.event_time - trades_.back().time > seconds(100) ? trades_.back().time : m.header.event_time);
    near("aggr", m.aggr, pressed.aggr, 1e-9);
    near("momentum", m.momentum, pressed.momentum, 1e-9);
    near("intensity", m.intensity, pressed.intensity, 1e-9);
    const bool stale = m.header.event_time - trades_.back().time > seconds(100);
    EXPECT_EQ(m.aggr.status, !warm(m.header.event_time) ? Status::warmup : stale ? Status::stale : Status::ok);
    if (follows_flag) {
      EXPECT_EQ(m.aggressive.value, stale ? 0 : flag_);
    }
    near("share by venue", m.sign_share_venue, static_cast<long double>(counts_[1]) / trades_.size(), 1e-12);
  }

  bool seen_{false}, quoted_{false};
  int flag_{0};
  std::size_t flagged_{0};
  mutable std::size_t volatilities_{0};
  Timestamp now_{};
  std::vector<std::vector<std::pair<std::int64_t, long double>>> paths_ = std::vector<std::vector<std::pair<std::int64_t, long double>>>(1);
  std::vector<Trade> prints_;  // of all days
  std::int64_t day_{0};
  Timestamp quoted_at_{};
  std::optional<Tick> last_, held_, flow_before_;
  std::vector<Tick> rows_;  // what trades are held against
  std::vector<std::int64_t> mids_;
  std::vector<long double> spreads_;
  std::vector<Event> events_;
  std::vector<Trade> trades_;
  int tick_sign_{0};
  Price tick_price_{};
  std::uint64_t last_id_{0};
  std::array<std::size_t, 4> counts_{};
};

struct Pair {
  MetricsConfig config{};
  Instrument one{instrument()};
  SymbolMetrics ours{config, one};
  Twin twin;
  void take(const Tick& t) {
    t.kind == TickKind::quote ? ours.learn(t) : ours.learn_trade(t);
    twin.take(t);
  }
  void compare() { twin.compare(ours.metrics(metric_group::kAll)); }
};

Tick tick_of(TickKind kind, Timestamp time) {
  Tick t;
  t.kind = kind;
  t.time = t.event_time = time;
  t.feed = FeedKind::replay;
  return t;
}

/// Crossed, one-sided, locked, huge, repeated, empty sizes, bad prints that are and are not confirmed, trades without a price, two days.
std::vector<Tick> hostile_ticks(std::uint64_t seed, std::size_t count) {
  SplitMix random{seed};
  std::vector<Tick> ticks;
  Timestamp now{1'735'776'000'000'000'000 + 86'400'000'000'000 - 1'000'000'000'000};
  std::int64_t bid = 10'000;
  for (std::size_t i = 0; i < count; ++i) {
    now.ns += random.between(0, 3) == 0 ? random.between(1, 900) * 1'000'000 : 0;
    if (!ticks.empty() && random.between(0, 9) == 0) {  // again, at another time
      Tick t = ticks.back();
      t.time = t.event_time = now;
      ticks.push_back(t);
      continue;
    }
    if (random.between(0, 3) == 0) {
      Tick t = tick_of(TickKind::trade, now);
      t.price = Price::from_raw((bid + random.between(-1, 2)) * 1'000'000);
      t.size = Quantity::from_units(random.between(1, 500));
      t.trade_id = static_cast<std::uint64_t>(random.between(0, 3) == 0 ? 7 : i);
      if (random.between(0, 5) == 0) t.aggressor = random.between(0, 1) == 0 ? Side::buy : Side::sell;
      if (random.between(0, 19) == 0) t.price = Price::from_raw(random.between(-5, 0));
      if (random.between(0, 19) == 0) t.size = Quantity::from_raw(random.between(0, 1) == 0 ? 0 : -7);
      if (random.between(0, 49) == 0) t.size = Quantity::from_raw(std::numeric_limits<std::int64_t>::max());
      if (random.between(0, 49) == 0) t.price = Price::from_raw(std::numeric_limits<std::int64_t>::max());
      ticks.push_back(t);
      continue;
    }
    bid += random.between(-2, 2);
    Tick t = tick_of(TickKind::quote, now);
    t.bid = Price::from_raw(bid * 1'000'000);
    t.ask = Price::from_raw((bid + random.between(-1, 4)) * 1'000'000);
    t.bid_size = Quantity::from_units(random.between(0, 5) * 100);
    t.ask_size = Quantity::from_units(random.between(0, 5) * 100);
    switch (random.between(0, 59)) {
      case 0: t.bid = {}; break;
      case 1: t.ask = Price::from_raw(-1); break;
      case 2: t.ask = Price::from_raw(std::numeric_limits<std::int64_t>::max()); break;
      case 3: t.bid = Price::from_raw(bid * 1'500'000), t.ask = Price::from_raw(bid * 1'500'000 + 1'000'000); break;
      case 4: bid = bid < 8'000 ? bid + 3'000 : bid - 2'500; break;
      default: break;
    }
    ticks.push_back(t);
  }
  return ticks;
}

TEST(CleanTwin, AgreesOnWhoPressesWhenTradesComeInBursts) {
  SplitMix random{31};
  Pair pair;
  Timestamp now{1'735'776'000'000'000'000};
  for (int i = 0; i < 1'500; ++i) {
    // Calm for 250 trades, then 50 of one side, large and quick; a pause that ends the flag now and then.
    const bool burst = i % 300 >= 250;
    now.ns += random.between(1, burst ? 300 : 3'000) * 1'000'000 + (i % 600 == 299 ? 150'000'000'000 : 0);
    Tick t = tick_of(TickKind::trade, now);
    t.price = Price::from_raw(random.between(9'990, 10'010) * 1'000'000);
    t.size = Quantity::from_units(random.between(1, burst ? 900 : 100));
    t.aggressor = burst ? (i / 300 % 2 == 0 ? Side::buy : Side::sell) : random.between(0, 1) == 0 ? Side::buy : Side::sell;
    pair.take(t);
    if (i % 5 == 0) pair.compare();
    if (HasFailure()) FAIL() << "trade " << i;
  }
  EXPECT_GT(pair.twin.flagged(), 100u) << "the flag was set";
  EXPECT_LT(pair.twin.flagged(), 700u) << "and lost";
}

TEST(CleanTwin, AgreesOnHostileTicks) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Pair pair;
    pair.twin.follows_flag = false;
    std::size_t i = 0;
    for (const Tick& t : hostile_ticks(seed, 8'000)) {
      pair.take(t);
      if (++i % 7 == 0) pair.compare();
      if (::testing::Test::HasFailure()) FAIL() << "seed " << seed << " tick " << i;
    }
    EXPECT_GT(pair.twin.trades(), 300u);
    EXPECT_GT(pair.twin.volatilities(), 100u);
    EXPECT_GT(pair.twin.mids(), 100u);
    const FilterCounts& counts = pair.ours.counts();
    EXPECT_GT(std::min({counts.crossed, counts.repeated, counts.one_sided, counts.held, counts.out_of_range, counts.dropped}), 0u);
  }
}

TEST(CleanTwin, SavedAtRandomMomentsItGoesOnBitForBit) {
  SplitMix random{99};
  const auto ticks = hostile_ticks(6, 12'000);
  const MetricsConfig config;
  const Instrument one = instrument();
  SymbolMetrics whole{config, one};
  auto cut = std::make_unique<SymbolMetrics>(config, one);
  const auto take = [](SymbolMetrics& m, const Tick& t) { t.kind == TickKind::quote ? m.learn(t) : m.learn_trade(t); };
  const auto saved = [](const SymbolMetrics& m) {
    Bytes bytes;
    ByteWriter writer{bytes};
    m.save(writer);
    return bytes;
  };
  for (const Tick& t : ticks) {
    take(whole, t);
    take(*cut, t);
    if (random.between(0, 99) != 0) continue;
    const Bytes bytes = saved(*cut);
    ASSERT_EQ(bytes, saved(whole));
    cut = std::make_unique<SymbolMetrics>(config, one);
    ByteReader reader{bytes};
    cut->load(reader);
    ASSERT_TRUE(reader.done());
    ASSERT_EQ(cut->metrics(metric_group::kAll), whole.metrics(metric_group::kAll));
  }
}

TEST(CleanTwin, AgreesOnARecordedDayOfIbm) {
  const auto folder = std::filesystem::path(TICKMESH_SOURCE_DIR) / ".." / "shared" / "data" / "lean" / "equity" / "usa" / "tick" / "ibm";
  if (!std::filesystem::exists(folder / "20131007_quote.zip")) GTEST_SKIP() << "the recorded day is not here: " << folder.string();
  const auto quotes = zipped_rows(folder / "20131007_quote.zip");
  const auto trades = zipped_rows(folder / "20131007_trade.zip");
  if (quotes.empty()) GTEST_SKIP() << "no unzip to read the recorded day with";
  ASSERT_EQ(quotes.size(), 109'067u);
  ASSERT_EQ(trades.size(), 24'293u);
  Pair pair;
  pair.twin.follows_flag = false;
  // 7 October 2013, New York; one UTC day would end at 20:00 of it, the last rows lie a few milliseconds beyond.
  const auto at = [](std::int64_t ms) { return Timestamp{1'381'118'400'000'000'000 + ms * 1'000'000}; };
  Tick book = tick_of(TickKind::quote, {});
  std::size_t next = 0;
  std::size_t taken = 0;
  const auto give = [&](const Tick& t) {
    pair.take(t);
    if (++taken % 1'499 == 0) pair.compare();
  };
  for (const auto& row : trades) {
    for (; next < quotes.size() && quotes[next][0] <= row[0]; ++next) {
      const auto& q = quotes[next];
      if (q[1] != 0) book.bid = Price::from_raw(q[1] * 10'000), book.bid_size = Quantity::from_units(q[2]);
      if (q[3] != 0) book.ask = Price::from_raw(q[3] * 10'000), book.ask_size = Quantity::from_units(q[4]);
      book.time = book.event_time = at(q[0]);
      give(book);
    }
    Tick t = tick_of(TickKind::trade, at(row[0]));
    t.price = Price::from_raw(row[1] * 10'000);
    t.size = Quantity::from_units(row[2]);
    give(t);
    if (HasFailure()) FAIL() << "tick " << taken;
  }
  EXPECT_GT(pair.twin.trades(), 20'000u);
  EXPECT_GT(pair.twin.volatilities(), 50u);
}

}  // namespace
}  // namespace tickmesh
