#include "signals/ofi_momentum.hpp"

#include "unit/signals/rule_checks.hpp"

namespace tickmesh::test {
namespace {

/// Flow, book and trades lean to the buyers: z 3, a mean spread of 40 bp, a round trip of 5.8 bp.
Metrics leaning(double z = 3, double second = 0) {
  Metrics m;
  m.header.event_time = Timestamp{static_cast<std::int64_t>(second * 1e9)};
  m.bid = *Price::parse("99.99");
  m.ask = *Price::parse("100.01");
  m.mid = ok(100);
  m.microprice = ok(z > 0 ? 100.004 : 99.996);
  m.ofi_z = ok(z);
  m.aggr = ok(z > 0 ? 0.40 : -0.40);
  m.sd = ok(0.02);
  m.spread_mean_bp = ok(40);
  m.spread_regime = ok(1);
  m.round_trip_bp = ok(5.8);
  return m;
}

TEST(OfiMomentum, EntersWithFlowBookAndTradesWithEdgeCostAndConfidenceWorkedOut) {
  const auto r = rule_of("ofi_momentum");
  const Decision d = r->decide(leaning(), kGood);
  EXPECT_EQ(d.action, SignalAction::enter_long);
  EXPECT_NEAR(d.edge_bp, 30, 1e-12);    // 0.5 x 3 x 40 / 2
  EXPECT_NEAR(d.limit_bp, 8.7, 1e-12);  // 1.5 x 5.8
  EXPECT_NEAR(d.confidence, (1 - std::exp2(-30 / 8.7)) * 0.75, 1e-12);
  EXPECT_NEAR(d.confidence, 0.681, 5e-4);
  EXPECT_EQ(d.stop, *Price::parse("99.92"));     // 4 x 0.02
  EXPECT_EQ(d.target, *Price::parse("100.12"));  // 1.5 x 0.08
  EXPECT_EQ(d.valid_for, seconds(2));
  EXPECT_EQ(r->reason(d, leaning()), "z of OFI 3.00, aggressive flow 0.40, edge 30.0 bp >= 8.7 bp, uncalibrated");
}

TEST(OfiMomentum, ShortIsTheMirrorImageAndFullConfidenceIsReachedAtFourDeviations) {
  const Decision d = rule_of("ofi_momentum")->decide(leaning(-5), kGood);
  EXPECT_EQ(d.action, SignalAction::enter_short);
  EXPECT_NEAR(d.confidence, 1 - std::exp2(-50 / 8.7), 1e-12);
  EXPECT_EQ(d.stop, *Price::parse("100.08"));
  EXPECT_EQ(d.target, *Price::parse("99.88"));
}

TEST(OfiMomentum, KeepsItsStopTwoSpreadsAway) {
  Metrics m = leaning();
  m.sd = ok(0.001);
  EXPECT_EQ(rule_of("ofi_momentum")->decide(m, kGood).stop, *Price::parse("99.96"));
}

TEST(OfiMomentum, HoldsWhileTheFlowHasNotTurnedAndLeavesWhenItCrossesZero) {
  const auto r = rule_of("ofi_momentum");
  ASSERT_EQ(r->decide(leaning(3, 0), kGood).action, SignalAction::enter_long);
  EXPECT_EQ(r->decide(leaning(0.5, 1), kGood).why, Why::holding);
  EXPECT_EQ(r->decide(leaning(0, 2), kGood).why, Why::holding) << "zero has no sign";
  Metrics turned = leaning(-0.1, 3);
  turned.spread_regime = ok(9);
  turned.round_trip_bp = {};
  const Decision d = r->decide(turned, kGood);
  EXPECT_EQ(d.action, SignalAction::exit) << "a wide spread and an unknown cost keep nobody in";
  EXPECT_EQ(d.confidence, 1);
  EXPECT_EQ(r->reason(d, turned), "z of OFI -0.10 has crossed 0");
  EXPECT_EQ(r->decide(leaning(-0.2, 4), kGood).action, SignalAction::exit) << "until the flow is back or enters the other side";
  EXPECT_EQ(r->decide(leaning(-3, 5), kGood).action, SignalAction::enter_short);
}

TEST(OfiMomentum, LeavesAfterThirtySecondsAndEntersTheSameFlowNoSecondTime) {
  const auto r = rule_of("ofi_momentum");
  ASSERT_EQ(r->decide(leaning(3, 0), kGood).action, SignalAction::enter_long);
  ASSERT_EQ(r->decide(leaning(3, 29.9), kGood).action, SignalAction::enter_long);
  Metrics late = leaning(3, 30);
  late.ofi_z.status = Status::stale;
  const Decision d = r->decide(late, kGood);
  EXPECT_EQ(d.why, Why::timed_out) << "a flow that is not known any more is left in time, too";
  EXPECT_EQ(r->reason(d, late), "held for 30 s");
  EXPECT_EQ(r->decide(leaning(3, 31), kGood).action, SignalAction::exit);
  EXPECT_EQ(r->decide(leaning(1.9, 32), kGood).action, SignalAction::wait);
  EXPECT_EQ(r->decide(leaning(3, 33), kGood).action, SignalAction::enter_long);
}

TEST(OfiMomentum, IsGatedByEachInputAlone) {
  expect_the_common_gate("ofi_momentum", [] { return leaning(); });
  const auto why = [](auto change) {
    Metrics m = leaning();
    change(m);
    return rule_of("ofi_momentum")->decide(m, kGood).why;
  };
  EXPECT_EQ(why([](Metrics& m) { m.ofi_z = ok(1.99); }), Why::no_setup);
  EXPECT_EQ(why([](Metrics& m) { m.microprice = ok(100); }), Why::no_setup);
  EXPECT_EQ(why([](Metrics& m) { m.aggr = ok(0.29); }), Why::no_setup);
  EXPECT_EQ(why([](Metrics& m) { m.aggr = ok(0.30); }), Why::setup);
  EXPECT_EQ(why([](Metrics& m) { m.spread_mean_bp = ok(11.5); }), Why::edge_small) << "8.6 bp < 8.7 bp";
  EXPECT_EQ(why([](Metrics& m) { m.spread_mean_bp = ok(11.7); }), Why::setup);
  EXPECT_EQ(why([](Metrics& m) { m.ofi_z.status = Status::undefined; }), Why::inputs_undefined) << "nobody's orders made this flow";
  EXPECT_EQ(why([](Metrics& m) { m.aggr = {}; }), Why::warming_up);
}

TEST(OfiMomentum, GoesOnFromASnapshotAtEveryPoint) {
  const double zs[] = {0, 3, 2.5, 1, -0.5, -1, -2.2, -4, 0.3, 2.1, 2.2, 2.3, 2.4, 1, 3};
  const auto whole = rule_of("ofi_momentum");
  auto cut = rule_of("ofi_momentum");
  double second = 0;
  for (const double z : zs) {
    cut = continued(*cut);
    expect_same(whole->decide(leaning(z, second), kGood), cut->decide(leaning(z, second), kGood));
    second += 12;
  }
}

}  // namespace
}  // namespace tickmesh::test
