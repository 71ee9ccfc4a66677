#include "orderbook/order_books.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "order_kit.hpp"

namespace tickmesh {
namespace {

using namespace tickmesh::testing;
using enum OrderAnswer;
constexpr Price kTick = Price::from_raw(kCent);
Price at(std::int64_t ticks) { return Price::from_raw(ticks * kCent); }
Quantity units(std::int64_t n) { return Quantity::from_units(n); }
BookLevel level(std::int64_t ticks, std::int64_t size, std::uint32_t orders) { return {at(ticks), units(size), orders}; }
std::vector<Price> ticks(std::size_t books) { return std::vector<Price>(books, kTick); }

std::vector<BookLevel> top(const OrderBooks& books, std::uint16_t book, Side side, std::size_t n) {
  std::vector<BookLevel> out(n);
  out.resize(books.top(book, side, out));
  return out;
}
Bytes saved(const OrderBooks& books) {
  Bytes bytes;
  ByteWriter out{bytes};
  books.save(out);
  return bytes;
}
OrderAnswer apply(OrderBooks& books, const OrderChange& c) {
  switch (c.kind) {
    case OrderKind::add: return books.add(c.book, c.id, c.side, at(c.ticks), units(c.size));
    case OrderKind::execute:
    case OrderKind::reduce: return books.reduce(c.id, units(c.size));
    case OrderKind::remove: return books.remove(c.id);
    case OrderKind::replace: return books.replace(c.id, c.by, at(c.ticks), units(c.size));
  }
  return refused;
}
OrderAnswer apply(TwinBooks& books, const OrderChange& c) {
  switch (c.kind) {
    case OrderKind::add: return books.add(c.book, c.id, c.side, c.ticks * kCent, c.size * kOne);
    case OrderKind::execute:
    case OrderKind::reduce: return books.reduce(c.id, c.size * kOne);
    case OrderKind::remove: return books.remove(c.id);
    case OrderKind::replace: return books.replace(c.id, c.by, c.ticks * kCent, c.size * kOne);
  }
  return refused;
}

TEST(OrderBooks, KeepsTheQueueOfALevel) {
  OrderBooks books{ticks(1)};
  EXPECT_EQ(books.add(0, 1, Side::buy, at(100), units(10)), done);
  EXPECT_EQ(books.add(0, 2, Side::buy, at(100), units(20)), done);
  EXPECT_EQ(books.add(0, 3, Side::buy, at(100), units(30)), done);
  EXPECT_EQ(books.best(0, Side::buy), level(100, 60, 3));
  EXPECT_EQ(books.ahead(3), units(30));
  EXPECT_EQ(books.reduce(1, units(4)), done);
  EXPECT_EQ(books.ahead(3), units(26)) << "part of the first is executed";
  EXPECT_EQ(books.remove(2), done);
  EXPECT_EQ(books.ahead(3), units(6));
  EXPECT_EQ(books.replace(1, 4, at(100), units(6)), done);
  EXPECT_EQ(books.ahead(3), units(0)) << "what is replaced goes to the end";
  EXPECT_EQ(books.ahead(4), units(30));
  RestingOrder order;
  EXPECT_TRUE(books.find(4, order));
  EXPECT_EQ(order, (RestingOrder{0, Side::buy, at(100), units(6)}));
  EXPECT_FALSE(books.find(1, order));
}

TEST(OrderBooks, SaysWhatDoesNotFitAndWhichBookIsInDoubt) {
  OrderBooks books{ticks(2)};
  books.add(0, 1, Side::sell, at(100), units(10));
  books.add(1, 2, Side::sell, at(100), units(10));
  const Bytes before = saved(books);
  EXPECT_EQ(books.reduce(9, units(1)), unknown_order);
  EXPECT_EQ(books.remove(9), unknown_order);
  EXPECT_EQ(books.replace(9, 10, at(100), units(1)), unknown_order);
  EXPECT_FALSE(books.suspect(0) || books.suspect(1));
  EXPECT_EQ(books.add(0, 2, Side::buy, at(90), units(1)), known_order);
  EXPECT_TRUE(books.suspect(0));
  EXPECT_EQ(books.replace(2, 1, at(90), units(1)), known_order);
  EXPECT_EQ(books.add(7, 3, Side::buy, at(90), units(1)), refused);
  EXPECT_EQ(books.add(1, 3, Side::buy, Price::from_raw(1), units(1)), refused);
  EXPECT_EQ(books.add(1, 3, Side::buy, at(90), units(0)), refused);
  EXPECT_EQ(books.add(1, 3, Side::none, at(90), units(1)), refused);
  EXPECT_EQ(books.reduce(2, units(0)), refused);
  EXPECT_EQ(books.replace(2, 3, at(0), units(1)), refused);
  EXPECT_EQ(books.best(0, Side::sell), level(100, 10, 1));
  EXPECT_EQ(books.best(1, Side::sell), level(100, 10, 1));
  EXPECT_EQ(books.orders(), 2U);
  EXPECT_NE(saved(books), before) << "the counts are kept";

  EXPECT_EQ(books.reduce(1, units(11)), too_much);
  EXPECT_EQ(books.best(0, Side::sell), BookLevel{});
  books.clear(0);
  EXPECT_FALSE(books.suspect(0));
  EXPECT_TRUE(books.suspect(1));
  EXPECT_EQ(books.add(1, 5, Side::sell, at(100), Quantity::from_raw(std::numeric_limits<std::int64_t>::max())), refused)
      << "a level's sum that does not fit";
  EXPECT_EQ(books.best(1, Side::sell), level(100, 10, 1));
}

TEST(OrderBooks, ClearingABookLeavesTheOthersAndTheirIds) {
  OrderBooks books{ticks(3), 64};
  OrderStream stream{4, 3, 500};
  TwinBooks twin{3};
  for (int i = 0; i < 5'000; ++i) {
    const OrderChange c = stream.next();
    apply(books, c);
    apply(twin, c);
  }
  books.clear(1);
  EXPECT_TRUE(top(books, 1, Side::buy, 9).empty());
  EXPECT_TRUE(top(books, 1, Side::sell, 9).empty());
  std::size_t left = 0;
  for (const auto& [id, place] : twin.places) {
    RestingOrder order;
    EXPECT_EQ(books.find(id, order), place.book != 1);
    left += place.book != 1 ? 1 : 0;
  }
  EXPECT_EQ(books.orders(), left);
  for (const std::uint16_t book : {std::uint16_t{0}, std::uint16_t{2}})
    EXPECT_EQ(top(books, book, Side::buy, 9), twin.top(book, Side::buy, 9));
}

TEST(OrderBooks, AgreesWithListsAndMapsOnARandomStreamAndGoesOnFromASnapshot) {
  for (const std::uint64_t seed : {1ULL, 2ULL}) {
    constexpr std::uint16_t kBooks = 5;
    OrderBooks books{ticks(kBooks), 64};  // small, so that its tables grow
    auto cut = std::make_unique<OrderBooks>(ticks(kBooks), 64);
    TwinBooks twin{kBooks};
    OrderStream stream{seed, kBooks, 3'000};
    for (int i = 0; i < 60'000; ++i) {
      OrderChange c = stream.next();
      if (stream.below(200) == 0 && c.kind == OrderKind::remove) c.id += 1'000'000'000;  // nobody's
      if (stream.below(200) == 0 && c.kind == OrderKind::reduce) c.size += 1'000;        // more than there is
      if (stream.below(200) == 0 && c.kind == OrderKind::add && !twin.places.empty()) c.id = twin.places.begin()->first;  // a living id
      const OrderAnswer answer = apply(twin, c);
      ASSERT_EQ(apply(books, c), answer) << i;
      ASSERT_EQ(apply(*cut, c), answer) << i;
      ASSERT_EQ(books.orders(), twin.places.size());
      const Side side = stream.below(2) == 0 ? Side::buy : Side::sell;
      ASSERT_EQ(top(books, c.book, side, 7), twin.top(c.book, side, 7)) << i;
      ASSERT_EQ(books.ahead(c.id).raw(), twin.ahead(c.id)) << i;
      if (stream.below(4'000) == 0) {
        const Bytes bytes = saved(*cut);
        cut = std::make_unique<OrderBooks>(ticks(kBooks), 16);
        ByteReader in{bytes};
        cut->load(in);
        ASSERT_TRUE(in.done());
        ASSERT_EQ(saved(*cut), bytes);
      }
      if (i % 5'000 == 0) {
        ASSERT_EQ(saved(*cut), saved(books));
      }
    }
    ASSERT_EQ(saved(*cut), saved(books));
    EXPECT_GT(books.count(unknown_order), 0U);
    EXPECT_GT(books.count(too_much), 0U);
    EXPECT_GT(books.count(known_order), 0U);
  }
}

OrderMessage message(const OrderChange& c) {
  using Kind = OrderMessage::Kind;
  const Kind kind = c.kind == OrderKind::add       ? Kind::add
                    : c.kind == OrderKind::remove  ? Kind::remove
                    : c.kind == OrderKind::replace ? Kind::replace
                                                   : Kind::reduce;
  return {.id = c.id, .by = c.by, .price = at(c.ticks), .size = units(c.size), .book = c.book, .side = c.side, .kind = kind};
}

TEST(OrderBooks, KeepsLongQueuesWhoeverLeavesThem) {
  for (const std::uint64_t seed : {5ULL, 6ULL, 7ULL}) {
    OrderBooks books{ticks(2), 16};
    TwinBooks twin{2};
    std::mt19937_64 dice{seed};
    std::vector<std::uint64_t> living;
    std::uint64_t last = 0;
    // The living wax and wane: queues of hundreds, levels that empty, places taken again.
    for (int i = 0; i < 40'000; ++i) {
      const bool wanes = i / 2'000 % 2 == 1;
      OrderChange c{
          .book = static_cast<std::uint16_t>(dice() % 2), .side = Side::buy, .ticks = 100 + static_cast<std::int64_t>(dice() % 2)};
      c.size = 1 + static_cast<std::int64_t>(dice() % 9);
      const std::uint64_t what = dice() % 10;
      if (living.empty() || what < (wanes ? 1 : 6)) {
        c.kind = OrderKind::add;
        living.push_back(c.id = ++last);
      } else {
        const std::size_t which =
            dice() % 2 == 0 ? dice() % living.size() : living.size() - 1 - dice() % std::min<std::size_t>(living.size(), 4);
        c.id = living[which];
        c.kind = what == 6 ? OrderKind::replace : what == 7 ? OrderKind::reduce : OrderKind::remove;
        if (what == 6) living.push_back(c.by = ++last);
        if (what == 6 || what > 7) {
          living[which] = living.back();
          living.pop_back();
        }
      }
      ASSERT_EQ(apply(books, c), apply(twin, c)) << i;
      ASSERT_EQ(top(books, c.book, Side::buy, 3), twin.top(c.book, Side::buy, 3)) << i;
      if (living.empty()) continue;
      const std::uint64_t one = living[dice() % living.size()];
      ASSERT_EQ(books.ahead(one).raw(), twin.ahead(one)) << i;
    }
    OrderBooks other{ticks(2), 16};
    const Bytes bytes = saved(books);
    ByteReader in{bytes};
    other.load(in);
    EXPECT_EQ(saved(other), bytes);
    for (const auto& [id, place] : twin.places) EXPECT_EQ(other.ahead(id).raw(), twin.ahead(id));
    for (const std::uint16_t book : {std::uint16_t{0}, std::uint16_t{1}}) books.clear(book);
    EXPECT_EQ(books.orders(), 0U);
  }
}

TEST(OrderBooks, MessagesInARowAreWhatTheyAreOneByOne) {
  constexpr std::uint16_t kBooks = 3;
  OrderBooks one_by_one{ticks(kBooks), 64}, in_rows{ticks(kBooks), 64};
  OrderStream stream{11, kBooks, 2'000};
  std::vector<OrderMessage> row;
  for (int i = 0; i < 40'000; ++i) {
    OrderChange c = stream.next();
    switch (stream.below(300)) {  // nobody's, a book that is none, no side, off the tick, no size, an id that may live
      case 0: c.id += 1'000'000'000; break;
      case 1: c.book = kBooks; break;
      case 2: c.side = Side::none; break;
      case 3: c.ticks = -c.ticks; break;
      case 4: c.size = 0; break;
      case 5: c.id = 1 + static_cast<std::uint64_t>(stream.below(i + 1)); break;
      default: break;
    }
    apply(one_by_one, c);
    row.push_back(message(c));
    if (stream.below(100) != 0) continue;
    in_rows.apply(row);
    row.clear();
    ASSERT_EQ(in_rows.orders(), one_by_one.orders());
    if (stream.below(10) == 0) {
      ASSERT_EQ(saved(in_rows), saved(one_by_one)) << i;
    }
  }
  for (const OrderAnswer answer : {unknown_order, known_order, refused}) EXPECT_GT(one_by_one.count(answer), 0U);
}

TEST(OrderBooks, RefusesASnapshotThatNoMarketMakes) {
  OrderBooks books{ticks(1)};
  books.add(0, 1, Side::buy, at(100), units(10));
  books.add(0, 2, Side::buy, at(99), units(10));
  const Bytes good = saved(books);
  const auto load = [](const Bytes& bytes) {
    OrderBooks other{ticks(1)};
    ByteReader in{bytes};
    other.load(in);
  };
  EXPECT_NO_THROW(load(good));
  for (std::size_t end = 0; end < good.size(); ++end)
    EXPECT_THROW(load(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(end))), InvariantError);
  Bytes twice = good;
  const std::size_t second_id = 5 * 8 + 4 + 1 + 4 + (8 + 4 + 16) + 8 + 4;
  twice[second_id] = std::byte{1};
  EXPECT_THROW(load(twice), InvariantError);
}

}  // namespace
}  // namespace tickmesh
