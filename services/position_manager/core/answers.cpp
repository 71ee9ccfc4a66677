// Commands whose answer waits for an order to end or a symbol to be flat.
#include <algorithm>
#include <utility>

#include "position_manager/core/position_core.hpp"
#include "position_manager/core/timers.hpp"

namespace tickmesh {

void PositionCore::answer(const std::string& command, const Symbol& symbol, Outcome outcome, const std::string& rule,
                          const std::string& reason, Turn& t) {
  RiskEvent e;
  e.kind = RiskEventKind::command_answered;
  e.symbol = symbol;
  e.state = risk_.state(symbol);
  e.rule = rule;
  e.reason = reason;
  e.command_id = command;
  e.outcome = outcome;
  t.out.emit(Stream::risk, kAccountSlot, e);
}

void PositionCore::wait(Pending p, Turn& t) {
  if (!p.deadline) p.deadline = t.now + config_.command_validity;
  pending_.push_back(std::move(p));
  arm_pending(t);
}

void PositionCore::arm_pending(Turn& t) {
  if (pending_.empty()) return t.out.wake_at({}, kPendingTimer);
  t.out.wake_at(std::ranges::min_element(pending_, {}, &Pending::deadline)->deadline + nanoseconds(1), kPendingTimer);
}

void PositionCore::order_progressed(const std::string& id, const Order& o, const OrderEvent& e, bool over, Turn& t) {
  // Answered in the order the commands came.
  for (std::size_t i = 0; i < pending_.size();) {
    Pending& p = pending_[i];
    const auto it = std::ranges::find(p.orders, id);
    const bool placed = p.verb == Verb::open && o.intent.type == OrderType::limit &&
                        (e.kind == OrderEventKind::accepted || e.kind == OrderEventKind::partially_filled);
    if (it == p.orders.end() || (!over && !placed)) {
      ++i;
      continue;
    }
    p.orders.erase(it);
    if (!p.orders.empty()) {
      ++i;
      continue;
    }
    const Pending done = std::move(p);
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
    const std::string what = id + " " + std::string(to_string(e.kind)) + ", filled " + o.filled.str() + " of " + o.intent.quantity.str();
    if (done.verb == Verb::cancel && e.kind == OrderEventKind::filled) {
      answer(done.command, o.intent.symbol, Outcome::refused, "filled", what, t);
    } else if (done.verb == Verb::open && over && o.filled.is_zero()) {
      const std::string why = e.reason.empty() ? what : what + ": " + e.reason;
      const Outcome outcome = e.kind == OrderEventKind::expired ? Outcome::expired : Outcome::refused;
      answer(done.command, done.symbol, outcome, e.rule.empty() ? std::string(to_string(e.kind)) : e.rule, why, t);
    } else {
      answer(done.command, done.verb == Verb::cancel ? o.intent.symbol : done.symbol, Outcome::done, "", what, t);
    }
  }
}

void PositionCore::symbol_is_flat(const Symbol& symbol, Turn& t) {
  for (std::size_t i = 0; i < pending_.size();) {
    Pending& p = pending_[i];
    if (std::erase(p.symbols, symbol) == 0 || !p.symbols.empty()) {
      ++i;
      continue;
    }
    const Pending done = std::move(p);
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
    answer(done.command, done.symbol, Outcome::done, "", "flat", t);
  }
}

void PositionCore::pending_due(Turn& t) {
  for (std::size_t i = 0; i < pending_.size();) {
    if (t.now <= pending_[i].deadline) {
      ++i;
      continue;
    }
    const Pending p = std::move(pending_[i]);
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
    std::string on_its_way;
    const auto note = [&](const std::string& id) { on_its_way += (on_its_way.empty() ? "" : ", ") + id; };
    for (const std::string& id : p.orders) note(id);
    for (const Symbol& symbol : p.symbols) {
      for (const auto& [id, o] : orders_)
        if (o.intent.symbol == symbol) note(id);
      Book& b = *book(symbol);
      // What asks expires; an order already on its way goes on by itself.
      const bool asked_again =
          std::ranges::any_of(pending_, [&](const Pending& q) { return std::ranges::find(q.symbols, symbol) != q.symbols.end(); });
      if (b.wish.kind == Wish::Kind::person && !asked_again) b.wish = {};
    }
    if (on_its_way.empty())
      answer(p.command, p.symbol, Outcome::expired, "expired", "not done by valid_until, and not tried any more", t);
    else
      answer(p.command, p.symbol, Outcome::unknown, "", "not over by valid_until: " + on_its_way, t);
  }
  arm_pending(t);
}

}  // namespace tickmesh
