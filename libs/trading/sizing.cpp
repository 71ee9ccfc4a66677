#include "trading/sizing.hpp"

#include <algorithm>
#include <limits>

namespace tickmesh {

Result<Quantity> size_by_allocation(const Allocation& allocation, Price price, const Instrument& instrument) {
  constexpr std::int64_t million = 1'000'000;
  if (price.raw() <= 0) return std::unexpected(Error{"refused", "price", "NO_PRICE", "no price to size by"});
  const std::int64_t paid = mul_div_half_even(price.raw(), million + allocation.slippage_ppm, million);
  // amount / (price x multiplier x lot), each with 8 decimals: 10^-8 over 10^-24.
  const Int128 amount = Int128{std::max<std::int64_t>(allocation.amount.raw(), 0)} * Price::kScale * Price::kScale;
  Int128 per_lot = Int128{paid} * instrument.multiplier.raw();
  const Int128 lots = __builtin_mul_overflow(per_lot, Int128{instrument.lot.raw()}, &per_lot) ? Int128{0} : amount / per_lot;
  const Int128 most = allocation.max_quantity.raw() / instrument.lot.raw();
  const Quantity quantity = Quantity::from_raw(static_cast<std::int64_t>(std::min(lots, most)) * instrument.lot.raw());
  if (quantity < allocation.min_quantity || quantity.is_zero())
    return std::unexpected(
        Error{"refused", "quantity", "PRICE_ABOVE_ALLOCATION",
              allocation.amount.str() + " buys less than " + allocation.min_quantity.str() + " at " + Price::from_raw(paid).str()});
  return quantity;
}

}  // namespace tickmesh
