#include "trading/client_order_id.hpp"
#include "unit/position_manager/harness.hpp"

namespace tickmesh::test {
namespace {

TEST(PositionCore, SignalBecomesAnOrderOfTheAllocation) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  ASSERT_EQ(h.intents.size(), 1U);
  const Intent& i = h.last();
  EXPECT_EQ(i.kind, IntentKind::place);
  EXPECT_EQ(i.purpose, Purpose::entry);
  EXPECT_EQ(i.side, Side::buy);
  EXPECT_EQ(i.quantity, units(99));
  EXPECT_EQ(i.reference_price, price("100.02"));
  EXPECT_EQ(i.valid_until, h.now + seconds(2));
  EXPECT_EQ(i.gateway, (Token{7, 1}));
  EXPECT_EQ(i.manager, (Token{kEpoch, 1}));
  EXPECT_EQ(i.position_id, position_id_of(i.client_order_id));
  EXPECT_EQ(decode_client_order_id(i.client_order_id), (ClientOrderId{'A', kEpoch, 1, 0, 0}));
  EXPECT_EQ(i.header.cause.name, h.last_name);
}

TEST(PositionCore, FillsOpenChangeAndCloseAPosition) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  const Intent entry = h.last();
  h.fills(entry, 40, "100.02", "1.00");
  ASSERT_EQ(h.said<PositionEvent>().size(), 1U);
  EXPECT_EQ(h.last_position.kind, PositionEventKind::opened);
  EXPECT_EQ(h.last_position.id, entry.position_id);
  EXPECT_EQ(h.last_position.stop, price("99"));
  h.fills(entry, 59, "100.03", "1.00");
  EXPECT_EQ(h.last_position.kind, PositionEventKind::changed);
  EXPECT_EQ(h.last_position.quantity, units(99));
  h.quote(kAapl, "101.00", "101.02");
  const Intent exit = h.last();
  EXPECT_EQ(exit.purpose, Purpose::exit);
  EXPECT_EQ(exit.side, Side::sell);
  EXPECT_EQ(exit.quantity, units(99));
  EXPECT_EQ(exit.valid_until, Timestamp{});
  EXPECT_EQ(exit.reason, "target");
  EXPECT_EQ(decode_client_order_id(exit.client_order_id)->leg, 1U);
  h.fills(exit, 99, "101.00", "1.00");
  EXPECT_EQ(h.last_position.kind, PositionEventKind::closed);
  EXPECT_EQ(h.last_position.exit_reason, "target");
  // 99 x 101.00 - 40 x 100.02 - 59 x 100.03 - 3.00
  EXPECT_EQ(h.last_position.realized_pnl, money("93.43"));
  const auto accounts = h.said<AccountEvent>();
  ASSERT_EQ(accounts.size(), 1U);
  EXPECT_EQ(accounts[0].balance, money("100093.43"));
  EXPECT_EQ(accounts[0].equity, accounts[0].balance);
  EXPECT_EQ(accounts[0].open_positions, 0U);
  EXPECT_EQ(h.core().working_orders(), 0U);
}

TEST(PositionCore, OneExitIsOnItsWayHoweverManyQuotesAskForIt) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  h.fills(h.last(), 99, "100.02");
  for (int i = 0; i < 5; ++i) h.quote(kAapl, "98.90", "98.92");
  EXPECT_EQ(h.intents.size(), 2U);
}

TEST(PositionCore, FailedExitIsJudgedAnewAfterAPause) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  h.fills(h.last(), 99, "100.02");
  h.quote(kAapl, "98.90", "98.92");
  h.says(h.last(), OrderEventKind::rejected);
  h.quote(kAapl, "98.90", "98.92");
  EXPECT_EQ(h.intents.size(), 2U) << "no tight loop";
  h.pass(milliseconds(500));
  h.quote(kAapl, "99.50", "99.52");
  EXPECT_EQ(h.intents.size(), 2U) << "the price is back above the stop";
  h.quote(kAapl, "98.90", "98.92");
  ASSERT_EQ(h.intents.size(), 3U);
  EXPECT_EQ(decode_client_order_id(h.last().client_order_id)->revision, 1U);
  h.says(h.last(), OrderEventKind::expired);
  h.pass(milliseconds(999));
  h.quote(kAapl, "98.90", "98.92");
  EXPECT_EQ(h.intents.size(), 3U) << "each failure in a row doubles the pause";
  h.pass(milliseconds(1));
  h.quote(kAapl, "98.90", "98.92");
  EXPECT_EQ(h.intents.size(), 4U);
}

