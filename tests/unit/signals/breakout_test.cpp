#include "signals/breakout.hpp"

#include "unit/signals/rule_checks.hpp"

namespace tickmesh::test {
namespace {

/// The last twenty closes lie within 99.50 and 100.00; a bar closes at `close` on twice their mean volume. ATR 0.20: an edge of 20 bp.
Metrics closing(double close, int bar = 1) {
  Metrics m;
  m.bid = Price::from_double(close) - *Price::parse("0.01");
  m.ask = Price::from_double(close) + *Price::parse("0.01");
  m.mid = ok(close);
  m.spread_regime = ok(1);
  m.round_trip_bp = ok(5.8);
  m.market_state = ok(1);
  m.bars[1].length = seconds(60);
  m.bars[1].closed = Timestamp{bar * 60'000'000'000};
  m.bars[1].close = ok(close);
  m.bars[1].volume = ok(2000);
  m.bars[1].high_close_20 = ok(100);
  m.bars[1].low_close_20 = ok(99.5);
  m.bars[1].mean_volume_20 = ok(1000);
  m.bars[1].atr_14 = ok(0.2002);
  return m;
}

TEST(Breakout, EntersWhenABarClosesBeyondTheLastTwentyOnVolumeWithEdgeCostAndConfidenceWorkedOut) {
  const auto r = rule_of("breakout");
  const Metrics m = closing(100.10);
  const Decision d = r->decide(m, kGood);
  EXPECT_EQ(d.action, SignalAction::enter_long);
  EXPECT_NEAR(d.edge_bp, 20, 1e-9);     // 1e4 x 0.2002 / 100.10
  EXPECT_NEAR(d.limit_bp, 8.7, 1e-12);  // 1.5 x 5.8
  EXPECT_NEAR(d.confidence, (1 - std::exp2(-20 / 8.7)) * 2 / 3, 1e-9);
  EXPECT_NEAR(d.confidence, 0.531, 5e-4);
  EXPECT_EQ(d.stop, *Price::parse("99.7998"));     // one ATR below the level
  EXPECT_EQ(d.target, *Price::parse("100.5004"));  // two above the mid
  EXPECT_EQ(r->reason(d, m), "close 100.1000 beyond 100.0000, volume 2.0 times its mean, edge 20.0 bp >= 8.7 bp");
}

TEST(Breakout, ShortIsTheMirrorImage) {
  Metrics m = closing(99.40);
  m.bars[1].volume = ok(6000);
  m.bars[1].atr_14 = ok(0.1988);
  const Decision d = rule_of("breakout")->decide(m, kGood);
  EXPECT_EQ(d.action, SignalAction::enter_short);
  EXPECT_NEAR(d.confidence, 1 - std::exp2(-20 / 8.7), 1e-9) << "thrice the mean volume is full confidence";
  EXPECT_EQ(d.stop, *Price::parse("99.6988"));
  EXPECT_EQ(d.target, *Price::parse("99.0024"));
}

TEST(Breakout, IsHeldAboveTheLevelAndLeftWhenABarClosesBackBelowIt) {
  const auto r = rule_of("breakout");
  ASSERT_EQ(r->decide(closing(100.10, 1), kGood).action, SignalAction::enter_long);
  Metrics next = closing(100.05, 2);
  next.bars[1].high_close_20 = ok(100.10);
  EXPECT_EQ(r->decide(next, kGood).why, Why::holding) << "no new high, still above the level that was broken";
  Metrics back = closing(99.99, 3);
  back.bars[1].high_close_20 = ok(100.10);
  back.market_state = {};
  back.round_trip_bp = {};
  const Decision d = r->decide(back, kGood);
  EXPECT_EQ(d.action, SignalAction::exit) << "neither an unknown state nor an unknown cost keep anybody in";
  EXPECT_EQ(r->reason(d, back), "close 99.9900 is back beyond 100.0000");
  EXPECT_EQ(r->decide(back, kGood).action, SignalAction::exit) << "until the next bar closes";
  EXPECT_EQ(r->decide(closing(99.99, 4), kGood).why, Why::no_setup);
}

TEST(Breakout, IsGatedByEachInputAlone) {
  expect_the_common_gate("breakout", [] { return closing(100.10); });
  const auto why = [](auto change) {
    Metrics m = closing(100.10);
    change(m);
    return rule_of("breakout")->decide(m, kGood).why;
  };
  EXPECT_EQ(why([](Metrics& m) { m.bars[1].close = ok(100); }), Why::no_setup) << "not above it";
  EXPECT_EQ(why([](Metrics& m) { m.bars[1].volume = ok(1499); }), Why::no_setup);
  EXPECT_EQ(why([](Metrics& m) { m.bars[1].volume = ok(1500); }), Why::setup);
  EXPECT_EQ(why([](Metrics& m) { m.bars[1].mean_volume_20 = ok(0); }), Why::no_setup);
  EXPECT_EQ(why([](Metrics& m) { m.market_state = ok(0); }), Why::no_setup) << "in BALANCE";
  EXPECT_EQ(why([](Metrics& m) { m.market_state = undefined(); }), Why::inputs_undefined) << "an UNKNOWN state enters nothing";
  EXPECT_EQ(why([](Metrics& m) { m.mid = ok(99.70); }), Why::no_setup) << "already beyond the stop";
  EXPECT_EQ(why([](Metrics& m) { m.bars[1].atr_14 = ok(0.08); }), Why::edge_small);
  EXPECT_EQ(why([](Metrics& m) { m.bars[1].high_close_20 = {}; }), Why::warming_up);
  EXPECT_EQ(why([](Metrics& m) { m.bars = {}; }), Why::inputs_undefined);
}

TEST(Breakout, GoesOnFromASnapshotAtEveryPoint) {
  const double closes[] = {99.8, 100.1, 100.2, 99.9, 99.9, 99.4, 99.3, 99.6, 100.3};
  const auto whole = rule_of("breakout");
  auto cut = rule_of("breakout");
  int bar = 0;
  for (const double close : closes) {
    ++bar;
    for (int tick = 0; tick < 2; ++tick) {
      cut = continued(*cut);
      expect_same(whole->decide(closing(close, bar), kGood), cut->decide(closing(close, bar), kGood));
    }
  }
}

}  // namespace
}  // namespace tickmesh::test
