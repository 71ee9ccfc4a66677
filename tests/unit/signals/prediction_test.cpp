#include "signals/prediction.hpp"

#include "unit/signals/rule_checks.hpp"

namespace tickmesh::test {
namespace {

Timestamp at(double second) { return Timestamp{1'000'000'000'000 + static_cast<std::int64_t>(second * 1e9)}; }

/// Said at second 0, for 30 s.
Prediction says(Side side, double as_of = 0, double horizon = 30) {
  return {.side = side,
          .confidence = 0.8,
          .horizon = nanoseconds(static_cast<std::int64_t>(horizon * 1e9)),
          .model = "lean-1",
          .as_of = at(as_of)};
}
Metrics market() {
  Metrics m;
  m.bid = *Price::parse("99.99");
  m.ask = *Price::parse("100.01");
  m.mid = ok(100);
  m.sd = ok(0.02);
  m.spread_regime = ok(1);
  m.round_trip_bp = ok(5.8);
  m.bars[1].length = seconds(60);
  m.bars[1].atr_14 = ok(0.10);
  return m;
}
Conditions when(double second, const Prediction& prediction) {
  Conditions c = kGood;
  c.now = at(second);
  c.prediction = &prediction;
  return c;
}

TEST(Prediction, EntersWithTheModelsConfidenceAndAStopOfTheRulesOwn) {
  const auto r = rule_of("prediction");
  const Prediction p = says(Side::buy);
  const Decision d = r->decide(market(), when(1.5, p));
  EXPECT_EQ(d.action, SignalAction::enter_long);
  EXPECT_EQ(d.confidence, 0.8);
  EXPECT_EQ(d.edge_bp, 0) << "it claims none";
  EXPECT_EQ(d.cost_bp, 5.8);
  EXPECT_EQ(d.stop, *Price::parse("99.70"));  // 3 x 0.10
  EXPECT_TRUE(d.target.is_zero());
  EXPECT_EQ(r->reason(d, market()), "model lean-1 says long, confidence 0.80, as of 1.5 s ago, for 30.0 s; no edge claimed");
}

TEST(Prediction, SetsItsStopByDeviationsWhereThereAreNoBarsAndEntersNothingWithoutAStop) {
  const Prediction p = says(Side::sell);
  Metrics m = market();
  m.bars[1].atr_14 = {};
  EXPECT_EQ(rule_of("prediction")->decide(m, when(1, p)).stop, *Price::parse("100.20"));  // 10 x 0.02
  m.sd = ok(0.001);
  EXPECT_EQ(rule_of("prediction")->decide(m, when(1, p)).stop, *Price::parse("100.08")) << "at least four spreads";
  m.sd = {};
  EXPECT_EQ(rule_of("prediction")->decide(m, when(1, p)).why, Why::stop_unknown);
}

TEST(Prediction, IsLeftWhenTheModelSaysFlatOrTheOtherSideOrWhenItExpires) {
  const Prediction longs = says(Side::buy), flat = says(Side::none, 10), shorts = says(Side::sell, 10);
  struct End {
    double second;
    const Prediction& prediction;
    Why why;
    const char* reason;
  };
  for (const End& end :
       {End{11, flat, Why::model_turned, "model lean-1 says flat now"}, End{11, shorts, Why::model_turned, "model lean-1 says short now"},
        End{30, longs, Why::prediction_expired, "what model lean-1 said has expired"}}) {
    const auto r = rule_of("prediction");
    ASSERT_EQ(r->decide(market(), when(0, longs)).action, SignalAction::enter_long);
    EXPECT_EQ(r->decide(market(), when(9, longs)).why, Why::holding) << "too old to enter by, not over";
    Conditions c = when(end.second, end.prediction);
    c.quote_fresh = c.session_open = false;
    const Decision d = r->decide(Metrics{}, c);
    EXPECT_EQ(d.action, SignalAction::exit) << "a stale quote keeps nobody in";
    EXPECT_EQ(d.why, end.why);
    EXPECT_EQ(r->reason(d, market()), end.reason);
  }
}

TEST(Prediction, TurnsRoundByLeavingFirst) {
  const auto r = rule_of("prediction");
  const Prediction longs = says(Side::buy), shorts = says(Side::sell, 10);
  ASSERT_EQ(r->decide(market(), when(0, longs)).action, SignalAction::enter_long);
  EXPECT_EQ(r->decide(market(), when(10, shorts)).action, SignalAction::exit);
  EXPECT_EQ(r->decide(market(), when(11, shorts)).action, SignalAction::enter_short);
}

TEST(Prediction, IsGatedByEachConditionAlone) {
  const Prediction p = says(Side::buy), old = says(Side::buy, -5.1, 60), over = says(Side::buy, -31), flat = says(Side::none);
  const auto why = [](const Conditions& c, auto change) {
    Metrics m = market();
    change(m);
    return rule_of("prediction")->decide(m, c).why;
  };
  const auto as_it_is = [](Metrics&) {};
  EXPECT_EQ(why(when(0, p), as_it_is), Why::setup);
  EXPECT_EQ(why(when(5, p), as_it_is), Why::setup);
  EXPECT_EQ(why(when(0, old), as_it_is), Why::prediction_old);
  EXPECT_EQ(why(when(0, over), as_it_is), Why::prediction_expired);
  EXPECT_EQ(why(when(0, flat), as_it_is), Why::no_setup);
  EXPECT_EQ(why(when(0, p), [](Metrics& m) { m.spread_regime = ok(2.1); }), Why::spread_wide);
  EXPECT_EQ(why(when(0, p), [](Metrics& m) { m.spread_regime = {}; }), Why::warming_up);
  EXPECT_EQ(why(when(0, p), [](Metrics& m) { m.mid.status = Status::stale; }), Why::inputs_stale);
  for (const auto& [flag, expected] : {std::pair{&Conditions::live, Why::not_live}, std::pair{&Conditions::quote_fresh, Why::quote_stale},
                                       std::pair{&Conditions::session_open, Why::session_closed}}) {
    Conditions c = when(0, p);
    c.*flag = false;
    EXPECT_EQ(why(c, as_it_is), expected);
  }
}

TEST(Prediction, GoesOnFromASnapshotAtEveryPoint) {
  const Prediction story[] = {says(Side::buy, 0, 8), says(Side::buy, 0, 8), says(Side::none, 4),
                              says(Side::sell, 6),   says(Side::sell, 6),   says(Side::sell, 10, 4)};
  const auto whole = rule_of("prediction");
  auto cut = rule_of("prediction");
  double second = 0;
  for (const Prediction& p : story) {
    for (int tick = 0; tick < 2; ++tick, second += 1.5) {
      cut = continued(*cut);
      const Decision a = whole->decide(market(), when(second, p)), b = cut->decide(market(), when(second, p));
      expect_same(a, b);
      EXPECT_EQ(whole->reason(a, market()), cut->reason(b, market()));
    }
  }
}

TEST(Rules, DeclareTheirParametersWithDefaultsInsideTheirRanges) {
  for (const auto name : signal_rule_names()) {
    const auto parameters = signal_rule_parameters(name);
    EXPECT_FALSE(parameters.empty()) << name;
    for (const Parameter& p : parameters) {
      EXPECT_LE(p.least, p.standard) << name << " " << p.name;
      EXPECT_LE(p.standard, p.most) << name << " " << p.name;
      EXPECT_FALSE(p.meaning.empty()) << name << " " << p.name;
      EXPECT_FALSE(make_signal_rule(name, {{std::string(p.name), p.most * 2 + 1}})) << name << " " << p.name;
      EXPECT_TRUE(make_signal_rule(name, {{std::string(p.name), p.standard}})) << name << " " << p.name;
    }
    EXPECT_FALSE(make_signal_rule(name, {{"no_such", 1}}));
  }
}

}  // namespace
}  // namespace tickmesh::test
