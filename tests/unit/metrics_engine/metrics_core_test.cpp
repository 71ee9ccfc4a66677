#include "metrics_engine/core/metrics_core.hpp"

#include <cmath>
#include <memory>

#include "unit/analytics/drive.hpp"
#include "unit/analytics/random_ticks.hpp"

namespace tickmesh {
namespace {

using testing_ticks::all_of;
using testing_ticks::Drive;
using testing_ticks::saved;
using testing_ticks::SplitMix;

constexpr Timestamp kBase{1'737'376'800'000'000'000};
Timestamp ms(std::int64_t after) { return kBase + milliseconds(after); }

Instrument instrument(const char* symbol) {
  Instrument i;
  i.symbol = *Symbol::parse(symbol);
  i.tick_size = *Price::parse("0.01");
  i.lot = i.multiplier = Quantity::from_units(1);
  i.calendar = "24x7";
  i.daily_volume = 5e6;
  i.daily_volatility = 0.02;
  return i;
}
const InstrumentId kAapl = instrument_id("AAPL.DEMO");
const InstrumentId kMsft = instrument_id("MSFT.DEMO");

MetricsConfig config() {
  MetricsConfig c;
  c.instruments = *Instruments::make({instrument("AAPL.DEMO"), instrument("MSFT.DEMO")});
  return c;
}

Tick quote(Timestamp when, std::int64_t bid_cents, std::int64_t ask_cents, InstrumentId id = kAapl) {
  Tick t;
  t.time = t.event_time = when;
  t.instrument = id;
  t.kind = TickKind::quote;
  t.feed = FeedKind::demo;
  t.synthetic = true;
  t.bid = Price::from_raw(bid_cents * 1'000'000);
  t.ask = Price::from_raw(ask_cents * 1'000'000);
  t.bid_size = t.ask_size = Quantity::from_units(1);
  return t;
}

class MetricsCoreTest : public ::testing::Test {
 protected:
  void start(bool live = true) {
    drive_.give(kBase, Stream::local, 0, Started{{7, 1}});
    if (live) drive_.give(kBase, Stream::local, 0, WentLive{});
  }
  void tick(const Tick& t) { drive_.give(t.time, Stream::tick, t.instrument.partition(), t); }
  /// `count` quotes a cent wide around 100.00 that move up and down by a cent, one every 10 ms, from `from` on.
  Timestamp warm(Timestamp from, int count) {
    for (int i = 0; i < count; ++i) {
      const std::int64_t bid = 10'000 + (i % 3);
      tick(quote(from + milliseconds(10 * i), bid, bid + 1));
    }
    return from + milliseconds(10 * count);
  }
  std::vector<Metrics> metrics() const { return all_of<Metrics>(drive_.said()); }
  std::vector<Signal> signals() const { return all_of<Signal>(drive_.said()); }
  MetricsCore core_{config()};
  Drive drive_{core_};
};

TEST(MetricsCoreShard, WhoTakesAPartitionOverWarmsUpSilentlyAndThenSaysWhatTheOtherWouldHave) {
  constexpr int kTicks = 600, kMoved = 350;
  const auto said_by = [&](MetricsConfig c) {
    MetricsCore core{std::move(c)};
    Drive drive{core};
    drive.give(kBase, Stream::local, 0, Started{{7, 1}});
    drive.give(kBase, Stream::local, 0, WentLive{});
    SplitMix random{3};
    for (int i = 0; i < kTicks; ++i) {
      const std::int64_t bid = 10'000 + random.between(-5, 5);
      drive.give(ms(40 * i), Stream::tick, kAapl.partition(), quote(ms(40 * i), bid, bid + random.between(1, 3)));
    }
    return all_of<Metrics>(drive.said());
  };
  MetricsConfig moved = config();
  moved.said_until[kAapl.partition()] = {3, kMoved};
  const auto all = said_by(config()), later = said_by(moved);
  ASSERT_FALSE(later.empty());
  ASSERT_GT(all.size(), later.size() + 50);
  EXPECT_GE(later.front().header.event_time, ms(40 * kMoved));
  // Bit for bit what would have been said.
  const auto tail = all.size() - later.size();
  for (std::size_t i = 0; i < later.size(); ++i) EXPECT_EQ(later[i], all[tail + i]) << i;
  EXPECT_LT(all[tail - 1].header.event_time, ms(40 * kMoved));
  EXPECT_EQ(later.front().z_score.status, Status::ok);
}

TEST(MetricsCoreShard, OfOtherPartitionsNothingIsSaid) {
  ASSERT_NE(kAapl.partition(), kMsft.partition());
  MetricsConfig c = config();
  c.partitions = std::uint64_t{1} << kMsft.partition();
  MetricsCore core{c};
  Drive drive{core};
  drive.give(kBase, Stream::local, 0, Started{{7, 1}});
  drive.give(ms(1), Stream::tick, kAapl.partition(), quote(ms(1), 100, 101));
  drive.give(ms(2), Stream::tick, kMsft.partition(), quote(ms(2), 100, 101, kMsft));
  drive.fire_until(kBase + seconds(300));
  for (const auto& one : drive.said()) EXPECT_EQ(one.name.partition, kMsft.partition());
  EXPECT_GE(drive.said().size(), 2u) << "its first quote, and its silence";
}

TEST_F(MetricsCoreTest, MetricsAreSaidOnTheFirstTickOfEachGridCell) {
  start();
  for (const int t : {5, 50, 99, 100, 101, 350, 399, 400}) tick(quote(ms(t), 10'000 + t % 7, 10'010));
  std::vector<Timestamp> times;
  for (const auto& m : metrics()) times.push_back(m.header.event_time);
  EXPECT_EQ(times, (std::vector{ms(5), ms(100), ms(350), ms(400)}));
}

TEST_F(MetricsCoreTest, WarmsUpByWindow) {
  start();
  warm(ms(0), 250);
  const auto all = metrics();
  const auto at = [&](std::size_t ticks) { return all[(ticks - 1) / 10]; };  // one a cell, on the first tick of ten
  EXPECT_EQ(at(1).mid.status, Status::ok);
  EXPECT_EQ(at(1).spread_bp.status, Status::ok);
  EXPECT_EQ(at(1).round_trip_bp.status, Status::ok);
  EXPECT_EQ(at(41).z_score, (Value{0, Status::warmup, false}));
  EXPECT_EQ(at(51).z_score.status, Status::ok);
  EXPECT_NEAR(at(51).window_span_s.value, 0.49, 1e-12);
  EXPECT_EQ(at(91).spread_mean_bp.status, Status::warmup);
  EXPECT_EQ(at(101).spread_mean_bp.status, Status::ok);
  EXPECT_EQ(at(191).trend_t.status, Status::warmup);
  EXPECT_EQ(at(201).trend_t.status, Status::ok);
}

TEST_F(MetricsCoreTest, AFallFarBelowTheMeanEntersLongAndItsReturnLeaves) {
  start();
  const Timestamp fall = warm(ms(0), 260);
  const auto before = signals();
  ASSERT_FALSE(before.empty());
  EXPECT_EQ(before.front().action, SignalAction::wait);
  tick(quote(fall, 9'950, 9'951));
  const auto entered = signals().back();
  ASSERT_EQ(entered.action, SignalAction::enter_long) << entered.reason;
  EXPECT_EQ(entered.valid_until, fall + seconds(2));
  EXPECT_EQ(entered.header.event_time, fall);
  EXPECT_EQ(entered.header.cause.name.stream, Stream::tick);
  EXPECT_EQ(entered.header.cause.time, fall);
  EXPECT_EQ(entered.header.tick_time, fall);
  EXPECT_EQ(entered.strategy, "mean_reversion");
  EXPECT_GE(entered.edge_bp, 1.5 * entered.cost_bp);
  EXPECT_LT(entered.stop, entered.inputs.bid);
  EXPECT_GT(entered.target, entered.inputs.ask);
  // The metrics said with it are the ones it bears.
  // The same values; of bars, metrics have the news and signals all.
  Metrics inputs = entered.inputs;
  EXPECT_EQ(inputs.bars.front().length, seconds(10));
  inputs.bars = metrics().back().bars;
  EXPECT_EQ(metrics().back(), inputs);
  EXPECT_EQ(drive_.said().back().name.stream, Stream::signal);
  tick(quote(fall + milliseconds(10), 10'001, 10'002));
  EXPECT_EQ(signals().back().action, SignalAction::exit);
}

TEST_F(MetricsCoreTest, BeforeItIsLiveItLearnsAndEntersNothing) {
  start(false);
  const Timestamp fall = warm(ms(0), 260);
  tick(quote(fall, 9'950, 9'951));
  ASSERT_EQ(signals().size(), 1u);
  EXPECT_EQ(signals()[0].action, SignalAction::wait);
  EXPECT_EQ(signals()[0].reason, "catching up, not live yet");
  EXPECT_GT(metrics().size(), 20u);
  drive_.give(fall, Stream::local, 0, WentLive{});
  Tick again = quote(fall + milliseconds(10), 9'950, 9'951);
  again.bid_size = Quantity::from_units(2);  // no new observation, but a fresh look
  tick(again);
  EXPECT_EQ(signals().back().action, SignalAction::enter_long) << signals().back().reason;
  drive_.give(fall + milliseconds(20), Stream::local, 0, Started{{7, 2}});
  tick(quote(fall + milliseconds(30), 9'950, 9'951));
  EXPECT_EQ(signals().back().action, SignalAction::wait);
  EXPECT_EQ(signals().back().reason, "catching up, not live yet");
}

TEST_F(MetricsCoreTest, AnOldQuoteEntersNothing) {
  start();
  const Timestamp fall = warm(ms(0), 260);
  const Tick t = quote(fall, 9'950, 9'951);
  drive_.give(fall + milliseconds(2'001), Stream::tick, kAapl.partition(), t);
  EXPECT_EQ(signals().back().action, SignalAction::wait);
  EXPECT_EQ(signals().back().reason, "the quote is stale");
}

TEST_F(MetricsCoreTest, AGapMakesWindowsStaleUntilTheyHoldFreshTicksAlone) {
  start();
  Timestamp next = warm(ms(0), 260);
  drive_.give(next, Stream::local, 0, StreamGap{.stream = Stream::tick, .partition = kMsft.partition()});
  tick(quote(next = next + milliseconds(100), 10'000, 10'001));
  EXPECT_EQ(metrics().back().z_score.status, Status::ok);
  drive_.give(next, Stream::local, 0, StreamGap{.stream = Stream::tick, .partition = kAapl.partition()});
  tick(quote(next = next + milliseconds(100), 10'001, 10'002));
  EXPECT_EQ(metrics().back().z_score.status, Status::stale);
  EXPECT_TRUE(metrics().back().z_score.has_value);
  EXPECT_EQ(metrics().back().mid.status, Status::ok);
  EXPECT_EQ(signals().back().action, SignalAction::wait);
  next = warm(next + milliseconds(100), 50);
  tick(quote(next + milliseconds(100), 10'005, 10'006));
  EXPECT_EQ(metrics().back().z_score.status, Status::ok);
  EXPECT_EQ(metrics().back().trend_t.status, Status::stale);
}

TEST_F(MetricsCoreTest, SilenceIsSaidOnceAndStalesWhatFollows) {
  start();
  const Timestamp end = warm(ms(0), 260);
  const auto said = metrics().size();
  drive_.fire_until(end + seconds(200));
  ASSERT_EQ(metrics().size(), said + 1);
  EXPECT_EQ(metrics().back().mid.status, Status::stale);
  EXPECT_EQ(metrics().back().z_score.status, Status::stale);
  EXPECT_EQ(drive_.wakes(), 0u);
  tick(quote(end + seconds(201), 10'000, 10'001));
  EXPECT_EQ(metrics().back().mid.status, Status::ok);
  EXPECT_EQ(metrics().back().z_score.status, Status::stale);
  EXPECT_EQ(drive_.wakes(), 1u);
}

TEST_F(MetricsCoreTest, ABookCrossedForLongIsStaleAndEntersNothing) {
  start();
  const Timestamp end = warm(ms(0), 260);
  tick(quote(end, 9'950, 9'951));
  ASSERT_EQ(signals().back().action, SignalAction::enter_long);
  tick(quote(end + milliseconds(10), 9'960, 9'950));
  tick(quote(end + milliseconds(1'010), 9'960, 9'950));
  EXPECT_EQ(signals().back().action, SignalAction::enter_long);
  tick(quote(end + milliseconds(1'011), 9'960, 9'950));
  EXPECT_EQ(signals().back().action, SignalAction::wait);
  EXPECT_EQ(metrics().back().z_score.status, Status::stale);
  EXPECT_EQ(core_.counts().crossed, 3u);
  tick(quote(end + milliseconds(1'020), 9'950, 9'952));
  EXPECT_EQ(metrics().back().z_score.status, Status::ok);
}

TEST_F(MetricsCoreTest, ANewSessionAndAnotherFeedStartNewWindows) {
  start();
  const Timestamp midnight{1'737'417'600'000'000'000};
  warm(midnight - seconds(3), 260);
  EXPECT_EQ(metrics().back().z_score.status, Status::ok);
  warm(midnight, 60);
  EXPECT_EQ(metrics().back().trend_t.status, Status::warmup);
  EXPECT_EQ(metrics().back().z_score.status, Status::ok);
  Tick other = quote(midnight + seconds(5), 10'000, 10'001);
  other.feed = FeedKind::push;
  tick(other);
  EXPECT_EQ(metrics().back().z_score.status, Status::warmup);
  EXPECT_EQ(metrics().back().feed, FeedKind::push);
}

TEST_F(MetricsCoreTest, OutsideItsSessionsNothingIsEntered) {
  MetricsConfig c = config();
  c.sessions["24x7"] = {{ms(-1'000'000), ms(2'600)}, {ms(9'000'000), ms(9'900'000)}};
  MetricsCore core{c};
  drive_.use(core);
  start();
  const Timestamp fall = warm(ms(0), 260);
  tick(quote(fall, 9'950, 9'951));
  EXPECT_EQ(signals().back().action, SignalAction::wait);
  EXPECT_EQ(signals().back().reason, "the session is closed");
}

TEST_F(MetricsCoreTest, WithoutDailyVolumeCostIsTheWorstCase) {
  MetricsConfig c = config();
  Instrument bare = instrument("AAPL.DEMO");
  bare.daily_volume = 0;
  c.instruments = *Instruments::make({bare});
  MetricsCore core{c};
  drive_.use(core);
  start();
  tick(quote(ms(1), 10'000, 10'001));
  EXPECT_EQ(metrics().back().cost_bp, (Value{10, Status::undefined, true}));
  EXPECT_EQ(metrics().back().round_trip_bp, (Value{20, Status::undefined, true}));
}

TEST_F(MetricsCoreTest, IgnoresWhatIsNotAQuoteOfAListedInstrument) {
  start();
  Tick t = quote(ms(1), 10'000, 10'001, instrument_id("X.Y"));
  tick(t);
  t = quote(ms(2), 0, 0);
  t.kind = TickKind::trade;
  t.price = Price::from_units(100);
  tick(t);
  drive_.give(ms(3), Stream::latest, 0, Latest{});
  drive_.give(ms(4), Stream::bar, 0, Bar{});
  EXPECT_TRUE(drive_.said().empty());
  EXPECT_EQ(core_.unlisted(), 1u);
}

TEST(MetricsConfigCheck, RefusesWhatCannotBe) {
  EXPECT_TRUE(MetricsCore::check(config()).has_value());
  const auto refused = [](auto spoil) {
    MetricsConfig c = config();
    spoil(c);
    return !MetricsCore::check(c).has_value();
  };
  EXPECT_TRUE(refused([](MetricsConfig& c) { c.publish_grid = {}; }));
  EXPECT_TRUE(refused([](MetricsConfig& c) { c.planned_notional = {}; }));
  EXPECT_TRUE(refused([](MetricsConfig& c) { c.trend_window = 1'000; }));
  EXPECT_TRUE(refused([](MetricsConfig& c) { c.cost.min_commission = std::nan(""); }));
  EXPECT_TRUE(refused([](MetricsConfig& c) { c.cost.worst_case_bp = 0; }));
  EXPECT_TRUE(refused([](MetricsConfig& c) { c.signals = {{"nonsense", {}}}; }));
  EXPECT_TRUE(refused([](MetricsConfig& c) { c.signals = {{"mean_reversion", {{"entry_z", 99}}}}; }));
  EXPECT_TRUE(refused([](MetricsConfig& c) { c.sessions["x"] = {{ms(5), ms(1)}}; }));
}

// Two instruments that wander, jump and come back, with bad quotes, hostile prices, gaps, silences and restarts.
template <class Between>
std::vector<Outbox::Said> run(std::uint64_t seed, int inputs, MetricsCore& first, Between between) {
  SplitMix random{seed};
  Drive drive{first};
  drive.give(kBase, Stream::local, 0, Started{{7, 1}});
  drive.give(kBase, Stream::local, 0, WentLive{});
  Timestamp now = kBase;
  std::int64_t bid[2] = {10'000, 40'000};
  for (int i = 0; i < inputs; ++i) {
    between(i, drive);
    now = now + milliseconds(random.between(0, 2'999) == 0 ? random.between(0, 1'000'000) : random.between(0, 30));
    const auto which = random.between(0, 1);
    const InstrumentId id = which == 0 ? kAapl : kMsft;
    const auto kind = random.between(0, 1'999);
    if (kind == 0) {
      drive.give(now, Stream::local, 0, StreamGap{.stream = Stream::tick, .partition = id.partition()});
    } else if (kind == 1) {
      drive.give(now, Stream::local, 0, Started{{7, 2}});
      drive.give(now, Stream::local, 0, WentLive{});
    } else {
      auto& b = bid[which];
      const std::int64_t home = which == 0 ? 10'000 : 40'000;
      b += random.between(-2, 2) + (b < home - 20 ? 1 : b > home + 20 ? -1 : 0);
      std::int64_t jump = 0;
      if (kind < 40) jump = random.between(-1, 1) * (which == 0 ? 60 : 240);
      Tick t = quote(now, b + jump, b + jump + random.between(1, 3), id);
      if (kind >= 40 && kind < 50) std::swap(t.bid, t.ask);
      if (kind >= 50 && kind < 55) t.ask = {};
      if (kind >= 55 && kind < 60) t.ask = Price::from_raw(std::numeric_limits<std::int64_t>::max());
      drive.give(now, Stream::tick, id.partition(), t);
    }
  }
  drive.fire_until(now + seconds(120));
  return drive.said();
}

void expect_equal(const std::vector<Outbox::Said>& a, const std::vector<Outbox::Said>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].name, b[i].name) << i;
    ASSERT_EQ(a[i].event, b[i].event) << i;
  }
}

constexpr Value Metrics::* kValues[] = {&Metrics::mid,
                                        &Metrics::z_score,
                                        &Metrics::mean,
                                        &Metrics::sd,
                                        &Metrics::sd_bp,
                                        &Metrics::half_life,
                                        &Metrics::window_span_s,
                                        &Metrics::spread_bp,
                                        &Metrics::spread_mean_bp,
                                        &Metrics::spread_sd_bp,
                                        &Metrics::spread_cv,
                                        &Metrics::spread_regime,
                                        &Metrics::trend_slope,
                                        &Metrics::trend_t,
                                        &Metrics::cost_bp,
                                        &Metrics::round_trip_bp};

TEST(MetricsCoreProperty, TheSameInputsSayTheSameAndNothingInfinite) {
  MetricsCore a{config()}, b{config()};
  const auto nothing = [](int, Drive&) {};
  const auto first = run(1, 20'000, a, nothing);
  expect_equal(first, run(1, 20'000, b, nothing));
  EXPECT_EQ(saved(a), saved(b));
  std::map<SignalAction, int> actions;
  for (const auto& s : all_of<Signal>(first)) {
    ++actions[s.action];
    EXPECT_TRUE(std::isfinite(s.confidence) && s.confidence >= 0 && s.confidence <= 1);
    EXPECT_TRUE(std::isfinite(s.edge_bp) && std::isfinite(s.cost_bp));
    EXPECT_FALSE(s.reason.empty());
  }
  EXPECT_GT(actions[SignalAction::enter_long], 5);
  EXPECT_GT(actions[SignalAction::enter_short], 5);
  EXPECT_GT(actions[SignalAction::exit], 10);
  for (const auto& m : all_of<Metrics>(first))
    for (const auto member : kValues) {
      EXPECT_TRUE(std::isfinite((m.*member).value));
      EXPECT_NE((m.*member).status, Status{});
    }
}

TEST(MetricsCoreProperty, SavedAndLoadedAtAnyMomentItGoesOnAsIfNothingHadBeen) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    MetricsCore whole{config()};
    const auto expected = run(seed, 4'000, whole, [](int, Drive&) {});
    SplitMix random{seed + 1'000};
    MetricsCore first{config()};
    std::vector<std::unique_ptr<MetricsCore>> later;
    const Core* current = &first;
    const auto actual = run(seed, 4'000, first, [&](int, Drive& drive) {
      if (random.between(0, 199) != 0) return;
      const Bytes bytes = saved(*current);
      later.push_back(std::make_unique<MetricsCore>(config()));
      ByteReader reader{bytes};
      later.back()->load(reader);
      EXPECT_TRUE(reader.done());
      current = later.back().get();
      drive.use(*later.back());
    });
    EXPECT_GT(later.size(), 3u);
    expect_equal(actual, expected);
    EXPECT_EQ(saved(*current), saved(whole));
  }
}

}  // namespace
}  // namespace tickmesh
