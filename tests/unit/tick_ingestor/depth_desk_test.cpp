// What becomes of a feed's depth before anyone hears it.
#include "tick_ingestor/core/depth_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tick_ingestor/core/ingest_core.hpp"
#include "unit/market/demo_instruments.hpp"
#include "unit/tick_ingestor/collect.hpp"

namespace tickmesh {
namespace {

using ::testing::ElementsAre;

const Symbol kAapl = *Symbol::parse("AAPL.DEMO");
Timestamp at_s(std::int64_t s) { return Timestamp{} + seconds(1'700'000'000 + s); }
DepthLevel level(const char* price, const char* size) { return {*Price::parse(price), *Quantity::parse(size)}; }

DepthUpdate depth(DepthKind kind, Timestamp at, std::uint64_t previous, std::uint64_t last, std::vector<DepthLevel> bids,
                  std::vector<DepthLevel> asks = {}) {
  DepthUpdate out{.symbol = kAapl, .feed = FeedKind::replay, .kind = kind, .previous = previous, .last = last};
  out.header.event_time = at;
  out.bids = std::move(bids);
  out.asks = std::move(asks);
  return out;
}
DepthUpdate snapshot(Timestamp at, std::uint64_t last) {
  return depth(DepthKind::snapshot, at, 0, last, {level("100", "5"), level("99.99", "7")}, {level("100.02", "3")});
}
DepthUpdate change(Timestamp at, std::uint64_t number, const char* size) {
  return depth(DepthKind::delta, at, number - 1, number, {level("99.99", size)});
}

struct Bench {
  IngestCore core{testing::demo_instruments(), {.depth_snapshot_every = seconds(60)}};
  Outbox out;
  Bench() { out.set_epoch(1); }
  void say(const DepthUpdate& update) {
    const Event event = update;
    out.begin(update.header.event_time, {});
    core.apply({update.header.event_time, {}, event}, out);
  }
  std::vector<DepthUpdate> said() {
    std::vector<DepthUpdate> all;
    for (const auto& s : out.said())
      if (const auto* d = std::get_if<DepthUpdate>(&s.event)) all.push_back(*d);
    return all;
  }
  std::uint64_t refused(DepthRefusal why) const { return core.depth().refused()[static_cast<std::size_t>(why)]; }
  Bytes saved() const {
    Bytes bytes;
    ByteWriter writer{bytes};
    core.save(writer);
    return bytes;
  }
};

TEST(DepthDesk, SaysChangesAndSnapshotsAsTheVenueNumberedThem) {
  Bench b;
  b.say(snapshot(at_s(0), 10));
  b.say(change(at_s(1), 11, "8"));
  b.say(depth(DepthKind::delta, at_s(2), 14, 15, {level("99.98", "1")}));  // 12 to 14 never came
  const auto said = b.said();
  ASSERT_EQ(said.size(), 3u);
  EXPECT_EQ(said[0].kind, DepthKind::snapshot);
  EXPECT_EQ(said[0].last, 10u);
  EXPECT_EQ(said[1].previous, 10u);
  EXPECT_THAT(said[1].bids, ElementsAre(level("99.99", "8")));
  EXPECT_EQ(said[2].previous, 14u) << "a gap is for its readers to find";
  EXPECT_EQ(said[2].header.event_time, at_s(2));
  EXPECT_EQ(b.out.said()[0].name.partition, instrument_id(kAapl).partition());
  EXPECT_EQ(b.core.depth().recorded(), 3u);
}

TEST(DepthDesk, AWholeBookIsSaidOnScheduleAndABrokenOneIsNot) {
  Bench b;
  b.say(snapshot(at_s(0), 10));
  b.say(change(at_s(59), 11, "8"));
  EXPECT_EQ(b.said().size(), 2u);
  b.say(change(at_s(60), 12, "9"));
  auto said = b.said();
  ASSERT_EQ(said.size(), 4u);
  EXPECT_EQ(said[3].kind, DepthKind::snapshot);
  EXPECT_EQ(said[3].last, 12u);
  EXPECT_THAT(said[3].bids, ElementsAre(level("100", "5"), level("99.99", "9")));
  EXPECT_THAT(said[3].asks, ElementsAre(level("100.02", "3")));
  EXPECT_EQ(said[3].header.cause.name.stream, Stream::depth);
  b.say(depth(DepthKind::delta, at_s(130), 20, 21, {level("99.98", "1")}));  // a gap: no book to say
  EXPECT_EQ(b.said().size(), 5u);
  b.say(snapshot(at_s(200), 21));
  b.say(change(at_s(230), 22, "2"));
  EXPECT_EQ(b.said().size(), 7u) << "the venue's own snapshot counts";
  b.say(change(at_s(260), 23, "3"));
  EXPECT_EQ(b.said().size(), 9u);
  EXPECT_EQ(b.core.depth().recorded(), 7u) << "what is said on schedule is nobody's record";
}

TEST(DepthDesk, WhatBreaksARuleIsCountedByItAndNotSaid) {
  Bench b;
  b.say(snapshot(at_s(0), 10));
  DepthUpdate bad = change(at_s(1), 11, "1");
  bad.symbol = *Symbol::parse("NOBODY.X");
  b.say(bad);
  b.say(depth(DepthKind::delta, at_s(1), 10, 11, {level("99.995", "1")}));
  b.say(depth(DepthKind::delta, at_s(1), 10, 11, {level("-1", "1")}));
  b.say(depth(DepthKind::delta, at_s(1), 10, 11, {}, {level("101", "-1")}));
  b.say(depth(DepthKind::delta, at_s(1), 11, 11, {}));
  b.say(depth(DepthKind::none, at_s(1), 10, 11, {}));
  b.say(depth(DepthKind::delta, Timestamp{}, 10, 11, {}));
  b.say(change(at_s(1), 10, "1"));
  EXPECT_EQ(b.said().size(), 1u);
  EXPECT_EQ(b.refused(DepthRefusal::unknown_instrument), 1u);
  EXPECT_EQ(b.refused(DepthRefusal::off_tick), 2u);
  EXPECT_EQ(b.refused(DepthRefusal::negative_size), 1u);
  EXPECT_EQ(b.refused(DepthRefusal::no_sequence), 1u);
  EXPECT_EQ(b.refused(DepthRefusal::no_kind), 1u);
  EXPECT_EQ(b.refused(DepthRefusal::no_time), 1u);
  EXPECT_EQ(b.refused(DepthRefusal::duplicate), 1u);
}

TEST(DepthDesk, ABookWithoutNumbersIsSaidByItsChanges) {
  Bench b;
  const auto whole = [](std::int64_t s, const char* size, std::vector<DepthLevel> asks) {
    DepthUpdate d = depth(DepthKind::snapshot, at_s(s), 0, 0, {level("100", size)}, std::move(asks));
    d.feed = FeedKind::demo;
    d.synthetic = true;
    return d;
  };
  b.say(whole(0, "5", {level("100.01", "1"), level("100.02", "2")}));
  b.say(whole(1, "5", {level("100.01", "1"), level("100.02", "2")}));
  b.say(whole(2, "6", {level("100.02", "2"), level("100.03", "4")}));
  const auto said = b.said();
  ASSERT_EQ(said.size(), 2u) << "nothing changed in between";
  EXPECT_EQ(said[0].kind, DepthKind::snapshot);
  EXPECT_EQ(said[0].last, 1u);
  EXPECT_EQ(said[1].kind, DepthKind::delta);
  EXPECT_EQ(said[1].previous, 1u);
  EXPECT_EQ(said[1].last, 2u);
  EXPECT_TRUE(said[1].synthetic);
  EXPECT_THAT(said[1].bids, ElementsAre(level("100", "6")));
  EXPECT_THAT(said[1].asks, ElementsAre(level("100.01", "0"), level("100.03", "4")));
}

TEST(DepthDesk, WhatWasSaidToldAgainMakesTheSameStateAndGoesOnTheSame) {
  Bench all;
  all.say(snapshot(at_s(0), 10));
  for (int i = 1; i <= 5; ++i) all.say(change(at_s(20 * i), 10 + static_cast<std::uint64_t>(i), std::to_string(i).c_str()));
  Bench told;
  for (const auto& s : all.out.said()) told.core.observe(s.name, s.event);
  EXPECT_EQ(told.saved(), all.saved());
  Bench loaded;
  const Bytes bytes = all.saved();
  ByteReader reader{bytes};
  loaded.core.load(reader);
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(loaded.saved(), bytes);
  all.out.said().clear();
  loaded.out.heads() = all.out.heads();
  for (Bench* b : {&all, &loaded}) b->say(change(at_s(121), 16, "9"));
  EXPECT_EQ(loaded.said(), all.said());
  ASSERT_EQ(all.said().size(), 2u);
}

TEST(DemoDepth, EveryBookOfTheMarketIsToldAboutOnceASecondAndWhole) {
  DemoFeed feed{*DemoMarket::make(testing::demo_instruments(), testing::demo_options(1)), true};
  std::vector<Event> out;
  std::map<std::string, int> told;
  int items = 0;
  for (int ms = 0; ms <= 30'000; ms += 10) {
    out.clear();
    feed.due(at_s(0) + milliseconds(ms), 1'000, testing::into(out));
    for (const Event& event : out) {
      const auto* book = std::get_if<DepthUpdate>(&event);
      if (book == nullptr) {
        ++items;
        continue;
      }
      ++told[book->symbol.str()];
      EXPECT_EQ(book->bids.size(), 5u);
      EXPECT_LT(book->bids[0].price, book->asks[0].price);
      EXPECT_TRUE(book->synthetic);
      EXPECT_NE(book->header.event_time, Timestamp{});
    }
  }
  EXPECT_EQ(feed.position(), static_cast<std::uint64_t>(items)) << "depth is no item";
  EXPECT_EQ(told.size(), testing::demo_instruments().list().size());
  for (const auto& [symbol, n] : told) EXPECT_GT(n, 10) << symbol;
  for (const auto& [symbol, n] : told) EXPECT_LE(n, 31) << symbol;
}

}  // namespace
}  // namespace tickmesh