TEST(PositionCore, EntryFilledInPartAndCancelledIsStillStoppedOut) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  const Intent entry = h.last();
  h.fills(entry, 30, "100.02");
  h.says(entry, OrderEventKind::canceled);
  EXPECT_EQ(h.held(kAapl), units(30));
  h.quote(kAapl, "99.00", "99.02");
  EXPECT_EQ(h.last().reason, "stop");
  EXPECT_EQ(h.last().quantity, units(30));
  h.fills(h.last(), 10, "99.00");
  EXPECT_EQ(h.held(kAapl), units(20));
  h.says(h.last(), OrderEventKind::canceled);
  h.pass(seconds(1));
  h.quote(kAapl, "98.99", "99.01");
  EXPECT_EQ(h.last().quantity, units(20)) << "what an exit left over is asked for again";
}

TEST(PositionCore, LeavingCancelsTheEntryAndTakesItsLateFillsOutToo) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  const Intent entry = h.last();
  h.fills(entry, 30, "100.02");
  h.quote(kAapl, "98.90", "98.92");
  ASSERT_EQ(h.intents.size(), 3U);
  EXPECT_EQ(h.intents[1].kind, IntentKind::cancel);
  EXPECT_EQ(h.intents[1].client_order_id, entry.client_order_id);
  const Intent exit = h.intents[2];
  h.fills(exit, 30, "98.90");
  EXPECT_EQ(h.last_position.kind, PositionEventKind::changed) << "the entry may still fill";
  h.fills(entry, 5, "98.95");
  h.says(entry, OrderEventKind::canceled);
  EXPECT_EQ(h.held(kAapl), units(5));
  h.quote(kAapl, "98.90", "98.92");
  ASSERT_EQ(h.intents.size(), 4U);
  h.fills(h.last(), 5, "98.90");
  EXPECT_EQ(h.last_position.kind, PositionEventKind::closed);
  EXPECT_EQ(h.last_position.entry_quantity, units(35));
}

TEST(PositionCore, RepeatedFillsCountOnce) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  const Intent entry = h.last();
  const auto first = h.filling(entry, units(30), price("100.02"));
  h.says(first);
  h.says(first);
  EXPECT_TRUE(h.said<PositionEvent>().empty());
  const auto second = h.filling(entry, units(69), price("100.02"));
  h.says(second);
  h.says(second);
  h.says(first);
  EXPECT_EQ(h.held(kAapl), units(99));
  EXPECT_EQ(h.core().risk_state(), RiskState::active);
}

TEST(PositionCore, FillThatIsMissingStopsNewRisk) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  h.filling(h.last(), units(10), price("100.02"));
  h.fills(h.last(), 20, "100.02");
  EXPECT_EQ(h.core().risk_state(), RiskState::reducing);
  EXPECT_NE(h.core().risk_reason().find("difference"), std::string::npos);
}

TEST(PositionCore, LateFillOfAFinishedOrderStillCounts) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  const Intent entry = h.last();
  h.says(entry, OrderEventKind::canceled);
  h.says(h.filling(entry, units(7), price("100.02")));
  EXPECT_EQ(h.held(kAapl), units(7));
  EXPECT_EQ(h.last_position.stop, price("99"));
}

TEST(PositionCore, NothingIsAskedBeforeWentLiveNorBeforeASession) {
  Harness h;
  h.start();
  h.quote(kAapl, "100.00", "100.02");
  h.enter(kAapl);
  EXPECT_EQ(h.outcome(), "refused not_live");
  h.give(WentLive{});
  h.quote(kAapl, "100.00", "100.02");
  h.enter(kAapl);
  EXPECT_EQ(h.outcome(), "refused no_gateway");
  h.session({7, 1});
  h.enter(kAapl);
  EXPECT_EQ(h.intents.size(), 1U);
}

