// Intents become orders, or are answered why not; cancels.
#include <utility>

#include "broker_gateway/core/gateway_core.hpp"

namespace tickmesh {

Effect effect_of(const OrderEvent& event) {
  if (event.kind == OrderEventKind::sending) return Effect::submit;
  if (event.kind == OrderEventKind::canceling) return Effect::cancel;
  return Effect::none;
}

OrderEvent GatewayCore::event_of(const Order& order, OrderEventKind kind) const {
  OrderEvent event;
  event.kind = kind;
  event.header.cause = order.sending;
  event.order = order.intent;
  event.venue_order_id = order.venue_order_id;
  event.attempt = order.attempt;
  event.filled = order.filled;
  event.remaining = order.remaining();
  return event;
}

std::map<OrderEventKind, std::size_t> GatewayCore::orders_by_state() const {
  std::map<OrderEventKind, std::size_t> counts;
  for (const auto& [id, order] : orders_) ++counts[order.state];
  return counts;
}

void GatewayCore::on_intent(const Intent& intent, const Cause& cause, Context& c) {
  if (intent.manager > manager_) manager_ = intent.manager;
  if (open_) return decide_intent(intent, cause, c);
  if (!wait(intent, cause))
    refuse(intent, OrderEventKind::expired, gateway_rule::kWaiting, "too many came while the gateway caught up", cause, c);
}

void GatewayCore::refuse(const Intent& intent, OrderEventKind kind, std::string_view rule, std::string reason, const Cause& cause,
                         Context& c) {
  OrderEvent event;
  event.kind = kind;
  event.header.cause = cause;
  event.order = intent;
  event.order.header.tick_time = {};  // the event's own header bears it; snapshots do not keep the intent's
  event.remaining = intent.quantity;
  event.rule = rule;
  event.reason = std::move(reason);
  c.out.emit(Stream::order, config_.slot, std::move(event));
}

void GatewayCore::decide_intent(const Intent& intent, const Cause& cause, Context& c) {
  const bool place = intent.kind == IntentKind::place;
  if (place && (orders_.contains(intent.client_order_id) || closed_.contains(intent.client_order_id))) return;
  const auto expire = [&](std::string_view rule, std::string reason) {
    refuse(intent, OrderEventKind::expired, rule, std::move(reason), cause, c);
    if (place) remember_closed(intent.client_order_id, {});
  };
  if (intent.gateway != token_) {
    expire(gateway_rule::kOtherGateway, "it names another start of the gateway");
  } else if (intent.manager < manager_) {
    expire(gateway_rule::kOtherManager, "a later position_manager has spoken");
  } else if (intent.valid_until && c.now > intent.valid_until) {
    expire(gateway_rule::kTooLate, "taken too late");
  } else if (!place) {
    decide_cancel(intent, cause, c);
  } else if (auto no = check(intent, c.now); !no.rule.empty()) {
    refuse(intent, OrderEventKind::rejected, no.rule, std::move(no.reason), cause, c);
    remember_closed(intent.client_order_id, {});
  } else {
    Order& order = orders_[intent.client_order_id];
    order.intent = intent;
    order.intent.header.tick_time = {};
    send(order, cause, c);
  }
}

void GatewayCore::send(Order& order, const Cause& cause, Context& c) {
  order.state = OrderEventKind::sending;
  ++order.attempt;
  OrderEvent event = event_of(order, OrderEventKind::sending);
  event.header.cause = cause;
  order.sending = {c.out.emit(Stream::order, config_.slot, std::move(event)), c.now};
  while (!sent_.empty() && sent_.front() + seconds(1) <= c.now) sent_.pop_front();
  sent_.push_back(c.now);
}

void GatewayCore::decide_cancel(const Intent& intent, const Cause& cause, Context& c) {
  const auto it = orders_.find(intent.client_order_id);
  if (it == orders_.end()) {
    refuse(intent, OrderEventKind::rejected, gateway_rule::kWorking, "no such order is working", cause, c);
    return;
  }
  ask_cancel(it->second, cause, intent.reason, c);
}

// Said again when asked again: the answer to each request, and harmless at the venue.
void GatewayCore::ask_cancel(Order& order, const Cause& cause, std::string reason, Context& c) {
  order.cancel_wanted = true;
  order.state = OrderEventKind::canceling;
  OrderEvent event = event_of(order, OrderEventKind::canceling);
  if (cause != Cause{}) event.header.cause = cause;
  event.reason = std::move(reason);
  c.out.emit(Stream::order, config_.slot, std::move(event));
}

std::size_t GatewayCore::cancel_working(bool entries_only, const Symbol& symbol, const Cause& cause, const std::string& reason,
                                        Context& c) {
  std::size_t n = 0;
  for (auto& [id, order] : orders_) {
    if (entries_only && order.intent.purpose == Purpose::exit) continue;
    if (!symbol.empty() && order.intent.symbol != symbol) continue;
    if (order.state == OrderEventKind::canceling) continue;
    ask_cancel(order, cause, reason, c);
    ++n;
  }
  return n;
}

/// Says the order's last event and keeps of it what later repeats are recognised by.
void GatewayCore::finish(Orders::iterator order, OrderEvent event, Context& c) {
  c.out.emit(Stream::order, config_.slot, std::move(event));
  auto node = orders_.extract(order);
  auto executions = std::exchange(node.mapped().executions, {});
  remember_closed(node.key(), std::move(executions), &node.mapped());
}

/// `order`: taken over.
void GatewayCore::remember_closed(const std::string& client_order_id, std::set<std::string> executions, Order* order) {
  Closed& closed = closed_.at(client_order_id);
  closed.executions = std::move(executions);
  if (order != nullptr)
    closed.order = std::move(*order);
  else
    closed.order.reset();
  closed_order_.push_back(client_order_id);
  while (closed_order_.size() > config_.keep_closed) {
    closed_.erase(closed_order_.front());
    closed_order_.pop_front();
  }
}

void GatewayCore::learn(const Name& name, const Event& said) {
  const auto* event = std::get_if<OrderEvent>(&said);
  if (event == nullptr || event->order.kind != IntentKind::place) return;
  const std::string& id = event->order.client_order_id;
  if (event->kind == OrderEventKind::sending) {
    closed_.erase(id);
    Order& order = orders_[id];
    order.intent = event->order;
    order.state = OrderEventKind::sending;
    order.attempt = event->attempt;
    order.sending = {name, event->header.time};
  } else if ((event->kind == OrderEventKind::rejected || event->kind == OrderEventKind::expired) && event->filled.is_zero()) {
    orders_.erase(id);
    if (!closed_.contains(id)) remember_closed(id, {});
  }
}

void GatewayCore::unlearn(const Name&, const Event& unsaid) {
  const auto* event = std::get_if<OrderEvent>(&unsaid);
  if (event == nullptr || event->order.kind != IntentKind::place) return;
  const std::string& id = event->order.client_order_id;
  if (event->kind == OrderEventKind::sending && event->attempt == 1) orders_.erase(id);
  if ((event->kind == OrderEventKind::rejected || event->kind == OrderEventKind::expired) && event->attempt == 0) closed_.erase(id);
}

}  // namespace tickmesh
