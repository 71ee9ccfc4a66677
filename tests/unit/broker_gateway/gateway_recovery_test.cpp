#include "unit/broker_gateway/gateway_fixture.hpp"
#include "venue/reasons.hpp"

namespace tickmesh {
namespace {

using GatewayRecovery = GatewayTest;

TEST_F(GatewayRecovery, WhatWasLeftInSendingIsUnknownUntilTheVenueTells) {
  open();
  send(intent("T1"));
  forget();
  restart();
  ASSERT_THAT(kinds(), ElementsAre(unknown));
  VenueReport f = fill("T1", "x1", 4);
  reconcile({known("T1", true, 4), f});
  EXPECT_THAT(kinds(), ElementsAre(unknown, accepted, partially_filled));
  forget();
  take(f);
  EXPECT_TRUE(orders.empty()) << "the same execution again";
}

TEST_F(GatewayRecovery, AFillToldAfterItsOrderWasOverIsCountedAndTakesNoNewRisk) {
  open();
  send(intent("T1"));
  take(report(VenueReportKind::canceled, "T1"));
  forget();
  take(fill("T1", "x1", 4));
  ASSERT_THAT(kinds(), ElementsAre(partially_filled));
  EXPECT_EQ(orders[0].order.client_order_id, "T1");
  EXPECT_EQ(orders[0].filled, qty(4));
  EXPECT_EQ(core.net(symbol_of("AAPL.DEMO")), qty(4));
  EXPECT_EQ(core.state(), RiskState::reducing);
  Bytes state;
  ByteWriter writer{state};
  core.save(writer);
  ByteReader reader{state};
  core.load(reader);
  take(fill("T1", "x1", 4));
  take(fill("T1", "x2", 1));
  ASSERT_THAT(kinds(), ElementsAre(partially_filled, partially_filled)) << "x1 is known, x2 is not";
  EXPECT_EQ(orders[1].filled, qty(5));
}

TEST_F(GatewayRecovery, WhatTheVenueNeverAnsweredIsJudgedByTheNextReconciliation) {
  open();
  send(intent("T1", Purpose::exit));
  send(intent("T2", Purpose::exit));
  take(report(VenueReportKind::accepted, "T2"));
  send(cancel_of("T2"));
  forget();
  now = now + seconds(4);
  reconcile({known("T2", true)});
  EXPECT_THAT(kinds(), IsEmpty()) << "both may still be on their way";
  now = now + seconds(2);
  reconcile({known("T2", true)});
  EXPECT_THAT(kinds(), ElementsAre(unknown, unknown, sending, canceling)) << "one never arrived, nor did the other's cancel";
  EXPECT_EQ(orders[2].order.client_order_id, "T1");
  EXPECT_EQ(orders[2].attempt, 2U);
  EXPECT_EQ(orders[3].order.client_order_id, "T2");
}

TEST_F(GatewayRecovery, WhatItSaidIsBelievedWhereTheQuotesItSawAreLost) {
  open();
  now = now + seconds(11);  // the quote is stale: run again without ticks, the intent is refused
  const Intent asked = intent("T1");
  send(asked);
  ASSERT_THAT(kinds(), ElementsAre(rejected));
  OrderEvent sent;
  sent.header.time = now;
  sent.kind = sending;
  sent.order = asked;
  sent.attempt = 1;
  core.unlearn({Stream::order, 0, {9, 4}}, orders[0]);
  core.learn({Stream::order, 0, {9, 4}}, sent);
  forget();
  take(fill("T1", "x1", 10));
  EXPECT_THAT(kinds(), ElementsAre(filled));
  EXPECT_EQ(core.net(symbol_of("AAPL.DEMO")), qty(10));
  EXPECT_EQ(core.state(), RiskState::active);
}

TEST_F(GatewayRecovery, AnOrderFilledUnheardIsFilledOnce) {
  open();
  send(intent("T1"));
  restart();
  forget();
  reconcile({known("T1", false, 10), fill("T1", "x1", 4), fill("T1", "x2", 6)});
  EXPECT_THAT(kinds(), ElementsAre(partially_filled, filled));
  EXPECT_EQ(core.net(symbol_of("AAPL.DEMO")), qty(10));
}

TEST_F(GatewayRecovery, ProvenAbsentAndStillValidItIsSentAgain) {
  open();
  send(intent("T1"));
  restart();
  now = now + seconds(1);
  forget();
  reconcile();
  ASSERT_THAT(kinds(), ElementsAre(sending));
  EXPECT_EQ(orders[0].attempt, 2U);
}

TEST_F(GatewayRecovery, ProvenAbsentAndTooLateAnEntryExpiresWhileAnExitIsSent) {
  open();
  send(intent("T1"));
  send(intent("T2", Purpose::exit));
  restart();
  now = now + seconds(3);
  forget();
  reconcile();
  ASSERT_THAT(kinds(), ElementsAre(expired, sending));
  EXPECT_EQ(orders[0].rule, gateway_rule::kTooLate);
  EXPECT_EQ(orders[1].order.client_order_id, "T2");
}

TEST_F(GatewayRecovery, AnAbsentEntryIsNotSentAgainWhenEntriesAreRefused) {
  open();
  send(intent("T1"));
  ++self.incarnation;
  take(Started{self});
  take(WentLive{});
  command({.verb = Verb::halt, .valid_until = now + seconds(10)});
  forget();
  reconcile();
  EXPECT_THAT(kinds(), ElementsAre(expired));
}

TEST_F(GatewayRecovery, ALostCancelIsAskedAgainAndNeverBecomesAnOrder) {
  open();
  for (const char* id : {"T1", "T2"}) {
    send(intent(id));
    send(cancel_of(id));
  }
  restart();
  forget();
  reconcile({known("T1", true)});
  ASSERT_THAT(kinds(), ElementsAre(canceling, canceled));
  EXPECT_EQ(orders[1].order.client_order_id, "T2");
}

TEST_F(GatewayRecovery, APeriodicReconciliationDoesNotDoubtOrdersOnTheirWay) {
  open();
  take(VenueReport{.kind = VenueReportKind::reconcile_begin});
  send(intent("T1"));
  take(VenueReport{.kind = VenueReportKind::reconcile_end});
  EXPECT_THAT(kinds(), ElementsAre(sending));
}

TEST_F(GatewayRecovery, AnOrderTheVenueLostBlocksItsSymbolUntilAPersonResumes) {
  open();
  send(intent("T1"));
  take(report(VenueReportKind::accepted, "T1"));
  forget();
  reconcile();
  ASSERT_THAT(kinds(), ElementsAre(unknown));
  send(intent("T2"));
  EXPECT_EQ(orders.back().rule, gateway_rule::kBlocked);
  send(intent("T3", Purpose::exit));
  EXPECT_EQ(orders.back().kind, sending);
  command({.verb = Verb::resume});
  send(intent("T4"));
  EXPECT_EQ(orders.back().kind, sending);
}

TEST_F(GatewayRecovery, AnOrderOfNobodysReducesTheAccount) {
  open();
  reconcile({known("X9", true)});
  EXPECT_EQ(core.state(), RiskState::reducing);
  send(intent("T1"));
  EXPECT_EQ(orders.back().rule, gateway_rule::kState);
}

TEST_F(GatewayRecovery, ADuplicateRefusedByTheVenueIsNotARejectedOrder) {
  open();
  send(intent("T1"));
  take(report(VenueReportKind::rejected, "T1", std::string(kDuplicateClientId)));
  EXPECT_THAT(kinds(), ElementsAre(sending, unknown));
  reconcile({known("T1", true)});
  EXPECT_EQ(orders.back().kind, accepted);
}

TEST_F(GatewayRecovery, ALoadedCoreContinuesAsTheSavedOneWould) {
  open();
  send(intent("T1"));
  send(intent("T2"));
  take(fill("T1", "x1", 10));
  take(fill("T2", "x2", 3));
  command({.verb = Verb::halt, .hard = true});
  restart();
  send(intent("T3", Purpose::exit));  // waits
  command({.verb = Verb::cancel_all});
  Bytes bytes;
  ByteWriter writer{bytes};
  core.save(writer);
  GatewayCore copy{test_gateway_config()};
  ByteReader reader{bytes};
  copy.load(reader);
  EXPECT_TRUE(reader.done());
  forget();
  const Outbox before = out;
  const auto finish = [&] {
    reconcile({known("T2", true, 3)});
    take(fill("T2", "x2", 3));
    take(fill("T2", "x4", 7));
    send(intent("T3"));
    return std::pair{orders, venue};
  };
  const auto intents_before = intents;
  const auto one = finish();
  Bytes end;
  ByteWriter end_writer{end};
  core.save(end_writer);
  core = copy;
  out = before;
  intents = intents_before;
  forget();
  EXPECT_EQ(finish(), one);
  Bytes end2;
  ByteWriter end2_writer{end2};
  core.save(end2_writer);
  EXPECT_EQ(end, end2);
  EXPECT_FALSE(one.first.empty());
}

TEST_F(GatewayRecovery, MemoryOfClosedOrdersIsBounded) {
  GatewayConfig config = test_gateway_config();
  config.keep_closed = 3;
  config.limits.orders_per_second = 1'000;
  core = GatewayCore{config};
  open();
  const auto size = [&] {
    Bytes bytes;
    ByteWriter writer{bytes};
    core.save(writer);
    return bytes.size();
  };
  std::size_t after_ten = 0;
  for (int i = 10; i < 50; ++i) {
    now = now + seconds(2);
    tick_quote();
    send(intent("T" + std::to_string(i)));
    take(report(VenueReportKind::canceled, "T" + std::to_string(i)));
    if (i == 20) after_ten = size();
  }
  EXPECT_EQ(size(), after_ten);
}

}  // namespace
}  // namespace tickmesh
