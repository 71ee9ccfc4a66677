#include "signals/mean_reversion.hpp"
#include "core/metric_values.hpp"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "signals/signal_state.hpp"

namespace tickmesh {
namespace {

Value ok(double value) { return {value, Status::ok, true}; }

// The worked example of METRICS.md 12: m 100.00, MA 100.10, SD 0.04, cost 5.8 bp.
Metrics example() {
  Metrics m;
  m.symbol = *Symbol::parse("AAPL.DEMO");
  m.header.event_time = Timestamp{5'000};
  m.bid = *Price::parse("99.99");
  m.ask = *Price::parse("100.01");
  m.mid = ok(100.00);
  m.mean = ok(100.10);
  m.sd = ok(0.04);
  m.z_score = ok(-2.5);
  m.spread_regime = ok(1);
  m.trend_t = ok(0);
  m.cost_bp = ok(2.9);
  m.round_trip_bp = ok(5.8);
  return m;
}
Metrics with_z(double z) {
  Metrics m = example();
  m.z_score = ok(z);
  m.mean = ok(100.00 - z * 0.04);
  return m;
}
constexpr Conditions kGood{.live = true, .quote_fresh = true, .session_open = true};

std::unique_ptr<SignalRule> rule(const ParameterValues& values = {}) {
  auto made = make_signal_rule("mean_reversion", values);
  EXPECT_TRUE(made.has_value());
  return std::move(*made);
}
SignalAction action_of(const Metrics& metrics, const Conditions& conditions = kGood) { return rule()->decide(metrics, conditions).action; }

TEST(MeanReversion, GivesTheWorkedExample) {
  const auto r = rule();
  const Decision d = r->decide(example(), kGood);
  EXPECT_EQ(d.action, SignalAction::enter_long);
  EXPECT_NEAR(d.edge_bp, 10.0, 1e-9);
  EXPECT_NEAR(d.limit_bp, 8.7, 1e-9);
  EXPECT_NEAR(d.confidence, 0.549, 5e-4);
  EXPECT_EQ(d.target, *Price::parse("100.10"));
  EXPECT_EQ(d.stop, *Price::parse("99.88"));
  EXPECT_EQ(d.valid_for, seconds(2));
  EXPECT_EQ(r->reason(d, example()), "z -2.50, edge 10.0 bp >= 8.7 bp");
}

TEST(MeanReversion, ShortIsTheMirrorImage) {
  Metrics m = example();
  m.z_score = ok(2.5);
  m.mean = ok(99.90);
  const Decision d = rule()->decide(m, kGood);
  EXPECT_EQ(d.action, SignalAction::enter_short);
  EXPECT_EQ(d.target, *Price::parse("99.90"));
  EXPECT_EQ(d.stop, *Price::parse("100.12"));
}

TEST(MeanReversion, StopAndTargetAreAtLeastTwoSpreadsAway) {
  Metrics m = example();
  m.bid = *Price::parse("99.90");
  m.ask = *Price::parse("100.10");
  const Decision d = rule()->decide(m, kGood);
  EXPECT_EQ(d.stop, *Price::parse("99.60"));
  EXPECT_EQ(d.target, *Price::parse("100.40"));
}

TEST(MeanReversion, NeedsTheEdgeToPayForTheRoundTripOneAndAHalfTimes) {
  Metrics m = example();
  m.round_trip_bp = ok(10 / 1.5 + 1e-6);
  const auto r = rule();
  const Decision d = r->decide(m, kGood);
  EXPECT_EQ(d.action, SignalAction::wait);
  EXPECT_EQ(d.confidence, 0);
  EXPECT_EQ(r->reason(d, m), "edge 10.0 bp < 10.0 bp");
  m.round_trip_bp = ok(10 / 1.5 - 1e-6);
  EXPECT_EQ(action_of(m), SignalAction::enter_long);
}

TEST(MeanReversion, WaitsWheneverOneConditionOfTheGateFails) {
  ASSERT_EQ(action_of(example()), SignalAction::enter_long);
  struct Case {
    void (*spoil)(Metrics&, Conditions&);
    Why why;
  };
  const Case cases[] = {
      {[](Metrics&, Conditions& c) { c.live = false; }, Why::not_live},
      {[](Metrics&, Conditions& c) { c.quote_fresh = false; }, Why::quote_stale},
      {[](Metrics&, Conditions& c) { c.session_open = false; }, Why::session_closed},
      {[](Metrics& m, Conditions&) { m.z_score = {}; }, Why::warming_up},
      {[](Metrics& m, Conditions&) { m.z_score = {0, Status::undefined, true}; }, Why::inputs_undefined},
      {[](Metrics& m, Conditions&) { m.z_score.status = Status::stale; }, Why::inputs_stale},
      {[](Metrics& m, Conditions&) { m.trend_t = {}; }, Why::warming_up},
      {[](Metrics& m, Conditions&) { m.spread_regime.status = Status::stale; }, Why::inputs_stale},
      {[](Metrics& m, Conditions&) { m.spread_regime = ok(2.01); }, Why::spread_wide},
      {[](Metrics& m, Conditions&) { m.trend_t = ok(-2); }, Why::against_trend},
      {[](Metrics& m, Conditions&) { m.z_score = ok(-1.99); }, Why::no_setup},
      {[](Metrics& m, Conditions&) { m.round_trip_bp = {0, Status::undefined, false}; }, Why::cost_unknown},
  };
  for (const auto& [spoil, why] : cases) {
    Metrics m = example();
    Conditions c = kGood;
    spoil(m, c);
    const auto r = rule();
    const Decision d = r->decide(m, c);
    EXPECT_EQ(d.action, SignalAction::wait);
    EXPECT_EQ(d.why, why);
    EXPECT_FALSE(r->reason(d, m).empty());
  }
}

TEST(MeanReversion, TakesTheWorstCaseCostAndSaysSo) {
  Metrics m = example();
  m.round_trip_bp = {6, Status::undefined, true};
  const auto r = rule();
  const Decision d = r->decide(m, kGood);
  EXPECT_EQ(d.action, SignalAction::enter_long);
  EXPECT_NE(r->reason(d, m).find("worst-case"), std::string::npos);
}

TEST(MeanReversion, LeavesOnceWhenTheMidIsBack) {
  const auto r = rule();
  EXPECT_EQ(r->decide(with_z(-2.5), kGood).action, SignalAction::enter_long);
  const Decision holding = r->decide(with_z(-1.0), kGood);
  EXPECT_EQ(holding.action, SignalAction::wait);
  EXPECT_EQ(holding.why, Why::holding);
  EXPECT_EQ(r->decide(with_z(-0.5), kGood).action, SignalAction::exit);
  EXPECT_EQ(r->decide(with_z(0.2), kGood).action, SignalAction::exit);
  EXPECT_EQ(r->decide(with_z(0.9), kGood).why, Why::no_setup);
  EXPECT_EQ(r->decide(with_z(0.2), kGood).action, SignalAction::wait);
}

TEST(MeanReversion, LeavesBeforeItTurns) {
  const auto r = rule();
  r->decide(with_z(-2.5), kGood);
  const Decision d = r->decide(with_z(2.6), kGood);
  EXPECT_EQ(d.action, SignalAction::exit);
  EXPECT_EQ(d.why, Why::crossed_mean);
  EXPECT_EQ(d.valid_for, Duration{});
  EXPECT_EQ(r->decide(with_z(2.6), kGood).action, SignalAction::enter_short);
}

TEST(MeanReversion, LeavesThroughAWideSpreadAndAnUnknownCost) {
  const auto r = rule();
  r->decide(with_z(-2.5), kGood);
  Metrics m = with_z(0.1);
  m.spread_regime = ok(5);
  m.round_trip_bp = {};
  m.trend_t.status = Status::stale;
  EXPECT_EQ(r->decide(m, kGood).action, SignalAction::exit);
}

TEST(MeanReversion, JudgesAnExitAnewOnTheFirstFreshPrice) {
  const auto r = rule();
  r->decide(with_z(-2.5), kGood);
  EXPECT_EQ(r->decide(with_z(0.1), {.live = false, .quote_fresh = true, .session_open = true}).action, SignalAction::wait);
  EXPECT_EQ(r->decide(with_z(0.1), kGood).action, SignalAction::exit);
}

TEST(SignalParameters, AreCheckedByNameAndRange) {
  EXPECT_EQ(signal_rule_parameters("mean_reversion").size(), 8u);
  for (const auto& p : signal_rule_parameters("mean_reversion")) {
    EXPECT_LE(p.least, p.standard) << p.name;
    EXPECT_GE(p.most, p.standard) << p.name;
    EXPECT_FALSE(p.meaning.empty());
    const auto refused = make_signal_rule("mean_reversion", {{std::string(p.name), p.most + 1}});
    ASSERT_FALSE(refused.has_value()) << p.name;
    EXPECT_EQ(refused.error().field, p.name);
  }
  EXPECT_FALSE(make_signal_rule("mean_reversion", {{"entry", 2}}).has_value());
  EXPECT_FALSE(make_signal_rule("mean_reversion", {{"entry_z", std::nan("")}}).has_value());
  EXPECT_FALSE(make_signal_rule("mean_reversion", {{"exit_z", 3}}).has_value());
  EXPECT_FALSE(make_signal_rule("reversion").has_value());
  EXPECT_EQ(rule({{"entry_z", 3}})->decide(example(), kGood).why, Why::no_setup);
}

TEST(EdgeConfidence, IsHalfAtTheLimitAndGrowsToOne) {
  EXPECT_EQ(edge_confidence(0, 8.7), 0);
  EXPECT_EQ(edge_confidence(5, 0), 0);
  EXPECT_DOUBLE_EQ(edge_confidence(8.7, 8.7), 0.5);
  EXPECT_GT(edge_confidence(100, 8.7), 0.999);
}

TEST(SignalState, SpeaksWhenTheActionChangesOrTheConfidenceMoves) {
  SignalState state{rule()};
  const auto confident = [](double c) {  // the cost at which the example's edge of 10 bp gives this confidence
    Metrics m = example();
    m.round_trip_bp = ok(10 / (-std::log2(1 - c)) / 1.5);
    return m;
  };
  EXPECT_TRUE(state.update(with_z(0), kGood));
  EXPECT_FALSE(state.update(with_z(-1), kGood));
  EXPECT_TRUE(state.update(confident(0.60), kGood));
  EXPECT_FALSE(state.update(confident(0.649), kGood));
  EXPECT_FALSE(state.update(confident(0.551), kGood));
  EXPECT_TRUE(state.update(confident(0.65), kGood));
  EXPECT_TRUE(state.update(with_z(0), kGood));
  EXPECT_EQ(state.decision().action, SignalAction::exit);
  EXPECT_TRUE(state.update(with_z(1), kGood));
  EXPECT_TRUE(state.update(with_z(1), {.live = true, .quote_fresh = false, .session_open = true}));
  // Another obstacle is another thing to say, so that the reason shown is the reason there is; the same one is not.
  EXPECT_TRUE(state.update(with_z(1), {.live = false, .quote_fresh = false, .session_open = true}));
  EXPECT_FALSE(state.update(with_z(1), {.live = false, .quote_fresh = false, .session_open = true}));
}

TEST(SignalState, ASignalBearsEveryValueItUsedAndItsEnd) {
  SignalState state{rule()};
  ASSERT_TRUE(state.update(example(), kGood));
  const Signal s = state.signal(example(), Timestamp{} + seconds(100));
  EXPECT_EQ(s.inputs, example());
  EXPECT_EQ(s.valid_until, Timestamp{} + seconds(102));
  EXPECT_EQ(s.strategy, "mean_reversion");
  EXPECT_EQ(s.cost_bp, 5.8);
  ASSERT_TRUE(state.update(with_z(0), kGood));
  EXPECT_EQ(state.signal(with_z(0), Timestamp{} + seconds(100)).valid_until, Timestamp{});
}

TEST(SignalState, ContinuesAfterSaveAndLoad) {
  SignalState before{rule()};
  before.update(example(), kGood);
  Bytes bytes;
  ByteWriter writer{bytes};
  before.save(writer);
  SignalState after{rule()};
  ByteReader reader{bytes};
  after.load(reader);
  EXPECT_TRUE(reader.done());
  EXPECT_FALSE(after.update(example(), kGood));
  EXPECT_TRUE(after.update(with_z(0.1), kGood));
  EXPECT_EQ(after.decision().action, SignalAction::exit);
}

/// The values from one name to another, in their order.
std::vector<Value Metrics::*> named(std::string_view first, std::string_view last) {
  std::vector<Value Metrics::*> found;
  bool inside = false;
  for (const auto& one : kMetricValues) {
    inside |= one.name == first;
    if (inside) found.push_back(one.value);
    if (one.name == last) break;
  }
  return found;
}

// Whoever judges may leave what a rule does not read as it was on another tick.
TEST(SignalRules, DecideByTheGroupsTheyNameAlone) {
  struct Group {
    unsigned bit;
    std::vector<Value Metrics::*> values;
  };
  const std::vector<Group> groups{
      {metric_group::kReversion, {&Metrics::z_score, &Metrics::mean, &Metrics::sd}},
      {metric_group::kShape, {&Metrics::sd_bp, &Metrics::half_life, &Metrics::window_span_s}},
      {metric_group::kSpread, {&Metrics::spread_bp, &Metrics::spread_mean_bp, &Metrics::spread_regime}},
      {metric_group::kSpreadSd, {&Metrics::spread_sd_bp, &Metrics::spread_cv}},
      {metric_group::kTrend, {&Metrics::trend_t}},
      {metric_group::kTrendSlope, {&Metrics::trend_slope}},
      {metric_group::kCost, {&Metrics::cost_bp, &Metrics::round_trip_bp}},
      {metric_group::kRegime, named("regime_down", "regime_disagree")},
      {metric_group::kOrderFlow, named("ofi", "microprice")},
      {metric_group::kTrades, named("sign_share_venue", "vwap_upper")},
      {metric_group::kRealised, named("realised_variance", "realised_volatility")},
      {metric_group::kProfile, named("poc", "vpin")},
      {metric_group::kDepth, named("depth_imbalance", "depth_ofi_normalised")},
  };
  unsigned all = metric_group::kBars;  // no value of Metrics itself
  for (const Group& group : groups) all |= group.bit;
  EXPECT_EQ(all, metric_group::kAll);
  for (const std::string_view name : signal_rule_names()) {
    const auto whole = std::move(*make_signal_rule(name)), partly = std::move(*make_signal_rule(name));
    std::uint64_t state = 1;
    const auto random = [&](std::uint64_t n) { return (state = state * 6364136223846793005ULL + 1442695040888963407ULL) >> 33 & (n - 1); };
    std::map<SignalAction, int> actions;
    for (int i = 0; i < 50'000; ++i) {
      Metrics m = with_z(static_cast<double>(random(1024)) / 128 - 4);
      m.regime_up = m.regime_down = ok(0.75);
      if (random(2) == 0) m.trend_t = ok(1);
      m.bars[0] = {.length = seconds(60), .closed = Timestamp{(i + 1) * 60'000'000'000}};
      m.bars[0].ema_20 = ok(100 + static_cast<double>(random(4)));
      m.bars[0].ema_50 = m.bars[0].atr_14 = ok(101);
      m.bars[0].macd_histogram = ok(static_cast<double>(random(64)) - 32);
      for (const Group& group : groups)
        if (random(16) == 0)
          for (const auto value : group.values) (m.*value).status = static_cast<Status>(1 + random(4));
      Metrics other = m;
      for (const Group& group : groups)
        if ((group.bit & whole->reads()) == 0)
          for (const auto value : group.values) other.*value = {std::nan(""), static_cast<Status>(random(4)), random(2) == 0};
      const Conditions conditions{.live = random(32) != 0, .quote_fresh = random(32) != 0, .session_open = random(32) != 0};
      const Decision a = whole->decide(m, conditions), b = partly->decide(other, conditions);
      ++actions[a.action];
      ASSERT_TRUE(a.action == b.action && a.why == b.why && a.confidence == b.confidence && a.edge_bp == b.edge_bp &&
                  a.cost_bp == b.cost_bp && a.stop == b.stop && a.target == b.target)
          << name << " at " << i;
    }
    EXPECT_GT(actions[SignalAction::enter_long], 100) << name;
    EXPECT_GT(actions[SignalAction::exit], 100) << name;
  }
}

}  // namespace
}  // namespace tickmesh
