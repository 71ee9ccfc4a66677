// A market by order as anyone would write it, and a stream of what could happen to it.
#pragma once
#include <algorithm>
#include <list>
#include <map>
#include <random>
#include <unordered_map>
#include <vector>

#include "orderbook/order_books.hpp"

namespace tickmesh::testing {

class TwinBooks {
 public:
  struct Order {
    std::uint64_t id;
    std::int64_t size;
  };
  struct Place {
    std::uint16_t book;
    Side side;
    std::int64_t price;
  };
  using Levels = std::map<std::int64_t, std::list<Order>>;
  explicit TwinBooks(std::size_t books) : bids(books), asks(books) {}
  Levels& side(std::uint16_t book, Side s) { return s == Side::buy ? bids[book] : asks[book]; }

  OrderAnswer add(std::uint16_t book, std::uint64_t id, Side s, std::int64_t price, std::int64_t size) {
    if (size <= 0) return OrderAnswer::refused;
    if (places.contains(id)) return OrderAnswer::known_order;
    side(book, s)[price].push_back({id, size});
    places[id] = {book, s, price};
    return OrderAnswer::done;
  }
  OrderAnswer reduce(std::uint64_t id, std::int64_t by) {
    if (!places.contains(id)) return OrderAnswer::unknown_order;
    const Place place = places[id];
    auto& queue = side(place.book, place.side)[place.price];
    auto at = std::ranges::find(queue, id, &Order::id);
    if (by <= 0) return OrderAnswer::refused;
    const auto answer = by > at->size ? OrderAnswer::too_much : OrderAnswer::done;
    at->size -= by;
    if (at->size <= 0) remove(id);
    return answer;
  }
  OrderAnswer remove(std::uint64_t id) {
    if (!places.contains(id)) return OrderAnswer::unknown_order;
    const Place place = places[id];
    Levels& levels = side(place.book, place.side);
    levels[place.price].remove_if([&](const Order& o) { return o.id == id; });
    if (levels[place.price].empty()) levels.erase(place.price);
    places.erase(id);
    return OrderAnswer::done;
  }
  OrderAnswer replace(std::uint64_t id, std::uint64_t by, std::int64_t price, std::int64_t size) {
    if (!places.contains(id)) return OrderAnswer::unknown_order;
    if (size <= 0) return OrderAnswer::refused;
    if (by != id && places.contains(by)) return OrderAnswer::known_order;
    const Place place = places[id];
    remove(id);
    return add(place.book, by, place.side, price, size);
  }
  /// Prices and sizes raw.
  std::vector<BookLevel> top(std::uint16_t book, Side s, std::size_t n) {
    std::vector<BookLevel> out;
    const auto take = [&](std::int64_t price, const std::list<Order>& queue) {
      BookLevel level{Price::from_raw(price), {}, static_cast<std::uint32_t>(queue.size())};
      for (const Order& o : queue) level.size += Quantity::from_raw(o.size);
      if (out.size() < n) out.push_back(level);
    };
    Levels& levels = side(book, s);
    if (s == Side::sell)
      for (const auto& [price, queue] : levels) take(price, queue);
    else
      for (auto at = levels.rbegin(); at != levels.rend(); ++at) take(at->first, at->second);
    return out;
  }
  std::int64_t ahead(std::uint64_t id) {
    if (!places.contains(id)) return 0;
    const Place place = places[id];
    std::int64_t sum = 0;
    for (const Order& o : side(place.book, place.side)[place.price]) {
      if (o.id == id) break;
      sum += o.size;
    }
    return sum;
  }
  std::vector<Levels> bids, asks;
  std::unordered_map<std::uint64_t, Place> places;
};

enum class OrderKind { add, execute, reduce, remove, replace };
struct OrderChange {
  OrderKind kind{};
  std::uint16_t book{0};
  std::uint64_t id{0}, by{0};
  Side side{Side::none};
  std::int64_t ticks{0}, size{0};  ///< of 0.01; whole units
};

/// What could happen to `books` books whose orders are `most` at once: prices wander, now and then far from the touch.
class OrderStream {
 public:
  OrderStream(std::uint64_t seed, std::uint16_t books, std::size_t most) : dice_{seed}, mid_(books, 10'000), most_{most} {}
  OrderChange next() {
    OrderChange c;
    const std::int64_t what = living_.size() >= most_ ? 60 + below(40) : below(100);
    if (living_.empty() || what < 50) {
      c.kind = OrderKind::add;
      c.book = static_cast<std::uint16_t>(below(static_cast<std::int64_t>(mid_.size())));
      c.id = ++last_;
      c.side = below(2) == 0 ? Side::buy : Side::sell;
      price(c);
      c.size = 1 + below(500);
      living_.push_back({c.id, c.size, c.book, c.side});
      return c;
    }
    // Most orders that anything happens to are young (recorded: half are among the last two of their stock, 99 in 100 among 28).
    const auto count = static_cast<std::int64_t>(living_.size());
    const std::int64_t young = below(8) == 0 ? count : std::min<std::int64_t>(count, 2'048);
    const auto place = static_cast<std::size_t>(count - 1 - below(young));
    Living& one = living_[place];
    c.id = one.id;
    c.book = one.book;
    c.side = one.side;
    if (what < 65 && one.size > 1) {
      c.kind = what < 58 ? OrderKind::execute : OrderKind::reduce;
      c.size = 1 + below(one.size - 1);
      one.size -= c.size;
    } else if (what < 75) {
      c.kind = OrderKind::replace;
      c.by = ++last_;
      price(c);
      c.size = 1 + below(500);
      one.id = c.by;
      one.size = c.size;
    } else {
      c.kind = what < 80 ? OrderKind::execute : OrderKind::remove;
      c.size = one.size;
      one = living_.back();
      living_.pop_back();
    }
    return c;
  }
  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(dice_() % static_cast<std::uint64_t>(n)); }

 private:
  struct Living {
    std::uint64_t id;
    std::int64_t size;
    std::uint16_t book;
    Side side;
  };
  void price(OrderChange& c) {
    mid_[c.book] = std::clamp<std::int64_t>(mid_[c.book] + below(3) - 1, 6'000, 20'000);
    const std::int64_t away = 1 + (below(50) == 0 ? below(5'900) : std::min(below(60), below(60)));
    c.ticks = c.side == Side::buy ? mid_[c.book] - away : mid_[c.book] + away;
  }
  std::mt19937_64 dice_;
  std::vector<std::int64_t> mid_;
  std::size_t most_;
  std::vector<Living> living_;
  std::uint64_t last_{0};
};

inline constexpr std::int64_t kCent = 1'000'000;
inline constexpr std::int64_t kOne = Quantity::kScale;

}  // namespace tickmesh::testing
