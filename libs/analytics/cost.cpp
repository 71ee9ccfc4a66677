#include "analytics/cost.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tickmesh {
namespace {

/// floor(value / divisor), both positive. A division of 128 bits costs as much as a window; a quotient that a double holds is guessed by
/// one and put right by what is left.
Int128 quotient(Int128 value, Int128 divisor) {
  const double guess = static_cast<double>(value) / static_cast<double>(divisor);
  if (!(guess < 0x1p50)) return value / divisor;
  auto whole = static_cast<std::int64_t>(guess);
  Int128 left = value - divisor * whole;
  for (; left < 0; left += divisor) --whole;
  for (; left >= divisor; left -= divisor) ++whole;
  return whole;
}

}  // namespace

Cost transaction_cost(const CostParameters& parameters, const CostInputs& trade) {
  Cost cost;
  const double notional = trade.price * trade.quantity * trade.multiplier;
  if (!(notional > 0) || !std::isfinite(notional)) {
    cost.one_way_bp = cost.round_trip_bp = undefined_value();
    return cost;
  }
  cost.half_spread = 0.5 * std::max(0.0, trade.spread) * trade.quantity * trade.multiplier;
  cost.commission = std::max(parameters.min_commission, parameters.per_unit * trade.quantity + parameters.rate * notional);
  if (parameters.max_commission > 0) cost.commission = std::min(cost.commission, parameters.max_commission);
  cost.commission += parameters.fees;
  const double known_bp = 1e4 * (cost.half_spread + cost.commission) / notional;
  if (!(trade.daily_volatility > 0) || !(trade.daily_volume > 0)) {
    const double worst = std::max(parameters.worst_case_bp, known_bp);
    cost.one_way_bp = undefined_value(worst);
    cost.round_trip_bp = undefined_value(2 * worst);
    return cost;
  }
  const double participation = trade.quantity / trade.daily_volume;
  cost.impact = parameters.impact * trade.daily_volatility * std::sqrt(participation) * notional;
  if (participation > parameters.max_participation) {
    cost.one_way_bp = cost.round_trip_bp = undefined_value();
    return cost;
  }
  const double one_way = 1e4 * (cost.half_spread + cost.commission + cost.impact) / notional;
  cost.one_way_bp = ok_value(one_way);
  cost.round_trip_bp = ok_value(2 * one_way);
  return cost;
}

Quantity planned_quantity(Money allocation, std::int64_t twice_mid, Quantity multiplier, Quantity lot) {
  if (allocation.raw() <= 0 || twice_mid <= 0 || multiplier.raw() <= 0 || lot.raw() <= 0) return {};
  // quantity = allocation / (mid x multiplier); in raw units the scales leave 2 x 10^16 above the line.
  const Int128 value = static_cast<Int128>(allocation.raw()) * (2 * static_cast<Int128>(Price::kScale) * Price::kScale);
  const Int128 units = quotient(value, static_cast<Int128>(twice_mid) * multiplier.raw());
  const auto narrow = static_cast<std::int64_t>(units);
  const Int128 lots = narrow == units ? Int128{narrow / lot.raw()} : units / lot.raw();
  if (lots > std::numeric_limits<std::int64_t>::max() / lot.raw()) return {};
  return Quantity::from_raw(static_cast<std::int64_t>(lots) * lot.raw());
}

}  // namespace tickmesh
