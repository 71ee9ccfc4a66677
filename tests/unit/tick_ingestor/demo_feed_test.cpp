#include "tick_ingestor/feeds/demo_feed.hpp"

#include <gtest/gtest.h>

#include "unit/market/demo_instruments.hpp"
#include "unit/tick_ingestor/collect.hpp"

namespace tickmesh {
namespace {

DemoFeed feed(std::uint64_t seed = 1) { return DemoFeed{*DemoMarket::make(testing::demo_instruments(), testing::demo_options(seed))}; }
const Timestamp kStart = Timestamp{} + seconds(1'700'000'000);

Timestamp time_of_item(const Event& e) {
  if (const auto* tick = std::get_if<Tick>(&e)) return tick->event_time;
  return std::get<FeedEvent>(e).header.event_time;
}

TEST(DemoFeed, GivesWhatIsDueAndNothingEarly) {
  DemoFeed f = feed();
  std::vector<Event> out;
  f.due(kStart, 1000, testing::into(out));
  ASSERT_GE(out.size(), 1U);
  EXPECT_EQ(std::get<FeedEvent>(out.front()).kind, FeedEventKind::session_started);
  Timestamp last{};
  for (int ms = 0; ms <= 60'000; ms += 20) {
    const std::size_t before = out.size();
    const Timestamp now = kStart + milliseconds(ms);
    f.due(now, 1000, testing::into(out));
    for (std::size_t i = before; i < out.size(); ++i) {
      ASSERT_LE(time_of_item(out[i]), now);
      ASSERT_GE(time_of_item(out[i]), last);
      last = time_of_item(out[i]);
    }
    ASSERT_GT(f.next_due(), now);
  }
  EXPECT_NEAR(static_cast<double>(out.size()) / 60, 200, 80);
  EXPECT_EQ(f.position(), out.size());
}

TEST(DemoFeed, GoesOnLaterInsteadOfCatchingUpAfterALongSleep) {
  DemoFeed f = feed();
  std::vector<Event> out;
  f.due(kStart, 1000, testing::into(out));
  f.due(kStart + seconds(1), 1000, testing::into(out));
  out.clear();
  const Timestamp later = kStart + seconds(3600);
  f.due(later, 100'000, testing::into(out));
  EXPECT_LE(out.size(), 5U);
  f.due(later + seconds(1), 100'000, testing::into(out));
  EXPECT_LT(out.size(), 1000U);
  for (const Event& e : out) EXPECT_GE(time_of_item(e), later);
}

TEST(DemoFeed, GivesNoMoreThanItIsAskedForAndTheRestNextTime) {
  DemoFeed a = feed(), b = feed();
  std::vector<Event> small, large;
  a.due(kStart, 1, testing::into(small));
  b.due(kStart, 1, testing::into(large));
  const Timestamp now = kStart + seconds(1);
  b.due(now, 1'000'000, testing::into(large));
  while (a.due(now, 7, testing::into(small)) > 0) {
  }
  EXPECT_GT(large.size(), 50U);
  EXPECT_EQ(small, large);
}

TEST(DemoFeed, NeverGoesBackInTimeWhenTheClockDidOverARestart) {
  DemoFeed a = feed();
  std::vector<Event> out;
  a.due(kStart, 1000, testing::into(out));
  a.due(kStart + seconds(1), 1000, testing::into(out));
  DemoFeed b = feed();
  b.recover(a.position(), time_of_item(out.back()));
  std::vector<Event> after;
  b.due(kStart - seconds(10), 1000, testing::into(after));
  EXPECT_TRUE(after.empty());
  b.due(kStart + seconds(1) + milliseconds(500), 1000, testing::into(after));
  ASSERT_FALSE(after.empty());
  EXPECT_GE(time_of_item(after.front()), time_of_item(out.back()));
}

TEST(DemoFeed, BeginsAnewWhenTheSnapshotIsOfAnotherMarket) {
  DemoFeed a = feed(1), b = feed(2), fresh = feed(2);
  std::vector<Event> out, after, expected;
  a.due(kStart, 1000, testing::into(out));
  a.due(kStart + seconds(1), 1000, testing::into(out));
  Bytes bytes;
  ByteWriter writer{bytes};
  a.save(writer, a.position());
  ByteReader reader{bytes};
  EXPECT_FALSE(b.load(reader, a.position()));
  b.recover(a.position(), time_of_item(out.back()));
  EXPECT_EQ(b.position(), a.position());
  b.due(kStart + seconds(5), 1000, testing::into(after));
  fresh.due(kStart + seconds(5), 1000, testing::into(expected));
  EXPECT_EQ(after, expected);
  Bytes again;
  ByteWriter second{again};
  b.save(second, b.position());
  DemoFeed c = feed(2);
  ByteReader reread{again};
  EXPECT_TRUE(c.load(reread, b.position()));
}

TEST(DemoFeed, RefusesASnapshotThatDoesNotStandWhereItWasSaved) {
  DemoFeed a = feed(1);
  std::vector<Event> out;
  a.due(kStart, 1000, testing::into(out));
  a.due(kStart + seconds(1), 1000, testing::into(out));
  Bytes bytes;
  ByteWriter writer{bytes};
  a.save(writer, a.position());
  for (const std::uint64_t items : {std::uint64_t{0}, a.position() - 1, a.position() + 1, ~std::uint64_t{0}}) {
    DemoFeed b = feed(1);
    ByteReader reader{bytes};
    EXPECT_THROW(b.load(reader, items), InvariantError) << items;
  }
}

TEST(DemoFeed, ASnapshotOfAnotherMarketOrOfNoneCanBeSavedAtOnceWhateverWasLoadedBefore) {
  constexpr std::uint64_t kItems = std::uint64_t{1} << 60;  // nothing walks so far
  DemoFeed lived = feed(1), other = feed(2);
  std::vector<Event> out, expected, after;
  for (DemoFeed* each : {&lived, &other})
    each->due(kStart, 1000, testing::into(out)), each->due(kStart + seconds(1), 1000, testing::into(out));
  Bytes own, strange;
  ByteWriter own_writer{own}, strange_writer{strange};
  lived.save(own_writer, lived.position());
  other.save(strange_writer, other.position());
  DemoFeed fresh = feed(1);
  fresh.due(kStart + seconds(5), 1000, testing::into(expected));
  for (const Bytes& stored : {Bytes{}, strange}) {
    DemoFeed f = feed(1);
    ByteReader first{own};
    ASSERT_TRUE(f.load(first, lived.position()));
    ByteReader second{stored};
    ASSERT_FALSE(f.load(second, kItems));
    Bytes again;
    ByteWriter writer{again};
    f.save(writer, kItems);
    f.recover(kItems, {});
    EXPECT_EQ(f.position(), kItems);
    after.clear();
    f.due(kStart + seconds(5), 1000, testing::into(after));
    EXPECT_EQ(after, expected);
    DemoFeed g = feed(1);
    ByteReader reread{again};
    EXPECT_TRUE(g.load(reread, kItems));
  }
}

TEST(DemoFeed, WhatWasSaidSinceASnapshotOfNoneIsOfThisMarket) {
  DemoFeed whole = feed(1), again = feed(1);
  std::vector<Event> out, expected, after;
  whole.due(kStart, 1000, testing::into(out));
  whole.due(kStart + seconds(1), 1000, testing::into(out));
  ByteReader nothing{ByteView{}};
  ASSERT_FALSE(again.load(nothing, 7));
  whole.recover(whole.position(), time_of_item(out.back()));
  again.recover(7 + whole.position(), time_of_item(out.back()));
  whole.due(kStart + seconds(5), 1000, testing::into(expected));
  again.due(kStart + seconds(5), 1000, testing::into(after));
  EXPECT_EQ(after, expected);
}

}  // namespace
}  // namespace tickmesh