TEST(PositionCore, FillsAreLearntWhileCatchingUpAndExitsJudgedWhenLive) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  const Intent entry = h.last();
  h.start();
  h.fills(entry, 99, "100.02");
  EXPECT_EQ(h.held(kAapl), units(99));
  h.quote(kAapl, "98.00", "98.02");
  EXPECT_EQ(h.intents.size(), 1U);
  h.give(WentLive{});
  EXPECT_EQ(h.intents.size(), 1U) << "the quote heard while catching up is not judged";
  h.quote(kAapl, "98.00", "98.02");
  ASSERT_EQ(h.intents.size(), 2U);
  EXPECT_EQ(h.last().manager, (Token{kEpoch, 2}));
}

TEST(PositionCore, OldQuotesAreNotJudged) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  h.fills(h.last(), 99, "100.02");
  Tick old;
  old.time = h.now;
  old.instrument = instrument_id(kAapl);
  old.kind = TickKind::quote;
  old.bid = price("98.00"), old.ask = price("98.02");
  h.pass(seconds(30));
  h.give(old, Stream::tick);
  EXPECT_EQ(h.intents.size(), 1U);
  h.quote(kAapl, "98.00", "98.02");
  EXPECT_EQ(h.intents.size(), 2U);
}

TEST(PositionCore, ExpiredSignalIsNoEntry) {
  auto h = Harness{}.ready();
  const auto s = h.signal(kAapl, SignalAction::enter_long);
  h.pass(seconds(3));
  h.quote(kAapl, "100.00", "100.02");
  h.signals(s);
  EXPECT_EQ(h.outcome(), "expired expired");
  EXPECT_TRUE(h.intents.empty());
}

TEST(PositionCore, ExitSignalLeavesOnlyItsOwnStrategysPosition) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  h.fills(h.last(), 99, "100.02");
  auto other = h.signal(kAapl, SignalAction::exit);
  other.strategy = "trend";
  h.signals(other);
  EXPECT_EQ(h.intents.size(), 1U);
  h.signals(h.signal(kAapl, SignalAction::exit));
  ASSERT_EQ(h.intents.size(), 2U);
  EXPECT_EQ(h.last().reason, "signal: z");
}

TEST(PositionCore, ExitSignalDuringTheEntryCancelsItAndItsFill) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  const Intent entry = h.last();
  h.signals(h.signal(kAapl, SignalAction::exit));
  EXPECT_EQ(h.last().kind, IntentKind::cancel);
  h.fills(entry, 99, "100.02");
  h.quote(kAapl, "100.00", "100.02");
  EXPECT_EQ(h.last().purpose, Purpose::exit);
  EXPECT_EQ(h.last().kind, IntentKind::place);
}

TEST(PositionCore, OneEntryASymbolAndARestAfterwards) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  h.enter(kAapl);
  EXPECT_EQ(h.outcome(), "refused one_entry");
  h.says(h.last(), OrderEventKind::expired);
  h.enter(kAapl);
  EXPECT_EQ(h.outcome(), "refused cooldown");
}

TEST(PositionCore, EntriesOnTheirWayBindCash) {
  auto c = config();
  c.balance = money("15000");
  auto h = Harness{c}.ready();
  h.enter(kAapl);
  h.enter(kMsft);
  EXPECT_EQ(h.outcome(), "refused free_cash");
  h.signals(h.signal(kZoo, SignalAction::enter_short, "101", "99"));
  EXPECT_EQ(h.outcome(), "refused free_cash");
  h.says(h.intents[0], OrderEventKind::expired);
  h.enter(kMsft);
  EXPECT_EQ(h.intents.size(), 2U);
}

