// What a person or a program asks. Every command gets exactly one answer, a RiskEvent `command_answered`:
//   open        done when filled (in part counts), or as a limit order once the venue accepted it; refused by a rule of ours or the
//               venue's; expired when the gateway took it too late
//   close       done when the symbol is flat; flatten: when all are
//   cancel      done when the order is over otherwise than filled, refused by `filled` when the fill was faster; cancel_all: when all are
//   over reduce, halt, resume    done at once
// What has no end at its valid_until is answered expired where nothing is on its way (and nothing is tried any more), else unknown.
#include <algorithm>

#include "position_manager/core/position_core.hpp"
#include "trading/exit_rules.hpp"

namespace tickmesh {

void PositionCore::on_command(const Command& c, Turn& t) {
  if (c.verb == Verb::predict) return;  // metrics_engine's
  Book* b = c.symbol.empty() ? nullptr : book(c.symbol);
  if (!c.symbol.empty() && b == nullptr) return answer(c.id, c.symbol, Outcome::refused, "symbol", "not an instrument of this mesh", t);
  if (c.verb == Verb::open && b != nullptr && came_back(*b, t.name)) {
    // Our journal lost it after the order had gone out: the order is what became of it.
    learn_plan(*b, {t.name, c.stop, c.target}, t);
    return answer(c.id, c.symbol, Outcome::done, "", "its order came back from the gateway", t);
  }
  if (c.valid_until && t.now > c.valid_until) return answer(c.id, c.symbol, Outcome::expired, "expired", "taken after valid_until", t);
  switch (c.verb) {
    case Verb::open: return do_open(c, t);
    case Verb::close:
    case Verb::flatten: return do_close(c, t);
    case Verb::cancel:
    case Verb::cancel_all: return do_cancel(c, t);
    case Verb::reduce:
    case Verb::halt:
    case Verb::resume: return do_state(c, t);
    case Verb::predict:
    case Verb::none: break;
  }
  answer(c.id, c.symbol, Outcome::refused, "verb", "not a verb of position_manager", t);
}

bool PositionCore::came_back(const Book& b, const Name& cause) const {
  if (cause == Name{}) return false;
  const auto is = [&](const auto& o) {
    return !o.second.plan_known && o.second.intent.symbol == b.symbol() && o.second.intent.header.cause.name == cause;
  };
  return b.adopted == cause || std::ranges::any_of(orders_, is) || std::ranges::any_of(retired_, is);
}

void PositionCore::do_open(const Command& c, Turn& t) {
  const auto no = [&](const char* rule, const std::string& reason) { answer(c.id, c.symbol, Outcome::refused, rule, reason, t); };
  if (c.symbol.empty()) return no("symbol", "open needs a symbol");
  Book& b = *book(c.symbol);
  const Quantity quantity = abs(c.quantity);
  if (quantity.is_zero()) return no("quantity", "open needs a quantity");
  if (quantity.raw() % b.instrument->lot.raw() != 0) return no("lot", "not a multiple of " + b.instrument->lot.str());
  if (quantity > config_.allocation.max_quantity) return no("max_quantity", "at most " + config_.allocation.max_quantity.str());
  if (c.limit.raw() < 0 || c.stop.raw() < 0 || c.target.raw() < 0) return no("price", "a price is positive");
  if (c.limit.raw() % b.instrument->tick_size.raw() != 0) return no("tick_size", "not a multiple of " + b.instrument->tick_size.str());
  position::Ask ask;
  ask.side = c.quantity.raw() > 0 ? Side::buy : Side::sell;
  ask.stop = c.stop;
  ask.target = c.target;
  ask.limit = c.limit;
  ask.quantity = quantity;
  ask.valid_until = c.valid_until;
  ask.by_person = true;
  ask.strategy = position::kManual;
  ask.reason = "open by " + c.issuer;
  learn_plan(b, {t.name, c.stop, c.target}, t);
  std::string id;
  if (const auto refused = enter(b, ask, t, &id)) return answer(c.id, c.symbol, Outcome::refused, refused->rule, refused->reason, t);
  wait({c.id, c.verb, c.symbol, c.valid_until, {id}, {}}, t);
}

void PositionCore::do_close(const Command& c, Turn& t) {
  if (c.verb == Verb::close && c.symbol.empty()) return answer(c.id, c.symbol, Outcome::refused, "symbol", "close needs a symbol", t);
  position::Pending p{c.id, c.verb, c.symbol, c.valid_until, {}, {}};
  for (const Book& b : books_)
    if ((c.symbol.empty() || b.symbol() == c.symbol) && (b.position || working(b.symbol(), Purpose::entry)))
      p.symbols.push_back(b.symbol());
  if (p.symbols.empty()) {
    if (c.verb == Verb::flatten) return answer(c.id, c.symbol, Outcome::done, "", "already flat", t);
    return answer(c.id, c.symbol, Outcome::refused, "no_position", "nothing is open or on its way", t);
  }
  const auto symbols = p.symbols;
  wait(std::move(p), t);
  for (const Symbol& symbol : symbols) {
    cancel_entries(symbol, std::string(to_string(c.verb)) + " by " + c.issuer, t);
    wish_exit(*book(symbol), Wish::Kind::person, std::string(to_string(c.verb)) + " by " + c.issuer, t);
  }
}

void PositionCore::do_cancel(const Command& c, Turn& t) {
  position::Pending p{c.id, c.verb, c.symbol, c.valid_until, {}, {}};
  if (c.verb == Verb::cancel) {
    if (order(c.client_order_id) == nullptr) {
      if (retired(c.client_order_id) != nullptr)
        return answer(c.id, c.symbol, Outcome::refused, "not_working", "order " + c.client_order_id + " is over", t);
      return answer(c.id, c.symbol, Outcome::refused, "unknown_order", "no order " + c.client_order_id, t);
    }
    p.orders.push_back(c.client_order_id);
  } else {
    for (const auto& [id, o] : orders_)
      if (c.symbol.empty() || o.intent.symbol == c.symbol) p.orders.push_back(id);
    if (p.orders.empty()) return answer(c.id, c.symbol, Outcome::done, "", "nothing is working", t);
  }
  for (const std::string& id : p.orders) want_cancel(*order(id), std::string(to_string(c.verb)) + " by " + c.issuer, t);
  wait(std::move(p), t);
}

void PositionCore::do_state(const Command& c, Turn& t) {
  std::string reason = std::string(to_string(c.verb)) + " by " + c.issuer + (c.note.empty() ? "" : ": " + c.note);
  if (c.verb == Verb::resume) {
    if (risk_.resume(c.symbol)) say_state(c.symbol, RiskCause::person, t);
    const RiskState state = risk_.state(c.symbol);
    return answer(c.id, c.symbol, Outcome::done, "",
                  state == RiskState::active ? "ACTIVE" : "still " + std::string(to_string(state)) + ": " + risk_.why(c.symbol), t);
  }
  raise(c.symbol, RiskCause::person, c.hard && c.verb == Verb::halt ? RiskState::halted : RiskState::reducing, reason, t);
  std::string left;
  if (c.verb == Verb::halt) {
    cancel_entries(c.symbol, reason, t);
    if (c.hard)
      for (const Book& b : books_)
        if (b.position && !b.position->flat() && (c.symbol.empty() || b.symbol() == c.symbol))
          left += (left.empty() ? "" : ", ") + b.symbol().str() + " " + b.position->signed_quantity().str();
  }
  std::string text{to_string(risk_.state(c.symbol))};
  if (!left.empty()) text += "; without automatic stop: " + left;
  answer(c.id, c.symbol, Outcome::done, "", text, t);
}

}  // namespace tickmesh
