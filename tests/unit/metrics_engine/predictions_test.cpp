// What a user's model says, through metrics_engine's core: followed at once, left when it turns or expires, kept over a restart.
#include <cmath>
#include <memory>

#include "metrics_engine/core/metrics_core.hpp"
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
const Symbol kApple = *Symbol::parse("AAPL.DEMO");

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
MetricsConfig config() {
  MetricsConfig c;
  c.instruments = *Instruments::make({instrument("AAPL.DEMO"), instrument("MSFT.DEMO")});
  c.signals.clear();
  for (const auto rule : signal_rule_names()) c.signals.push_back({std::string(rule), {}});
  return c;
}

Tick quote(Timestamp when, std::int64_t bid_cents, const Symbol& symbol = kApple, std::int64_t size = 1) {
  Tick t;
  t.time = t.event_time = when;
  t.instrument = instrument_id(symbol);
  t.kind = TickKind::quote;
  t.feed = FeedKind::push;
  t.bid = Price::from_raw(bid_cents * 1'000'000);
  t.ask = t.bid + *Price::parse("0.01");
  t.bid_size = Quantity::from_units(size);
  t.ask_size = Quantity::from_units(2);
  return t;
}
Command says(Side side, Timestamp as_of, Duration horizon, const Symbol& symbol = kApple, const char* model = "lean-1") {
  Command c;
  c.id = "C1";
  c.verb = Verb::predict;
  c.symbol = symbol;
  c.prediction = {.side = side, .confidence = 0.8, .horizon = horizon, .model = model, .as_of = as_of};
  return c;
}

