#include "unit/broker_gateway/gateway_fixture.hpp"

namespace tickmesh {
namespace {

class GatewayRebuild : public GatewayTest {
 protected:
  OrderEvent told(std::string id, OrderEventKind kind, std::int64_t filled = 0, std::string execution = {}) const {
    OrderEvent e{.kind = kind, .order = intent(std::move(id)), .venue_order_id = "P-1"};
    if (!execution.empty()) e.fill = {.execution_id = std::move(execution), .price = px("100.02"), .quantity = qty(filled), .time = now};
    return e;
  }
  void rebuild(const std::vector<Rebuilt>& history) {
    take(Started{self});
    for (const Rebuilt& r : history) take(r);
    take(Rebuilt{});
    forget();
  }
};

TEST_F(GatewayRebuild, HoldingsAreTheVenuesAndNewRiskWaitsForAPerson) {
  rebuild({{.order = told("T1", accepted), .said = true}, {.order = told("T1", filled, 10, "x1"), .said = true}});
  EXPECT_EQ(core.net(symbol_of("AAPL.DEMO")), qty(10));
  take(WentLive{}), take(PeerChanged{"position_manager", true, manager});
  reconcile({known("T1", false, 10), fill("T1", "x1", 10)});
  EXPECT_TRUE(orders.empty()) << "all of it was said before";
  EXPECT_EQ(core.state(), RiskState::reducing);
  EXPECT_TRUE(core.open());
  tick_quote();
  send(intent("T2"));
  EXPECT_THAT(kinds(), ElementsAre(rejected));
  forget();
  command({.verb = Verb::resume});
  send(intent("T3"));
  EXPECT_THAT(kinds(), ElementsAre(sending));
}

TEST_F(GatewayRebuild, WhatTheVenueDidAndNobodyWasToldIsSaid) {
  take(Started{self});
  take(Rebuilt{.order = told("T1", accepted), .said = true});
  take(Rebuilt{.order = told("T1", filled, 10, "x1"), .said = false});
  EXPECT_THAT(kinds(), ElementsAre(filled));
  EXPECT_EQ(orders.back().fill.execution_id, "x1");
  EXPECT_EQ(orders.back().filled, qty(10));
}

TEST_F(GatewayRebuild, WhatWasOnItsWayIsUnknownUntilTheVenueProvesItsAbsence) {
  OrderEvent on_its_way = told("T1", sending);
  on_its_way.venue_order_id.clear();
  on_its_way.order.valid_until = Timestamp{1};
  rebuild({{.order = on_its_way, .said = true}});
  take(WentLive{}), take(PeerChanged{"position_manager", true, manager});
  reconcile();
  ASSERT_THAT(kinds(), ElementsAre(expired));
  EXPECT_EQ(orders.back().order.client_order_id, "T1");
}

TEST_F(GatewayRebuild, ARepeatedIntentOfAnOrderThatEndedIsDropped) {
  rebuild({{.order = told("T1", accepted), .said = true}, {.order = told("T1", canceled), .said = true}});
  take(WentLive{}), take(PeerChanged{"position_manager", true, manager});
  reconcile({known("T1", false)});
  send(intent("T1"));
  EXPECT_TRUE(orders.empty());
}

TEST_F(GatewayRebuild, AClockThatStepsStopsEntriesUntilAPersonResumes) {
  open();
  take(ClockStepped{seconds(3)});
  send(intent("T1"));
  EXPECT_THAT(kinds(), ElementsAre(rejected));
  send(intent("T2", Purpose::exit));
  EXPECT_THAT(kinds(), ElementsAre(rejected, sending));
  forget();
  command({.verb = Verb::resume});
  send(intent("T3"));
  EXPECT_THAT(kinds(), ElementsAre(sending));
}

}  // namespace
}  // namespace tickmesh
