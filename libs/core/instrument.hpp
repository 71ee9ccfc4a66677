// The instruments a mesh knows: what `deploy/config/instruments.toml` declares, as plain values.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/fixed.hpp"
#include "core/types.hpp"

namespace tickmesh {

struct Instrument {
  Symbol symbol{};
  Price tick_size{};      ///< > 0; order prices are multiples of it
  Quantity lot{};         ///< > 0; order quantities are multiples of it
  Quantity multiplier{};  ///< value of one price unit a unit of quantity; 1 for stocks
  std::string currency{};
  std::string calendar{};      ///< name under deploy/config/calendars
  Price reference_price{};     ///< the demo market starts here
  double daily_volume{0};      ///< V_D, units; 0: unknown
  double daily_volatility{0};  ///< sigma_D, fraction; 0: unknown
  int price_decimals{2};       ///< digits shown
  InstrumentId id() const { return instrument_id(symbol); }
};

/// Ordered by symbol; found by id.
class Instruments {
 public:
  /// Error: two symbols of one name or one hash, a non-positive tick, lot or multiplier.
  static Result<Instruments> make(std::vector<Instrument> list);
  const Instrument* find(InstrumentId id) const;
  const Instrument* find(const Symbol& symbol) const { return find(instrument_id(symbol)); }
  /// `AAPL` where one venue only lists it, or `AAPL.DEMO`. Error names the candidates.
  Result<Symbol> resolve(std::string_view text) const;
  const std::vector<Instrument>& list() const { return list_; }

 private:
  std::vector<Instrument> list_;
  std::map<InstrumentId, std::size_t> by_id_;
};

}  // namespace tickmesh
