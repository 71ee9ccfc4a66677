#include "unit/broker_gateway/gateway_fixture.hpp"

namespace tickmesh {
namespace {

using GatewayControl = GatewayTest;

TEST_F(GatewayControl, HaltCancelsEntriesKeepsExitsAndRefusesNewRisk) {
  open();
  send(intent("T1"));
  send(intent("T2", Purpose::exit));
  forget();
  command({.verb = Verb::halt});
  ASSERT_THAT(kinds(), ElementsAre(canceling));
  EXPECT_EQ(orders[0].order.client_order_id, "T1");
  ASSERT_EQ(venue.size(), 2U);
  EXPECT_EQ(venue[0].state, RiskState::reducing);
  EXPECT_EQ(venue[1].kind, VenueEventKind::command_answered);
  EXPECT_EQ(venue[1].command_id, "c1");
  EXPECT_EQ(venue[1].outcome, Outcome::done);
  send(intent("T3"));
  EXPECT_EQ(orders.back().rule, gateway_rule::kState);
  send(intent("T4", Purpose::exit));
  EXPECT_EQ(orders.back().kind, sending);
  command({.verb = Verb::resume});
  send(intent("T5"));
  EXPECT_EQ(orders.back().kind, sending);
}

TEST_F(GatewayControl, APlainHaltDoesNotLoosenAHardOneAndExitsStillPass) {
  open();
  command({.verb = Verb::halt, .hard = true});
  command({.verb = Verb::halt});
  EXPECT_EQ(core.state(), RiskState::halted);
  send(intent("T1", Purpose::exit));
  EXPECT_EQ(orders.back().kind, sending);
}

TEST_F(GatewayControl, AFullDiskRefusesEntriesByItsOwnRuleAndLetsExitsAndCancelsGoOn) {
  open();
  send(intent("T1"));
  forget();
  take(DiskChanged{true, "no room"});
  ASSERT_EQ(venue.size(), 1U);
  EXPECT_EQ(venue[0].kind, VenueEventKind::state_changed);
  EXPECT_EQ(venue[0].state, RiskState::reducing);
  take(DiskChanged{true, "no room"});
  EXPECT_EQ(venue.size(), 1U) << "told twice, said once";
  send(intent("T2"));
  EXPECT_EQ(orders.back().rule, gateway_rule::kDisk);
  EXPECT_EQ(orders.back().reason, "no room");
  send(intent("T3", Purpose::exit));
  EXPECT_EQ(orders.back().kind, sending);
  command({.verb = Verb::cancel, .client_order_id = "T1"});
  EXPECT_EQ(orders.back().kind, canceling);
  command({.verb = Verb::resume});
  EXPECT_EQ(core.state(), RiskState::reducing) << "a person's word makes no room";
  Bytes saved;
  ByteWriter writer{saved};
  core.save(writer);
  GatewayCore again{test_gateway_config()};
  ByteReader reader{saved};
  again.load(reader);
  EXPECT_EQ(again.state(), RiskState::reducing);
  take(DiskChanged{false, ""});
  EXPECT_EQ(core.state(), RiskState::active);
  EXPECT_EQ(venue.back().state, RiskState::active);
  send(intent("T4"));
  EXPECT_EQ(orders.back().kind, sending);
}

TEST_F(GatewayControl, AHaltSetWhileTheDiskIsFullStaysWhenItHasRoomAgain) {
  open();
  take(DiskChanged{true, "no room"});
  command({.verb = Verb::halt});
  take(DiskChanged{false, ""});
  EXPECT_EQ(core.state(), RiskState::reducing);
}

TEST_F(GatewayControl, ALateCommandAnswersExpiredAndDoesNothing) {
  open();
  command({.verb = Verb::halt, .valid_until = now - milliseconds(1)});
  EXPECT_EQ(core.state(), RiskState::active);
  EXPECT_EQ(venue.back().outcome, Outcome::expired);
}

TEST_F(GatewayControl, AHaltTakenWhileCatchingUpActsWhenLiveWithoutWaitingForTheVenue) {
  open();
  send(intent("T1"));
  take(report(VenueReportKind::accepted, "T1"));
  ++self.incarnation;
  take(Started{self});
  command({.verb = Verb::halt});
  EXPECT_EQ(core.state(), RiskState::active);
  take(WentLive{});
  EXPECT_EQ(core.state(), RiskState::reducing);
  forget();
  reconcile({known("T1", true)});
  EXPECT_THAT(kinds(), ElementsAre(canceling));
}

TEST_F(GatewayControl, CancelAndCancelAllActOnWorkingOrdersOfEitherPurpose) {
  open();
  send(intent("T1"));
  send(intent("T2", Purpose::exit));
  forget();
  command({.verb = Verb::cancel, .client_order_id = "T2"});
  command({.verb = Verb::cancel, .client_order_id = "T9"});
  EXPECT_EQ(venue[0].outcome, Outcome::done);
  EXPECT_EQ(venue[1].outcome, Outcome::refused);
  command({.verb = Verb::cancel_all});
  EXPECT_THAT(kinds(), ElementsAre(canceling, canceling));
}

TEST_F(GatewayControl, CommandsOfPositionManagerAreLeftToIt) {
  open();
  for (const Verb verb : {Verb::open, Verb::close, Verb::flatten, Verb::reduce}) command({.verb = verb});
  EXPECT_TRUE(venue.empty());
}

TEST_F(GatewayControl, ARepeatedCommandActsOnce) {
  open();
  command({.verb = Verb::halt});
  take(Command{.id = "c1", .verb = Verb::halt}, {Stream::control, 0, {3, 1}});
  EXPECT_EQ(venue.size(), 2U);
}

TEST_F(GatewayControl, ASilentPositionManagerCostsItsEntriesAfterTenSecondsNotItsExits) {
  open();
  send(intent("T1"));
  send(intent("T2", Purpose::exit));
  forget();
  take(PeerChanged{"metrics_engine", false, {}});
  take(PeerChanged{"position_manager", false, manager});
  ASSERT_FALSE(out.wakes().empty());
  EXPECT_EQ(out.wakes().back().at, now + seconds(10));
  now = now + seconds(9);
  take(TimerFired{.timer = out.wakes().back().timer});
  EXPECT_TRUE(venue.empty());
  now = now + seconds(1);
  take(TimerFired{.timer = out.wakes().back().timer});
  ASSERT_EQ(venue.size(), 1U);
  EXPECT_EQ(venue[0].kind, VenueEventKind::dead_man);
  ASSERT_THAT(kinds(), ElementsAre(canceling));
  EXPECT_EQ(orders[0].order.client_order_id, "T1");
  tick_quote();
  send(intent("T3"));
  EXPECT_EQ(orders.back().rule, gateway_rule::kDeadMan);
  take(PeerChanged{"position_manager", true, manager});
  EXPECT_EQ(venue.back().kind, VenueEventKind::dead_man_over);
  send(intent("T4"));
  EXPECT_EQ(orders.back().kind, sending);
}

TEST_F(GatewayControl, APositionManagerThatIsBackInTimeTripsNothing) {
  open();
  send(intent("T1"));
  forget();
  take(PeerChanged{"position_manager", false, manager});
  now = now + seconds(5);
  take(PeerChanged{"position_manager", true, manager});
  now = now + seconds(20);
  take(TimerFired{.timer = 1});
  EXPECT_TRUE(orders.empty());
  EXPECT_TRUE(venue.empty());
}

TEST_F(GatewayControl, APeersHigherTokenOutdatesIntentsOfTheOneBefore) {
  open();
  take(PeerChanged{"position_manager", true, {5, 2}});
  send(intent("T1"));
  EXPECT_EQ(orders.back().rule, gateway_rule::kOtherManager);
}

TEST_F(GatewayControl, AHaltedInstrumentTakesNoEntries) {
  open();
  FeedEvent halted{.kind = FeedEventKind::halted, .symbol = symbol_of("AAPL.DEMO")};
  take(halted, {Stream::feed, 0, {1, 1}});
  send(intent("T1"));
  EXPECT_EQ(orders.back().rule, gateway_rule::kHalted);
  halted.kind = FeedEventKind::resumed;
  take(halted, {Stream::feed, 0, {1, 2}});
  send(intent("T2"));
  EXPECT_EQ(orders.back().kind, sending);
}

}  // namespace
}  // namespace tickmesh
