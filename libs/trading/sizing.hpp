// How much to trade (METRICS.md 7.1).
#pragma once
#include "core/error.hpp"
#include "core/fixed.hpp"
#include "core/instrument.hpp"

namespace tickmesh {

struct Allocation {
  Money amount{Money::from_units(10'000)};  ///< of account currency a trade
  Quantity min_quantity{Quantity::from_units(1)};
  Quantity max_quantity{Quantity::from_units(10'000)};
  std::int64_t slippage_ppm{0};  ///< allowance added to the price, millionths, >= 0
};

/// floor(amount / (price (1 + slippage) x multiplier) / lot) x lot, at most max_quantity; `price` is the quote of the side that
/// would be paid. Refused, never rounded up: rule PRICE_ABOVE_ALLOCATION below min_quantity, NO_PRICE without a positive price.
Result<Quantity> size_by_allocation(const Allocation& allocation, Price price, const Instrument& instrument);

}  // namespace tickmesh
