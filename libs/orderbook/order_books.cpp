#include "orderbook/order_books.hpp"

#include <bit>
#include <cstdlib>

namespace tickmesh {
namespace {

// A choice that nobody could guess, made without a branch: all bits or none, and what they pick.
template <class T = std::int64_t>
constexpr T mask(bool yes) {
  return static_cast<T>(T{0} - T{yes});
}
template <class T>
constexpr T either(T mask, T yes, T no) {
  return no ^ ((yes ^ no) & mask);
}

}  // namespace

std::string_view to_string(OrderAnswer answer) {
  constexpr std::string_view kNames[] = {"done", "unknown_order", "known_order", "too_much", "refused"};
  return kNames[static_cast<std::size_t>(answer)];
}

OrderBooks::OrderBooks(std::span<const Price> ticks, std::size_t orders) : ids_{orders}, racks_(1), levels_(1) {
  TM_INVARIANT(!ticks.empty() && ticks.size() <= 65'535, "there are 1 to 65,535 books");
  books_.reserve(ticks.size());
  for (const Price tick : ticks) books_.push_back({TickGrid{tick}});
  racks_[0].orders.fill({.id = 0, .size = -1});
  make_racks(std::max<std::size_t>(orders, 1));
  levels_.reserve(ticks.size() * 64);
}

void OrderBooks::make_racks(std::size_t more) {
  const std::size_t from = racks_.size();
  racks_.resize(from + more);
  for (std::size_t r = from; r < racks_.size(); ++r) racks_[r].ahead = static_cast<std::uint32_t>(r + 1);
  racks_.back().ahead = free_rack_;
  free_rack_ = static_cast<std::uint32_t>(from);
}

std::uint32_t OrderBooks::new_level(std::uint16_t number, Side side, std::int64_t key) {
  std::uint32_t at = free_level_;
  if (at != 0) {
    free_level_ = levels_[at].last;
  } else {
    at = static_cast<std::uint32_t>(levels_.size());
    levels_.emplace_back();
  }
  levels_[at] = {.size = 0, .key = key, .last = 0, .orders = 0, .book = number, .side = side};
  ladder(books_[number], side).set(key, at);
  return at;
}

/// The place that the next order of a level takes. Whether its last rack is full is nothing to guess a branch by: a free one is looked at
/// in either case, and there always is one.
std::uint32_t OrderBooks::place_behind(std::uint32_t at) {
  Level& level = levels_[at];
  const std::uint32_t was = level.last, free = free_rack_;
  Rack &last = racks_[was], &fresh = racks_[free];
  const std::uint32_t next = last.next();
  const std::uint32_t full = mask<std::uint32_t>(next == last.orders.size());
  const std::uint32_t next_free = fresh.ahead;
  last.behind = free & full;
  fresh.level = at;
  fresh.ahead = either(full, was, next_free);
  fresh.behind = 0;
  level.last = either(full, free, was);
  free_rack_ = either(full, next_free, free);
  if (free_rack_ == 0) [[unlikely]]
    make_racks(racks_.size() / 2 + 1);
  __builtin_prefetch(&racks_[free_rack_]);
  return either(full, free * kPlaces, was * kPlaces + next);
}

bool OrderBooks::rest(std::uint16_t number, Id id, Side side, std::int64_t key, std::int64_t size, std::uint32_t at) {
  if (!levels_[at].is(number, side, key)) at = level_at(number, side, key);
  std::int64_t sum = 0;
  if (__builtin_add_overflow(levels_[at].size, size, &sum)) [[unlikely]]
    return false;
  if (at == 0) [[unlikely]]
    at = new_level(number, side, key);
  const std::uint32_t place = place_behind(at);
  order(place) = {id, size};
  Level& level = levels_[at];
  level.size = sum;
  ++level.orders;
  ++orders_;
  ids_.put(id, place);
  return true;
}

/// `size` of an order, all of it at most. Whether it was all is nothing to guess a branch by.
void OrderBooks::take_out(std::uint32_t place, std::int64_t size) {
  Rack& rack = racks_[place / kPlaces];
  Order& order = rack.orders[place % kPlaces];
  Level& level = levels_[rack.level];
  const bool goes = order.size == size;
  ids_.erase(order.id, place, goes);
  level.size -= size;
  order.size -= size;
  level.orders -= std::uint32_t{goes};
  orders_ -= std::size_t{goes};
  if (rack.empty() && (rack.behind != 0 || level.orders == 0)) leave(place / kPlaces);
}

/// Nobody is in a rack any longer.
void OrderBooks::leave(std::uint32_t number) {
  Rack& rack = racks_[number];
  const std::uint32_t at = rack.level;
  Level& level = levels_[at];
  if (rack.behind != 0) {
    racks_[rack.ahead].behind = rack.behind;  // of nobody, where it is the first
    racks_[rack.behind].ahead = rack.ahead;
    rack.ahead = free_rack_;
    free_rack_ = number;
  }
  if (level.orders != 0) return;
  ladder(books_[level.book], level.side).set(level.key, 0);
  racks_[level.last].ahead = free_rack_;  // nobody is in it, so it is the only one left
  free_rack_ = level.last;
  level.last = free_level_;
  free_level_ = at;
}

OrderAnswer OrderBooks::add(std::uint16_t number, Id id, Side side, std::int64_t ticks, std::int64_t size, std::uint32_t guess) {
  if (number >= books_.size()) [[unlikely]]
    return told(OrderAnswer::refused);
  Book& book = books_[number];
  if (ticks == TickGrid::kOff || size <= 0 || side == Side::none) [[unlikely]]
    return doubt(book, OrderAnswer::refused);
  if (ids_.find(id, id_at()) != 0) [[unlikely]]
    return doubt(book, OrderAnswer::known_order);
  const bool rests = rest(number, id, side, signed_key(side, ticks), size, guess);
  return rests ? told(OrderAnswer::done) : doubt(book, OrderAnswer::refused);
}

OrderAnswer OrderBooks::take(std::uint32_t place, std::int64_t by) {
  const Level& level = level_of(place);
  if (by <= 0) [[unlikely]]
    return doubt(books_[level.book], OrderAnswer::refused);
  const std::int64_t left = order(place).size - by;
  take_out(place, by + (left & left >> 63));  // all, where it is more
  return left >= 0 ? told(OrderAnswer::done) : doubt(books_[level.book], OrderAnswer::too_much);
}

OrderAnswer OrderBooks::move(std::uint32_t place, Id by, Price price, std::int64_t size, std::uint32_t guess) {
  const Level& level = level_of(place);
  const std::uint16_t number = level.book;
  const Side side = level.side;
  Book& book = books_[number];
  const std::int64_t ticks = book.grid.ticks(price);
  if (ticks == TickGrid::kOff || size <= 0) [[unlikely]]
    return doubt(book, OrderAnswer::refused);
  if (by != order(place).id && ids_.find(by, id_at()) != 0) [[unlikely]]
    return doubt(book, OrderAnswer::known_order);
  take_out(place, order(place).size);
  const bool rests = rest(number, by, side, signed_key(side, ticks), size, guess);
  return rests ? told(OrderAnswer::done) : doubt(book, OrderAnswer::too_much);
}

OrderAnswer OrderBooks::add(std::uint16_t number, Id id, Side side, Price price, Quantity size) {
  return add(number, id, side, number < books_.size() ? books_[number].grid.ticks(price) : TickGrid::kOff, size.raw(), 0);
}

OrderAnswer OrderBooks::reduce(Id id, Quantity by) {
  const std::uint32_t at = ids_.find(id, id_at());
  return at == 0 ? told(OrderAnswer::unknown_order) : take(at, by.raw());
}

OrderAnswer OrderBooks::remove(Id id) {
  const std::uint32_t at = ids_.find(id, id_at());
  return at == 0 ? told(OrderAnswer::unknown_order) : take(at, order(at).size);
}

OrderAnswer OrderBooks::replace(Id id, Id by, Price price, Quantity size) {
  const std::uint32_t at = ids_.find(id, id_at());
  return at == 0 ? told(OrderAnswer::unknown_order) : move(at, by, price, size.raw(), 0);
}

void OrderBooks::apply(std::span<const OrderMessage> messages) {
  using Kind = OrderMessage::Kind;
  constexpr std::size_t kMost = 64;
  std::array<std::array<std::uint8_t, kMost>, 2> which;  // others, adds. Each in a row, so that no branch is to be guessed
  std::array<std::uint8_t, kMost> moving;                // of the others: replaced
  std::array<std::uint32_t, kMost> place, level;         // of others; of adds and replaced
  std::array<std::int64_t, kMost> ticks;                 // of adds
  for (; !messages.empty(); messages = messages.subspan(std::min(kMost, messages.size()))) {
    const std::size_t count = std::min(kMost, messages.size());
    std::size_t counts[2]{}, moved = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const bool add = messages[i].kind == Kind::add;
      which[0][counts[0]] = which[1][counts[1]] = static_cast<std::uint8_t>(i);
      counts[0] += std::size_t{!add};
      counts[1] += std::size_t{add};
      ids_.prefetch(messages[i].id);
    }
    const std::span others{which[0].data(), counts[0]}, adds{which[1].data(), counts[1]};
    for (const std::size_t i : adds) {
      const OrderMessage& m = messages[i];
      ticks[i] = TickGrid::kOff;
      if (m.book >= books_.size()) [[unlikely]]
        continue;
      const Book& book = books_[m.book];
      ticks[i] = book.grid.ticks(m.price);
      book.sides[index_of(m.side)].prefetch(signed_key(m.side, ticks[i]));
    }
    for (const std::size_t i : others) {
      place[i] = ids_.guess(messages[i].id);
      __builtin_prefetch(&racks_[place[i] / kPlaces]);
      moving[moved] = static_cast<std::uint8_t>(i);
      moved += messages[i].kind == Kind::replace ? 1 : 0;
    }
    for (const std::size_t i : adds) {
      const OrderMessage& m = messages[i];
      level[i] = ticks[i] == TickGrid::kOff ? 0 : ladder(m.book, m.side).get_near(signed_key(m.side, ticks[i]));
      __builtin_prefetch(&levels_[level[i]]);
    }
    for (const std::size_t i : others) __builtin_prefetch(&level_of(place[i]));
    for (const std::size_t i : adds) __builtin_prefetch(&racks_[levels_[level[i]].last]);
    for (const std::size_t i : std::span{moving.data(), moved}) {
      const Level& from = level_of(place[i]);
      level[i] = ladder(from.book, from.side).get_near(key_of(books_[from.book], from.side, messages[i].price));
      __builtin_prefetch(&levels_[level[i]]);
    }
    for (const std::size_t i : std::span{moving.data(), moved}) __builtin_prefetch(&racks_[levels_[level[i]].last]);
    for (std::size_t i = 0; i < count; ++i) {
      const OrderMessage& m = messages[i];
      if (m.kind == Kind::add) {
        add(m.book, m.id, m.side, ticks[i], m.size.raw(), level[i]);
        continue;
      }
      std::uint32_t at = place[i];
      if (order(at).id != m.id || order(at).size <= 0) [[unlikely]]  // it came, went or was not in the ring
        at = ids_.find(m.id, id_at());
      if (at == 0) [[unlikely]]
        told(OrderAnswer::unknown_order);
      else if (m.kind == Kind::replace)
        move(at, m.by, m.price, m.size.raw(), level[i]);
      else
        take(at, either(mask(m.kind == Kind::remove), order(at).size, m.size.raw()));
    }
  }
}

void OrderBooks::clear(std::uint16_t number) {
  Book& book = books_.at(number);
  for (auto& side : book.sides) {
    while (!side.empty()) {
      std::uint32_t rack = levels_[side.get(side.best())].last;
      if (racks_[rack].empty()) rack = racks_[rack].ahead;  // only the last one may be
      const std::uint32_t place = rack * kPlaces + racks_[rack].next() - 1;
      take_out(place, order(place).size);
    }
  }
  book.suspect = false;
}

std::uint32_t OrderBooks::first_rack(const Level& level) const {
  std::uint32_t rack = level.last;
  while (racks_[rack].ahead != 0) rack = racks_[rack].ahead;
  return rack;
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
  const Level& level = level_of(place);
  into = {level.book, level.side, books_[level.book].grid.price(std::abs(level.key)), Quantity::from_raw(order(place).size)};
  return true;
}

Quantity OrderBooks::ahead(Id id) const {
  std::int64_t sum = 0;
  const std::uint32_t place = ids_.find(id, id_at());
  if (place == 0) return {};
  const Rack* rack = &racks_[place / kPlaces];
  for (std::uint32_t i = 0; i < place % kPlaces; ++i) sum += rack->orders[i].size;
  while (rack->ahead != 0) {
    rack = &racks_[rack->ahead];
    for (const Order& order : rack->orders) sum += order.size;
  }
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
        for (std::uint32_t rack = first_rack(levels_[at]); rack != 0; rack = racks_[rack].behind)
          for (const Order& order : racks_[rack].orders)
            if (order.size != 0) out.put(order.id), out.put(order.size);
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
