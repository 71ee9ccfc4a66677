#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>

#include "orderbook/level_book.hpp"

namespace tickmesh {
namespace {

constexpr Price kTick = Price::from_raw(1'000'000);  // 0.01
Price at(std::int64_t ticks) { return Price::from_raw(ticks * 1'000'000); }
Quantity lots(std::int64_t n) { return Quantity::from_raw(n); }

/// The book as anyone would write it.
struct Twin {
  std::map<std::int64_t, std::int64_t, std::greater<>> bids;
  std::map<std::int64_t, std::int64_t> asks;
  void set(Side side, std::int64_t ticks, std::int64_t size) {
    const auto put = [&](auto& levels) {
      if (size == 0)
        levels.erase(ticks);
      else
        levels[ticks] = size;
    };
    side == Side::buy ? put(bids) : put(asks);
  }
  std::vector<BookLevel> top(Side side, std::size_t n) const {
    std::vector<BookLevel> out;
    const auto take = [&](const auto& levels) {
      for (const auto& [ticks, size] : levels)
        if (out.size() < n) out.push_back({at(ticks), lots(size)});
    };
    side == Side::buy ? take(bids) : take(asks);
    return out;
  }
};
std::vector<BookLevel> top(const LevelBook& book, Side side, std::size_t n) {
  std::vector<BookLevel> out(n);
  out.resize(book.top(side, out));
  return out;
}
Bytes saved(const LevelBook& book) {
  Bytes bytes;
  ByteWriter out{bytes};
  book.save(out);
  return bytes;
}

TEST(TickGrid, CountsWholeTicksAndRefusesWhatLiesBetween) {
  for (const std::int64_t tick : {1LL, 2LL, 3LL, 100LL, 250'000LL, 1'000'000LL, 5'000'000LL, 10'000'000LL, 700'000'001LL}) {
    const TickGrid grid{Price::from_raw(tick)};
    for (const std::int64_t n : {1LL, 2LL, 3LL, 7LL, 1'000LL, 6'183'763LL, 999'999'999LL}) {
      EXPECT_EQ(grid.ticks(Price::from_raw(n * tick)), n) << tick;
      EXPECT_EQ(grid.price(n).raw(), n * tick);
      if (tick > 1) {
        EXPECT_EQ(grid.ticks(Price::from_raw(n * tick + 1)), TickGrid::kOff) << tick;
        EXPECT_EQ(grid.ticks(Price::from_raw(n * tick - 1)), TickGrid::kOff) << tick;
      }
    }
    EXPECT_EQ(grid.ticks(Price{}), TickGrid::kOff);
    EXPECT_EQ(grid.ticks(Price::from_raw(-tick)), TickGrid::kOff);
  }
}

TEST(LevelBook, RefusesAPriceOffTheTickAndASizeBelowZero) {
  LevelBook book{kTick};
  EXPECT_TRUE(book.set(Side::buy, at(10), lots(5)));
  const Bytes before = saved(book);
  EXPECT_FALSE(book.set(Side::buy, Price::from_raw(10'500'000), lots(5)));
  EXPECT_FALSE(book.set(Side::buy, at(11), lots(-1)));
  EXPECT_FALSE(book.set(Side::sell, Price{}, lots(1)));
  EXPECT_FALSE(book.set(Side::sell, at(-3), lots(1)));
  EXPECT_EQ(saved(book), before);
}

TEST(LevelBook, IsCrossedAboveButNotAtTheSamePrice) {
  LevelBook book{kTick};
  EXPECT_FALSE(book.crossed());
  book.set(Side::buy, at(100), lots(1));
  EXPECT_FALSE(book.crossed());
  book.set(Side::sell, at(100), lots(1));
  EXPECT_FALSE(book.crossed());
  book.set(Side::buy, at(101), lots(1));
  EXPECT_TRUE(book.crossed());
}

TEST(LevelBook, AgreesWithMapsOnRandomUpdatesNearAndFar) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    std::mt19937_64 dice{seed};
    const auto below = [&](std::int64_t n) { return static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(n)); };
    LevelBook book{kTick};
    Twin twin;
    std::int64_t mid = 1'000'000;
    for (int i = 0; i < 60'000; ++i) {
      if (below(2'000) == 0) mid += below(40'001) - 20'000;  // jumps that leave the window behind
      mid += below(3) - 1;
      const Side side = below(2) == 0 ? Side::buy : Side::sell;
      const std::int64_t reach = below(10) == 0 ? 50'000 : 200;
      const std::int64_t ticks = side == Side::buy ? mid - below(reach) : mid + 1 + below(reach);
      const std::int64_t size = below(5) < 2 ? 0 : 1 + below(1'000);
      ASSERT_TRUE(book.set(side, at(ticks), lots(size)));
      twin.set(side, ticks, size);
      if (i % 50 == 0 || below(20) == 0) {
        ASSERT_EQ(top(book, side, 12), twin.top(side, 12)) << seed << ' ' << i;
        ASSERT_EQ(book.levels(side), side == Side::buy ? twin.bids.size() : twin.asks.size());
        ASSERT_EQ(book.at(side, at(ticks)), lots(size));
      }
      if (below(4'000) == 0) {  // a side is swept
        while (!book.empty(side)) {
          const auto best = book.best(side);
          ASSERT_EQ(best, twin.top(side, 1).at(0));
          book.set(side, best.price, {});
          twin.set(side, best.price.raw() / 1'000'000, 0);
        }
        ASSERT_TRUE(twin.top(side, 1).empty());
        ASSERT_EQ(book.best(side), BookLevel{});
      }
    }
    ASSERT_EQ(top(book, Side::buy, 1'000'000), twin.top(Side::buy, 1'000'000));
    ASSERT_EQ(top(book, Side::sell, 1'000'000), twin.top(Side::sell, 1'000'000));
  }
}

TEST(LevelBook, GoesOnBitForBitFromASnapshotAtAnyPoint) {
  std::mt19937_64 dice{11};
  const auto below = [&](std::int64_t n) { return static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(n)); };
  LevelBook whole{kTick};
  auto cut = std::make_unique<LevelBook>(kTick);
  std::int64_t mid = 500'000;
  for (int i = 0; i < 20'000; ++i) {
    mid += below(401) - 200;
    const Side side = below(2) == 0 ? Side::buy : Side::sell;
    const Price price = at(mid + below(9'000) - 4'500);
    const Quantity size = lots(below(3) * below(50));
    whole.set(side, price, size);
    cut->set(side, price, size);
    if (below(500) == 0) {
      const Bytes bytes = saved(*cut);
      cut = std::make_unique<LevelBook>(kTick);
      ByteReader in{bytes};
      cut->load(in);
      ASSERT_TRUE(in.done());
      ASSERT_EQ(saved(*cut), bytes);
    }
    if (i % 100 == 0) {
      ASSERT_EQ(saved(*cut), saved(whole));
    }
  }
}

TEST(LevelBook, RefusesASnapshotThatNoBookMakes) {
  const auto load = [](auto... fields) {
    Bytes bytes;
    ByteWriter out{bytes};
    (out.put(fields), ...);
    LevelBook book{kTick};
    ByteReader in{bytes};
    book.load(in);
  };
  using U = std::uint32_t;
  using I = std::int64_t;
  EXPECT_NO_THROW(load(U{1}, I{-5}, I{1}, U{1}, I{6}, I{1}));
  EXPECT_THROW(load(U{1}, I{5}, I{1}, U{0}), InvariantError);                      // a bid among the asks
  EXPECT_THROW(load(U{1}, I{-5}, I{0}, U{0}), InvariantError);                     // nothing rests there
  EXPECT_THROW(load(U{0}, U{2}, I{6}, I{1}, I{6}, I{1}), InvariantError);          // twice
  EXPECT_THROW(load(U{0}, U{2}, I{7}, I{1}, I{6}, I{1}), InvariantError);          // out of order
  EXPECT_THROW(load(U{0}, U{1}, I{1'000'000'000'000'000}, I{1}), InvariantError);  // no price is that high
  EXPECT_THROW(load(U{1}, std::numeric_limits<I>::min(), I{1}, U{0}), InvariantError);
  EXPECT_THROW(load(U{3}, I{-5}, I{1}), InvariantError);  // cut short
}

}  // namespace
}  // namespace tickmesh
