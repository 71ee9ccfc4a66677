#include "orderbook/level_book.hpp"

#include <cstdlib>

namespace tickmesh {

void LevelBook::clear() {
  bids_.clear();
  asks_.clear();
}

BookLevel LevelBook::best(Side side) const {
  const Ladder& levels = ladder(side);
  if (levels.empty()) return {};
  const std::int64_t key = levels.best();
  return {grid_.price(std::abs(key)), Quantity::from_raw(levels.get(key))};
}

Quantity LevelBook::at(Side side, Price price) const {
  const std::int64_t ticks = grid_.ticks(price);
  if (ticks == TickGrid::kOff) return {};
  return Quantity::from_raw(ladder(side).get(side == Side::buy ? -ticks : ticks));
}

std::size_t LevelBook::top(Side side, std::span<BookLevel> into) const {
  std::size_t count = 0;
  ladder(side).first(into.size(),
                     [&](std::int64_t key, std::int64_t size) { into[count++] = {grid_.price(std::abs(key)), Quantity::from_raw(size)}; });
  return count;
}

void LevelBook::save(ByteWriter& out) const {
  for (const Ladder* side : {&bids_, &asks_}) {
    out.put(static_cast<std::uint32_t>(side->size()));
    side->each([&](std::int64_t key, std::int64_t size) { out.put(key), out.put(size); });
  }
}

void LevelBook::load(ByteReader& in) {
  clear();
  for (Ladder* side : {&bids_, &asks_}) {
    const auto count = in.get<std::uint32_t>();
    std::int64_t last = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto key = in.get<std::int64_t>();
      const auto size = in.get<std::int64_t>();
      TM_INVARIANT((side == &bids_ ? key < 0 : key > 0) && size > 0 && (i == 0 || key > last), "stored levels are a side of a book");
      TM_INVARIANT(key >= -TickGrid::kMost && key <= TickGrid::kMost && grid_.ticks(grid_.price(std::abs(key))) == std::abs(key),
                   "a stored level has a price");
      side->set(key, size);
      last = key;
    }
  }
}

}  // namespace tickmesh
