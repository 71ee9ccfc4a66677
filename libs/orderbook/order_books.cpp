#include "orderbook/order_books.hpp"

#include <bit>
#include <cstdlib>

namespace tickmesh {

std::string_view to_string(OrderAnswer answer) {
  constexpr std::string_view kNames[] = {"done", "unknown_order", "known_order", "too_much", "refused"};
  return kNames[static_cast<std::size_t>(answer)];
}

OrderBooks::OrderBooks(std::span<const Price> ticks, std::size_t orders) : pool_(1), levels_(1) {
  TM_INVARIANT(!ticks.empty() && ticks.size() <= 65'535, "there are 1 to 65,535 books");
  books_.reserve(ticks.size());
  for (const Price tick : ticks) books_.push_back({TickGrid{tick}});
  slots_.resize(std::bit_ceil(std::max<std::size_t>(orders, 16) * 2));
  mask_ = static_cast<std::uint32_t>(slots_.size() - 1);
  pool_.reserve(orders + 1);
  levels_.reserve(ticks.size() * 64);
}

/// Where `id` is, or the empty slot where it would be.
std::size_t OrderBooks::slot_of(Id id, std::uint32_t tag) const {
  std::size_t i = tag & mask_;
  while (slots_[i].order != 0 && (slots_[i].tag != tag || pool_[slots_[i].order].id != id)) i = (i + 1) & mask_;
  return i;
}

void OrderBooks::erase_slot(std::size_t slot) {
  for (std::size_t next = (slot + 1) & mask_; slots_[next].order != 0; next = (next + 1) & mask_) {
    if (((next - slots_[next].tag) & mask_) >= ((next - slot) & mask_)) {
      slots_[slot] = slots_[next];
      slot = next;
    }
  }
  slots_[slot].order = 0;
}

void OrderBooks::grow_slots() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  mask_ = static_cast<std::uint32_t>(slots_.size() - 1);
  for (const Slot& slot : old) {
    if (slot.order == 0) continue;
    std::size_t i = slot.tag & mask_;
    while (slots_[i].order != 0) i = (i + 1) & mask_;
    slots_[i] = slot;
  }
}

bool OrderBooks::rest(std::uint16_t number, Id id, Side side, std::int64_t key, std::int64_t size, std::size_t slot) {
  auto& side_levels = ladder(books_[number], side);
  std::uint32_t at = side_levels.get(key);
  std::int64_t sum = 0;
  if (__builtin_add_overflow(levels_[at].size, size, &sum)) [[unlikely]]
    return false;
  if (at == 0) {
    if (free_level_ != 0) {
      at = free_level_;
      free_level_ = levels_[at].first;
    } else {
      at = static_cast<std::uint32_t>(levels_.size());
      levels_.emplace_back();
    }
    levels_[at] = {.size = 0, .key = key, .first = 0, .last = 0, .orders = 0, .book = number, .side = side};
    side_levels.set(key, at);
  }
  std::uint32_t order = free_order_;
  if (order != 0) {
    free_order_ = pool_[order].behind;
  } else {
    order = static_cast<std::uint32_t>(pool_.size());
    pool_.emplace_back();
  }
  Level& level = levels_[at];
  pool_[order] = {id, size, at, level.last, 0};
  (level.last != 0 ? pool_[level.last].behind : level.first) = order;
  level.last = order;
  level.size = sum;
  ++level.orders;
  slots_[slot] = {tag_of(id), order};
  if (++orders_ * 2 > slots_.size()) grow_slots();
  return true;
}

void OrderBooks::take_out(std::size_t slot) {
  const std::uint32_t number = slots_[slot].order;
  Order& order = pool_[number];
  Level& level = levels_[order.level];
  (order.ahead != 0 ? pool_[order.ahead].behind : level.first) = order.behind;
  (order.behind != 0 ? pool_[order.behind].ahead : level.last) = order.ahead;
  level.size -= order.size;
  if (--level.orders == 0) {
    ladder(books_[level.book], level.side).set(level.key, 0);
    level.first = free_level_;
    free_level_ = order.level;
  }
  order.behind = free_order_;
  free_order_ = number;
  --orders_;
  erase_slot(slot);
}

OrderAnswer OrderBooks::add(std::uint16_t number, Id id, Side side, Price price, Quantity size) {
  if (number >= books_.size()) [[unlikely]]
    return told(OrderAnswer::refused);
  Book& book = books_[number];
  const std::int64_t ticks = book.grid.ticks(price);
  if (ticks == TickGrid::kOff || size.raw() <= 0 || side == Side::none) [[unlikely]]
    return doubt(book, OrderAnswer::refused);
  const std::uint32_t tag = tag_of(id);
  const std::size_t slot = slot_of(id, tag);
  if (slots_[slot].order != 0) [[unlikely]]
    return doubt(book, OrderAnswer::known_order);
  const bool rests = rest(number, id, side, side == Side::buy ? -ticks : ticks, size.raw(), slot);
  return rests ? told(OrderAnswer::done) : doubt(book, OrderAnswer::refused);
}

OrderAnswer OrderBooks::reduce(Id id, Quantity by) {
  const std::size_t slot = slot_of(id, tag_of(id));
  if (slots_[slot].order == 0) return told(OrderAnswer::unknown_order);
  Order& order = pool_[slots_[slot].order];
  Level& level = levels_[order.level];
  if (by.raw() <= 0) [[unlikely]]
    return doubt(books_[level.book], OrderAnswer::refused);
  if (by.raw() < order.size) {
    order.size -= by.raw();
    level.size -= by.raw();
    return told(OrderAnswer::done);
  }
  const bool all = by.raw() == order.size;
  Book& book = books_[level.book];
  take_out(slot);
  return all ? told(OrderAnswer::done) : doubt(book, OrderAnswer::too_much);
}

OrderAnswer OrderBooks::remove(Id id) {
  const std::size_t slot = slot_of(id, tag_of(id));
  if (slots_[slot].order == 0) return told(OrderAnswer::unknown_order);
  take_out(slot);
  return told(OrderAnswer::done);
}

OrderAnswer OrderBooks::replace(Id id, Id by, Price price, Quantity size) {
  const std::size_t slot = slot_of(id, tag_of(id));
  if (slots_[slot].order == 0) return told(OrderAnswer::unknown_order);
  const Level& level = levels_[pool_[slots_[slot].order].level];
  const std::uint16_t number = level.book;
  const Side side = level.side;
  Book& book = books_[number];
  const std::int64_t ticks = book.grid.ticks(price);
  if (ticks == TickGrid::kOff || size.raw() <= 0) [[unlikely]]
    return doubt(book, OrderAnswer::refused);
  if (by != id && slots_[slot_of(by, tag_of(by))].order != 0) [[unlikely]]
    return doubt(book, OrderAnswer::known_order);
  take_out(slot);
  const bool rests = rest(number, by, side, side == Side::buy ? -ticks : ticks, size.raw(), slot_of(by, tag_of(by)));
  return rests ? told(OrderAnswer::done) : doubt(book, OrderAnswer::too_much);
}

void OrderBooks::clear(std::uint16_t number) {
  Book& book = books_.at(number);
  for (auto* side : {&book.bids, &book.asks})
    while (!side->empty()) {
      const Id id = pool_[levels_[side->get(side->best())].first].id;
      take_out(slot_of(id, tag_of(id)));
    }
  book.suspect = false;
}

BookLevel OrderBooks::said(const Book& book, const Level& level) const {
  return {book.grid.price(std::abs(level.key)), Quantity::from_raw(level.size), level.orders};
}

BookLevel OrderBooks::best(std::uint16_t number, Side side) const {
  const auto& levels = ladder(number, side);
  return levels.empty() ? BookLevel{} : said(books_[number], levels_[levels.get(levels.best())]);
}

std::size_t OrderBooks::top(std::uint16_t number, Side side, std::span<BookLevel> into) const {
  std::size_t count = 0;
  ladder(number, side).first(into.size(), [&](std::int64_t, std::uint32_t at) { into[count++] = said(books_[number], levels_[at]); });
  return count;
}

bool OrderBooks::crossed(std::uint16_t number) const {
  const Book& book = books_.at(number);
  return !book.bids.empty() && !book.asks.empty() && -book.bids.best() > book.asks.best();
}

bool OrderBooks::find(Id id, RestingOrder& into) const {
  const Slot& slot = slots_[slot_of(id, tag_of(id))];
  if (slot.order == 0) return false;
  const Level& level = levels_[pool_[slot.order].level];
  into = {level.book, level.side, books_[level.book].grid.price(std::abs(level.key)), Quantity::from_raw(pool_[slot.order].size)};
  return true;
}

Quantity OrderBooks::ahead(Id id) const {
  std::int64_t sum = 0;
  const Slot& slot = slots_[slot_of(id, tag_of(id))];
  if (slot.order != 0)
    for (std::uint32_t at = pool_[slot.order].ahead; at != 0; at = pool_[at].ahead) sum += pool_[at].size;
  return Quantity::from_raw(sum);
}

void OrderBooks::save(ByteWriter& out) const {
  for (const std::uint64_t n : counts_) out.put(n);
  out.put(static_cast<std::uint32_t>(books_.size()));
  for (const Book& book : books_) {
    out.put(book.suspect);
    for (const auto* side : {&book.bids, &book.asks}) {
      out.put(static_cast<std::uint32_t>(side->size()));
      side->each([&](std::int64_t key, std::uint32_t at) {
        out.put(key), out.put(levels_[at].orders);
        for (std::uint32_t o = levels_[at].first; o != 0; o = pool_[o].behind) out.put(pool_[o].id), out.put(pool_[o].size);
      });
    }
  }
}

void OrderBooks::load(ByteReader& in) {
  for (std::size_t b = 0; b < books_.size(); ++b) clear(static_cast<std::uint16_t>(b));
  for (std::uint64_t& n : counts_) n = in.get<std::uint64_t>();
  TM_INVARIANT(in.get<std::uint32_t>() == books_.size(), "a stored market has the books it is loaded into");
  for (std::size_t b = 0; b < books_.size(); ++b) {
    Book& book = books_[b];
    book.suspect = in.get<bool>();
    for (const Side side : {Side::buy, Side::sell}) {
      const auto levels = in.get<std::uint32_t>();
      std::int64_t last = 0;
      for (std::uint32_t l = 0; l < levels; ++l) {
        const auto key = in.get<std::int64_t>();
        const auto orders = in.get<std::uint32_t>();
        const std::int64_t ticks = side == Side::buy ? -key : key;
        TM_INVARIANT(key >= -TickGrid::kMost && ticks > 0 && ticks <= TickGrid::kMost && (l == 0 || key > last) && orders > 0,
                     "stored levels are a side of a book");
        TM_INVARIANT(book.grid.ticks(book.grid.price(ticks)) == ticks, "a stored level has a price");
        last = key;
        for (std::uint32_t o = 0; o < orders; ++o) {
          const auto id = in.get<Id>();
          const auto size = in.get<std::int64_t>();
          const std::size_t slot = slot_of(id, tag_of(id));
          TM_INVARIANT(size > 0 && slots_[slot].order == 0, "a stored order has a size and is stored once");
          TM_INVARIANT(rest(static_cast<std::uint16_t>(b), id, side, key, size, slot), "a stored level's sizes have a sum");
        }
      }
    }
  }
}

}  // namespace tickmesh
