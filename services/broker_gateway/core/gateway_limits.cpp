// The gateway's own hard limits.
#include <algorithm>
#include <cstdlib>

#include "broker_gateway/core/gateway_core.hpp"

namespace tickmesh {
namespace {

bool within_collar(Price price, Price reference, std::int64_t collar_bp) {
  return Int128{std::abs(price.raw() - reference.raw())} * 10'000 <= Int128{reference.raw()} * collar_bp;
}

Price order_price(const Intent& intent, Price opposite) {
  if (intent.type == OrderType::limit) return intent.limit_price;
  if (intent.type == OrderType::stop) return intent.stop_price;
  return opposite;
}

}  // namespace

GatewayCore::Refusal GatewayCore::check(const Intent& intent, Timestamp now) const {
  const Instrument* instrument = nullptr;
  if (auto no = check_shape(intent, instrument); !no.rule.empty()) return no;
  if (intent.purpose == Purpose::entry) return check_entry(intent, *instrument, now);
  if (intent.quantity > config_.limits.max_exit_units)
    return {"exit units", intent.quantity.str() + " > " + config_.limits.max_exit_units.str()};
  return {};
}

GatewayCore::Refusal GatewayCore::check_shape(const Intent& intent, const Instrument*& instrument) const {
  instrument = config_.instruments.find(intent.symbol);
  if (instrument == nullptr) return {"a listed instrument", intent.symbol.str()};
  if (intent.client_order_id.empty()) return {"client order id", "it is missing"};
  if (intent.side == Side::none) return {"side", "it is missing"};
  if (intent.purpose == Purpose::none) return {"purpose", "it is missing"};
  if (intent.quantity.raw() <= 0 || intent.quantity.raw() % instrument->lot.raw() != 0)
    return {"quantity", intent.quantity.str() + " is not a positive multiple of " + instrument->lot.str()};
  const auto bad_price = [&](Price p) { return p.raw() <= 0 || p.raw() % instrument->tick_size.raw() != 0; };
  switch (intent.type) {
    case OrderType::none: return {"order type", "it is missing"};
    case OrderType::market: return {};
    case OrderType::limit:
      if (bad_price(intent.limit_price)) return {"limit price", intent.limit_price.str() + " is not a multiple of the tick size"};
      return {};
    case OrderType::stop:
      if (bad_price(intent.stop_price)) return {"stop price", intent.stop_price.str() + " is not a multiple of the tick size"};
      return {};
  }
  return {"order type", "it is unknown"};
}

GatewayCore::Refusal GatewayCore::check_entry(const Intent& intent, const Instrument& instrument, Timestamp now) const {
  const GatewayLimits& limits = config_.limits;
  if (const auto it = blocked_.find(Symbol{}); it != blocked_.end()) return {std::string(gateway_rule::kDisk), it->second};
  if (state_ != RiskState::active) return {std::string(gateway_rule::kState), std::string(to_string(state_)) + ": " + state_reason_};
  if (dead_man_) return {std::string(gateway_rule::kDeadMan), "it is silent"};
  if (const auto it = blocked_.find(intent.symbol); it != blocked_.end()) return {std::string(gateway_rule::kBlocked), it->second};
  if (halted_.contains(intent.symbol)) return {std::string(gateway_rule::kHalted), intent.symbol.str()};
  if (intent.quantity > limits.max_units) return {"order units", intent.quantity.str() + " > " + limits.max_units.str()};

  const Quote& quote = quotes_.at(instrument.id());
  if (quote.bid.raw() <= 0 || quote.ask < quote.bid) return {"two-sided quote", "there is none"};
  if (now - quote.time > limits.stale_after) return {"fresh quote", "the last one is too old"};

  const Price opposite = intent.side == Side::buy ? quote.ask : quote.bid;
  const Price price = order_price(intent, opposite);
  if (intent.reference_price.raw() <= 0) return {"reference price", "an entry names the quote it was decided on"};
  for (const Price reference : {intent.reference_price, opposite})
    if (!within_collar(price, reference, limits.collar_bp))
      return {"price collar", price.str() + " against " + reference.str() + ", " + std::to_string(limits.collar_bp) + " bp"};

  const Money value = notional(std::max(price, opposite), intent.quantity, instrument.multiplier);
  if (value > limits.max_order_notional) return {"order notional", value.str() + " > " + limits.max_order_notional.str()};
  const Money all = gross() + value;
  if (all > limits.gross) return {"gross", all.str() + " > " + limits.gross.str()};
  const auto recent = std::ranges::count_if(sent_, [&](Timestamp t) { return t + seconds(1) > now; });
  if (recent >= static_cast<std::ptrdiff_t>(limits.orders_per_second))
    return {"orders per second", std::to_string(recent) + " in the last second"};
  return {};
}

Money GatewayCore::gross() const {
  const auto mark = [&](const Symbol& symbol, Price fallback) {
    const Quote* quote = quotes_.find(instrument_id(symbol));
    return quote != nullptr && quote->ask.raw() > 0 ? quote->ask : fallback;
  };
  const auto multiplier = [&](const Symbol& symbol) {
    const Instrument* instrument = config_.instruments.find(symbol);
    return instrument != nullptr ? instrument->multiplier : Quantity::from_units(1);
  };
  Money total{};
  for (const auto& [symbol, holding] : holdings_) total += notional(mark(symbol, holding.last), abs(holding.net), multiplier(symbol));
  for (const auto& [id, order] : orders_) {
    const Intent& intent = order.intent;
    if (intent.purpose != Purpose::entry) continue;
    total += notional(order_price(intent, mark(intent.symbol, intent.reference_price)), order.remaining(), multiplier(intent.symbol));
  }
  return total;
}

}  // namespace tickmesh
