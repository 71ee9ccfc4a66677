#include "orderbook/order_books.hpp"

#include <bit>
#include <cstdlib>

namespace tickmesh {

std::string_view to_string(OrderAnswer answer) {
  constexpr std::string_view kNames[] = {"done", "unknown_order", "known_order", "too_much", "refused"};
  return kNames[static_cast<std::size_t>(answer)];
}

OrderBooks::OrderBooks(std::span<const Price> ticks, std::size_t orders) : ids_{orders}, levels_(1) {
  TM_INVARIANT(!ticks.empty() && ticks.size() <= 65'535, "there are 1 to 65,535 books");
  books_.reserve(ticks.size());
  for (const Price tick : ticks) books_.push_back({TickGrid{tick}});
  make_places(orders + orders / 2);
  free_[0] &= ~std::uint64_t{1};  // nobody's
  levels_.reserve(ticks.size() * 64);
}

bool OrderBooks::rest(std::uint16_t number, Id id, Side side, std::int64_t key, std::int64_t size) {
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
  const std::uint32_t order = free_place();
  Level& level = levels_[at];
  pool_[order] = {id, size, at, level.last, 0};
  pool_[level.last].behind = order;  // of nobody, where the level is new: cheaper than asking
  level.first = level.last == 0 ? order : level.first;
  level.last = order;
  level.size = sum;
  ++level.orders;
  ++orders_;
  ids_.put(id, order);
  return true;
}

/// Places are given in their order, around and around: orders of one time lie in few pages.
std::uint32_t OrderBooks::free_place() {
  while (free_[word_] == 0) [[unlikely]] {
    if (++word_ < free_.size()) continue;
    word_ = 0;
    if (orders_ > pool_.size() / 4 * 3) {
      word_ = free_.size();
      make_places(pool_.size() / 2);
    }
  }
  const auto place = static_cast<std::uint32_t>(word_ * 64) + static_cast<std::uint32_t>(std::countr_zero(free_[word_]));
  free_[word_] &= free_[word_] - 1;
  return place;
}

void OrderBooks::make_places(std::size_t more) {
  free_.resize(free_.size() + more / 64 + 1, ~std::uint64_t{0});
  pool_.resize(free_.size() * 64);
}

void OrderBooks::take_out(std::uint32_t place) {
  const Order& order = pool_[place];
  Level& level = levels_[order.level];
  ids_.erase(order.id, place);
  const std::uint32_t ahead = order.ahead, behind = order.behind;
  pool_[ahead].behind = behind;  // of nobody, where it is first or last
  pool_[behind].ahead = ahead;
  level.first = ahead == 0 ? behind : level.first;
  level.last = behind == 0 ? ahead : level.last;
  level.size -= order.size;
  if (--level.orders == 0) {
    ladder(books_[level.book], level.side).set(level.key, 0);
    level.first = free_level_;
    free_level_ = order.level;
  }
  free_[place / 64] |= std::uint64_t{1} << place % 64;
  --orders_;
}

OrderAnswer OrderBooks::add(std::uint16_t number, Id id, Side side, Price price, Quantity size) {
  if (number >= books_.size()) [[unlikely]]
    return told(OrderAnswer::refused);
  Book& book = books_[number];
  const std::int64_t ticks = book.grid.ticks(price);
  if (ticks == TickGrid::kOff || size.raw() <= 0 || side == Side::none) [[unlikely]]
    return doubt(book, OrderAnswer::refused);
  const std::uint32_t at = ids_.find(id, id_at());
  if (at != 0) [[unlikely]]
    return doubt(book, OrderAnswer::known_order);
  const bool rests = rest(number, id, side, signed_key(side, ticks), size.raw());
  return rests ? told(OrderAnswer::done) : doubt(book, OrderAnswer::refused);
}

OrderAnswer OrderBooks::reduce(Id id, Quantity by) {
  const std::uint32_t at = ids_.find(id, id_at());
  if (at == 0) return told(OrderAnswer::unknown_order);
  Order& order = pool_[at];
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
  take_out(at);
  return all ? told(OrderAnswer::done) : doubt(book, OrderAnswer::too_much);
}

OrderAnswer OrderBooks::remove(Id id) {
  const std::uint32_t at = ids_.find(id, id_at());
  if (at == 0) return told(OrderAnswer::unknown_order);
  take_out(at);
  return told(OrderAnswer::done);
}

OrderAnswer OrderBooks::replace(Id id, Id by, Price price, Quantity size) {
  const std::uint32_t at = ids_.find(id, id_at());
  if (at == 0) return told(OrderAnswer::unknown_order);
  const Level& level = levels_[pool_[at].level];
  const std::uint16_t number = level.book;
  const Side side = level.side;
  Book& book = books_[number];
  const std::int64_t ticks = book.grid.ticks(price);
  if (ticks == TickGrid::kOff || size.raw() <= 0) [[unlikely]]
    return doubt(book, OrderAnswer::refused);
  if (by != id && ids_.find(by, id_at()) != 0) [[unlikely]]
    return doubt(book, OrderAnswer::known_order);
  take_out(at);
  const bool rests = rest(number, by, side, signed_key(side, ticks), size.raw());
  return rests ? told(OrderAnswer::done) : doubt(book, OrderAnswer::too_much);
}

void OrderBooks::clear(std::uint16_t number) {
  Book& book = books_.at(number);
  for (auto& side : book.sides)
    while (!side.empty()) take_out(ids_.find(pool_[levels_[side.get(side.best())].first].id, id_at()));
  book.suspect = false;
}

BookLevel OrderBooks::said(const Book& book, const Level& level) const {
  return {book.grid.price(std::abs(level.key)), Quantity::from_raw(level.size), level.orders};
}

BookLevel OrderBooks::best(std::uint16_t number, Side side) const {
  const auto& levels = books_.at(number).sides[index_of(side)];
  return levels.empty() ? BookLevel{} : said(books_[number], levels_[levels.get(levels.best())]);
}

std::size_t OrderBooks::top(std::uint16_t number, Side side, std::span<BookLevel> into) const {
  std::size_t count = 0;
  const Book& book = books_.at(number);
  ladder(number, side).first(into.size(), [&](std::int64_t, std::uint32_t at) { into[count++] = said(book, levels_[at]); });
  return count;
}

bool OrderBooks::crossed(std::uint16_t number) const {
  const Book& book = books_.at(number);
  const auto& [asks, bids] = book.sides;
  return !bids.empty() && !asks.empty() && -bids.best() > asks.best();
}

bool OrderBooks::find(Id id, RestingOrder& into) const {
  const std::uint32_t place = ids_.find(id, id_at());
  if (place == 0) return false;
  const Level& level = levels_[pool_[place].level];
  into = {level.book, level.side, books_[level.book].grid.price(std::abs(level.key)), Quantity::from_raw(pool_[place].size)};
  return true;
}

Quantity OrderBooks::ahead(Id id) const {
  std::int64_t sum = 0;
  const std::uint32_t place = ids_.find(id, id_at());
  if (place != 0)
    for (std::uint32_t at = pool_[place].ahead; at != 0; at = pool_[at].ahead) sum += pool_[at].size;
  return Quantity::from_raw(sum);
}

void OrderBooks::save(ByteWriter& out) const {
  for (const std::uint64_t n : counts_) out.put(n);
  out.put(static_cast<std::uint32_t>(books_.size()));
  for (const Book& book : books_) {
    out.put(book.suspect);
    for (const auto* side : {&book.sides[1], &book.sides[0]}) {
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
          const std::uint32_t at = ids_.find(id, id_at());
          TM_INVARIANT(size > 0 && at == 0, "a stored order has a size and is stored once");
          TM_INVARIANT(rest(static_cast<std::uint16_t>(b), id, side, key, size), "a stored level's sizes have a sum");
        }
      }
    }
  }
}

}  // namespace tickmesh
