#include "store/projections/gateway_projection.hpp"

#include "store/projections/words.hpp"

namespace tickmesh {
namespace {

using enum SqlType;

std::string_view word(VenueEventKind kind) {
  switch (kind) {
    case VenueEventKind::none: return "none";
    case VenueEventKind::session_opened: return "session_opened";
    case VenueEventKind::reconciled: return "reconciled";
    case VenueEventKind::dead_man: return "dead_man";
    case VenueEventKind::dead_man_over: return "dead_man_over";
    case VenueEventKind::command_answered: return "command_answered";
    case VenueEventKind::state_changed: return "state_changed";
  }
  return "none";
}

}  // namespace

GatewayProjection::GatewayProjection()
    : orders_{batch("broker_gateway.orders",
                    {{"client_order_id", text},
                     {"order_id", text},
                     {"symbol", text},
                     {"side", text},
                     {"quantity", numeric},
                     {"price", numeric},
                     {"order_type", text},
                     {"status", text},
                     {"filled_qty", numeric},
                     {"remaining_qty", numeric},
                     {"created_at", timestamptz, true},
                     {"updated_at", timestamptz},
                     {"purpose", text},
                     {"position_id", text},
                     {"strategy", text},
                     {"valid_until", timestamptz},
                     {"attempt", integer},
                     {"rule", text},
                     {"reason", text}},
                    {"client_order_id"})},
      order_events_{batch("broker_gateway.order_events", {{"kind", text},
                                                          {"intent_kind", text},
                                                          {"client_order_id", text},
                                                          {"order_id", text},
                                                          {"symbol", text},
                                                          {"side", text},
                                                          {"order_type", text},
                                                          {"purpose", text},
                                                          {"quantity", numeric},
                                                          {"limit_price", numeric},
                                                          {"stop_price", numeric},
                                                          {"position_id", text},
                                                          {"strategy", text},
                                                          {"attempt", integer},
                                                          {"filled_qty", numeric},
                                                          {"remaining_qty", numeric},
                                                          {"execution_id", text},
                                                          {"rule", text},
                                                          {"reason", text}})},
      executions_{batch("broker_gateway.executions", {{"execution_id", text},
                                                      {"order_id", text},
                                                      {"client_order_id", text},
                                                      {"symbol", text},
                                                      {"side", text},
                                                      {"fill_price", numeric},
                                                      {"fill_qty", numeric},
                                                      {"timestamp", timestamptz},
                                                      {"time_ns", bigint},
                                                      {"commission", numeric},
                                                      {"bid", numeric},
                                                      {"ask", numeric},
                                                      {"position_id", text},
                                                      {"purpose", text}})},
      sessions_{batch("broker_gateway.venue_sessions",
                      {{"venue", text}, {"gateway_epoch", bigint}, {"gateway_incarnation", bigint}, {"opened_at", timestamptz}})},
      venue_events_{batch("broker_gateway.venue_events", {{"kind", text},
                                                          {"venue", text},
                                                          {"gateway_epoch", bigint},
                                                          {"gateway_incarnation", bigint},
                                                          {"state", text},
                                                          {"command_id", text},
                                                          {"outcome", text},
                                                          {"reason", text}})} {}

void GatewayProjection::add(const Name& name, const Event& event) {
  if (const auto* order = std::get_if<OrderEvent>(&event)) add(name, *order);
  if (const auto* venue = std::get_if<VenueEvent>(&event)) add(name, *venue);
}

void GatewayProjection::add(const Name& name, const OrderEvent& e) {
  const auto& o = e.order;
  order_events_.row(name, e.header, to_string(e.kind), word(o.kind), o.client_order_id, e.venue_order_id, o.symbol, known(o.side),
                    known(o.type), known(o.purpose), unless_zero(o.quantity), unless_zero(o.limit_price), unless_zero(o.stop_price),
                    o.position_id, o.strategy, e.attempt, e.filled, e.remaining, e.fill.execution_id, e.rule, e.reason);
  // The answer to a request to cancel (expired, rejected) says nothing about the order it meant.
  if (o.kind == IntentKind::cancel) return;
  const auto price = o.type == OrderType::limit  ? unless_zero(o.limit_price)
                     : o.type == OrderType::stop ? unless_zero(o.stop_price)
                                                 : std::nullopt;
  orders_.row(name, e.header, o.client_order_id, e.venue_order_id, o.symbol, to_string(o.side), o.quantity, price, to_string(o.type),
              to_string(e.kind), e.filled, e.remaining, e.header.time, e.header.time, known(o.purpose), o.position_id, o.strategy,
              o.valid_until, e.attempt, e.rule, e.reason);
  if (!e.fill.execution_id.empty())
    executions_.row(name, e.header, e.fill.execution_id, e.venue_order_id, o.client_order_id, o.symbol, to_string(o.side), e.fill.price,
                    e.fill.quantity, e.fill.time, e.fill.time.ns, e.fill.commission, unless_zero(e.fill.bid), unless_zero(e.fill.ask),
                    o.position_id, known(o.purpose));
}

void GatewayProjection::add(const Name& name, const VenueEvent& e) {
  venue_events_.row(name, e.header, word(e.kind), e.venue, e.gateway.epoch, e.gateway.incarnation, known(e.state), e.command_id,
                    known(e.outcome), e.reason);
  if (e.kind == VenueEventKind::session_opened)
    sessions_.row(name, e.header, e.venue, e.gateway.epoch, e.gateway.incarnation, e.header.time);
}

std::vector<Projection::Table> GatewayProjection::tables() const {
  return {{"orders", Stream::order},
          {"order_events", Stream::order},
          {"executions", Stream::order},
          {"venue_sessions", Stream::venue},
          {"venue_events", Stream::venue}};
}

}  // namespace tickmesh
