// What every rule's tests need: values that are OK, conditions that let everything through, a rule cut and continued.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string_view>

#include "signals/signal_state.hpp"

namespace tickmesh::test {

inline Value ok(double value) { return {value, Status::ok, true}; }
inline Value undefined() { return {0, Status::undefined, false}; }
inline constexpr Conditions kGood{.live = true, .quote_fresh = true, .session_open = true, .tick_size = Price::from_raw(1'000'000)};

inline std::unique_ptr<SignalRule> rule_of(std::string_view name, const ParameterValues& values = {}) {
  auto made = make_signal_rule(name, values);
  EXPECT_TRUE(made.has_value());
  return std::move(*made);
}

/// The same rule, saved and loaded into a new one.
inline std::unique_ptr<SignalRule> continued(const SignalRule& rule) {
  Bytes bytes;
  ByteWriter out{bytes};
  rule.save(out);
  auto loaded = rule_of(rule.name());
  ByteReader in{bytes};
  loaded->load(in);
  EXPECT_TRUE(in.done());
  return loaded;
}

inline void expect_same(const Decision& a, const Decision& b) {
  EXPECT_EQ(a.action, b.action);
  EXPECT_EQ(a.why, b.why);
  EXPECT_EQ(a.confidence, b.confidence);
  EXPECT_EQ(a.edge_bp, b.edge_bp);
  EXPECT_EQ(a.stop, b.stop);
  EXPECT_EQ(a.target, b.target);
}

/// Whatever keeps every rule from judging keeps this one, too; `enters` makes metrics on which a fresh rule enters.
template <class Enters>
void expect_the_common_gate(std::string_view name, const Enters& enters) {
  const auto said = [&](auto change, Conditions conditions = kGood) {
    Metrics m = enters();
    change(m);
    return rule_of(name)->decide(m, conditions).why;
  };
  const auto as_it_is = [](Metrics&) {};
  EXPECT_EQ(said(as_it_is), Why::setup);
  EXPECT_EQ(said([](Metrics& m) { m.spread_regime = ok(2.1); }), Why::spread_wide);
  EXPECT_EQ(said([](Metrics& m) { m.round_trip_bp = {}; }), Why::cost_unknown);
  EXPECT_EQ(said([](Metrics& m) { m.mid.status = Status::stale; }), Why::inputs_stale);
  EXPECT_EQ(said([](Metrics& m) { m.spread_regime = {}; }), Why::warming_up);
  Conditions no = kGood;
  no.live = false;
  EXPECT_EQ(said(as_it_is, no), Why::not_live);
  no = kGood;
  no.session_open = false;
  EXPECT_EQ(said(as_it_is, no), Why::session_closed);
  no = kGood;
  no.quote_fresh = false;
  EXPECT_EQ(said(as_it_is, no), Why::quote_stale);
}

}  // namespace tickmesh::test
