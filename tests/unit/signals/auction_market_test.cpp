#include "signals/auction_market.hpp"

#include "unit/signals/rule_checks.hpp"

namespace tickmesh::test {
namespace {

/// A value area of 99.50 to 100.50 about 100.00; ATR 0.20, so that near is 0.05; a tick of 0.01; a round trip of 5.8 bp.
Metrics market(double state, double mid, double aggr) {
  Metrics m;
  m.bid = Price::from_double(mid) - *Price::parse("0.01");
  m.ask = Price::from_double(mid) + *Price::parse("0.01");
  m.mid = ok(mid);
  m.spread_regime = ok(1);
  m.round_trip_bp = ok(5.8);
  m.market_state = ok(state);
  m.poc = ok(100);
  m.val = ok(99.5);
  m.vah = ok(100.5);
  m.hvn_above = m.hvn_below = m.lvn_above = m.lvn_below = undefined();
  m.aggr = ok(aggr);
  m.momentum = ok(aggr / 2);
  m.aggressive = ok(aggr >= 0.3 ? 1 : aggr <= -0.3 ? -1 : 0);
  m.bars[1].length = seconds(60);
  m.bars[1].close = ok(mid);
  m.bars[1].atr_14 = ok(0.20);
  return m;
}
/// What is said of `m` after the flow pressed against the edge that it is near.
Decision after_pressing(Metrics m, Conditions conditions = kGood) {
  const auto r = rule_of("auction_market");
  Metrics before = m;
  before.aggr = ok(-m.aggr.value);
  before.momentum = ok(-m.momentum.value);
  before.aggressive = ok(0);
  before.spread_regime = ok(1);
  r->decide(before, kGood);
  return r->decide(m, conditions);
}

TEST(AuctionMarket, InBalanceEntersAtTheLowEdgeOnceTheFlowTurnsWithEdgeCostAndConfidenceWorkedOut) {
  const auto r = rule_of("auction_market");
  EXPECT_EQ(r->decide(market(0, 99.53, 0.2), kGood).why, Why::no_setup) << "nothing pressed against the edge yet";
  EXPECT_EQ(r->decide(market(0, 99.52, -0.1), kGood).why, Why::no_setup) << "it is being pressed";
  const Metrics m = market(0, 99.52, 0.2);
  const Decision d = r->decide(m, kGood);
  EXPECT_EQ(d.action, SignalAction::enter_long);
  const double edge = 1e4 * 0.48 / 99.52;  // to the point of control
  EXPECT_NEAR(d.edge_bp, edge, 1e-9);
  EXPECT_NEAR(d.edge_bp, 48.23, 5e-3);
  EXPECT_NEAR(d.limit_bp, 8.7, 1e-12);
  EXPECT_NEAR(d.confidence, (1 - std::exp2(-edge / 8.7)) * 0.6, 1e-12);  // 0.5 + 0.5 x 0.2
  EXPECT_NEAR(d.confidence, 0.587, 5e-4);
  EXPECT_EQ(d.stop, *Price::parse("99.30"));  // VAL - 1 ATR
  EXPECT_EQ(d.target, *Price::parse("100"));
  EXPECT_EQ(r->reason(d, m), "BALANCE, aggressive flow 0.20, back from the edge of the value area, edge 48.2 bp >= 8.7 bp");
}

TEST(AuctionMarket, InBalanceShortIsTheMirrorImage) {
  const Decision d = after_pressing(market(0, 100.48, -0.2));
  EXPECT_EQ(d.action, SignalAction::enter_short);
  EXPECT_NEAR(d.confidence, (1 - std::exp2(-(1e4 * 0.48 / 100.48) / 8.7)) * 0.6, 1e-12);
  EXPECT_EQ(d.stop, *Price::parse("100.70"));
  EXPECT_EQ(d.target, *Price::parse("100"));
}

TEST(AuctionMarket, InBalanceIsHeldOnTheWayAndLeftAtThePointOfControlOrWithTheState) {
  for (const bool at_poc : {true, false}) {
    const auto r = rule_of("auction_market");
    r->decide(market(0, 99.52, -0.1), kGood);
    ASSERT_EQ(r->decide(market(0, 99.52, 0.2), kGood).action, SignalAction::enter_long);
    EXPECT_EQ(r->decide(market(0, 99.80, 0.2), kGood).why, Why::holding);
    Metrics out = at_poc ? market(0, 100, 0.2) : market(-1, 99.60, -0.2);
    out.round_trip_bp = {};
    out.spread_regime = ok(9);
    const Decision d = r->decide(out, kGood);
    EXPECT_EQ(d.action, SignalAction::exit);
    EXPECT_EQ(r->reason(d, out), at_poc ? "the point of control 100.0000 is reached" : "the market is IMBALANCE_DOWN now");
    EXPECT_EQ(r->decide(out, kGood).action, SignalAction::wait);
  }
}

TEST(AuctionMarket, AStateThatIsUnknownHasLeftBalance) {
  const auto r = rule_of("auction_market");
  r->decide(market(0, 99.52, -0.1), kGood);
  ASSERT_EQ(r->decide(market(0, 99.52, 0.2), kGood).action, SignalAction::enter_long);
  Metrics m = market(0, 99.60, 0.2);
  m.market_state = undefined();
  EXPECT_EQ(r->decide(m, kGood).why, Why::state_left);
  EXPECT_EQ(r->decide(m, kGood).why, Why::inputs_undefined);
}

TEST(AuctionMarket, OutOfBalanceEntersOnARetestOfTheEdgeWithEdgeCostAndConfidenceWorkedOut) {
  const auto r = rule_of("auction_market");
  const Metrics m = market(1, 100.53, 0.4);
  const Decision d = r->decide(m, kGood);
  EXPECT_EQ(d.action, SignalAction::enter_long);
  const double edge = 1e4 * 0.40 / 100.53;  // no node ahead: two ATR
  EXPECT_NEAR(d.edge_bp, edge, 1e-9);
  EXPECT_NEAR(d.edge_bp, 39.79, 5e-3);
  EXPECT_NEAR(d.confidence, (1 - std::exp2(-edge / 8.7)) * 0.7, 1e-12);
  EXPECT_NEAR(d.confidence, 0.671, 5e-4);
  EXPECT_EQ(d.stop, *Price::parse("100.30"));  // VAH - 1 ATR
  EXPECT_EQ(d.target, *Price::parse("100.93"));
  EXPECT_EQ(r->reason(d, m), "IMBALANCE_UP, aggressive flow 0.40, with the side that left it, edge 39.8 bp >= 8.7 bp");
}

TEST(AuctionMarket, OutOfBalanceEntersAtANodeOfLowVolumeAndAimsAtTheNextOfHighVolume) {
  Metrics m = market(-1, 98.98, -0.4);
  m.lvn_above = ok(99.02);
  m.hvn_below = ok(98.50);
  const Decision d = rule_of("auction_market")->decide(m, kGood);
  EXPECT_EQ(d.action, SignalAction::enter_short);
  EXPECT_NEAR(d.edge_bp, 1e4 * 0.48 / 98.98, 1e-9);
  EXPECT_EQ(d.stop, *Price::parse("99.22"));
  EXPECT_EQ(d.target, *Price::parse("98.50"));
}

TEST(AuctionMarket, OutOfBalanceWantsAtLeastTheRewardOfItsRisk) {
  Metrics m = market(1, 100.53, 0.4);  // 0.23 to lose
  m.hvn_above = ok(100.75);
  EXPECT_EQ(rule_of("auction_market")->decide(m, kGood).why, Why::reward_small);
  m.hvn_above = ok(100.77);
  EXPECT_EQ(rule_of("auction_market")->decide(m, kGood).why, Why::setup);
}

TEST(AuctionMarket, OutOfBalanceIsLeftWhenABarClosesInsideTheValueAreaOrTheStateLeaves) {
  const auto r = rule_of("auction_market");
  ASSERT_EQ(r->decide(market(1, 100.53, 0.4), kGood).action, SignalAction::enter_long);
  EXPECT_EQ(r->decide(market(1, 100.80, 0.1), kGood).why, Why::holding);
  Metrics inside = market(1, 100.52, 0.1);
  inside.bars[1].close = ok(100.49);
  const Decision d = r->decide(inside, kGood);
  EXPECT_EQ(d.action, SignalAction::exit);
  EXPECT_EQ(r->reason(d, inside), "close 100.4900 is back inside the value area");
  ASSERT_EQ(r->decide(market(1, 100.53, 0.4), kGood).action, SignalAction::enter_long);
  EXPECT_EQ(r->decide(market(0, 100.53, 0.4), kGood).why, Why::state_left);
}

TEST(AuctionMarket, IsGatedByEachInputAlone) {
  expect_the_common_gate("auction_market", [] { return market(1, 100.53, 0.4); });
  const auto balance = [](auto change) {
    Metrics m = market(0, 99.52, 0.2);
    change(m);
    return after_pressing(m).why;
  };
  EXPECT_EQ(balance([](Metrics&) {}), Why::setup);
  EXPECT_EQ(balance([](Metrics& m) { m.mid = ok(99.56); }), Why::no_setup) << "0.06 from the edge";
  EXPECT_EQ(balance([](Metrics& m) { m.momentum = ok(0); }), Why::no_setup);
  EXPECT_EQ(balance([](Metrics& m) { m.poc = ok(99.55); }), Why::edge_small) << "3.0 bp to go";
  EXPECT_EQ(balance([](Metrics& m) { m.poc = ok(99.51); }), Why::no_setup) << "the middle is behind";
  EXPECT_EQ(balance([](Metrics& m) { m.aggr.status = Status::stale; }), Why::inputs_stale);
  EXPECT_EQ(balance([](Metrics& m) { m.val = {}; }), Why::warming_up);
  EXPECT_EQ(balance([](Metrics& m) { m.bars[1].atr_14 = {}; }), Why::warming_up);
  EXPECT_EQ(balance([](Metrics& m) { m.bars = {}; }), Why::inputs_undefined);
  const auto imbalance = [](auto change) {
    Metrics m = market(1, 100.53, 0.4);
    change(m);
    return rule_of("auction_market")->decide(m, kGood).why;
  };
  EXPECT_EQ(imbalance([](Metrics& m) { m.aggressive = ok(0); }), Why::no_setup);
  EXPECT_EQ(imbalance([](Metrics& m) { m.mid = ok(100.49); }), Why::no_setup) << "under the edge";
  EXPECT_EQ(imbalance([](Metrics& m) { m.mid = ok(100.56); }), Why::no_setup) << "too far above it";
  EXPECT_EQ(imbalance([](Metrics& m) { m.bars[1].close = ok(100.5); }), Why::no_setup) << "the last bar closed inside";
  EXPECT_EQ(imbalance([](Metrics& m) { m.market_state = undefined(); }), Why::inputs_undefined);
}

TEST(AuctionMarket, GoesOnFromASnapshotAtEveryPoint) {
  const Metrics scene[] = {market(0, 99.52, -0.1), market(0, 99.52, 0.2),  market(0, 99.8, 0.1),   market(0, 100.01, 0.1),
                           market(0, 100.49, 0.1), market(0, 100.5, -0.2), market(1, 100.53, 0.4), market(1, 100.52, 0.5),
                           market(1, 101, 0.2),    market(0, 101, 0.2)};
  const auto whole = rule_of("auction_market");
  auto cut = rule_of("auction_market");
  for (const Metrics& m : scene) {
    cut = continued(*cut);
    expect_same(whole->decide(m, kGood), cut->decide(m, kGood));
  }
}

}  // namespace
}  // namespace tickmesh::test