TEST(PositionCore, StaleQuoteReducesItsSymbolUntilAFreshOne) {
  auto h = Harness{}.ready();
  h.pass(seconds(3));
  h.quote(kMsft, "100.00", "100.02");
  h.pass(milliseconds(2'001));
  EXPECT_EQ(h.core().risk_state(kAapl), RiskState::reducing);
  EXPECT_EQ(h.core().risk_state(kMsft), RiskState::active);
  EXPECT_EQ(h.core().risk_state(), RiskState::active);
  h.quote(kAapl, "100.00", "100.02");
  EXPECT_EQ(h.core().risk_state(kAapl), RiskState::active);
  ASSERT_EQ(h.said<RiskEvent>().size(), 1U);
  EXPECT_EQ(h.said<RiskEvent>()[0].state, RiskState::active);
}

TEST(PositionCore, SilentPeersReduceTheAccount) {
  auto h = Harness{}.ready();
  for (const char* service : {"tick_ingestor", "metrics_engine", "broker_gateway"}) {
    h.give(PeerChanged{service, false, {}});
    EXPECT_EQ(h.core().risk_state(), RiskState::reducing) << service;
    h.enter(kAapl);
    EXPECT_EQ(h.outcome(), "refused risk_state");
    h.give(PeerChanged{service, true, {}});
    EXPECT_EQ(h.core().risk_state(), RiskState::active) << service;
  }
}

TEST(PositionCore, AFullDiskRefusesEntriesByItsOwnRuleAndLetsExitsGoOn) {
  auto h = Harness{}.ready();
  h.open(kAapl, 5);
  h.fills(h.last(), 5, "100.02");
  h.give(DiskChanged{true, "no room"});
  EXPECT_EQ(h.core().risk_state(), RiskState::reducing);
  h.enter(kMsft);
  EXPECT_EQ(h.outcome(), "refused disk");
  EXPECT_NE(h.said<RiskEvent>().back().reason.find("no room"), std::string::npos);
  h.ask(h.command(Verb::resume));
  EXPECT_EQ(h.core().risk_state(), RiskState::reducing) << "a person's word makes no room";
  h.ask(h.command(Verb::close, kAapl));
  EXPECT_EQ(h.last().purpose, Purpose::exit);
  h.give(DiskChanged{true, "no room"});
  EXPECT_TRUE(h.said<RiskEvent>().empty()) << "told twice, said once";
  h.give(DiskChanged{false, ""});
  EXPECT_EQ(h.core().risk_state(), RiskState::active);
  h.enter(kMsft);
  EXPECT_EQ(h.last().symbol, kMsft);
}

TEST(PositionCore, LostOrderEventsWaitForAPerson) {
  auto h = Harness{}.ready();
  h.give(StreamGap{Stream::order, 0, {7, 3}, {7, 9}});
  EXPECT_EQ(h.core().risk_state(), RiskState::reducing);
  h.ask(h.command(Verb::resume));
  EXPECT_EQ(h.core().risk_state(), RiskState::active);
}

TEST(PositionCore, UnknownOrderReducesItsSymbolUntilItIsKnown) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  h.says(h.last(), OrderEventKind::unknown);
  EXPECT_EQ(h.core().risk_state(kAapl), RiskState::reducing);
  EXPECT_EQ(h.core().risk_state(), RiskState::active);
  h.says(h.last(), OrderEventKind::accepted);
  EXPECT_EQ(h.core().risk_state(kAapl), RiskState::active);
}

TEST(PositionCore, LostIntentComesBackWithTheOrderEvent) {
  auto h = Harness{}.ready();
  const auto s = h.signal(kAapl, SignalAction::enter_long, "99.00", "101.00");
  h.signals(s);
  Intent entry = h.last();
  const Name cause = h.last_name;
  entry.header.cause.name = cause;
  h.lose_journal();
  h.start();
  h.fills(entry, 99, "100.02");
  EXPECT_EQ(h.held(kAapl), units(99));
  EXPECT_EQ(h.last_position.id, entry.position_id);
  EXPECT_EQ(h.core().risk_state(kAapl), RiskState::reducing) << "nobody knows its stop";
  // The signal, lost with the same tail, is taken again.
  Outbox out;
  out.begin(h.now, {cause, h.now});
  const Event again = s;
  h.core().apply({h.now, cause, again}, out);
  EXPECT_EQ(h.core().risk_state(kAapl), RiskState::active);
  EXPECT_EQ(h.core().positions()[0].stop, price("99"));
  EXPECT_EQ(h.core().positions()[0].target, price("101"));
}

TEST(PositionCore, OrderOfNobodyWeKnowStopsNewRisk) {
  auto h = Harness{}.ready();
  Intent foreign;
  foreign.client_order_id = "WEB-17";
  foreign.symbol = kAapl;
  foreign.side = Side::buy;
  foreign.quantity = units(5);
  h.fills(foreign, 5, "100.02");
  EXPECT_EQ(h.core().risk_state(), RiskState::reducing);
  EXPECT_EQ(h.held(kAapl), Quantity{});
}

TEST(PositionCore, CancelIsSaidAgainToTheNextGateway) {
  auto h = Harness{}.ready();
  h.open(kAapl, 10, "99.00");
  h.says(h.last(), OrderEventKind::accepted);
  auto c = h.command(Verb::cancel_all);
  h.ask(c);
  ASSERT_EQ(h.intents.size(), 2U);
  h.session({7, 2});
  ASSERT_EQ(h.intents.size(), 3U);
  EXPECT_EQ(h.last().kind, IntentKind::cancel);
  EXPECT_EQ(h.last().gateway, (Token{7, 2}));
  auto expired = h.heard(h.intents[1], OrderEventKind::expired);
  h.says(expired);
  EXPECT_EQ(h.core().working_orders(), 1U) << "the cancel expired, not the order";
}

TEST(PositionCore, AccountFollowsPricesAtMostOnceASecond) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  h.fills(h.last(), 99, "100.02");
  h.during.clear();
  for (int i = 0; i < 20; ++i) {
    h.pass(milliseconds(100));
    h.quote(kAapl, i % 2 == 0 ? "100.10" : "100.00", "100.12");
  }
  const Name tick = h.last_name;
  h.pass(seconds(3));
  std::vector<AccountEvent> seen;
  for (const auto& s : h.during)
    if (const auto* a = std::get_if<AccountEvent>(&s.event)) seen.push_back(*a);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen.back().unrealized_pnl, money("-1.98"));
  EXPECT_EQ(seen.back().header.cause.name, tick) << "the price that moved it, not the timer";
  EXPECT_EQ(seen[1].header.time - seen[0].header.time, seconds(1));
}

