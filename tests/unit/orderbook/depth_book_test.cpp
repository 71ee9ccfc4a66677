#include "orderbook/depth_book.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tickmesh {
namespace {

using enum DepthOutcome;
constexpr Price kTick = Price::from_raw(1'000'000);
using Changes = std::vector<LevelChange>;
LevelChange bid(std::int64_t ticks, std::int64_t size) { return {Price::from_raw(ticks * 1'000'000), Quantity::from_raw(size), Side::buy}; }
LevelChange ask(std::int64_t ticks, std::int64_t size) {
  return {Price::from_raw(ticks * 1'000'000), Quantity::from_raw(size), Side::sell};
}

/// A book that is live at update 10: 99 x 5 bid, 101 x 7 ask.
struct Live : DepthBook {
  Live() : DepthBook{kTick} {
    EXPECT_EQ(told(10, {bid(99, 5), ask(101, 7)}), applied);
    EXPECT_TRUE(live());
  }
  DepthOutcome told(std::uint64_t last, const Changes& levels) { return apply(DepthSnapshot{last, levels}); }
  DepthOutcome heard(std::uint64_t previous, std::uint64_t last, const Changes& changes) {
    return apply(DepthDelta{previous, last, changes});
  }
};
Bytes saved(const DepthBook& book) {
  Bytes bytes;
  ByteWriter out{bytes};
  book.save(out);
  return bytes;
}

TEST(DepthBook, HoldsWhatComesBeforeTheSnapshotAndAppliesWhatIsNewerThanIt) {
  DepthBook book{kTick};
  EXPECT_FALSE(book.live());
  EXPECT_EQ(book.apply(DepthDelta{7, 9, Changes{bid(98, 1)}}), held);
  EXPECT_EQ(book.apply(DepthDelta{9, 11, Changes{bid(99, 6), ask(102, 1)}}), held);
  EXPECT_EQ(book.apply(DepthDelta{11, 12, Changes{ask(101, 0)}}), held);
  EXPECT_TRUE(book.levels().empty(Side::buy));
  EXPECT_EQ(book.apply(DepthSnapshot{10, Changes{bid(99, 5), ask(101, 7)}}), applied);
  EXPECT_TRUE(book.live());
  EXPECT_EQ(book.last(), 12U);
  EXPECT_EQ(book.levels().best(Side::buy), (BookLevel{Price::from_raw(99'000'000), Quantity::from_raw(6)}));
  EXPECT_EQ(book.levels().best(Side::sell), (BookLevel{Price::from_raw(102'000'000), Quantity::from_raw(1)}));
  EXPECT_TRUE(book.levels().at(Side::buy, Price::from_raw(98'000'000)).is_zero()) << "the snapshot knows better than what is older";
}

TEST(DepthBook, AsksForAnotherSnapshotWhenTheOneGivenIsTooOld) {
  DepthBook book{kTick};
  EXPECT_EQ(book.apply(DepthDelta{20, 22, Changes{bid(99, 6)}}), held);
  EXPECT_EQ(book.apply(DepthSnapshot{15, Changes{bid(99, 5), ask(101, 7)}}), too_old);
  EXPECT_FALSE(book.live());
  EXPECT_EQ(book.reason(), too_old);
  EXPECT_EQ(book.apply(DepthSnapshot{20, Changes{bid(99, 5), ask(101, 7)}}), applied) << "what was held is still there";
  EXPECT_EQ(book.last(), 22U);
  EXPECT_EQ(book.levels().best(Side::buy).size.raw(), 6);
}

TEST(DepthBook, ADuplicateChangesNothingAndIsCounted) {
  Live book;
  EXPECT_EQ(book.heard(10, 12, {bid(99, 8)}), applied);
  EXPECT_EQ(book.heard(10, 12, {bid(99, 1)}), duplicate);
  EXPECT_EQ(book.heard(5, 9, {bid(99, 1)}), duplicate);
  EXPECT_EQ(book.levels().best(Side::buy).size.raw(), 8);
  EXPECT_EQ(book.count(duplicate), 2U);
  EXPECT_EQ(book.heard(11, 14, {bid(99, 9)}), applied) << "one that begins before the book and ends after it is a total all the same";
}

TEST(DepthBook, AGapDropsTheBookUntilASnapshotJoinsOn) {
  Live book;
  EXPECT_EQ(book.heard(12, 14, {bid(99, 8)}), gap);
  EXPECT_FALSE(book.live());
  EXPECT_EQ(book.reason(), gap);
  EXPECT_TRUE(book.levels().empty(Side::buy) && book.levels().empty(Side::sell)) << "nobody trades on a broken book";
  EXPECT_EQ(book.heard(14, 15, {ask(101, 3)}), held);
  EXPECT_EQ(book.told(13, {bid(99, 5), ask(101, 7)}), applied);
  EXPECT_EQ(book.levels().best(Side::buy).size.raw(), 8);
  EXPECT_EQ(book.levels().best(Side::sell).size.raw(), 3);
}

TEST(DepthBook, AGapAmongWhatIsHeldForgetsWhatCameBeforeIt) {
  DepthBook book{kTick};
  EXPECT_EQ(book.apply(DepthDelta{9, 11, Changes{bid(99, 6)}}), held);
  EXPECT_EQ(book.apply(DepthDelta{13, 15, Changes{bid(99, 7)}}), gap);
  EXPECT_EQ(book.apply(DepthSnapshot{10, Changes{bid(99, 5), ask(101, 7)}}), too_old);
  EXPECT_EQ(book.apply(DepthSnapshot{14, Changes{bid(99, 5), ask(101, 7)}}), applied);
  EXPECT_EQ(book.levels().best(Side::buy).size.raw(), 7);
}

TEST(DepthBook, ACrossedBookIsDroppedAndSaysSo) {
  Live book;
  EXPECT_EQ(book.heard(10, 11, {bid(102, 1), ask(101, 0), ask(103, 1)}), applied) << "crossed only half way through a delta";
  EXPECT_EQ(book.heard(11, 12, {bid(104, 1)}), crossed);
  EXPECT_FALSE(book.live());
  EXPECT_EQ(book.reason(), crossed);
  EXPECT_EQ(book.told(13, {bid(105, 1), ask(104, 1)}), refused) << "a snapshot that is crossed itself";
  EXPECT_FALSE(book.live());
  EXPECT_EQ(book.told(14, {bid(99, 5), ask(101, 7)}), applied);
}

TEST(DepthBook, ASideThatEmptiesIsDroppedButOneThatTheVenueSaysIsEmptyStands) {
  Live book;
  EXPECT_EQ(book.heard(10, 11, {ask(101, 0)}), emptied);
  EXPECT_EQ(book.reason(), emptied);
  EXPECT_EQ(book.told(12, {bid(99, 5)}), applied);
  EXPECT_TRUE(book.live());
  EXPECT_EQ(book.heard(12, 13, {bid(98, 1)}), applied);
  EXPECT_EQ(book.heard(13, 14, {ask(103, 1)}), applied);
}

TEST(DepthBook, APriceOffTheTickDropsTheBook) {
  Live book;
  const Changes odd{{Price::from_raw(99'500'000), Quantity::from_raw(1), Side::buy}};
  EXPECT_EQ(book.heard(10, 11, odd), refused);
  EXPECT_FALSE(book.live());
  EXPECT_EQ(book.told(12, odd), refused);
  EXPECT_EQ(book.told(12, {{Price::from_raw(99'000'000), Quantity::from_raw(1), Side::none}}), refused);
}

TEST(DepthBook, HoldsOnlySoMuch) {
  DepthBook book{kTick};
  for (std::uint64_t i = 1; i <= DepthBook::kMostHeld; ++i) ASSERT_EQ(book.apply(DepthDelta{i, i + 1, Changes{bid(99, 1)}}), held);
  const std::uint64_t next = DepthBook::kMostHeld + 1;
  EXPECT_EQ(book.apply(DepthDelta{next, next + 1, Changes{bid(99, 2)}}), overrun);
  EXPECT_EQ(book.apply(DepthSnapshot{100, Changes{bid(99, 5), ask(101, 7)}}), too_old);
  EXPECT_EQ(book.apply(DepthSnapshot{next, Changes{bid(99, 5), ask(101, 7)}}), applied);
  EXPECT_EQ(book.levels().best(Side::buy).size.raw(), 2);
}

/// A venue with maps, a link that loses, repeats and holds back, and snapshots when asked for.
TEST(DepthBook, AgreesWithTheVenueWheneverItIsLiveOverALinkThatLosesAndRepeats) {
  std::mt19937_64 dice{5};
  const auto below = [&](std::int64_t n) { return static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(n)); };
  std::map<std::int64_t, std::int64_t> venue;  // bids below zero
  for (std::int64_t i = 1; i <= 20; ++i) venue[-(1'000 - i)] = 5, venue[1'000 + i] = 5;
  DepthBook book{kTick};
  auto cut = std::make_unique<DepthBook>(kTick);
  std::uint64_t update = 100;
  std::vector<std::pair<DepthDelta, Changes>> said;
  std::uint64_t live = 0;
  for (int i = 0; i < 40'000; ++i) {
    const std::uint64_t previous = update;
    Changes changes;
    for (std::int64_t n = 1 + below(4); n > 0; --n) {
      const std::int64_t ticks = 1'001 + below(60);
      const std::int64_t key = below(2) == 0 ? ticks : -(2'000 - ticks);
      const std::int64_t size = below(3) == 0 && std::abs(std::abs(key) - 1'000) > 1 ? 0 : 1 + below(99);
      if (size == 0)
        venue.erase(key);
      else
        venue[key] = size;
      changes.push_back(key < 0 ? bid(-key, size) : ask(key, size));
    }
    update += static_cast<std::uint64_t>(1 + below(3));
    if (below(100) != 0) {
      DepthOutcome outcome{};
      for (std::int64_t repeats = below(20) == 0 ? 2 : 1; repeats > 0; --repeats) {
        outcome = book.apply(DepthDelta{previous, update, changes});
        ASSERT_EQ(cut->apply(DepthDelta{previous, update, changes}), outcome);
      }
      ASSERT_TRUE(outcome == applied || outcome == held || outcome == gap || outcome == duplicate) << to_string(outcome);
    }
    if (!book.live() && below(10) == 0) {
      Changes levels;
      for (const auto& [key, size] : venue) levels.push_back(key < 0 ? bid(-key, size) : ask(key, size));
      ASSERT_EQ(book.apply(DepthSnapshot{update, levels}), applied);
      ASSERT_EQ(cut->apply(DepthSnapshot{update, levels}), applied);
    }
    if (below(300) == 0) {
      const Bytes bytes = saved(*cut);
      cut = std::make_unique<DepthBook>(kTick);
      ByteReader in{bytes};
      cut->load(in);
      ASSERT_TRUE(in.done());
    }
    if (i % 20 == 0) {
      ASSERT_EQ(saved(*cut), saved(book)) << i;
    }
    if (book.live() && book.last() == update) {
      ++live;
      const auto bid_level = venue.begin(), ask_level = venue.lower_bound(0);
      ASSERT_EQ(book.levels().best(Side::buy), (BookLevel{bid(-bid_level->first, 0).price, Quantity::from_raw(bid_level->second)})) << i;
      ASSERT_EQ(book.levels().best(Side::sell), (BookLevel{ask(ask_level->first, 0).price, Quantity::from_raw(ask_level->second)})) << i;
    }
  }
  EXPECT_GT(live, 20'000U);
  EXPECT_GT(book.count(gap), 100U);
  EXPECT_GT(book.count(duplicate), 100U);
}

TEST(DepthBook, RefusesASnapshotThatContradictsItself) {
  Live book;
  Bytes bytes = saved(book);
  bytes[0] = std::byte{0};  // not live, yet with levels
  DepthBook other{kTick};
  ByteReader in{bytes};
  EXPECT_THROW(other.load(in), InvariantError);
}

}  // namespace
}  // namespace tickmesh
