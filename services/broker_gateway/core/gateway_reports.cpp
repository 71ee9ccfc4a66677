// What a venue says becomes order events; reconciliation.
#include <utility>

#include "broker_gateway/core/gateway_core.hpp"
#include "venue/reasons.hpp"

namespace tickmesh {

void GatewayCore::on_report(const VenueReport& report, Context& c) {
  const auto it = orders_.find(report.client_order_id);
  switch (report.kind) {
    case VenueReportKind::none: return;
    case VenueReportKind::accepted:
      if (it != orders_.end()) on_accepted(it->second, report, c);
      return;
    case VenueReportKind::filled: return on_fill(report, c);
    case VenueReportKind::canceled: {
      if (it == orders_.end()) return;
      OrderEvent event = event_of(it->second, OrderEventKind::canceled);
      event.header.event_time = report.time;
      event.reason = report.reason;
      return finish(it, std::move(event), c);
    }
    case VenueReportKind::rejected:
      if (it != orders_.end()) on_rejected(it, report, c);
      return;
    case VenueReportKind::reconcile_begin: return on_reconcile_begin(report, c);
    case VenueReportKind::known_order: return on_known(report, c);
    case VenueReportKind::reconcile_end: return on_reconciled(c);
  }
}

void GatewayCore::on_accepted(Order& order, const VenueReport& report, Context& c) {
  order.venue_order_id = report.venue_order_id;
  if (order.state != OrderEventKind::sending && order.state != OrderEventKind::unknown) return;
  order.state = OrderEventKind::accepted;
  OrderEvent event = event_of(order, OrderEventKind::accepted);
  event.header.event_time = report.time;
  c.out.emit(Stream::order, config_.slot, std::move(event));
}

void GatewayCore::on_fill(const VenueReport& report, Context& c) {
  const Fill& fill = report.fill;
  const auto it = orders_.find(report.client_order_id);
  if (it == orders_.end()) return on_late_fill(report, c);
  Order& order = it->second;
  if (order.executions.contains(fill.execution_id)) return;
  if (!report.venue_order_id.empty()) order.venue_order_id = report.venue_order_id;
  take_fill(order, fill);

  const bool whole = order.remaining().raw() <= 0;
  const bool too_much = order.remaining().raw() < 0;
  OrderEvent event = event_of(order, whole ? OrderEventKind::filled : OrderEventKind::partially_filled);
  event.header.event_time = fill.time;
  event.fill = fill;
  const std::string id = too_much ? it->first : std::string{};
  if (whole)
    finish(it, std::move(event), c);
  else
    c.out.emit(Stream::order, config_.slot, std::move(event));
  if (too_much)
    set_state(state_ == RiskState::halted ? RiskState::halted : RiskState::reducing, "the venue filled more of " + id + " than was ordered",
              {}, c);
}

void GatewayCore::take_fill(Order& order, const Fill& fill) {
  order.executions.insert(fill.execution_id);
  order.filled += fill.quantity;
  if (order.state != OrderEventKind::canceling) order.state = OrderEventKind::partially_filled;
  Holding& holding = holdings_[order.intent.symbol];
  holding.net += order.intent.side == Side::buy ? fill.quantity : -fill.quantity;
  holding.last = fill.price;
  if (holding.net.is_zero()) holdings_.erase(order.intent.symbol);
}

/// Of an order that is over here: its fill's report was lost, or came after the end's. Everyone hears of it, and a person looks.
void GatewayCore::on_late_fill(const VenueReport& report, Context& c) {
  if (Closed* closed = closed_.find(report.client_order_id)) {
    if (!closed->executions.insert(report.fill.execution_id).second) return;
    if (auto& order = closed->order) {
      take_fill(*order, report.fill);
      OrderEvent event = event_of(*order, order->remaining().raw() <= 0 ? OrderEventKind::filled : OrderEventKind::partially_filled);
      event.header.event_time = report.fill.time;
      event.fill = report.fill;
      event.reason = "told after the order was over";
      c.out.emit(Stream::order, config_.slot, std::move(event));
    }
  }
  set_state(state_ == RiskState::halted ? RiskState::halted : RiskState::reducing,
            "the venue filled " + report.client_order_id + ", which is not working here", {}, c);
}

void GatewayCore::on_reconcile_begin(const VenueReport& report, Context& c) {
  reconciling_ = true;
  known_.clear();
  doubtful_.clear();
  for (auto& [id, order] : orders_) {
    const bool asked = order.state == OrderEventKind::sending || order.state == OrderEventKind::canceling;
    if (asked && live_ && order.sending.time + config_.answer_within <= report.time) {
      order.state = OrderEventKind::unknown;
      OrderEvent event = event_of(order, OrderEventKind::unknown);
      event.reason = "the venue has not answered";
      c.out.emit(Stream::order, config_.slot, std::move(event));
    }
    if (order.state == OrderEventKind::unknown) doubtful_.insert(id);
  }
}

void GatewayCore::on_rejected(Orders::iterator it, const VenueReport& report, Context& c) {
  Order& order = it->second;
  if (report.reason == kOrderClosed) return;  // a cancel that came too late; how it ended was said before, or reconciliation says it
  if (report.reason == kDuplicateClientId) {
    // The venue has it from an earlier attempt: not refused, its state is to be learned.
    if (order.state != OrderEventKind::sending) return;
    order.state = OrderEventKind::unknown;
    OrderEvent event = event_of(order, OrderEventKind::unknown);
    event.reason = report.reason;
    c.out.emit(Stream::order, config_.slot, std::move(event));
    return;
  }
  if (report.reason == kUnknownOrder) {
    if (order.state != OrderEventKind::canceling) return;
    if (!order.venue_order_id.empty() || !order.filled.is_zero()) return on_unexplained(order, "the venue no longer knows it", c);
    OrderEvent event = event_of(order, OrderEventKind::canceled);
    event.header.event_time = report.time;
    event.reason = "it never reached the venue";
    return finish(it, std::move(event), c);
  }
  if (!report.venue_order_id.empty()) order.venue_order_id = report.venue_order_id;
  OrderEvent event = event_of(order, OrderEventKind::rejected);
  event.header.event_time = report.time;
  event.rule = gateway_rule::kVenue;
  event.reason = report.reason;
  finish(it, std::move(event), c);
}

void GatewayCore::on_known(const VenueReport& report, Context& c) {
  known_[report.client_order_id] = {report.open, report.cumulative};
  const auto it = orders_.find(report.client_order_id);
  if (it == orders_.end()) {
    const bool explained = closed_.contains(report.client_order_id) ? !report.open : !report.open && report.cumulative.is_zero();
    if (!explained)
      set_state(state_ == RiskState::halted ? RiskState::halted : RiskState::reducing,
                "the venue holds " + report.client_order_id + ", which is not working here", {}, c);
    return;
  }
  it->second.venue_order_id = report.venue_order_id;
  if (report.open && !it->second.cancel_wanted) on_accepted(it->second, report, c);
}

void GatewayCore::on_reconciled(Context& c) {
  if (!std::exchange(reconciling_, false)) return;
  // Before WentLive fills and states are learned, but nobody acts on absence.
  if (!live_) return;
  for (const std::string& id : std::exchange(doubtful_, {})) {
    const auto it = orders_.find(id);
    if (it == orders_.end()) continue;  // it has ended
    const auto known = known_.find(id);
    if (known == known_.end()) {
      on_absent(it, c);
    } else if (known->second.open) {
      if (it->second.cancel_wanted) ask_cancel(it->second, {}, "the cancel may not have reached the venue", c);
    } else if (it->second.filled == known->second.cumulative) {
      OrderEvent event = event_of(it->second, OrderEventKind::canceled);
      event.reason = "the venue has closed it";
      finish(it, std::move(event), c);
    }
  }
  for (auto& [id, order] : orders_) {
    const auto known = known_.find(id);
    if (known == known_.end()) {
      if (!order.venue_order_id.empty()) on_unexplained(order, "the venue no longer knows it", c);
    } else if (known->second.cumulative != order.filled) {
      on_unexplained(order, "the venue's fills sum to " + known->second.cumulative.str() + ", ours to " + order.filled.str(), c);
    }
  }
  known_.clear();
  say_venue(VenueEventKind::reconciled, {}, {}, c);
  if (!open_) open_session(c);
}

/// The venue has told all it knows, and this order is not among it.
void GatewayCore::on_absent(Orders::iterator it, Context& c) {
  Order& order = it->second;
  if (!order.venue_order_id.empty() || !order.filled.is_zero()) return;  // told as unexplained
  if (order.cancel_wanted) {
    OrderEvent event = event_of(order, OrderEventKind::canceled);
    event.reason = "it never reached the venue";
    return finish(it, std::move(event), c);
  }
  const Intent& intent = order.intent;
  Refusal no;
  if (intent.purpose != Purpose::exit && intent.valid_until && c.now > intent.valid_until) {
    no = {std::string(gateway_rule::kTooLate), "it never reached the venue, and it is too late now"};
  } else if (intent.purpose != Purpose::exit && intent.manager < manager_) {
    no = {std::string(gateway_rule::kOtherManager), "it never reached the venue, and a later position_manager has spoken"};
  } else {
    // Judged as if new: not against what it counts itself.
    auto node = orders_.extract(it);
    no = check(node.mapped().intent, c.now);
    it = orders_.insert(std::move(node)).position;
  }
  if (no.rule.empty()) return send(it->second, it->second.sending, c);
  OrderEvent event = event_of(it->second, OrderEventKind::expired);
  event.rule = std::move(no.rule);
  event.reason = std::move(no.reason);
  finish(it, std::move(event), c);
}

/// A difference nobody can explain: the order's outcome is unknown, its symbol takes no new risk until a person resumes.
void GatewayCore::on_unexplained(Order& order, std::string reason, Context& c) {
  const Symbol symbol = order.intent.symbol;
  if (order.state != OrderEventKind::unknown) {
    order.state = OrderEventKind::unknown;
    OrderEvent event = event_of(order, OrderEventKind::unknown);
    event.reason = reason;
    c.out.emit(Stream::order, config_.slot, std::move(event));
  }
  reason = symbol.str() + " REDUCING: " + order.intent.client_order_id + ": " + reason;
  if (!blocked_.emplace(symbol, reason).second) return;
  say_venue(VenueEventKind::state_changed, std::move(reason), {}, c);
}

}  // namespace tickmesh
