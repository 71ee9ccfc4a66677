#include "unit/broker_gateway/gateway_fixture.hpp"

namespace tickmesh {
namespace {

using GatewayIntents = GatewayTest;

TEST_F(GatewayIntents, AnOrderIsSentAcceptedAndFilledWithTheWholeIntentInEachEvent) {
  open();
  const Intent i = intent("T1");
  send(i);
  ASSERT_THAT(kinds(), ElementsAre(sending));
  EXPECT_EQ(effect_of(orders[0]), Effect::submit);
  EXPECT_EQ(orders[0].order, i);
  EXPECT_EQ(orders[0].attempt, 1U);
  EXPECT_EQ(orders[0].header.cause.name, (Name{Stream::intent, 0, {5, 1}}));
  take(report(VenueReportKind::accepted, "T1"));
  take(fill("T1", "x1", 4));
  take(fill("T1", "x1", 4));  // a repeat
  take(fill("T1", "x2", 6));
  take(fill("T1", "x2", 6));  // a repeat of a closed order's
  ASSERT_THAT(kinds(), ElementsAre(sending, accepted, partially_filled, filled));
  EXPECT_EQ(orders[2].filled, qty(4));
  EXPECT_EQ(orders[2].remaining, qty(6));
  EXPECT_EQ(orders[3].remaining, qty(0));
  EXPECT_EQ(orders[3].fill.execution_id, "x2");
  EXPECT_EQ(orders[3].order, i);
  EXPECT_EQ(orders[3].header.cause.name.stream, Stream::order) << "a fill is caused by the order's sending";
  EXPECT_EQ(core.net(i.symbol), qty(10));
  EXPECT_EQ(core.state(), RiskState::active);
  EXPECT_EQ(core.working(), 0U);
}

TEST_F(GatewayIntents, TheTimeOfTheTickIsHandedOnToTheSendingAloneAndNotKept) {
  open();
  Intent i = intent("T1");
  i.header.tick_time = now - milliseconds(3);
  send(i);
  take(report(VenueReportKind::accepted, "T1"));
  take(fill("T1", "x1", 10));
  ASSERT_THAT(kinds(), ElementsAre(sending, accepted, filled));
  EXPECT_EQ(orders[0].header.tick_time, now - milliseconds(3));
  EXPECT_EQ(orders[1].header.tick_time, Timestamp{});
  EXPECT_EQ(orders[2].header.tick_time, Timestamp{});
  // A gateway loaded from a snapshot would not know it, and has to say the same.
  for (const OrderEvent& event : orders) EXPECT_EQ(event.order.header.tick_time, Timestamp{});
}

TEST_F(GatewayIntents, ARepeatedIntentIsNeverSentTwice) {
  open();
  send(intent("T1"));
  take(intent("T1"), {Stream::intent, 0, {5, intents}});  // the same name
  send(intent("T1"));                                     // the same client order id
  take(report(VenueReportKind::canceled, "T1"));
  send(intent("T1"));  // after its end
  EXPECT_THAT(kinds(), ElementsAre(sending, canceled));
}

TEST_F(GatewayIntents, WhatComesTooLateOrFromAnotherTimeAnswersExpired) {
  open();
  Intent late = intent("T1");
  late.valid_until = now - milliseconds(1);
  send(late);
  Intent other = intent("T2");
  other.gateway = {9, 0};
  send(other);
  Intent newer = intent("T3");
  newer.manager = {5, 2};
  send(newer);
  send(intent("T4"));  // of a position_manager that a later one has replaced
  Intent exit = intent("T5", Purpose::exit);
  exit.gateway = {8, 7};
  send(exit);
  ASSERT_THAT(kinds(), ElementsAre(expired, expired, sending, expired, expired));
  EXPECT_EQ(orders[0].rule, gateway_rule::kTooLate);
  EXPECT_EQ(orders[1].rule, gateway_rule::kOtherGateway);
  EXPECT_EQ(orders[3].rule, gateway_rule::kOtherManager);
  for (const auto& o : orders) EXPECT_EQ(effect_of(o) == Effect::submit, o.kind == sending);
}

TEST_F(GatewayIntents, AGatewayThatSleptThirtySecondsExecutesNothingStale) {
  open();
  const Intent a = intent("T1"), b = intent("T2");
  now = now + seconds(30);
  send(a);
  send(b);
  EXPECT_THAT(kinds(), ElementsAre(expired, expired));
}

TEST_F(GatewayIntents, AnExactlyTimelyIntentIsSent) {
  open();
  const Intent a = intent("T1");
  now = a.valid_until;
  send(a);
  EXPECT_THAT(kinds(), ElementsAre(sending));
}

TEST_F(GatewayIntents, IntentsTakenWhileCatchingUpAreJudgedWhenTheVenueIsReconciled) {
  take(Started{self});
  tick_quote();
  send(intent("T1"));
  Intent old = intent("T2");
  old.gateway = {};
  send(old);
  Intent brief = intent("T3");
  brief.valid_until = now + milliseconds(10);
  send(brief);
  take(WentLive{});
  EXPECT_TRUE(orders.empty()) << "nothing is done before the venue has told what it knows";
  now = now + milliseconds(100);
  reconcile();
  ASSERT_THAT(kinds(), ElementsAre(sending, expired, expired));
  ASSERT_EQ(venue.size(), 2U);
  EXPECT_EQ(venue[0].kind, VenueEventKind::reconciled);
  EXPECT_EQ(venue[1].kind, VenueEventKind::session_opened);
  EXPECT_EQ(venue[1].gateway, self);
}

TEST_F(GatewayIntents, AReconciliationBeforeGoingLiveOpensNothing) {
  take(Started{self});
  reconcile();
  take(WentLive{});
  EXPECT_FALSE(core.open());
  reconcile();
  EXPECT_TRUE(core.open());
}

TEST_F(GatewayIntents, TheHoldOfWaitingIntentsIsBounded) {
  GatewayConfig config = test_gateway_config();
  config.keep_waiting = 2;
  core = GatewayCore{config};
  take(Started{self});
  for (const char* id : {"T1", "T2", "T3"}) send(intent(id));
  ASSERT_THAT(kinds(), ElementsAre(expired));
  EXPECT_EQ(orders[0].order.client_order_id, "T3");
}

TEST_F(GatewayIntents, EveryLimitRefusesWithItsRule) {
  struct {
    const char* rule;
    std::function<void(Intent&)> spoil;
  } const rows[] = {
      {"order notional", [](Intent& i) { i.quantity = qty(250); }},
      {"order units", [](Intent& i) { i.quantity = qty(10'001); }},
      {"price collar", [](Intent& i) { i.reference_price = px("94.00"); }},
      {"price collar", [](Intent& i) { i.type = OrderType::limit, i.limit_price = px("106.00"); }},
      {"reference price", [](Intent& i) { i.reference_price = {}; }},
      {"a listed instrument", [](Intent& i) { i.symbol = symbol_of("NONE.DEMO"); }},
      {"quantity", [](Intent& i) { i.quantity = Quantity::from_raw(5); }},
      {"limit price", [](Intent& i) { i.type = OrderType::limit, i.limit_price = px("100.001"); }},
      {"stop price", [](Intent& i) { i.type = OrderType::stop; }},
      {"two-sided quote", [](Intent& i) { i.symbol = symbol_of("MSFT.DEMO"); }},
      {"side", [](Intent& i) { i.side = Side::none; }},
  };
  open();
  int n = 0;
  for (const auto& row : rows) {
    forget();
    Intent i = intent("T" + std::to_string(++n));
    row.spoil(i);
    send(i);
    ASSERT_THAT(kinds(), ElementsAre(rejected)) << row.rule;
    EXPECT_EQ(orders[0].rule, row.rule);
  }
}

TEST_F(GatewayIntents, EntriesNeedAFreshQuoteAndExitsDoNot) {
  open();
  now = now + seconds(11);
  send(intent("T1"));
  send(intent("T2", Purpose::exit));
  ASSERT_THAT(kinds(), ElementsAre(rejected, sending));
  EXPECT_EQ(orders[0].rule, "fresh quote");
}

TEST_F(GatewayIntents, TenOrdersASecondThenEntriesWaitForTheNextSecondAndExitsPass) {
  open();
  for (int i = 0; i < 10; ++i) send(intent("T" + std::to_string(i)));
  forget();
  send(intent("T10"));
  send(intent("T11", Purpose::exit));
  ASSERT_THAT(kinds(), ElementsAre(rejected, sending));
  EXPECT_EQ(orders[0].rule, "orders per second");
  now = now + seconds(1);
  forget();
  send(intent("T12"));
  EXPECT_THAT(kinds(), ElementsAre(sending));
}

TEST_F(GatewayIntents, GrossCountsHoldingsAndWorkingEntries) {
  open();
  for (int i = 0; i < 8; ++i) {  // 8 x 24,004.80, half of it filled
    const std::string id = "T" + std::to_string(i);
    send(intent(id, Purpose::entry, 240));
    if (i % 2 == 0) take(fill(id, id + "x", 240));
  }
  forget();
  send(intent("T8", Purpose::entry, 100));
  ASSERT_THAT(kinds(), ElementsAre(rejected));
  EXPECT_EQ(orders[0].rule, "gross");
  send(intent("T9", Purpose::exit, 960));
  EXPECT_THAT(kinds(), ElementsAre(rejected, sending)) << "an exit is no new gross";
}

TEST_F(GatewayIntents, ExitsAreHeldToSanityAlone) {
  open();
  send(intent("T1", Purpose::exit, 20'000));
  send(intent("T2", Purpose::exit, 100'001));
  ASSERT_THAT(kinds(), ElementsAre(sending, rejected));
  EXPECT_EQ(orders[1].rule, "exit units");
}

TEST_F(GatewayIntents, ACancelIsSaidBeforeItIsAskedAndAnswered) {
  open();
  send(intent("T1"));
  take(report(VenueReportKind::accepted, "T1"));
  send(cancel_of("T1"));
  take(fill("T1", "x1", 3));  // on its way when the cancel was asked
  take(report(VenueReportKind::canceled, "T1"));
  send(cancel_of("T1"));
  ASSERT_THAT(kinds(), ElementsAre(sending, accepted, canceling, partially_filled, canceled, rejected));
  EXPECT_EQ(effect_of(orders[2]), Effect::cancel);
  EXPECT_EQ(orders[4].filled, qty(3));
  EXPECT_EQ(orders[5].order.kind, IntentKind::cancel) << "it speaks of the cancel";
  EXPECT_EQ(orders[5].rule, gateway_rule::kWorking);
}

TEST_F(GatewayIntents, ACancelForAnEarlierGatewayExpires) {
  open();
  send(intent("T1"));
  Intent cancel = cancel_of("T1");
  cancel.gateway = {9, 0};
  send(cancel);
  ASSERT_THAT(kinds(), ElementsAre(sending, expired));
  EXPECT_EQ(orders[1].order.kind, IntentKind::cancel);
  EXPECT_EQ(core.working(), 1U);
  std::size_t counted = 0;
  for (const auto& [state, count] : core.orders_by_state()) counted += count;
  EXPECT_EQ(counted, 1U) << "each order is in one state";
}

TEST_F(GatewayIntents, AVenuesRefusalIsTold) {
  open();
  send(intent("T1"));
  take(report(VenueReportKind::rejected, "T1", "no such symbol here"));
  ASSERT_THAT(kinds(), ElementsAre(sending, rejected));
  EXPECT_EQ(orders[1].rule, gateway_rule::kVenue);
  EXPECT_EQ(orders[1].reason, "no such symbol here");
}

}  // namespace
}  // namespace tickmesh
