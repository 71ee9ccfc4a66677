#include "unit/position_manager/harness.hpp"

namespace tickmesh::test {
namespace {

/// A long of 99 AAPL with stop 99 and target 101.
Harness holding() {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  h.fills(h.last(), 99, "100.02");
  return h;
}

TEST(Commands, OpenIsDoneWhenFilled) {
  auto h = Harness{}.ready();
  h.open(kAapl, -10);
  EXPECT_EQ(h.outcome(), "");
  EXPECT_EQ(h.last().side, Side::sell);
  EXPECT_EQ(h.last().reference_price, price("100.00"));
  h.says(h.last(), OrderEventKind::accepted);
  EXPECT_EQ(h.outcome(), "");
  h.fills(h.last(), 10, "100.00");
  EXPECT_EQ(h.outcome(), "done");
  EXPECT_EQ(h.held(kAapl), units(-10));
}

TEST(Commands, LimitOrderIsDoneWhenItRestsAtTheVenue) {
  auto h = Harness{}.ready();
  h.open(kAapl, 10, "99.00");
  EXPECT_EQ(h.last().type, OrderType::limit);
  h.says(h.last(), OrderEventKind::accepted);
  EXPECT_EQ(h.outcome(), "done");
  h.fills(h.last(), 10, "99.00");
  EXPECT_EQ(h.outcome(), "") << "one answer a command";
}

TEST(Commands, OpenTellsTheGatewaysRefusal) {
  auto h = Harness{}.ready();
  h.open(kAapl, 10);
  auto e = h.heard(h.last(), OrderEventKind::rejected);
  e.rule = "collar";
  h.says(e);
  EXPECT_EQ(h.outcome(), "refused collar");
  h.open(kMsft, 10);
  h.says(h.last(), OrderEventKind::expired);
  EXPECT_EQ(h.outcome(), "expired EXPIRED");
}

TEST(Commands, OpenIsHeldAgainstTheRules) {
  auto h = Harness{}.ready();
  h.open(kAapl, 0);
  EXPECT_EQ(h.outcome(), "refused quantity");
  h.open(kAapl, 10'001);
  EXPECT_EQ(h.outcome(), "refused max_quantity");
  h.open(kAapl, 1, "99.005");
  EXPECT_EQ(h.outcome(), "refused tick_size");
  h.open(*Symbol::parse("NO.SUCH"), 1);
  EXPECT_EQ(h.outcome(), "refused symbol");
  h.open(kAapl, 5'000);
  EXPECT_EQ(h.outcome(), "refused free_cash");
  auto c = h.command(Verb::open, kAapl);
  c.quantity = units(1);
  c.stop = price("100.00");
  h.ask(c);
  EXPECT_EQ(h.outcome(), "refused stop_side");
  EXPECT_TRUE(h.intents.empty());
}

TEST(Commands, ExpiredCommandsAreAnsweredAndNotActedOn) {
  auto h = holding();
  for (const Verb verb : {Verb::open, Verb::close, Verb::cancel_all, Verb::halt, Verb::flatten}) {
    auto c = h.command(verb, kAapl);
    c.valid_until = h.now - nanoseconds(1);
    h.ask(c);
    EXPECT_EQ(h.outcome(), "expired expired") << to_string(verb);
  }
  EXPECT_EQ(h.intents.size(), 1U);
  EXPECT_EQ(h.core().risk_state(), RiskState::active);
}

TEST(Commands, CloseIsDoneWhenFlat) {
  auto h = holding();
  h.ask(h.command(Verb::close, kAapl));
  EXPECT_EQ(h.last().purpose, Purpose::exit);
  EXPECT_EQ(h.last().reason, "close by anna");
  h.fills(h.last(), 60, "100.00");
  EXPECT_EQ(h.outcome(), "");
  h.fills(h.last(), 39, "100.00");
  EXPECT_EQ(h.outcome(), "done");
  h.ask(h.command(Verb::close, kAapl));
  EXPECT_EQ(h.outcome(), "refused no_position");
}

TEST(Commands, CloseWithoutAGatewayExpiresAndIsTriedNoMore) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  h.fills(h.last(), 99, "100.02");
  h.start();  // catching up: nothing goes out
  h.ask(h.command(Verb::close, kAapl));
  h.pass(seconds(11));
  EXPECT_EQ(h.intents.size(), 1U);
  h.give(WentLive{});
  EXPECT_EQ(h.intents.size(), 2U) << "a close taken in time goes out when live";
  EXPECT_EQ(h.outcome(), "unknown");
  h.says(h.last(), OrderEventKind::rejected);
  h.pass(seconds(10));
  h.quote(kAapl, "100.00", "100.02");
  EXPECT_EQ(h.intents.size(), 2U);
}

TEST(Commands, FlattenTakesEverythingOut) {
  auto h = holding();
  h.enter(kMsft);
  const Intent msft = h.last();
  h.ask(h.command(Verb::flatten));
  const auto said = h.said<Intent>();
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0].purpose, Purpose::exit);
  EXPECT_EQ(said[1].kind, IntentKind::cancel);
  h.says(msft, OrderEventKind::canceled);
  EXPECT_EQ(h.outcome(), "");
  h.fills(said[0], 99, "100.00");
  EXPECT_EQ(h.outcome(), "done");
  h.ask(h.command(Verb::flatten));
  EXPECT_EQ(h.outcome(), "done");
}

TEST(Commands, CancelIsDoneWhenTheOrderIsOver) {
  auto h = Harness{}.ready();
  h.open(kAapl, 10, "99.00");
  const Intent order = h.last();
  h.says(order, OrderEventKind::accepted);
  auto c = h.command(Verb::cancel);
  c.client_order_id = order.client_order_id;
  h.ask(c);
  EXPECT_EQ(h.last().kind, IntentKind::cancel);
  EXPECT_EQ(h.outcome(), "");
  h.says(order, OrderEventKind::canceling);
  h.says(order, OrderEventKind::canceled);
  EXPECT_EQ(h.outcome(), "done");
  c.id = "again";
  h.ask(c);
  EXPECT_EQ(h.outcome(), "refused not_working");
  c.client_order_id = "nothing";
  h.ask(c);
  EXPECT_EQ(h.outcome(), "refused unknown_order");
}

TEST(Commands, CancelTellsThatTheFillWasFaster) {
  auto h = Harness{}.ready();
  h.open(kAapl, 10, "99.00");
  const Intent order = h.last();
  auto c = h.command(Verb::cancel);
  c.client_order_id = order.client_order_id;
  h.ask(c);
  h.fills(order, 10, "99.00");
  std::vector<std::string> outcomes;
  for (const auto& r : h.said<RiskEvent>()) outcomes.push_back(r.command_id + " " + std::string(to_string(r.outcome)) + " " + r.rule);
  EXPECT_EQ(outcomes, (std::vector<std::string>{"C1 done ", "C2 refused filled"}));
}

TEST(Commands, HaltCancelsEntriesAndKeepsStops) {
  auto h = holding();
  h.enter(kMsft);
  h.ask(h.command(Verb::halt));
  EXPECT_EQ(h.outcome(), "done");
  EXPECT_EQ(h.last().kind, IntentKind::cancel);
  EXPECT_EQ(h.core().risk_state(), RiskState::reducing);
  h.open(kZoo, 1);
  EXPECT_EQ(h.outcome(), "refused risk_state");
  h.quote(kAapl, "98.90", "98.92");
  EXPECT_EQ(h.last().reason, "stop");
}

TEST(Commands, HardHaltNamesWhatIsLeftWithoutAStop) {
  auto h = holding();
  auto c = h.command(Verb::halt);
  c.hard = true;
  h.ask(c);
  EXPECT_EQ(h.core().risk_state(), RiskState::halted);
  EXPECT_EQ(h.said<RiskEvent>().back().reason, "HALTED; without automatic stop: AAPL.DEMO 99");
  h.quote(kAapl, "98.90", "98.92");
  EXPECT_EQ(h.intents.size(), 1U) << "no automatic order";
  h.ask(h.command(Verb::close, kAapl));
  EXPECT_EQ(h.intents.size(), 2U) << "a person's close goes out";
  h.says(h.last(), OrderEventKind::rejected);
  h.ask(h.command(Verb::resume));
  EXPECT_EQ(h.core().risk_state(), RiskState::active);
  h.pass(seconds(1));
  h.quote(kAapl, "98.90", "98.92");
  EXPECT_EQ(h.intents.size(), 3U);
}

TEST(Commands, ResumeOfASymbolLeavesTheAccountAsItIs) {
  auto h = Harness{}.ready();
  h.ask(h.command(Verb::reduce));
  h.ask(h.command(Verb::reduce, kAapl));
  h.ask(h.command(Verb::resume, kAapl));
  EXPECT_EQ(h.said<RiskEvent>().back().reason, "still REDUCING: person: reduce by anna");
  EXPECT_EQ(h.core().risk_state(kMsft), RiskState::reducing);
}

TEST(Commands, OrderOfALostOpenIsItsAnswer) {
  auto h = Harness{}.ready();
  auto c = h.command(Verb::open, kAapl);
  c.quantity = units(10);
  c.stop = price("99.00");
  h.ask(c);
  const Name cause = h.last_name;
  const Intent order = h.last();
  h.lose_journal();
  h.start();
  h.fills(order, 10, "100.02");
  h.pass(seconds(60));
  Outbox out;
  out.begin(h.now, {cause, h.now});
  const Event again = c;
  h.core().apply({h.now, cause, again}, out);
  ASSERT_FALSE(out.said().empty());
  bool done = false;
  for (const auto& s : out.said())
    if (const auto* r = std::get_if<RiskEvent>(&s.event)) done = done || (r->command_id == c.id && r->outcome == Outcome::done);
  EXPECT_TRUE(done) << "not expired: it was done";
  EXPECT_EQ(h.core().positions()[0].stop, price("99"));
}

}  // namespace
}  // namespace tickmesh::test
