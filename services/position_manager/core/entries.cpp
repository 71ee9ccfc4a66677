// What may open a position: signals and `open`.
#include <algorithm>

#include "position_manager/core/position_core.hpp"
#include "trading/exit_rules.hpp"

namespace tickmesh {

void PositionCore::on_signal(const Signal& signal, Turn& t) {
  Book* found = book(signal.symbol);
  if (found == nullptr || signal.action == SignalAction::none || signal.action == SignalAction::wait) return;
  Book& b = *found;
  const bool ours = b.position && b.position->strategy == signal.strategy;
  if (signal.action == SignalAction::exit) {
    if (signal.valid_until && t.now > signal.valid_until) {
      if (ours) refuse(signal.symbol, {"expired", "exit signal taken after valid_until"}, t);
      return;
    }
    for (auto& [id, o] : orders_)
      if (o.intent.symbol == signal.symbol && o.intent.purpose == Purpose::entry && o.intent.strategy == signal.strategy) {
        want_cancel(o, "exit signal", t);
        // It may fill before the cancel gets there.
        if (!b.position) b.wish = {Wish::Kind::signal, "signal: " + signal.reason};
      }
    if (ours) wish_exit(b, Wish::Kind::signal, "signal: " + signal.reason, t);
    return;
  }
  position::Ask ask;
  ask.side = signal.action == SignalAction::enter_long ? Side::buy : Side::sell;
  ask.stop = signal.stop;
  ask.target = signal.target;
  ask.valid_until = signal.valid_until;
  ask.confidence = signal.confidence;
  ask.strategy = signal.strategy;
  ask.reason = signal.reason;
  // Shown, not traded, by the user's word.
  const bool shown = config_.traded && !config_.traded->contains(signal.strategy);
  if (!shown) learn_plan(b, {t.name, ask.stop, ask.target}, t);
  const bool in_time = !signal.valid_until || t.now <= signal.valid_until;
  // A strategy that turned round no longer wants what it holds.
  if (ours && in_time && b.position->side() != ask.side) wish_exit(b, Wish::Kind::signal, "opposite signal: " + signal.reason, t);
  if (shown) return;
  if (const auto refused = enter(b, ask, t, nullptr)) refuse(signal.symbol, *refused, t);
}

std::optional<Refusal> PositionCore::enter(Book& b, const position::Ask& ask, Turn& t, std::string* order_id) {
  EntryFacts facts;
  facts.now = t.now;
  facts.valid_until = ask.valid_until;
  facts.live = live_;
  facts.gateway_known = gateway_ != Token{};
  facts.state = risk_.state(b.symbol());
  facts.state_reason = risk_.why(b.symbol());
  facts.disk_full = risk_.has(Symbol{}, RiskCause::disk);
  facts.quoted = static_cast<bool>(b.quote.time);
  facts.quote_stale = !fresh(b, t.now);
  facts.data_allowed = config_.synthetic || !b.quote.synthetic;
  facts.has_position = b.position.has_value();
  facts.has_entry = working(b.symbol(), Purpose::entry);
  facts.rested_since = b.rested_since;
  facts.positions = positions_and_entries();
  facts.confidence = ask.confidence;
  facts.by_person = ask.by_person;
  if (auto refused = check_entry(config_.limits, facts)) return refused;

  const Price reference = opposite_quote(b.quote, ask.side);
  // A limit order's stop and target lie around the price it will trade at, not around today's.
  const LastQuote around = ask.limit.is_zero() ? b.quote : LastQuote{b.quote.time, ask.limit, ask.limit, false};
  if (const auto rule = misplaced(ask.side, ask.stop, ask.target, around); !rule.empty())
    return Refusal{std::string(rule), "on the wrong side of " + around.bid.str() + " / " + around.ask.str()};
  Quantity quantity = ask.quantity;
  if (quantity.is_zero()) {
    const auto sized = size_by_allocation(config_.allocation, reference, *b.instrument);
    if (!sized) return Refusal{sized.error().rule, sized.error().message};
    quantity = *sized;
  }
  const AccountEvent now = account();
  if (auto refused = bind_by_kelly(b, ask, reference, now.equity, quantity)) return refused;
  const Money cost = notional(std::max(reference, ask.limit), quantity, b.instrument->multiplier);
  if (auto refused = check_cash(config_.limits, {cost, now.equity, now.gross, reserved()})) return refused;

  Intent intent;
  intent.kind = IntentKind::place;
  intent.symbol = b.symbol();
  intent.side = ask.side;
  intent.type = ask.limit.is_zero() ? OrderType::market : OrderType::limit;
  intent.purpose = Purpose::entry;
  intent.quantity = quantity;
  intent.limit_price = ask.limit;
  intent.reference_price = reference;
  intent.strategy = ask.strategy;
  intent.valid_until = t.now + config_.entry_validity;
  if (ask.valid_until) intent.valid_until = std::min(intent.valid_until, ask.valid_until);
  intent.reason = ask.reason;
  b.wish = {};
  const std::string id = say_intent(std::move(intent), t);
  Order& o = orders_.at(id);
  o.stop = ask.stop;
  o.target = ask.target;
  if (order_id != nullptr) *order_id = id;
  return std::nullopt;
}

// Quantities are exact: the fraction, a ratio, is taken to millionths of a per cent before it meets money.
std::optional<Refusal> PositionCore::bind_by_kelly(const Book& b, const position::Ask& ask, Price reference, Money equity,
                                                   Quantity& quantity) const {
  if (ask.by_person) return std::nullopt;
  const auto trades = b.trades.find(ask.strategy);
  if (trades == b.trades.end()) return std::nullopt;
  const Kelly kelly = trades->second.size(config_.kelly);
  if (kelly.bound == KellyBound::too_few) return std::nullopt;
  const auto words = [&] { return std::string(to_string(kelly.bound)) + " after " + std::to_string(trades->second.count()) + " trades"; };
  if (kelly.bound == KellyBound::no_edge) return Refusal{"KELLY", words()};
  Allocation allowed = config_.allocation;
  allowed.amount = Money::from_raw(mul_div_half_even(equity.raw(), static_cast<std::int64_t>(kelly.used * 1e8), 100'000'000));
  const auto sized = size_by_allocation(allowed, reference, *b.instrument);
  if (!sized) return Refusal{sized.error().rule == "NO_PRICE" ? "NO_PRICE" : "KELLY_BELOW_MINIMUM", words() + ": " + sized.error().message};
  quantity = std::min(quantity, *sized);
  return std::nullopt;
}

/// Cash that entries on their way may still take, at the worse of reference and limit price.
Money PositionCore::reserved() const {
  Money sum{};
  for (const auto& [id, o] : orders_) {
    if (o.intent.purpose != Purpose::entry || o.filled >= o.intent.quantity) continue;
    const Instrument* instrument = config_.instruments.find(o.intent.symbol);
    const Price price = std::max(o.intent.reference_price, o.intent.limit_price);
    if (instrument != nullptr) sum += notional(price, o.intent.quantity - o.filled, instrument->multiplier);
  }
  return sum;
}

std::uint32_t PositionCore::positions_and_entries() const {
  std::uint32_t n = 0;
  for (const Book& b : books_)
    if (b.position || working(b.symbol(), Purpose::entry)) ++n;
  return n;
}

}  // namespace tickmesh
