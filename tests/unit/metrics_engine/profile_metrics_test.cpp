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
#include "unit/metrics_engine/profile_twin.hpp"
#include "unit/metrics_engine/zipped_rows.hpp"

namespace tickmesh {
namespace {

using testing_ticks::all_of;
using testing_ticks::Drive;
using testing_ticks::ProfileTwin;
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
  for (Timestamp now = kOpen - seconds(600); now < kOpen + seconds(26'000); now = now + milliseconds(random.between(1, 3'000))) {
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
  ProfileTwin twin{profile_row(one, one.reference_price).raw()};
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
