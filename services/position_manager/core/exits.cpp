// What ends a position. An exit holds until cancelled; one that fails is judged anew on a fresh quote, after a pause.
#include <algorithm>

#include "position_manager/core/position_core.hpp"
#include "trading/exit_rules.hpp"

namespace tickmesh {

/// On every fresh quote while live.
void PositionCore::judge(Book& b, Turn& t) {
  if (b.wish.kind <= Wish::Kind::price) {
    const PriceExit due = risk_.state(b.symbol()) == RiskState::halted ? PriceExit::none : judge_prices(*b.position, b.quote);
    if (due == PriceExit::none)
      b.wish = {};
    else if (!b.wish || b.wish.reason != to_string(due))
      b.wish = {Wish::Kind::price, std::string(to_string(due))};
  }
  if (b.wish) try_exit(b, t);
}

void PositionCore::wish_exit(Book& b, Wish::Kind kind, const std::string& reason, Turn& t) {
  if (kind >= b.wish.kind) b.wish = {kind, reason};
  // A person's exit is new effort: it does not wait for the pause of a failed one.
  if (kind == Wish::Kind::person) b.exit_not_before = {}, b.exit_failures = 0;
  try_exit(b, t);
}

/// Says the exit that the wish asks for, unless one is on its way. A person's goes out on whatever quote is known, and when HALTED.
void PositionCore::try_exit(Book& b, Turn& t) {
  const bool by_person = b.wish.kind == Wish::Kind::person;
  if (!b.wish || !live_ || gateway_ == Token{}) return;
  if (!by_person && (!fresh(b, t.now) || risk_.state(b.symbol()) == RiskState::halted)) return;
  cancel_entries(b.symbol(), "leaving: " + b.wish.reason, t);
  if (!b.position || b.position->flat() || t.now < b.exit_not_before || working(b.symbol(), Purpose::exit)) return;
  Intent intent;
  intent.kind = IntentKind::place;
  intent.symbol = b.symbol();
  intent.side = opposite(b.position->side());
  intent.type = OrderType::market;
  intent.purpose = Purpose::exit;
  intent.quantity = b.position->quantity();
  intent.reference_price = opposite_quote(b.quote, intent.side);
  intent.position_id = b.position->id();
  intent.strategy = b.position->strategy;
  intent.reason = b.wish.reason;
  say_intent(std::move(intent), t);
}

void PositionCore::exit_failed(Book& b, Timestamp now) {
  b.exit_not_before = now + Duration{config_.exit_backoff.ns << std::min(b.exit_failures, 4U)};
  ++b.exit_failures;
  if (b.wish.kind == Wish::Kind::price) b.wish = {};
}

}  // namespace tickmesh
