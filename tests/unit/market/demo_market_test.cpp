#include "market/demo_market.hpp"

#include <gtest/gtest.h>

#include "unit/market/demo_instruments.hpp"

namespace tickmesh {
namespace {

bool same(const DemoItem& a, const DemoItem& b) {
  return a.offset == b.offset && a.is_event == b.is_event && a.tick == b.tick && a.event.kind == b.event.kind &&
         a.event.symbol == b.event.symbol && a.event.from == b.event.from && a.event.to == b.event.to;
}

DemoMarket market(std::uint64_t seed = 1) { return *DemoMarket::make(testing::demo_instruments(), testing::demo_options(seed)); }

TEST(DemoMarket, GivesTheSameItemsForTheSameSeedAndOthersForAnother) {
  auto a = market(), b = market(), c = market(2);
  bool differs = false;
  for (int i = 0; i < 20'000; ++i) {
    const DemoItem item = a.next();
    ASSERT_TRUE(same(item, b.next()));
    differs |= !same(item, c.next());
  }
  EXPECT_TRUE(differs);
  EXPECT_NE(a.fingerprint(), c.fingerprint());
}

TEST(DemoMarket, ContinuesBitForBitFromASnapshotTakenAnywhere) {
  auto a = market();
  for (int cut = 0; cut < 60; ++cut) {
    for (int i = 0; i < 997 * (cut % 7) + 1; ++i) a.next();
    Bytes bytes;
    ByteWriter writer{bytes};
    a.save(writer);
    auto b = market();
    ByteReader reader{bytes};
    b.load(reader);
    ASSERT_TRUE(reader.done());
    ASSERT_EQ(b.position(), a.position());
    ASSERT_EQ(b.next_offset(), a.next_offset());
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(same(a.next(), b.next()));
  }
}

TEST(DemoMarket, ContinuesAcrossSilencesHaltsAndSessionsToo) {
  DemoOptions slow = testing::demo_options();
  slow.ticks_per_second = 2;
  const Instruments instruments = testing::demo_instruments();
  auto a = *DemoMarket::make(instruments, slow);
  int sessions = 0;
  while (sessions < 3) {
    Bytes bytes;
    ByteWriter writer{bytes};
    a.save(writer);
    auto b = *DemoMarket::make(instruments, slow);
    ByteReader reader{bytes};
    b.load(reader);
    for (int i = 0; i < 1000; ++i) {
      const DemoItem item = a.next();
      ASSERT_TRUE(same(item, b.next()));
      sessions += item.is_event && item.event.kind == FeedEventKind::session_started;
    }
  }
}

TEST(DemoMarket, RefusesASnapshotOfAnotherMarket) {
  auto a = market(1), b = market(2);
  Bytes bytes;
  ByteWriter writer{bytes};
  a.save(writer);
  ByteReader reader{bytes};
  EXPECT_THROW(b.load(reader), InvariantError);
}

TEST(DemoMarket, FollowsTheRateItIsGiven) {
  for (const double rate : {17.0, 200.0, 20'000.0}) {
    DemoOptions options = testing::demo_options();
    options.ticks_per_second = rate;
    auto m = *DemoMarket::make(testing::demo_instruments(), options);
    std::uint64_t ticks = 0;
    const double span_s = rate > 1000 ? 60 : 1200;
    while (m.next_offset() < static_cast<std::int64_t>(span_s * 1e9)) ticks += !m.next().is_event;
    EXPECT_NEAR(static_cast<double>(ticks) / span_s, rate, (rate > 1000 ? 0.4 : 0.15) * rate);
  }
}

TEST(DemoMarket, ShowsFiveLevelsThatStartAtTheQuoteAndNeverCross) {
  auto m = market();
  for (int i = 0; i < 5'000; ++i) {
    const DemoItem item = m.next();
    if (item.is_event || item.tick.kind != TickKind::quote) continue;
    const Depth depth = m.depth(item.tick.instrument);
    ASSERT_EQ(depth.levels, 5U);
    ASSERT_EQ(depth.bids[0].price, item.tick.bid);
    ASSERT_EQ(depth.bids[0].size, item.tick.bid_size);
    ASSERT_EQ(depth.asks[0].price, item.tick.ask);
    for (unsigned level = 1; level < 5; ++level) {
      ASSERT_LT(depth.bids[level].price, depth.bids[level - 1].price);
      ASSERT_GT(depth.asks[level].price, depth.asks[level - 1].price);
      ASSERT_GT(depth.bids[level].size.raw(), 0);
      ASSERT_GT(depth.asks[level].size.raw(), 0);
    }
  }
  EXPECT_EQ(m.depth(InstrumentId{1}).levels, 0U);
}

TEST(DemoMarket, RefusesSettingsOutOfRangeByName) {
  const Instruments instruments = testing::demo_instruments();
  const auto field = [&](DemoOptions options) {
    const auto made = DemoMarket::make(instruments, options);
    return made ? std::string("accepted") : made.error().field;
  };
  EXPECT_EQ(field({.ticks_per_second = 0}), "feed.demo.rate");
  EXPECT_EQ(field({.ticks_per_second = 1e9}), "feed.demo.rate");
  EXPECT_EQ(field({.depth = 0}), "feed.demo.depth");
  EXPECT_EQ(field({.instruments = {{*Symbol::parse("NONE.DEMO"), {}}}}), "feed.demo.instruments");
  EXPECT_EQ(field({.instruments = {{*Symbol::parse("AAPL.DEMO"), {.activity = -1}}}}), "activity");
  EXPECT_EQ(field({.instruments = {{*Symbol::parse("AAPL.DEMO"), {.spread_ticks = 9}}}}), "spread_ticks");
  EXPECT_FALSE(DemoMarket::make(Instruments{}, {}).has_value());
}

}  // namespace
}  // namespace tickmesh
