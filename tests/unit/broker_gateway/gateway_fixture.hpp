// A gateway core with the inputs it gets from its shell, and what it has said.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "broker_gateway/core/gateway_core.hpp"
#include "unit/venue/paper_exchange_fixture.hpp"

namespace tickmesh {

inline GatewayConfig test_gateway_config() { return {.instruments = test_instruments()}; }

class GatewayTest : public testing::Test {
 protected:
  GatewayCore core{test_gateway_config()};
  Outbox out{};
  Timestamp now{ms(0)};
  Token self{.epoch = 9, .incarnation = 1};
  Token manager{.epoch = 5, .incarnation = 1};
  std::vector<OrderEvent> orders{};  ///< said since the last `forget`
  std::vector<VenueEvent> venue{};
  Sequence intents{0}, controls{0};

  GatewayTest() { out.set_epoch(9); }

  void take(const Event& event, const Name& name = {}) {
    out.begin(now, {name, time_of(event)}, tick_time_of(event));
    core.apply({now, name, event}, out);
    for (auto& said : out.said()) {
      if (auto* o = std::get_if<OrderEvent>(&said.event)) orders.push_back(*o);
      if (auto* v = std::get_if<VenueEvent>(&said.event)) venue.push_back(*v);
    }
    out.said().clear();
  }
  void forget() { orders.clear(), venue.clear(); }
  Intent intent(std::string id, Purpose purpose = Purpose::entry, std::int64_t units = 10) const {
    Intent i = order(std::move(id), Side::buy, units);
    i.purpose = purpose;
    i.side = purpose == Purpose::entry ? Side::buy : Side::sell;
    i.reference_price = px("100.02");
    i.manager = manager;
    i.gateway = self;
    if (purpose == Purpose::entry) i.valid_until = now + seconds(2);
    return i;
  }
  Intent cancel_of(std::string id) const {
    Intent i = intent(std::move(id));
    i.kind = IntentKind::cancel;
    return i;
  }
  void send(const Intent& i) { take(i, {Stream::intent, 0, {5, ++intents}}); }
  void command(Command c) {
    c.id = "c" + std::to_string(++controls);
    c.issuer = "tester";
    take(c, {Stream::control, 0, {3, controls}});
  }
  void tick_quote(const char* bid = "100.00", const char* ask = "100.02") { take(quote(now, bid, 50, ask, 50), {Stream::tick, 0, {1, 1}}); }
  VenueReport report(VenueReportKind kind, std::string id, std::string reason = {}) const {
    return {.kind = kind, .client_order_id = std::move(id), .venue_order_id = "P-1", .time = now, .reason = std::move(reason)};
  }
  VenueReport fill(std::string id, std::string execution, std::int64_t units) const {
    VenueReport r = report(VenueReportKind::filled, std::move(id));
    r.fill = {.execution_id = std::move(execution), .price = px("100.02"), .quantity = qty(units), .time = now};
    return r;
  }
  VenueReport known(std::string id, bool open, std::int64_t cumulative = 0) const {
    VenueReport r = report(VenueReportKind::known_order, std::move(id));
    r.open = open;
    r.cumulative = qty(cumulative);
    return r;
  }
  void reconcile(const std::vector<VenueReport>& told = {}) {
    take(VenueReport{.kind = VenueReportKind::reconcile_begin, .time = now});
    for (const auto& r : told) take(r);
    take(VenueReport{.kind = VenueReportKind::reconcile_end, .time = now});
  }
  void start() { take(Started{self}), take(WentLive{}), take(PeerChanged{"position_manager", true, manager}); }
  void open() { start(), reconcile(), tick_quote(), forget(); }
  /// A kill and a new start; what venue told before the kill is lost.
  void restart() {
    ++self.incarnation;
    start();
  }
  std::vector<OrderEventKind> kinds() const {
    std::vector<OrderEventKind> k;
    for (const auto& o : orders) k.push_back(o.kind);
    return k;
  }
};

using enum OrderEventKind;
using testing::ElementsAre;
using testing::IsEmpty;

}  // namespace tickmesh
