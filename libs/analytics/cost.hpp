// What a trade costs, one way and round trip (METRICS.md 1.4): half the spread, commission, and square-root impact
// (Almgren et al. 2005; Tóth et al. 2011; Bouchaud et al. 2018). Stateless.
#pragma once
#include "analytics/value.hpp"
#include "core/fixed.hpp"

namespace tickmesh {

struct CostParameters {
  double per_unit{0.005};          ///< commission a unit, currency; >= 0
  double rate{0};                  ///< commission as a fraction of the notional; >= 0
  double min_commission{1.0};      ///< currency; >= 0
  double max_commission{0};        ///< currency; 0: no maximum
  double fees{0};                  ///< flat fees of either side, currency
  double impact{1.0};              ///< Y of the square-root law, 0.5 to 1
  double worst_case_bp{10};        ///< one way, where daily volume or volatility is unknown; > 0
  double max_participation{0.10};  ///< of the daily volume; beyond it a trade is refused
};

/// One trade to be priced, in currency and units.
struct CostInputs {
  double price{0};
  double spread{0};            ///< a crossed quote counts as none
  double quantity{0};          ///< units, > 0
  double multiplier{1};        ///< value of one price unit a unit
  double daily_volatility{0};  ///< sigma_D, fraction; 0: unknown
  double daily_volume{0};      ///< V_D, units; 0: unknown
};

struct Cost {
  double half_spread{0};  ///< currency, as are the next two
  double commission{0};
  double impact{0};
  /// OK, or UNDEFINED with the worst case as its value where the impact is unknown (never less than the parts that are known), or
  /// UNDEFINED without a value where there is nothing to price or the trade is too large for its market: do not trade.
  Value one_way_bp{};
  Value round_trip_bp{};
};

Cost transaction_cost(const CostParameters& parameters, const CostInputs& trade);

/// Largest multiple of `lot` whose value at 2 x mid = `twice_mid` stays within `allocation`; zero when not even one lot does.
Quantity planned_quantity(Money allocation, std::int64_t twice_mid, Quantity multiplier, Quantity lot);

}  // namespace tickmesh