TEST(PositionCore, OfStrategiesThatAreShownAndNotTradedNothingIsEnteredAndNoRefusalIsSaid) {
  PositionConfig c = config();
  c.traded = std::set<std::string>{"trend"};
  auto h = Harness{c}.ready();
  h.enter(kAapl);
  EXPECT_TRUE(h.intents.empty());
  EXPECT_TRUE(h.said<RiskEvent>().empty()) << "it is the user's own word";
  Signal other = h.signal(kAapl, SignalAction::enter_long, "99.00", "101.00");
  other.strategy = "trend";
  h.signals(other);
  EXPECT_EQ(h.intents.size(), 1U);
}

TEST(PositionCore, WhatAStrategyHoldsIsLeftByItsSignalAlsoWhenItTradesNoMore) {
  auto before = Harness{}.ready();
  before.enter(kAapl);
  before.fills(before.last(), 99, "100.02");
  PositionConfig c = config();
  c.traded.emplace();
  Harness h{c};
  h.load(before.saved());
  h.now = before.now;
  h.start();
  h.session({7, 2});
  h.give(WentLive{});
  h.quote(kAapl, "100.00", "100.02");
  h.signals(h.signal(kAapl, SignalAction::exit));
  ASSERT_EQ(h.intents.size(), 1U);
  EXPECT_EQ(h.intents[0].purpose, Purpose::exit);
}

TEST(PositionCore, OneSidedAndCrossedQuotesAreNoPrice) {
  auto h = Harness{}.ready();
  h.enter(kAapl);
  h.fills(h.last(), 99, "100.02");
  h.quote(kAapl, "98.00", "0");
  h.quote(kAapl, "98.00", "97.00");
  h.quote(kAapl, "0", "98.00");
  EXPECT_EQ(h.intents.size(), 1U);
}

}  // namespace
}  // namespace tickmesh::test
