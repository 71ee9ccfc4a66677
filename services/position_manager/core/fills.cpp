// Fills to positions. A position is the sum of its fills: late, repeated and surplus ones included.
#include <algorithm>

#include "position_manager/core/position_core.hpp"
#include "trading/client_order_id.hpp"

namespace tickmesh {

void PositionCore::difference(const std::string& what, Turn& t) { raise(Symbol{}, RiskCause::difference, RiskState::reducing, what, t); }

PositionEventKind PositionCore::take_fill(Order& o, const OrderEvent& e, bool over, Turn& t) {
  const Fill& f = e.fill;
  if (f.quantity.is_zero() && f.execution_id.empty()) return PositionEventKind::none;
  if (f.quantity.raw() <= 0 || f.price.raw() <= 0 || f.commission.raw() < 0) {
    difference(o.intent.client_order_id + ": execution " + f.execution_id + " is not a fill", t);
    return PositionEventKind::none;
  }
  // Execution ids are kept while an order works; once it is over, what was filled in all tells a repeat from a late fill.
  if (over || f.execution_id.empty()) {
    if (e.filled <= o.filled) return PositionEventKind::none;
  } else if (std::ranges::find(o.executions, f.execution_id) != o.executions.end()) {
    return PositionEventKind::none;
  }
  o.filled += f.quantity;
  if (!over) o.executions.push_back(f.execution_id);
  return fill(*book(o.intent.symbol), o, f, t);
}

void PositionCore::open_by(Book& b, Order& o, const Execution& x, bool planned) {
  const unsigned nth = o.openings++ % 36;
  b.position.emplace(position_id_of(o.intent.client_order_id, nth), b.symbol(), o.intent.side, b.instrument->multiplier);
  b.position->strategy = o.intent.strategy;
  if (planned) b.position->stop = o.stop, b.position->target = o.target;
  b.position->enlarge(x);
  b.exits = 0;
  b.exit_failures = 0;
  b.exit_not_before = {};
}

PositionEventKind PositionCore::fill(Book& b, Order& o, const Fill& f, Turn& t) {
  Execution x{f.price, f.quantity, f.commission, f.time ? f.time : t.now};
  const bool entry = o.intent.purpose == Purpose::entry;
  const auto open_now = [&] {
    open_by(b, o, x, entry);
    realized_ -= x.commission;
    if (entry && !o.plan_known) {
      b.adopted = o.intent.header.cause.name;
      raise(b.symbol(), RiskCause::unprotected, RiskState::reducing, o.intent.client_order_id + " came back without stop and target", t);
    }
    if (!entry) {
      // More was sold than was held: nobody wants this position.
      difference(o.intent.client_order_id + ": an exit opened a position of " + x.quantity.str(), t);
      b.wish = {Wish::Kind::signal, "surplus of an exit"};
    }
    return PositionEventKind::opened;
  };
  if (!b.position) return open_now();
  if (b.position->side() == o.intent.side) {
    b.position->enlarge(x);
    realized_ -= x.commission;
    return PositionEventKind::changed;
  }
  const Quantity taken = std::min(x.quantity, b.position->quantity());
  if (taken.raw() > 0) {
    realized_ += b.position->reduce({x.price, taken, x.commission, x.time});
    b.position->exit_reason = o.intent.reason;
    x.commission = {};
  }
  x.quantity = x.quantity - taken;
  if (x.quantity.is_zero()) return PositionEventKind::changed;
  closed(b, t);
  lift(b.symbol(), RiskCause::unprotected, t);
  b.wish = {};
  return open_now();
}

/// Over: flat, and no entry that could still fill. Until then a flat position stays, so that a late fill is stopped out like any other.
void PositionCore::settle(Book& b, PositionEventKind what, Turn& t) {
  const bool entering = working(b.symbol(), Purpose::entry);
  if (b.position && b.position->flat() && !entering) {
    closed(b, t);
    b.position.reset();
    b.rested_since = t.now;
    b.adopted = {};
    lift(b.symbol(), RiskCause::unprotected, t);
  } else if (b.position && what != PositionEventKind::none) {
    say_position(b, what, t);
  }
  if (!b.position && !entering) {
    b.wish = {};
    symbol_is_flat(b.symbol(), t);
  } else if (b.wish.kind == Wish::Kind::person && what == PositionEventKind::opened) {
    try_exit(b, t);
  }
}

void PositionCore::closed(Book& b, Turn& t) {
  say_position(b, PositionEventKind::closed, t);
  const PositionEvent e = b.position->event();
  if (e.strategy.empty() || e.strategy == position::kManual) return;
  ClosedTrades& trades = b.trades[e.strategy];
  trades.add(e.realized_pnl, e.entry_value);
  const Kelly kelly = trades.size(config_.kelly);
  t.out.emit(Stream::strategy, kAccountSlot,
             StrategyEvent{.strategy = e.strategy,
                           .symbol = b.symbol(),
                           .enabled = true,
                           .closed_trades = trades.count(),
                           .kelly_full = kelly.full,
                           .kelly_used = kelly.used,
                           .kelly_bound = kelly.bound});
}

void PositionCore::say_position(const Book& b, PositionEventKind kind, Turn& t) {
  PositionEvent e = b.position->event();
  e.kind = kind;
  t.out.emit(Stream::position, kAccountSlot, std::move(e));
}

/// What was asked for is remembered; an order of it that came back first gets its stop and target now.
void PositionCore::learn_plan(Book& b, const position::Plan& plan, Turn& t) {
  b.plan = plan;
  for (auto& [id, o] : orders_) {
    if (o.plan_known || o.intent.symbol != b.symbol() || o.intent.header.cause.name != plan.cause) continue;
    o.plan_known = true;
    o.stop = plan.stop, o.target = plan.target;
  }
  if (b.adopted != plan.cause || plan.cause == Name{}) return;
  b.adopted = {};
  if (b.position) {
    b.position->stop = plan.stop, b.position->target = plan.target;
    say_position(b, PositionEventKind::changed, t);
  }
  lift(b.symbol(), RiskCause::unprotected, t);
}

}  // namespace tickmesh
