// Intents, orders, executions, positions, the account, risk and commands.
#include "cells.hpp"

namespace auditor {
namespace {

constexpr const char* kRiskKinds[] = {"none", "state_changed", "refused", "command_answered"};
constexpr const char* kVenueKinds[] = {"none",          "session_opened",   "reconciled",   "dead_man",
                                       "dead_man_over", "command_answered", "state_changed"};
constexpr const char* kVerbs[] = {"", "open", "close", "cancel", "cancel_all", "reduce", "halt", "resume", "flatten"};

/// At cost, the part still held of what was entered.
std::int64_t size_of(const PositionEvent& p) {
  if (p.kind == 3 || p.entry_quantity == 0 || p.quantity == p.entry_quantity) return p.entry_value;
  return static_cast<std::int64_t>(divide_half_even(Int128{p.entry_value} * p.quantity, p.entry_quantity));
}

Row position_row(const Event& e) {
  const auto p = position_of(e);
  const bool closed = p.kind == 3;
  return {text(p.id),
          text(p.symbol),
          text(one_of(kDirections, p.side)),
          time(p.entry_time),
          unless_zero(p.entry_price),
          exact(closed ? p.entry_quantity : p.quantity),
          exact(size_of(p)),
          unless_zero(p.stop),
          unless_zero(p.target),
          closed ? "CLOSED" : "OPEN",
          time(p.exit_time),
          unless_zero(p.exit_price),
          exact(p.realized),
          exact(p.fees),
          exact(p.quantity),
          exact(p.entry_quantity),
          exact(p.entry_value),
          text(p.strategy),
          text(p.exit_reason)};
}

Row trade_row(const Event& e) {
  const auto p = position_of(e);
  return {text(p.id),
          text(p.symbol),
          text(one_of(kDirections, p.side)),
          exact(p.entry_quantity),
          time(p.entry_time),
          unless_zero(p.entry_price),
          exact(p.entry_value),
          time(p.exit_time),
          unless_zero(p.exit_price),
          exact(p.realized),
          exact(p.fees),
          text(p.strategy),
          text(p.exit_reason)};
}

Row intent_row(const Event& e) {
  const auto i = intent_of(Message{e.bytes});
  return {text(one_of(kIntentKinds, i.kind)),
          text(i.client_order_id),
          text(i.symbol),
          text(one_of(kSides, i.side)),
          text(one_of(kTypes, i.type)),
          text(one_of(kPurposes, i.purpose)),
          unless_zero(i.quantity),
          unless_zero(i.limit_price),
          unless_zero(i.stop_price),
          unless_zero(i.reference_price),
          text(i.position_id),
          text(i.strategy),
          time(i.valid_until),
          number(i.manager_epoch),
          number(i.manager_incarnation),
          number(i.gateway_epoch),
          number(i.gateway_incarnation),
          text(i.reason)};
}

Row order_event_row(const Event& e) {
  const auto o = order_of(e);
  const auto& i = o.order;
  return {text(order_kind(o.kind)),
          text(one_of(kIntentKinds, i.kind)),
          text(i.client_order_id),
          text(o.venue_order_id),
          text(i.symbol),
          text(one_of(kSides, i.side)),
          text(one_of(kTypes, i.type)),
          text(one_of(kPurposes, i.purpose)),
          unless_zero(i.quantity),
          unless_zero(i.limit_price),
          unless_zero(i.stop_price),
          text(i.position_id),
          text(i.strategy),
          number(o.attempt),
          exact(o.filled),
          exact(o.remaining),
          text(o.fill.execution_id),
          text(o.rule),
          text(o.reason)};
}

Row order_row(const Event& e) {
  const auto o = order_of(e);
  const auto& i = o.order;
  const auto price = i.type == 2 ? i.limit_price : i.type == 3 ? i.stop_price : 0;
  return {text(i.client_order_id),
          text(o.venue_order_id),
          text(i.symbol),
          text(one_of(kSidesOrNone, i.side)),
          exact(i.quantity),
          unless_zero(price),
          text(one_of(kTypes, i.type)),
          text(order_kind(o.kind)),
          exact(o.filled),
          exact(o.remaining),
          time(o.header.time),
          text(one_of(kPurposes, i.purpose)),
          text(i.position_id),
          text(i.strategy),
          time(i.valid_until),
          number(o.attempt),
          text(o.rule),
          text(o.reason)};
}

Row execution_row(const Event& e) {
  const auto o = order_of(e);
  const auto& i = o.order;
  return {text(o.fill.execution_id),
          text(o.venue_order_id),
          text(i.client_order_id),
          text(i.symbol),
          text(one_of(kSidesOrNone, i.side)),
          exact(o.fill.price),
          exact(o.fill.quantity),
          time(o.fill.time),
          integer(o.fill.time),
          exact(o.fill.commission),
          unless_zero(o.fill.bid),
          unless_zero(o.fill.ask),
          text(i.position_id),
          text(one_of(kPurposes, i.purpose))};
}

Row venue_row(const Event& e) {
  const Message m{e.bytes};
  const Message token = m.sub(4);
  return {text(one_of(kVenueKinds, m.u(2))),
          text(m.text(3)),
          number(token.u(1)),
          number(token.u(2)),
          text(one_of(kRiskStates, m.u(5))),
          text(m.text(6)),
          text(one_of(kOutcomes, m.u(7))),
          text(m.text(8))};
}

Row command_row(const Event& e) {
  const Message m{e.bytes};
  return {text(m.text(2)),     text(one_of(kVerbs, m.u(3))),
          text(m.text(4)),     unless_zero(m.i(5)),
          unless_zero(m.i(6)), unless_zero(m.i(7)),
          unless_zero(m.i(8)), text(m.text(9)),
          flag(m.u(10) != 0),  text(m.text(11)),
          text(m.text(12)),    time(m.i(13))};
}

}  // namespace

void position_tables(const MeshData& mesh, std::vector<Table>& out) {
  const auto id = [](const Event& e) { return position_of(e).id; };
  out.push_back({"position_manager.positions",
                 "",
                 {{"id"},
                  {"symbol"},
                  {"side"},
                  {"entry_time", As::time},
                  {"entry_price", As::exact},
                  {"shares", As::exact},
                  {"position_size", As::exact},
                  {"stop_loss", As::exact},
                  {"take_profit", As::exact},
                  {"status"},
                  {"exit_time", As::time},
                  {"exit_price", As::exact},
                  {"pnl", As::exact},
                  {"fees", As::exact},
                  {"quantity", As::exact},
                  {"entry_quantity", As::exact},
                  {"entry_value", As::exact},
                  {"strategy"},
                  {"exit_reason"}},
                 last_of(mesh.said(kPosition), id),
                 position_row});
  out.push_back({"position_manager.trades",
                 "",
                 {{"id"},
                  {"symbol"},
                  {"side"},
                  {"quantity", As::exact},
                  {"entry_time", As::time},
                  {"entry_price", As::exact},
                  {"entry_value", As::exact},
                  {"exit_time", As::time},
                  {"exit_price", As::exact},
                  {"pnl", As::exact},
                  {"fees", As::exact},
                  {"strategy"},
                  {"exit_reason"}},
                 those(mesh.said(kPosition), [](const Event& e) { return position_of(e).kind == 3; }),
                 trade_row});
  out.push_back({"position_manager.account_state",
                 "",
                 {{"id"},
                  {"timestamp", As::time},
                  {"currency"},
                  {"balance", As::exact},
                  {"realized_pnl", As::exact},
                  {"unrealized_pnl", As::exact},
                  {"equity", As::exact},
                  {"gross", As::exact},
                  {"open_positions", As::integer}},
                 mesh.said(kAccount),
                 [](const Event& e) {
                   const auto a = account_of(e);
                   return Row{to_string(e.name),   time(a.header.time), text(a.currency), exact(a.balance),        exact(a.realized),
                              exact(a.unrealized), exact(a.equity),     exact(a.gross),   number(a.open_positions)};
                 }});
  out.push_back({"position_manager.intents",
                 "",
                 {{"kind"},
                  {"client_order_id"},
                  {"symbol"},
                  {"side"},
                  {"order_type"},
                  {"purpose"},
                  {"quantity", As::exact},
                  {"limit_price", As::exact},
                  {"stop_price", As::exact},
                  {"reference_price", As::exact},
                  {"position_id"},
                  {"strategy"},
                  {"valid_until", As::time},
                  {"manager_epoch", As::integer},
                  {"manager_incarnation", As::integer},
                  {"gateway_epoch", As::integer},
                  {"gateway_incarnation", As::integer},
                  {"reason"}},
                 mesh.said(kIntent),
                 intent_row});
  out.push_back({"position_manager.risk_events",
                 "",
                 {{"kind"}, {"symbol"}, {"state"}, {"rule"}, {"reason"}, {"command_id"}, {"outcome"}},
                 mesh.said(kRisk),
                 [](const Event& e) {
                   const Message m{e.bytes};
                   return Row{text(one_of(kRiskKinds, m.u(2))),
                              text(m.text(3)),
                              text(one_of(kRiskStates, m.u(4))),
                              text(m.text(5)),
                              text(m.text(6)),
                              text(m.text(7)),
                              text(one_of(kOutcomes, m.u(8)))};
                 }});
  out.push_back({"position_manager.strategies",
                 "",
                 {{"strategy"}, {"symbol"}, {"enabled", As::flag}, {"kelly_bound"}},
                 last_of(mesh.said(kStrategy), [](const Event& e) { return Message{e.bytes}.str(2) + '/' + Message{e.bytes}.str(3); }),
                 [](const Event& e) {
                   const Message m{e.bytes};
                   return Row{text(m.text(2)), m.text(3).empty() ? Cell{"*"} : text(m.text(3)), flag(m.u(4) != 0),
                              text(one_of(kKellyBounds, m.u(8)))};
                 }});
}

void order_tables(const MeshData& mesh, std::vector<Table>& out) {
  const auto of_order = those(mesh.said(kOrder), [](const Event& e) { return order_of(e).order.kind != 2; });
  out.push_back({"broker_gateway.order_events",
                 "",
                 {{"kind"},
                  {"intent_kind"},
                  {"client_order_id"},
                  {"order_id"},
                  {"symbol"},
                  {"side"},
                  {"order_type"},
                  {"purpose"},
                  {"quantity", As::exact},
                  {"limit_price", As::exact},
                  {"stop_price", As::exact},
                  {"position_id"},
                  {"strategy"},
                  {"attempt", As::integer},
                  {"filled_qty", As::exact},
                  {"remaining_qty", As::exact},
                  {"execution_id"},
                  {"rule"},
                  {"reason"}},
                 mesh.said(kOrder),
                 order_event_row});
  out.push_back({"broker_gateway.orders",
                 "",
                 {{"client_order_id"},
                  {"order_id"},
                  {"symbol"},
                  {"side"},
                  {"quantity", As::exact},
                  {"price", As::exact},
                  {"order_type"},
                  {"status"},
                  {"filled_qty", As::exact},
                  {"remaining_qty", As::exact},
                  {"updated_at", As::time},
                  {"purpose"},
                  {"position_id"},
                  {"strategy"},
                  {"valid_until", As::time},
                  {"attempt", As::integer},
                  {"rule"},
                  {"reason"}},
                 last_of(of_order, [](const Event& e) { return order_of(e).order.client_order_id; }),
                 order_row});
  out.push_back({"broker_gateway.executions",
                 "",
                 {{"execution_id"},
                  {"order_id"},
                  {"client_order_id"},
                  {"symbol"},
                  {"side"},
                  {"fill_price", As::exact},
                  {"fill_qty", As::exact},
                  {"timestamp", As::time},
                  {"time_ns", As::integer},
                  {"commission", As::exact},
                  {"bid", As::exact},
                  {"ask", As::exact},
                  {"position_id"},
                  {"purpose"}},
                 those(of_order, [](const Event& e) { return !order_of(e).fill.execution_id.empty(); }),
                 execution_row});
  out.push_back({"broker_gateway.venue_events",
                 "",
                 {{"kind"},
                  {"venue"},
                  {"gateway_epoch", As::integer},
                  {"gateway_incarnation", As::integer},
                  {"state"},
                  {"command_id"},
                  {"outcome"},
                  {"reason"}},
                 mesh.said(kVenue),
                 venue_row});
  out.push_back({"broker_gateway.venue_sessions",
                 "",
                 {{"venue"}, {"gateway_epoch", As::integer}, {"gateway_incarnation", As::integer}, {"opened_at", As::time}},
                 those(mesh.said(kVenue), [](const Event& e) { return Message{e.bytes}.u(2) == 1; }),
                 [](const Event& e) {
                   const Message m{e.bytes};
                   const Message token = m.sub(4);
                   return Row{text(m.text(3)), number(token.u(1)), number(token.u(2)), time(header_of(e).time)};
                 }});
  out.push_back({"api_gateway.audit_log",
                 "",
                 {{"id"},
                  {"verb"},
                  {"symbol"},
                  {"quantity", As::exact},
                  {"limit_price", As::exact},
                  {"stop", As::exact},
                  {"target", As::exact},
                  {"client_order_id"},
                  {"hard", As::flag},
                  {"issuer"},
                  {"note"},
                  {"valid_until", As::time}},
                 mesh.said(kControl),
                 command_row});
}

}  // namespace auditor
