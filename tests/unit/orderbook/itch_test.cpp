#include "orderbook/itch.hpp"

#include <gtest/gtest.h>

#include "itch_kit.hpp"

namespace tickmesh {
namespace {

using namespace tickmesh::testing;

std::vector<Price> ticks(std::size_t books) { return std::vector<Price>(books, Price::from_raw(kCent)); }

TEST(Itch, AStreamCutAnywhereGivesTheBooksThatItsMessagesTellOneByOne) {
  constexpr std::uint16_t kBooks = 4;
  OrderStream stream{8, kBooks, 2'000};
  TwinBooks twin{kBooks};
  std::string bytes;
  constexpr std::uint64_t kMessages = 30'000;
  for (std::uint64_t i = 0; i < kMessages; ++i) {
    const OrderChange c = stream.next();
    put_itch(bytes, c);
    if (c.kind == OrderKind::add)
      twin.add(c.book, c.id, c.side, c.ticks * kCent, c.size * kOne);
    else if (c.kind == OrderKind::replace)
      twin.replace(c.id, c.by, c.ticks * kCent, c.size * kOne);
    else if (c.kind == OrderKind::remove)
      twin.remove(c.id);
    else
      twin.reduce(c.id, c.size * kOne);
  }
  OrderBooks books{ticks(kBooks), 16};
  ItchTally tally;
  std::size_t from = 0, to = 0;
  while (from < bytes.size()) {
    to = std::min(bytes.size(), to + static_cast<std::size_t>(1 + stream.below(3'000)));
    from += apply_itch(as_bytes(std::string_view{bytes}.substr(from, to - from)), books, tally);
  }
  EXPECT_EQ(tally.messages, kMessages);
  EXPECT_EQ(tally.applied, kMessages);
  EXPECT_EQ(books.count(OrderAnswer::done), kMessages);
  EXPECT_EQ(books.orders(), twin.places.size());
  for (std::uint16_t b = 0; b < kBooks; ++b)
    for (const Side side : {Side::buy, Side::sell}) {
      std::vector<BookLevel> all(10'000);
      all.resize(books.top(b, side, all));
      EXPECT_EQ(all, twin.top(b, side, 10'000));
    }
}

TEST(Itch, PassesOverOtherMessagesAndDropsShortOnes) {
  OrderBooks books{ticks(1)};
  ItchTally tally;
  std::string bytes;
  put_big(bytes, 12, 2);
  bytes += "S" + std::string(11, '\0');  // a system event
  put_big(bytes, 5, 2);
  bytes += "Abcde";  // an add of five bytes
  put_big(bytes, 0, 2);
  put_itch(bytes, {.kind = OrderKind::add, .book = 0, .id = 7, .side = Side::buy, .ticks = 100, .size = 3});
  const std::size_t whole = bytes.size();
  put_big(bytes, 36, 2);
  bytes += "A";
  EXPECT_EQ(apply_itch(as_bytes(bytes), books, tally), whole);
  EXPECT_EQ(tally.messages, 4U);
  EXPECT_EQ(tally.bad, 2U);
  EXPECT_EQ(tally.applied, 1U);
  EXPECT_EQ(books.best(0, Side::buy), (BookLevel{Price::from_raw(100 * kCent), Quantity::from_units(3), 1}));
  EXPECT_EQ(apply_itch({}, books, tally), 0U);
}

TEST(Itch, BytesOfChanceDoNoHarm) {
  std::mt19937_64 dice{9};
  OrderBooks books{ticks(3)};
  ItchTally tally;
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes;
    for (int n = 0; n < 20; ++n) {
      const auto length = static_cast<std::uint64_t>(dice() % 45);
      put_big(bytes, length, 2);
      for (std::uint64_t k = 0; k < length; ++k) bytes += k == 0 ? "AFECXDU?"[dice() % 8] : static_cast<char>(dice() % 4 == 0 ? dice() : 0);
    }
    apply_itch(as_bytes(bytes), books, tally);
  }
  std::uint64_t answers = 0;
  for (std::size_t a = 0; a < kOrderAnswers; ++a) answers += books.count(static_cast<OrderAnswer>(a));
  EXPECT_EQ(answers, tally.applied);
  EXPECT_GT(tally.bad, 0U);
}

}  // namespace
}  // namespace tickmesh
