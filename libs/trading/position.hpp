// One position, from its first fill to its last, and what it is worth. Exact: each fill's value and each fee is rounded half-even once.
#pragma once
#include <string>

#include "core/bytes.hpp"
#include "core/events.hpp"
#include "core/fixed.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// A two-sided, uncrossed quote; anything else is no price.
struct LastQuote {
  Timestamp time{};  ///< its publisher's; zero: none yet
  Price bid{}, ask{};
  bool synthetic{false};
  friend bool operator==(const LastQuote&, const LastQuote&) = default;
};
/// What `side` would pay or get now: ask for a buy, bid for a sell. Zero without a quote.
constexpr Price opposite_quote(const LastQuote& q, Side side) { return side == Side::buy ? q.ask : q.bid; }

/// What a fill did to a position.
struct Execution {
  Price price{};        ///< > 0
  Quantity quantity{};  ///< > 0
  Money commission{};   ///< >= 0, charged to realized P&L when it falls due
  Timestamp time{};     ///< the venue's
};

/// Cash is conserved: once flat, realized = sum of sells - sum of buys - fees, to the last digit, because the entry value held is
/// released in proportion (rounded half-even) and wholly with the last unit.
class PositionState {
 public:
  PositionState() = default;
  PositionState(std::string id, Symbol symbol, Side side, Quantity multiplier);

  /// A fill on the position's own side.
  void enlarge(const Execution& fill);
  /// A fill against it; `fill.quantity` <= quantity(). Returns the realized P&L of this fill, after its fee.
  Money reduce(const Execution& fill);

  const std::string& id() const { return id_; }
  const Symbol& symbol() const { return symbol_; }
  Side side() const { return side_; }
  Quantity quantity() const { return quantity_; }  ///< held, >= 0
  bool flat() const { return quantity_.is_zero(); }
  Quantity signed_quantity() const { return side_ == Side::sell ? -quantity_ : quantity_; }
  Money realized() const { return realized_; }  ///< after fees, those of entries included
  Money fees() const { return fees_; }
  Money held_value() const { return held_value_; }  ///< entry value of what is still held
  Price entry_price() const;                        ///< mean of entry fills, rounded half-even
  Price exit_price() const;                         ///< mean of exit fills, zero before the first
  /// Market value at the side it would trade at: bid for a long, ask for a short. Without a quote: its entry value.
  Money value(const LastQuote& quote) const;
  Money unrealized(const LastQuote& quote) const;
  /// Everything but header and kind.
  PositionEvent event() const;

  void save(ByteWriter& out) const;
  void load(ByteReader& in);
  friend bool operator==(const PositionState&, const PositionState&) = default;

  Price stop{}, target{};  ///< zero: none
  std::string strategy{};
  std::string exit_reason{};

 private:
  std::string id_;
  Symbol symbol_;
  Side side_{Side::none};
  Quantity multiplier_{Quantity::from_units(1)};
  Quantity quantity_{}, entry_quantity_{}, exit_quantity_{};
  Int128 entry_sum_{0}, exit_sum_{0};  ///< sums of price x quantity, units of 1e-16
  Money entry_value_{}, held_value_{};
  Money realized_{}, fees_{};
  Timestamp entry_time_{}, exit_time_{};
};

/// sum / quantity, rounded half-even; zero when quantity is.
Price mean_price(Int128 sum, Quantity quantity);

}  // namespace tickmesh