class Predictions : public ::testing::Test {
 protected:
  Predictions() {
    give(kBase, Started{{7, 1}});
    give(kBase, WentLive{});
    for (int i = 0; i < 250; ++i) tick(quote(ms(10 * i), 10'000 + i % 3));
  }
  void give(Timestamp now, const Event& local) { drive_.give(now, Stream::local, 0, local); }
  void tick(const Tick& t) { drive_.give(t.time, Stream::tick, t.instrument.partition(), t); }
  void predict(Timestamp now, const Command& command) { drive_.give(now, Stream::control, 0, command); }
  std::vector<Signal> said() const {
    std::vector<Signal> all;
    for (const Signal& s : all_of<Signal>(drive_.said()))
      if (s.strategy == "prediction") all.push_back(s);
    return all;
  }
  MetricsCore core_{config()};
  Drive drive_{core_};
};

TEST_F(Predictions, NothingIsSaidOfThemBeforeThereIsOne) { EXPECT_TRUE(said().empty()); }

TEST_F(Predictions, OneIsFollowedAtOnceWithTheCommandAsItsCauseAndLeftWhenItExpires) {
  predict(ms(2'600), says(Side::buy, ms(2'500), seconds(10)));
  ASSERT_EQ(said().size(), 1U);
  const Signal in = said()[0];
  EXPECT_EQ(in.action, SignalAction::enter_long);
  EXPECT_EQ(in.confidence, 0.8);
  EXPECT_EQ(in.reason, "model lean-1 says long, confidence 0.80, as of 0.1 s ago, for 10.0 s; no edge claimed");
  EXPECT_EQ(in.header.cause.name.stream, Stream::control);
  EXPECT_EQ(in.valid_until, ms(4'600));
  EXPECT_TRUE(in.stop < in.inputs.bid && in.stop.raw() > 0);
  // No quote comes any more: the end is said all the same.
  drive_.fire_until(ms(60'000));
  EXPECT_EQ(said().back().action, SignalAction::exit);
  EXPECT_EQ(said().back().header.time, ms(12'500));
  EXPECT_EQ(said().back().reason, "what model lean-1 said has expired");
}

TEST_F(Predictions, TheModelsNextWordEndsTheOneBefore) {
  predict(ms(2'600), says(Side::buy, ms(2'600), seconds(100)));
  predict(ms(2'700), says(Side::none, ms(2'700), seconds(100)));
  ASSERT_EQ(said().size(), 2U);
  EXPECT_EQ(said()[1].action, SignalAction::exit);
  predict(ms(2'800), says(Side::sell, ms(2'650), seconds(100)));
  EXPECT_EQ(said().size(), 2U) << "older than what the same model said before";
}

TEST_F(Predictions, WhatCannotBeFollowedChangesNothing) {
  const Bytes before = saved(core_);
  predict(ms(2'600), says(Side::buy, ms(2'600), Duration{}));
  predict(ms(2'600), says(Side::buy, ms(2'600), seconds(8 * 86'400)));
  predict(ms(2'600), says(Side::buy, ms(7'700), seconds(10)));
  predict(ms(2'600), says(Side::buy, ms(2'600), seconds(10), kApple, ""));
  Command odd = says(Side::buy, ms(2'600), seconds(10));
  odd.prediction.confidence = std::nan("");
  predict(ms(2'600), odd);
  odd.prediction.confidence = 1.01;
  predict(ms(2'600), odd);
  odd = says(Side::buy, ms(2'600), seconds(10));
  odd.verb = Verb::open;
  predict(ms(2'600), odd);
  EXPECT_TRUE(said().empty());
  EXPECT_EQ(saved(core_), before);
  predict(ms(2'600), says(Side::buy, ms(2'600), seconds(10), *Symbol::parse("NONE.DEMO")));
  EXPECT_EQ(core_.unlisted(), 1U);
}

TEST_F(Predictions, BeforeItIsLiveNothingIsEnteredAndWhatExpiredMeanwhileIsLeftThen) {
  predict(ms(2'600), says(Side::buy, ms(2'600), seconds(10)));
  give(ms(2'700), Started{{7, 2}});
  drive_.fire_until(ms(20'000));
  for (const Signal& s : said()) EXPECT_NE(s.action, SignalAction::exit) << "it is catching up";
  give(ms(20'000), WentLive{});
  EXPECT_EQ(said().back().action, SignalAction::exit);
}

/// Quotes, trades, predictions and restarts of two instruments.
template <class Between>
std::vector<Outbox::Said> run(std::uint64_t seed, int inputs, MetricsCore& first, Between between) {
  SplitMix random{seed};
  Drive drive{first};
  drive.give(kBase, Stream::local, 0, Started{{7, 1}});
  drive.give(kBase, Stream::local, 0, WentLive{});
  Timestamp now = kBase;
  std::int64_t bid[2] = {10'000, 40'000};
  for (int i = 0; i < inputs; ++i) {
    between(drive);
    now = now + milliseconds(random.between(0, 600));
    const auto which = random.between(0, 1);
    const Symbol symbol = *Symbol::parse(which == 0 ? "AAPL.DEMO" : "MSFT.DEMO");
    auto& b = bid[which];
    b += random.between(-3, 3);
    const auto kind = random.between(0, 99);
    if (kind == 0) {
      drive.give(now, Stream::control, 0,
                 says(static_cast<Side>(random.between(0, 2)), now - milliseconds(random.between(0, 8'000)), seconds(random.between(1, 40)),
                      symbol, random.between(0, 1) == 0 ? "one" : "other"));
    } else if (kind < 30) {
      Tick t = quote(now, b, symbol);
      t.kind = TickKind::trade;
      t.price = t.bid;
      t.size = Quantity::from_units(random.between(1, 50));
      t.aggressor = random.between(0, 1) == 0 ? Side::buy : Side::sell;
      t.bid = t.ask = {};
      t.bid_size = t.ask_size = {};
      drive.give(now, Stream::tick, t.instrument.partition(), t);
    } else {
      drive.give(now, Stream::tick, instrument_id(symbol).partition(), quote(now, b, symbol, random.between(1, 9)));
    }
  }
  drive.fire_until(now + seconds(120));
  return drive.said();
}

TEST(AllRules, SavedAndLoadedAtAnyMomentGoOnBitForBit) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    MetricsCore whole{config()};
    const auto expected = run(seed, 12'000, whole, [](Drive&) {});
    std::map<std::string, int> entered;
    for (const Signal& s : all_of<Signal>(expected)) {
      EXPECT_TRUE(std::isfinite(s.confidence) && s.confidence >= 0 && s.confidence <= 1);
      EXPECT_TRUE(std::isfinite(s.edge_bp) && std::isfinite(s.cost_bp));
      EXPECT_FALSE(s.reason.empty());
      ++entered[s.strategy];
    }
    EXPECT_EQ(entered.size(), signal_rule_names().size()) << "every rule said something";
    bool scored = false, ranked = false;
    for (const Metrics& m : all_of<Metrics>(expected)) {
      scored |= m.ofi_z.status == Status::ok;
      ranked |= m.bars[1].high_close_20.status == Status::ok && m.bars[1].mean_volume_20.value > 0;
    }
    EXPECT_TRUE(scored && ranked);
    SplitMix random{seed + 1'000};
    MetricsCore first{config()};
    std::vector<std::unique_ptr<MetricsCore>> later;
    const Core* current = &first;
    const auto actual = run(seed, 12'000, first, [&](Drive& drive) {
      if (random.between(0, 599) != 0) return;
      const Bytes bytes = saved(*current);
      later.push_back(std::make_unique<MetricsCore>(config()));
      ByteReader reader{bytes};
      later.back()->load(reader);
      EXPECT_TRUE(reader.done());
      current = later.back().get();
      drive.use(*later.back());
    });
    EXPECT_GT(later.size(), 3U);
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
      ASSERT_EQ(actual[i].name, expected[i].name) << i;
      ASSERT_EQ(actual[i].event, expected[i].event) << i;
    }
    EXPECT_EQ(saved(*current), saved(whole));
  }
}

TEST(AllRules, OfASnapshotWithOtherRulesThoseOfBothGoOn) {
  MetricsCore all{config()};
  run(1, 2'000, all, [](Drive&) {});
  MetricsConfig fewer = config();
  fewer.signals = {{"trend", {}}, {"prediction", {}}};
  const Bytes bytes = saved(all);
  ByteReader in{bytes};
  MetricsCore some{fewer};
  some.load(in);
  EXPECT_TRUE(in.done());
  const Bytes less = saved(some);
  ByteReader again{less};
  MetricsCore back{config()};
  back.load(again);
  EXPECT_TRUE(again.done());
}

TEST(AllRules, AreRefusedTwiceAndWithParametersOutOfRangeByTheirKey) {
  MetricsConfig twice = config();
  twice.signals.push_back({"trend", {}});
  EXPECT_EQ(MetricsCore::check(twice).error().rule, "each rule once");
  MetricsConfig odd = config();
  odd.signals = {{"mean_reversion", {{"exit_z", 3}}}};
  EXPECT_EQ(MetricsCore::check(odd).error().field, "signals.mean_reversion.exit_z");
}

}  // namespace
}  // namespace tickmesh
