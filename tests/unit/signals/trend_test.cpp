#include "signals/trend.hpp"

#include <gtest/gtest.h>

#include "signals/signal_state.hpp"

namespace tickmesh {
namespace {

Value ok(double value) { return {value, Status::ok, true}; }
constexpr Conditions kGood{.live = true, .quote_fresh = true, .session_open = true};

/// A stock at 100 that rises: ATR 0.20 is an edge of 20 bp, costs are 5.8 bp, so 8.7 bp are needed.
Metrics rising(int bar, double histogram) {
  Metrics m;
  m.symbol = *Symbol::parse("AAPL.DEMO");
  m.bid = *Price::parse("99.99");
  m.ask = *Price::parse("100.01");
  m.mid = ok(100);
  m.spread_regime = ok(1);
  m.trend_t = ok(2);
  m.regime_up = ok(0.75);
  m.regime_down = ok(0.05);
  m.round_trip_bp = ok(5.8);
  m.bars[1].length = seconds(60);
  m.bars[1].closed = Timestamp{bar * 60'000'000'000};
  m.bars[1].ema_20 = ok(99.8);
  m.bars[1].ema_50 = ok(99.5);
  m.bars[1].atr_14 = ok(0.20);
  m.bars[1].macd_histogram = ok(histogram);
  return m;
}
Metrics falling(int bar, double histogram) {
  Metrics m = rising(bar, histogram);
  m.trend_t = ok(-2);
  std::swap(m.regime_up, m.regime_down);
  std::swap(m.bars[1].ema_20, m.bars[1].ema_50);
  return m;
}
std::unique_ptr<SignalRule> rule(const ParameterValues& values = {}) {
  auto made = make_signal_rule("trend", values);
  EXPECT_TRUE(made.has_value());
  return std::move(*made);
}
/// What is said of `m` (of bar 2) after a bar whose histogram was 0.01 on the same side.
Decision second_bar(const Metrics& m, const Conditions& conditions = kGood) {
  const auto r = rule();
  r->decide(rising(1, m.bars[1].macd_histogram.value < 0 ? -0.01 : 0.01), kGood);
  return r->decide(m, conditions);
}

TEST(Trend, EntersWhenAveragesHistogramAndRegimeAreOfOneMindWithEdgeCostAndConfidenceWorkedOut) {
  const auto r = rule();
  EXPECT_EQ(r->decide(rising(1, 0.01), kGood).why, Why::warming_up) << "one bar does not rise";
  const Metrics m = rising(2, 0.02);
  const Decision d = r->decide(m, kGood);
  EXPECT_EQ(d.action, SignalAction::enter_long);
  EXPECT_NEAR(d.edge_bp, 20.0, 1e-9);
  EXPECT_NEAR(d.cost_bp, 5.8, 1e-12);
  EXPECT_NEAR(d.limit_bp, 8.7, 1e-12);
  EXPECT_NEAR(d.confidence, (1 - std::exp2(-20 / 8.7)) * 0.75 * (2.0 / 4), 1e-12);  // c(edge) x P(UP) x t / 4 = 0.299
  EXPECT_NEAR(d.confidence, 0.299, 5e-4);
  EXPECT_EQ(d.stop, *Price::parse("99.60"));
  EXPECT_EQ(d.target, *Price::parse("100.60"));
  EXPECT_EQ(d.valid_for, seconds(2));
  EXPECT_EQ(r->reason(d, m), "MACD histogram 0.0200 after 0.0100, P 0.75, edge 20.0 bp >= 8.7 bp");
}

TEST(Trend, ShortIsTheMirrorImage) {
  const Decision d = second_bar(falling(2, -0.02));
  EXPECT_EQ(d.action, SignalAction::enter_short);
  EXPECT_NEAR(d.confidence, 0.299, 5e-4);
  EXPECT_EQ(d.stop, *Price::parse("100.40"));
  EXPECT_EQ(d.target, *Price::parse("99.40"));
}

TEST(Trend, IsHeldWhileTheHistogramKeepsItsSignAndLeftOnceItChanges) {
  const auto r = rule();
  r->decide(rising(1, 0.01), kGood);
  ASSERT_EQ(r->decide(rising(2, 0.02), kGood).action, SignalAction::enter_long);
  EXPECT_EQ(r->decide(rising(3, 0.015), kGood).why, Why::holding) << "it no longer rises";
  EXPECT_EQ(r->decide(rising(4, 0), kGood).why, Why::holding) << "zero has no sign";
  Metrics out = rising(5, -0.001);
  out.spread_regime = ok(9);
  out.round_trip_bp = {};
  out.regime_up = {};
  EXPECT_EQ(r->decide(out, kGood).action, SignalAction::exit) << "a wide spread, an unknown cost, a missing regime keep nobody in";
  EXPECT_EQ(r->decide(out, kGood).action, SignalAction::exit) << "until the next bar closes";
  EXPECT_EQ(r->reason(r->decide(out, kGood), out), "MACD histogram -0.0010 has changed sign");
  EXPECT_EQ(r->decide(rising(6, -0.002), kGood).why, Why::no_setup);
}

TEST(Trend, IsGatedByEachInputAlone) {
  const auto with = [](auto change) {
    Metrics m = rising(2, 0.02);
    change(m);
    return second_bar(m).why;
  };
  EXPECT_EQ(with([](Metrics&) {}), Why::setup);
  EXPECT_EQ(with([](Metrics& m) { m.bars[1].ema_20 = ok(99.5); }), Why::no_setup);
  EXPECT_EQ(with([](Metrics& m) { m.bars[1].macd_histogram = ok(0.01); }), Why::no_setup) << "no higher than before";
  EXPECT_EQ(with([](Metrics& m) { m.regime_up = ok(0.59); }), Why::no_setup);
  EXPECT_EQ(with([](Metrics& m) { m.regime_up = ok(0.60); }), Why::setup);
  EXPECT_EQ(with([](Metrics& m) { m.trend_t = ok(-0.1); }), Why::against_trend);
  EXPECT_EQ(with([](Metrics& m) { m.spread_regime = ok(2.1); }), Why::spread_wide);
  EXPECT_EQ(with([](Metrics& m) { m.bars[1].atr_14 = ok(0.08); }), Why::edge_small) << "8.0 bp < 8.7 bp";
  EXPECT_EQ(with([](Metrics& m) { m.round_trip_bp = {}; }), Why::cost_unknown);
  EXPECT_EQ(with([](Metrics& m) { m.bars[1].ema_50.status = Status::warmup; }), Why::warming_up);
  EXPECT_EQ(with([](Metrics& m) { m.regime_up.status = Status::undefined; }), Why::inputs_undefined);
  EXPECT_EQ(with([](Metrics& m) { m.trend_t.status = Status::stale; }), Why::inputs_stale);
  EXPECT_EQ(with([](Metrics& m) { m.bars = {}; }), Why::inputs_undefined);
  const Metrics good = rising(2, 0.02);
  EXPECT_EQ(second_bar(good, {.live = false, .quote_fresh = true, .session_open = true}).why, Why::not_live);
  EXPECT_EQ(second_bar(good, {.live = true, .quote_fresh = false, .session_open = true}).why, Why::quote_stale);
  EXPECT_EQ(second_bar(good, {.live = true, .quote_fresh = true, .session_open = false}).why, Why::session_closed);
}

TEST(Trend, GoesOnFromASnapshotAtEveryPoint) {
  const double histograms[] = {0.01, 0.02, 0.03, 0.02, -0.01, -0.02, -0.03, 0.01, 0.02, 0.04};
  auto whole = rule(), cut = rule();
  int bar = 0;
  for (const double h : histograms) {
    ++bar;
    const Metrics m = h > 0 ? rising(bar, h) : falling(bar, h);
    for (int tick = 0; tick < 2; ++tick) {
      Bytes bytes;
      ByteWriter out{bytes};
      cut->save(out);
      cut = rule();
      ByteReader in{bytes};
      cut->load(in);
      EXPECT_TRUE(in.done());
      const Decision a = whole->decide(m, kGood), b = cut->decide(m, kGood);
      EXPECT_EQ(a.action, b.action) << bar;
      EXPECT_EQ(a.why, b.why) << bar;
      EXPECT_EQ(a.confidence, b.confidence) << bar;
    }
  }
}

TEST(Trend, RefusesParametersOutOfRange) {
  EXPECT_FALSE(make_signal_rule("trend", {{"regime", 1.5}}));
  EXPECT_FALSE(make_signal_rule("trend", {{"no_such", 1}}));
  EXPECT_TRUE(make_signal_rule("trend", {{"bar_s", 5}}));
}

}  // namespace
}  // namespace tickmesh
