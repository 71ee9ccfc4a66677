// A journal was lost: what the venue executed and the tables hold makes the orders again.
#include <utility>

#include "broker_gateway/core/gateway_core.hpp"

namespace tickmesh {

// What was said before is learned; what the venue did and nobody was told is said now. What the tables alone know was on its way:
// unknown, until the first reconciliation tells.
void GatewayCore::on_rebuilt(const Rebuilt& r, Context& c) {
  const OrderEvent& e = r.order;
  if (e.kind == OrderEventKind::none)
    return set_state(RiskState::reducing, "the journal was lost, this is made from venue and tables", {}, c);
  const std::string& id = e.order.client_order_id;
  if (closed_.contains(id)) return;
  const auto it = orders_.try_emplace(id).first;
  Order& order = it->second;
  order.intent = e.order;
  if (!e.venue_order_id.empty()) order.venue_order_id = e.venue_order_id;
  if (!e.fill.execution_id.empty() && !order.executions.contains(e.fill.execution_id)) take_fill(order, e.fill);
  const bool over = e.kind == OrderEventKind::filled || e.kind == OrderEventKind::canceled || e.kind == OrderEventKind::rejected ||
                    e.kind == OrderEventKind::expired;
  if (!over && e.fill.execution_id.empty())
    order.state = e.kind == OrderEventKind::accepted ? OrderEventKind::accepted : OrderEventKind::unknown;
  if (!r.said) {
    OrderEvent event = event_of(order, e.kind);
    event.header.event_time = e.header.event_time;
    event.fill = e.fill;
    event.rule = e.rule;
    event.reason = e.reason;
    c.out.emit(Stream::order, config_.slot, std::move(event));
  }
  if (!over) return;
  auto node = orders_.extract(it);
  remember_closed(node.key(), std::move(node.mapped().executions));
}

}  // namespace tickmesh
