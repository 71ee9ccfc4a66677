// A book by price level: what rests at each price, both sides. One writer, no locks; copies nothing and, once warm, allocates nothing.
#pragma once
#include <cstdint>
#include <span>

#include "core/bytes.hpp"
#include "core/events.hpp"
#include "orderbook/price_ladder.hpp"
#include "orderbook/tick_grid.hpp"

namespace tickmesh {

struct BookLevel {
  Price price{};
  Quantity size{};
  std::uint32_t orders{0};  ///< 0 where the book is not by order
  friend bool operator==(const BookLevel&, const BookLevel&) = default;
};

/// Side::buy are bids, Side::sell asks.
class LevelBook {
 public:
  /// `tick` > 0: prices between two ticks are refused.
  explicit LevelBook(Price tick) : grid_{tick} {}
  Price tick() const { return grid_.tick(); }

  /// `size` is what rests at `price` now; 0 takes the level away. False, and nothing changes: a price that is no positive multiple of the
  /// tick, or a size below 0.
  bool set(Side side, Price price, Quantity size) {
    const std::int64_t ticks = grid_.ticks(price);
    if (ticks == TickGrid::kOff || size.raw() < 0) [[unlikely]]
      return false;
    side == Side::buy ? bids_.set(-ticks, size.raw()) : asks_.set(ticks, size.raw());
    return true;
  }
  void clear();

  bool empty(Side side) const { return ladder(side).empty(); }
  std::size_t levels(Side side) const { return ladder(side).size(); }
  /// Price and size 0 where the side is empty.
  BookLevel best(Side side) const;
  /// 0: no level.
  Quantity at(Side side, Price price) const;
  /// Fills from the front, best first; how many there are.
  std::size_t top(Side side, std::span<BookLevel> into) const;
  /// Best bid above best ask. A locked book is not crossed.
  bool crossed() const { return !bids_.empty() && !asks_.empty() && -bids_.best() > asks_.best(); }

  /// All levels, best first: equal books give equal bytes, however they came about.
  void save(ByteWriter& out) const;
  /// Throws InvariantError for what no book holds: a size below 1, a price off the tick, levels out of order.
  void load(ByteReader& in);

 private:
  using Ladder = PriceLadder<std::int64_t>;
  const Ladder& ladder(Side side) const { return side == Side::buy ? bids_ : asks_; }
  TickGrid grid_;
  Ladder bids_, asks_;
};

}  // namespace tickmesh
