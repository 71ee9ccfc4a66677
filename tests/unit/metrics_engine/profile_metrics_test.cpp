// The profile, the market's state and what is said of them, against a slow, obvious twin: every print kept, everything counted anew.
#include "metrics_engine/core/profile_metrics.hpp"

#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "analytics/trade_sign.hpp"
#include "core/metric_values.hpp"
#include "metrics_engine/core/metrics_core.hpp"
#include "unit/analytics/drive.hpp"
#include "unit/analytics/random_ticks.hpp"
#include "unit/metrics_engine/zipped_rows.hpp"

namespace tickmesh {
namespace {

using testing_ticks::all_of;
using testing_ticks::Drive;
using testing_ticks::saved;
using testing_ticks::SplitMix;
using testing_ticks::zipped_rows;

constexpr Timestamp kOpen{1'735'830'000'000'000'000};  // a whole minute
Price cents(std::int64_t n) { return Price::from_raw(n * 1'000'000); }
Quantity units(std::int64_t n) { return Quantity::from_units(n); }

Instrument instrument() {
  Instrument i;
  i.symbol = *Symbol::parse("A.TEST");
  i.tick_size = cents(1);
  i.lot = i.multiplier = units(1);
  i.calendar = "SHORT";
  i.reference_price = cents(10'000);
  i.daily_volume = 50'000;
  i.daily_volatility = 0.02;
  return i;
}

/// Sessions of two hours with half an hour between them.
MetricsConfig config(const Instrument& one = instrument()) {
  MetricsConfig c;
  c.filters = Filters::raw;
  c.instruments = *Instruments::make({one});
  auto& sessions = c.sessions["SHORT"];
  for (std::int64_t k = 0; k < 8; ++k) sessions.push_back({kOpen + seconds(k * 9'000), kOpen + seconds(k * 9'000 + 7'200)});
  return c;
}

Tick tick_at(Timestamp time, TickKind kind) {
  Tick t;
  t.time = t.event_time = time;
  t.instrument = instrument_id("A.TEST");
  t.kind = kind;
  t.feed = FeedKind::replay;
  return t;
}
Tick trade(Timestamp time, Price price, Quantity size, Side side = Side::none, std::uint64_t id = 0) {
  Tick t = tick_at(time, TickKind::trade);
  t.price = price;
  t.size = size;
  t.aggressor = side;
  t.trade_id = id;
  return t;
}
Tick quote(Timestamp time, Price bid, Price ask) {
  Tick t = tick_at(time, TickKind::quote);
  t.bid = bid;
  t.ask = ask;
  t.bid_size = t.ask_size = units(1);
  return t;
}

/// One session from its prints alone.
struct Area {
  std::int64_t poc{0}, low{0}, high{0};
  std::int64_t inside{0}, total{0};
};
class Twin {
 public:
  explicit Twin(std::int64_t row) : row_{row} {}
  void begin(Timestamp open) {
    if (!volume_.empty()) previous_ = area();
    has_previous_ = has_previous_ || !volume_.empty();
    open_ = open;
    volume_.clear();
    bars_.clear();
    reference_ = has_previous_ ? std::optional{previous_} : std::nullopt;
    bar_ = {};
    shown_.reset();
    up_ = down_ = 0;
    state_ = MarketStateKind::unknown;
  }
  void advance(Timestamp now) {
    last_ = nullptr;
    if (bar_.volume > 0 && now >= bar_.end) close();
    if (shown_ && now - shown_at_ >= seconds(1) && area().total != shown_->total) show(now);
  }
  void trade(const Tick& t, int sign) {
    if (t.size.raw() <= 0) return;
    last_ = &t;
    const std::int64_t row = t.price.raw() / row_;
    volume_[row] += t.size.raw();
    if (bar_.volume == 0) bar_.end = Timestamp{(t.event_time.ns / 60'000'000'000 + 1) * 60'000'000'000};
    bar_.volume += t.size.raw();
    bar_.flow += sign * t.size.raw();
    bar_.close = t.price.raw();
    if (reference_ && t.price.raw() >= reference_->low * row_ && t.price.raw() <= (reference_->high + 1) * row_)
      bar_.inside += t.size.raw();
    const std::int64_t total = area().total;
    if (!shown_ ||
        (t.event_time - shown_at_ >= milliseconds(100) && total != shown_->total &&
         (t.event_time - shown_at_ >= seconds(1) || static_cast<double>(total - shown_->total) >= 0.001 * static_cast<double>(total))))
      show(t.event_time);
  }
  Area area() const {
    Area a;
    std::int64_t most = 0;
    for (const auto& [row, v] : volume_) a.total += v, most = std::max(most, v);
    if (volume_.empty()) return a;
    const std::int64_t first = volume_.begin()->first, last = volume_.rbegin()->first;
    std::int64_t nearest = -1;
    for (const auto& [row, v] : volume_) {
      const std::int64_t off = std::abs(2 * row - first - last);
      if (v == most && (nearest < 0 || off < nearest)) nearest = off, a.poc = row;
    }
    a.low = a.high = a.poc;
    a.inside = most;
    const auto two = [&](std::int64_t row, std::int64_t step) {
      std::int64_t sum = 0;
      for (std::int64_t i = 1; i <= 2; ++i)
        if (const auto it = volume_.find(row + i * step); it != volume_.end()) sum += it->second;
      return sum;
    };
    while (static_cast<double>(a.inside) < 0.70 * static_cast<double>(a.total)) {
      const std::int64_t above = a.high < last ? two(a.high, 1) : -1, below = a.low > first ? two(a.low, -1) : -1;
      if (above < 0 && below < 0) break;
      if (above >= below)
        a.inside += above, a.high = std::min(last, a.high + 2);
      else
        a.inside += below, a.low = std::max(first, a.low - 2);
    }
    return a;
  }
  /// The session is over: what is shown is all of it.
  void settle() {
    if (shown_) shown_ = area();
  }
  /// What fell due before this tick's trade was added is said without it.
  void compare(const ProfileEvent& e) {
    ASSERT_FALSE(volume_.empty());
    if (last_ != nullptr && area().total == e.volume.raw() + last_->size.raw() && e.volume.raw() > 0) {
      Twin before = *this;
      const auto row = before.volume_.find(last_->price.raw() / row_);
      row->second -= last_->size.raw();
      if (row->second == 0) before.volume_.erase(row);
      before.last_ = nullptr;
      before.compare(e);
      shown_ = before.shown_;
      shown_at_ = before.shown_at_;
      return;
    }
    const Area a = area();
    if (e.kind == ProfileEventKind::developing) show(e.header.event_time);  // the area is found with the nodes
    ASSERT_EQ(e.low.raw(), volume_.begin()->first * row_);
    ASSERT_EQ(static_cast<std::int64_t>(e.rows.size()), volume_.rbegin()->first - volume_.begin()->first + 1);
    for (std::size_t i = 0; i < e.rows.size(); ++i) {
      const auto it = volume_.find(volume_.begin()->first + static_cast<std::int64_t>(i));
      ASSERT_EQ(e.rows[i].raw(), it == volume_.end() ? 0 : it->second);
    }
    EXPECT_EQ(e.poc.raw(), a.poc * row_ + row_ / 2);
    EXPECT_EQ(e.val.raw(), a.low * row_);
    EXPECT_EQ(e.vah.raw(), (a.high + 1) * row_);
    EXPECT_EQ(e.volume.raw(), a.total);
    EXPECT_EQ(e.inside.raw(), a.inside);
    EXPECT_EQ(e.state, state_);
    std::int64_t flow = 0;
    for (const Bar& b : window()) flow += b.flow;
    EXPECT_EQ(e.cvd.raw(), flow);
    EXPECT_EQ(e.accept_up, up_);
    EXPECT_EQ(e.accept_down, down_);
  }
  void compare(const Metrics& m) const {
    if (!shown_) {
      EXPECT_EQ(m.poc.status, Status::undefined);
      return;
    }
    const auto at = [](std::int64_t raw) { return static_cast<double>(raw) / 1e8; };
    EXPECT_DOUBLE_EQ(m.poc.value, at(shown_->poc * row_ + row_ / 2));
    EXPECT_DOUBLE_EQ(m.val.value, at(shown_->low * row_));
    EXPECT_DOUBLE_EQ(m.vah.value, at((shown_->high + 1) * row_));
    if (bars_.empty()) {
      EXPECT_EQ(m.in_frac.status, Status::warmup);
      return;
    }
    EXPECT_NEAR(m.in_frac.value, in_frac(), 1e-12);
    EXPECT_NEAR(m.efficiency.value, efficiency(), 1e-12);
    EXPECT_EQ(m.market_state.has_value, state_ != MarketStateKind::unknown);
  }

 private:
  struct Bar {
    Timestamp end{};
    std::int64_t close{0}, volume{0}, inside{0}, flow{0};
  };
  std::vector<Bar> window() const { return {bars_.size() > 30 ? bars_.end() - 30 : bars_.begin(), bars_.end()}; }
  double in_frac() const {
    double inside = 0, volume = 0;
    for (const Bar& b : window()) inside += static_cast<double>(b.inside), volume += static_cast<double>(b.volume);
    return inside / volume;
  }
  double efficiency() const {
    const auto w = window();
    double path = 0;
    for (std::size_t i = 1; i < w.size(); ++i) path += std::abs(static_cast<double>(w[i].close - w[i - 1].close));
    return path > 0 ? std::abs(static_cast<double>(w.back().close - w.front().close)) / path : 0;
  }
  void close() {
    const Bar bar = std::exchange(bar_, {});
    bars_.push_back(bar);
    up_ = reference_ && bar.close > (reference_->high + 1) * row_ ? up_ + 1 : 0;
    down_ = reference_ && bar.close < reference_->low * row_ ? down_ + 1 : 0;
    if (bars_.size() >= 10 && reference_) {
      std::int64_t flow = 0;
      for (const Bar& b : window()) flow += b.flow;
      const bool directed = efficiency() >= 0.30;
      if (up_ >= 3 && directed && flow > 0)
        state_ = MarketStateKind::imbalance_up;
      else if (down_ >= 3 && directed && flow < 0)
        state_ = MarketStateKind::imbalance_down;
      else if (!directed && in_frac() >= 0.60)
        state_ = MarketStateKind::balance;
    }
    reference_ = has_previous_ && bar.end - open_ < seconds(1'800) ? previous_ : area();
  }
  void show(Timestamp now) {
    shown_ = area();
    shown_at_ = now;
  }

  std::int64_t row_;
  Timestamp open_{};
  std::map<std::int64_t, std::int64_t> volume_;
  std::vector<Bar> bars_;
  Bar bar_{};
  const Tick* last_{nullptr};  // this tick's trade
  bool has_previous_{false};
  Area previous_{};
  std::optional<Area> reference_, shown_;
  Timestamp shown_at_{};
  std::uint32_t up_{0}, down_{0};
  MarketStateKind state_{MarketStateKind::unknown};
};

void expect_finite(const std::vector<Outbox::Said>& said) {
  const auto finite = [](const char* name, const Value& value) { ASSERT_TRUE(std::isfinite(value.value)) << name; };
  for (const auto& one : said) {
    if (const auto* m = std::get_if<Metrics>(&one.event)) {
      for (const auto& field : kMetricValues) finite(field.name, m->*field.value);
    } else if (const auto* e = std::get_if<ProfileEvent>(&one.event)) {
      for (const Value* v : {&e->in_frac, &e->efficiency, &e->lvn_ticks, &e->lvn_atr, &e->vpin}) finite("of a profile", *v);
    }
  }
}

/// Ticks of three sessions and the time between them: prices that stay, then go somewhere.
std::vector<Tick> random_session_ticks(std::uint64_t seed) {
  SplitMix random{seed};
  std::vector<Tick> ticks;
  std::int64_t price = 10'000, drift = 0;
  for (Timestamp now = kOpen - seconds(600); now < kOpen + seconds(24'000); now = now + milliseconds(random.between(1, 3'000))) {
    if (random.between(0, 999) == 0) drift = random.between(-1, 1);
    price += random.between(-4, 4) + (random.between(0, 2) == 0 ? drift : 0);
    if (random.between(0, 2) == 0) {
      ticks.push_back(quote(now, cents(price - 1), cents(price + 1)));
    } else {
      const std::int64_t side = random.between(-1, 1) + drift;
      ticks.push_back(trade(now, cents(price), units(random.between(1, 40)), side > 0 ? Side::buy : side < 0 ? Side::sell : Side::none));
    }
  }
  return ticks;
}

struct Compared {
  std::size_t profiles{0}, completed{0};
  std::map<MarketStateKind, std::size_t> states{};
};

/// Every profile and every value of the core against the twin's. Values are compared on one tick in `every`.
Compared against_twin(const MetricsConfig& config, const std::vector<Tick>& ticks, std::size_t every) {
  MetricsCore core{config};
  Drive drive{core};
  const Instrument& one = config.instruments.list()[0];
  const auto& sessions = config.sessions.at(one.calendar);
  drive.give(ticks.front().time, Stream::local, 0, Started{{7, 1}});
  drive.give(ticks.front().time, Stream::local, 0, WentLive{});
  Twin twin{profile_row(one, one.reference_price).raw()};
  TradeSigner signer;
  std::size_t session = 0, heard = 0, taken = 0;  // sessions that have begun
  bool was_open = false;
  Compared compared;
  for (const Tick& t : ticks) {
    const bool begins = session < sessions.size() && t.event_time >= sessions[session].open;
    const bool open = (begins || session > 0) && t.event_time < sessions[begins ? session : session - 1].close;
    if (t.kind == TickKind::quote) signer.quote({t.event_time, t.bid, t.ask, t.bid_size, t.ask_size});
    twin.advance(t.event_time);
    if (was_open && !open) twin.settle();
    was_open = open;
    if (begins) {
      signer.reset();
      twin.begin(sessions[session++].open);
    }
    if (t.kind == TickKind::trade) {
      const int sign = signer.trade(t.event_time, t.price, t.aggressor).sign;
      if (open) twin.trade(t, sign);
    }
    drive.give(t.time, Stream::tick, t.instrument.partition(), t);
    ++taken;
    for (; heard < drive.said().size(); ++heard) {
      const Event& event = drive.said()[heard].event;
      if (const auto* m = std::get_if<Metrics>(&event); m != nullptr && session > 0 && taken % every == 0) twin.compare(*m);
      const auto* e = std::get_if<ProfileEvent>(&event);
      if (e == nullptr) continue;
      if (e->kind == ProfileEventKind::completed) ++compared.completed;
      if (e->kind == ProfileEventKind::state_changed) ++compared.states[e->state];
      if (!begins && (e->kind == ProfileEventKind::developing || e->kind == ProfileEventKind::completed))
        twin.compare(*e), ++compared.profiles;
    }
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "at " << t.event_time.ns;
      break;
    }
  }
  expect_finite(drive.said());
  return compared;
}

TEST(ProfileMetrics, SaysWhatASlowTwinFindsOnRandomSessions) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Compared compared = against_twin(config(), random_session_ticks(seed), 1);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    EXPECT_GT(compared.profiles, 500U);
    EXPECT_GT(compared.states.size(), 1U);
    EXPECT_EQ(compared.completed, 3U) << "with the first tick after each close";
  }
}

TEST(ProfileMetrics, SaysWhatASlowTwinFindsOnTwoRecordedDaysOfIbm) {
  const auto folder = std::filesystem::path(TICKMESH_SOURCE_DIR) / ".." / "shared" / "data" / "lean" / "equity" / "usa" / "tick" / "ibm";
  if (!std::filesystem::exists(folder / "20131008_trade.zip")) GTEST_SKIP() << "the recorded days are not here: " << folder.string();
  constexpr Timestamp kMidnight{1'381'118'400'000'000'000};  // 7 October 2013, New York
  std::vector<Tick> ticks;
  for (const int day : {0, 1}) {
    const auto rows = zipped_rows(folder / (day == 0 ? "20131007_trade.zip" : "20131008_trade.zip"));
    if (rows.empty()) GTEST_SKIP() << "no unzip to read the recorded days with";
    for (const auto& row : rows)
      ticks.push_back(trade(kMidnight + seconds(day * 86'400) + milliseconds(row[0]), Price::from_raw(row[1] * 10'000), units(row[2])));
  }
  Instrument ibm = instrument();
  ibm.reference_price = cents(18'200);
  ibm.daily_volatility = 0.012;
  ibm.daily_volume = 5e6;
  MetricsConfig c = config(ibm);
  c.sessions["SHORT"].clear();
  for (const int day : {0, 1})
    c.sessions["SHORT"].push_back({kMidnight + seconds(day * 86'400 + 34'200), kMidnight + seconds(day * 86'400 + 57'600)});
  const Compared compared = against_twin(c, ticks, 1);
  EXPECT_GT(compared.profiles, 500U);
  EXPECT_EQ(compared.completed, 2U);
  EXPECT_GT(compared.states.size(), 1U);
}

TEST(ProfileMetrics, SavedAtRandomMomentsTheCoreGoesOnBitForBit) {
  const auto ticks = random_session_ticks(5);
  const auto run = [&](bool cuts) {
    SplitMix random{9};
    auto core = std::make_unique<MetricsCore>(config());
    Drive drive{*core};
    drive.give(kOpen - seconds(601), Stream::local, 0, Started{{7, 1}});
    for (const Tick& t : ticks) {
      drive.give(t.time, Stream::tick, t.instrument.partition(), t);
      if (!cuts || random.between(0, 199) != 0) continue;
      const Bytes bytes = saved(*core);
      auto next = std::make_unique<MetricsCore>(config());
      ByteReader in{bytes};
      next->load(in);
      EXPECT_TRUE(in.done());
      EXPECT_EQ(saved(*next), bytes);
      drive.use(*next);
      core = std::move(next);
    }
    return std::pair{saved(*core), drive.said()};
  };
  const auto whole = run(false), cut = run(true);
  EXPECT_EQ(whole.first, cut.first);
  ASSERT_EQ(whole.second.size(), cut.second.size());
  for (std::size_t i = 0; i < whole.second.size(); ++i) ASSERT_EQ(whole.second[i].event, cut.second[i].event) << i;
}

/// A component alone, in one session.
class Alone {
 public:
  explicit Alone(Instrument i = instrument()) : instrument_{std::move(i)} { profile_.enter_hours(kOpen, kOpen + seconds(7'200), true); }
  void give(const Tick& t, int sign = 0) {
    profile_.advance(t.event_time);
    profile_.trade(t, sign, undefined_value());
  }
  std::vector<ProfileEventKind> kinds() {
    std::vector<ProfileEventKind> out;
    for (std::size_t i = 0; i < news_.size(); ++i) out.push_back(news_[i].kind);
    return out;
  }
  Metrics metrics() {
    Metrics m;
    profile_.fill(m, Status::ok);
    return m;
  }
  Instrument instrument_;
  ProfileNews news_;
  ProfileMetrics profile_{instrument_, &news_};
};

TEST(ProfileMetrics, ABustTakesItsVolumeBackOnceAndOneOfNoKnownIdNothing) {
  Alone a;
  a.give(trade(kOpen + seconds(1), cents(10'000), units(10), Side::buy, 1));
  a.give(trade(kOpen + seconds(2), cents(10'050), units(90), Side::buy, 2));
  EXPECT_EQ(a.profile_.profile().profile().total(), units(100).raw());
  Tick bust = trade(kOpen + seconds(2), cents(10'050), units(90), Side::buy, 2);
  bust.kind = TickKind::bust;
  Tick unknown = bust;
  unknown.trade_id = 0;
  a.profile_.bust(unknown);
  EXPECT_EQ(a.profile_.profile().profile().total(), units(100).raw());
  a.profile_.bust(bust);
  EXPECT_EQ(a.profile_.profile().profile().total(), units(10).raw());
  EXPECT_LT(a.metrics().poc.value, 100.1) << "at once";
  a.give(trade(kOpen + seconds(3), cents(10'050), units(90), Side::buy, 3));
  a.profile_.bust(bust);
  EXPECT_EQ(a.profile_.profile().profile().total(), units(100).raw()) << "it was taken back already";
  a.profile_.enter_hours(kOpen, kOpen + seconds(7'200), false);
  EXPECT_EQ(a.kinds().back(), ProfileEventKind::completed);
  const std::size_t before = a.news_.size();
  bust.trade_id = 3;
  a.profile_.bust(bust);
  ASSERT_GT(a.news_.size(), before);
  EXPECT_EQ(a.kinds().back(), ProfileEventKind::completed) << "completed anew";
  EXPECT_EQ(a.news_[a.news_.size() - 1].volume, units(10));
}

TEST(ProfileMetrics, AFeedOfBarsIsApproxAndABarLiesBetweenTheCloseBeforeAndItsOwn) {
  Instrument i = instrument();
  i.from_bars = true;
  i.volume_share = 0.025;
  Alone a{i};
  a.give(trade(kOpen + seconds(59), cents(10'000), units(6)));
  a.give(trade(kOpen + seconds(119), cents(10'012), units(60)));
  const VolumeProfile& p = a.profile_.profile().profile();
  EXPECT_TRUE(p.approx());
  EXPECT_EQ(p.total(), units(66).raw());
  EXPECT_EQ(p.highest() - p.lowest(), 4) << "rows of three cents";
  EXPECT_EQ(p.volume(p.lowest() + 1), units(12).raw());
  ASSERT_FALSE(a.news_.empty());
  EXPECT_EQ(profile_note(a.news_[0].approx, a.news_[0].volume_share), "APPROX, from bars; this feed sees 2.5 % of the volume");
  EXPECT_EQ(a.metrics().profile_share.value, 0.025);
}

TEST(ProfileMetrics, WhatTradesOutsideTheSessionAndWhatLiesFarAwayIsLeftOut) {
  Alone a;
  a.give(trade(kOpen - seconds(1), cents(10'000), units(10)));
  a.give(trade(kOpen + seconds(7'200), cents(10'000), units(10)));
  EXPECT_TRUE(a.profile_.profile().profile().empty());
  EXPECT_EQ(a.metrics().poc, undefined_value());
  a.give(trade(kOpen + seconds(1), cents(10'000), units(10)));
  a.give(trade(kOpen + seconds(2), cents(90'000), units(10)));
  EXPECT_EQ(a.profile_.profile().profile().total(), units(10).raw());
  EXPECT_EQ(a.metrics().vpin.status, Status::warmup);
}

TEST(ProfileMetrics, ARowIsAHundredthOfAUsualDaysRangeUnlessItIsSet) {
  Instrument i = instrument();
  EXPECT_EQ(profile_row(i, cents(10'000)), cents(3)) << "1.6 x 2 % of 100.00 are 3.20";
  i.daily_volatility = 0;
  EXPECT_EQ(profile_row(i, cents(20'000)), cents(6)) << "2 % where nobody knows";
  i.daily_volatility = 0.0001;
  EXPECT_EQ(profile_row(i, cents(10'000)), cents(1)) << "a tick at least";
  i.profile_row = cents(25);
  EXPECT_EQ(profile_row(i, cents(10'000)), cents(25));
}

TEST(ProfileMetrics, AnotherFeedBeginsANewProfileAndTheStateOfANewSessionIsUnknown) {
  Alone a;
  for (std::int64_t minute = 0; minute < 20; ++minute)
    for (std::int64_t k = 0; k < 5; ++k) a.give(trade(kOpen + seconds(minute * 60 + k * 10), cents(10'000 + k % 3), units(10)), 1);
  EXPECT_EQ(a.profile_.state().state(), MarketStateKind::balance);
  a.news_.clear();
  a.profile_.enter_hours(kOpen + seconds(9'000), kOpen + seconds(16'200), true);
  EXPECT_EQ(a.kinds(), (std::vector{ProfileEventKind::completed, ProfileEventKind::state_changed}));
  EXPECT_EQ(a.news_[1].state, MarketStateKind::unknown);
  EXPECT_TRUE(a.profile_.state().reference()) << "the session before's";
  a.give(trade(kOpen + seconds(9'001), cents(10'000), units(10)));
  a.profile_.reset();
  EXPECT_TRUE(a.profile_.profile().profile().empty());
  EXPECT_TRUE(a.profile_.profile().completed().empty()) << "of another feed";
}

}  // namespace
}  // namespace tickmesh
