// The instruments a mesh knows: what `deploy/config/instruments.toml` declares, as plain values.
#pragma once
#include <cstdint>
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
  Price profile_row{};         ///< height of a row of the volume profile, whole ticks; zero: as metrics_engine derives it
  double volume_share{0};      ///< of the market's volume that the feed sees, 0 to 1; 0: unknown
  bool from_bars{false};       ///< its feed is made of bars: a trade is a bar's close with all of the bar's volume
  InstrumentId id() const { return instrument_id(symbol); }
};

/// From an instrument's id to its place in a list, for every tick: an open table, at most half full, one probe nearly always.
class InstrumentIndex {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  /// Its place is the number of those before it. False when it is there already.
  bool add(InstrumentId id);
  /// kNone: not in the list.
  std::uint32_t of(InstrumentId id) const {
    for (std::uint64_t at = id.value;; ++at) {
      const Slot& slot = slots_[at & (slots_.size() - 1)];
      if (slot.id == id || slot.place == kNone) return slot.place;
    }
  }
  std::size_t size() const { return size_; }

 private:
  struct Slot {
    InstrumentId id{};
    std::uint32_t place{kNone};
  };
  void place(Slot slot);
  std::vector<Slot> slots_ = std::vector<Slot>(2);  // a power of two
  std::size_t size_{0};
};

/// Ordered by symbol; found by id.
class Instruments {
 public:
  /// Error: two symbols of one name or one hash, a non-positive tick, lot or multiplier.
  static Result<Instruments> make(std::vector<Instrument> list);
  const Instrument* find(InstrumentId id) const {
    const auto at = index_.of(id);
    return at == InstrumentIndex::kNone ? nullptr : &list_[at];
  }
  /// Place in list(); InstrumentIndex::kNone when it is not listed.
  std::uint32_t index_of(InstrumentId id) const { return index_.of(id); }
  const Instrument* find(const Symbol& symbol) const { return find(instrument_id(symbol)); }
  /// `AAPL` where one venue only lists it, or `AAPL.DEMO`. Error names the candidates.
  Result<Symbol> resolve(std::string_view text) const;
  const std::vector<Instrument>& list() const { return list_; }

 private:
  std::vector<Instrument> list_;
  InstrumentIndex index_;
};

}  // namespace tickmesh
