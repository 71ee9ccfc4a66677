// What a core does whose journal was lost, whose gateway was followed by another, whose clock stepped.
#include <gtest/gtest.h>

#include "unit/position_manager/harness.hpp"

namespace tickmesh::test {
namespace {

/// Everything the venue told of an order, as `tickmeshctl rebuild` gives it.
void tell(Harness& h, const OrderEvent& e, const char* stop = "0", const char* target = "0") {
  h.give(Rebuilt{.order = e, .stop = price(stop), .target = price(target), .said = true});
}

TEST(Rebuild, PositionsComeBackFromWhatTheVenueExecutedWithTheirStops) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  const Intent entry = h.last();
  const auto accepted = h.heard(entry, OrderEventKind::accepted);
  const auto part = h.filling(entry, units(40), price("100.02"), money("1")),
             rest = h.filling(entry, units(59), price("100.03"), money("1"));
  h.says(accepted), h.says(part), h.says(rest);
  const auto before = h.last_position;
  h.open(kMsft, -5);
  const Intent shorted = h.last();
  const auto sold = h.filling(shorted, units(5), price("100.00"), money("1"));
  h.says(sold);
  const Money realized = h.core().account().realized_pnl;

  h.lose_journal();
  h.start();
  tell(h, accepted, "99.00", "101.00"), tell(h, part, "99.00", "101.00"), tell(h, rest, "99.00", "101.00"), tell(h, sold);
  h.give(Rebuilt{});
  EXPECT_EQ(h.held(kAapl), units(99));
  EXPECT_EQ(h.held(kMsft), units(-5));
  EXPECT_EQ(h.core().account().realized_pnl, realized);
  const auto again = h.core().positions();
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].id, before.id);
  EXPECT_EQ(again[0].entry_price, before.entry_price);
  EXPECT_EQ(again[0].stop, price("99.00"));
  EXPECT_EQ(again[0].target, price("101.00"));
  EXPECT_EQ(h.core().risk_state(), RiskState::reducing);

  // The gateway's own journal may tell the same once more.
  h.says(rest), h.says(sold);
  EXPECT_EQ(h.held(kAapl), units(99));
  EXPECT_EQ(h.held(kMsft), units(-5));
}

TEST(Rebuild, NoNewRiskBeforeAPersonHasLookedAndExitsAtOnce) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  const auto bought = h.filling(h.last(), units(99), price("100.02"));
  h.lose_journal();
  h.start();
  tell(h, bought, "99.00", "101.00");
  h.give(Rebuilt{});
  h.session({7, 2});
  h.give(WentLive{});
  h.quote(kMsft, "100.00", "100.02");
  h.open(kMsft, 5);
  EXPECT_EQ(h.outcome().substr(0, 7), "refused");
  h.quote(kAapl, "98.90", "98.92");
  ASSERT_FALSE(h.said<Intent>().empty());
  EXPECT_EQ(h.last().purpose, Purpose::exit);
  h.ask(h.command(Verb::resume));
  h.open(kMsft, 5);
  EXPECT_EQ(h.last().symbol, kMsft);
}

TEST(Fencing, AGatewayThatWasFollowedOpensNoSession) {
  auto h = Harness{}.ready();
  h.session({7, 3});
  h.session({7, 2});
  h.open(kAapl, 5);
  EXPECT_EQ(h.last().gateway, (Token{7, 3}));
}

TEST(ClockStep, StopsEntriesUntilAPersonResumes) {
  auto h = Harness{}.ready();
  h.give(ClockStepped{milliseconds(-400)});
  EXPECT_EQ(h.core().risk_state(), RiskState::reducing);
  EXPECT_NE(h.core().risk_reason().find("clock stepped by -400 ms"), std::string::npos);
  h.open(kAapl, 5);
  EXPECT_EQ(h.outcome().substr(0, 7), "refused");
  h.ask(h.command(Verb::resume));
  EXPECT_EQ(h.core().risk_state(), RiskState::active);
}

}  // namespace
}  // namespace tickmesh::test
