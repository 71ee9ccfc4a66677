#include "tick_ingestor/core/ingest_core.hpp"

#include <gtest/gtest.h>

#include "unit/market/demo_instruments.hpp"
#include "unit/tick_ingestor/collect.hpp"

namespace tickmesh {
namespace {

const Instruments& instruments() {
  static const Instruments all = testing::demo_instruments();
  return all;
}
const Symbol kAapl = *Symbol::parse("AAPL.DEMO");
Timestamp at_ms(std::int64_t ms) { return Timestamp{} + seconds(1'700'000'000) + milliseconds(ms); }

Tick quote(const char* bid, const char* ask, Timestamp at, FeedKind feed = FeedKind::push) {
  return {.event_time = at,
          .instrument = instrument_id(kAapl),
          .kind = TickKind::quote,
          .feed = feed,
          .bid = *Price::parse(bid),
          .ask = *Price::parse(ask),
          .bid_size = Quantity::from_units(1),
          .ask_size = Quantity::from_units(2)};
}
Tick trade(const char* price, Timestamp at, std::uint64_t id = 0) {
  return {.event_time = at,
          .instrument = instrument_id(kAapl),
          .kind = TickKind::trade,
          .feed = FeedKind::push,
          .price = *Price::parse(price),
          .size = Quantity::from_units(5),
          .trade_id = id};
}

/// A core, what it said, and its clock.
struct Bench {
  IngestCore core;
  Outbox out;
  explicit Bench(IngestOptions options = {}, DemoFeed* demo = nullptr) : core{instruments(), options, demo} { out.set_epoch(1); }
  void say(Timestamp now, const Event& event) {
    out.begin(now, {});
    core.apply({now, {}, event}, out);
  }
  int said(Stream stream) {
    int n = 0;
    for (const auto& s : out.said()) n += s.name.stream == stream;
    return n;
  }
  Bytes snapshot() const {
    Bytes bytes;
    ByteWriter writer{bytes};
    core.save(writer);
    return bytes;
  }
};

TEST(IngestCore, SaysAGoodTickOnItsInstrumentsPartitionUnderItsOwnTime) {
  Bench b;
  b.say(at_ms(10), quote("200.00", "200.02", at_ms(3)));
  ASSERT_EQ(b.said(Stream::tick), 1);
  const auto& said = b.out.said().front();
  EXPECT_EQ(said.name.partition, instrument_id(kAapl).partition());
  EXPECT_EQ(std::get<Tick>(said.event).time, at_ms(10));
  EXPECT_EQ(std::get<Tick>(said.event).event_time, at_ms(3));
  const auto& latest = std::get<Latest>(b.out.said().back().event);
  EXPECT_EQ(latest.symbol, kAapl);
  EXPECT_EQ(latest.ask, *Price::parse("200.02"));
  EXPECT_EQ(latest.header.cause.name, said.name);
}

TEST(IngestCore, NamesTheRuleABadTickBreaksAndSaysNothing) {
  const auto rule = [](Tick t) {
    Bench b;
    b.say(at_ms(0), t);
    EXPECT_TRUE(b.out.said().empty());
    EXPECT_EQ(b.core.counts().accepted, 0U);
    return std::string(rule_of(b.core.check(t, at_ms(0))));
  };
  Tick stranger = quote("1", "2", at_ms(0));
  stranger.instrument = {42};
  EXPECT_EQ(rule(stranger), "listed in instruments.toml");
  EXPECT_EQ(rule(quote("2", "1.99", at_ms(0))), "ask >= bid");
  EXPECT_EQ(rule(quote("0", "0", at_ms(0))), "at least one side");
  EXPECT_EQ(rule(quote("-1", "1", at_ms(0))), "price > 0");
  EXPECT_EQ(rule(trade("0", at_ms(0))), "price > 0");
  EXPECT_EQ(rule(quote("1", "2", {})), "ns since 1970, above 0");
  EXPECT_EQ(rule(quote("1", "2", at_ms(61'000))), "not in the future");
  Tick negative = trade("1", at_ms(0));
  negative.size = Quantity::from_units(-1);
  EXPECT_EQ(rule(negative), "size >= 0");
  Tick nothing = trade("1", at_ms(0));
  nothing.kind = TickKind::none;
  EXPECT_EQ(rule(nothing), "a quote or a trade");
}

TEST(IngestCore, TakesLockedAndOneSidedQuotesAndCrossedOnesOfRecordedData) {
  Bench b;
  b.say(at_ms(0), quote("2", "2", at_ms(0)));
  b.say(at_ms(0), quote("0", "2", at_ms(0)));
  b.say(at_ms(0), quote("2", "1", at_ms(0), FeedKind::replay));
  EXPECT_EQ(b.said(Stream::tick), 3);
}

TEST(IngestCore, DropsWhatWasPushedBeforeAndNothingElse) {
  Bench b;
  b.say(at_ms(0), quote("1", "2", at_ms(0)));
  b.say(at_ms(1), quote("1", "2", at_ms(0)));  // the same
  b.say(at_ms(2), quote("1", "2", at_ms(1)));  // another time
  b.say(at_ms(3), quote("1", "3", at_ms(0)));  // another price
  b.say(at_ms(4), trade("1", at_ms(0), 7));
  b.say(at_ms(5), trade("1", at_ms(0), 8));  // another print at the same price
  b.say(at_ms(6), trade("1", at_ms(0), 7));  // the same print
  EXPECT_EQ(b.said(Stream::tick), 5);
  EXPECT_EQ(b.core.counts().duplicates, 2U);
}

TEST(IngestCore, ForgetsTheOldestPushedRowBeyondItsBound) {
  Bench b{{.remembered_rows = 3}};
  for (int i = 0; i < 4; ++i) b.say(at_ms(i), quote("1", "2", at_ms(i)));
  b.say(at_ms(9), quote("1", "2", at_ms(3)));
  EXPECT_EQ(b.core.counts().duplicates, 1U);
  b.say(at_ms(9), quote("1", "2", at_ms(0)));
  EXPECT_EQ(b.core.counts().duplicates, 1U) << "row 0 was forgotten";
}

TEST(IngestCore, SaysLatestOnTheFirstTickPastEveryFiftyMilliseconds) {
  Bench b;
  for (const int ms : {0, 10, 49, 50, 51, 99, 240, 249, 250}) b.say(at_ms(ms), quote("1", "2", at_ms(ms)));
  EXPECT_EQ(b.said(Stream::tick), 9);
  EXPECT_EQ(b.said(Stream::latest), 4);  // 0, 50, 240, 250
}

TEST(IngestCore, AfterASnapshotAndTheSaidTailContinuesAsIfNothingHadHappened) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    Random random{seed};
    const auto make_feed = [] { return DemoFeed{*DemoMarket::make(instruments(), testing::demo_options())}; };
    DemoFeed whole_feed = make_feed();
    Bench whole{{}, &whole_feed};
    const auto snapshot_at = static_cast<int>(random.below(300)), crash_at = snapshot_at + static_cast<int>(random.below(300));
    Bytes snapshot;
    std::size_t said_at_snapshot = 0;
    std::vector<Event> due;
    std::size_t cursor = 0;
    const auto feed_some = [&](Bench& bench, DemoFeed& feed, int step) {
      const Timestamp now = at_ms(40 * step);
      feed.due(now, 100, testing::into(due));
      // Some of what was given may wait for the next turn: it was not said when the snapshot is taken.
      const std::size_t until = step % 3 == 0 ? cursor + (due.size() - cursor) / 2 : due.size();
      for (; cursor < until; ++cursor) bench.say(now, due[cursor]);
      if (step % 5 == 0) bench.say(now, quote("200.00", "200.10", at_ms(step / 10)));
    };
    for (int step = 0; step < crash_at; ++step) {
      feed_some(whole, whole_feed, step);
      if (step == snapshot_at) {
        snapshot = whole.snapshot();
        said_at_snapshot = whole.out.said().size();
      }
    }
    DemoFeed again_feed = make_feed();
    Bench again{{}, &again_feed};
    if (!snapshot.empty()) {
      ByteReader reader{snapshot};
      again.core.load(reader);
      ASSERT_TRUE(reader.done());
    }
    for (std::size_t i = said_at_snapshot; i < whole.out.said().size(); ++i)
      again.core.observe(whole.out.said()[i].name, whole.out.said()[i].event);
    again.core.recovered();
    ASSERT_EQ(again.core.demo_items(), whole.core.demo_items());
    ASSERT_EQ(again.snapshot(), whole.snapshot()) << "seed " << seed;

    // From here on: the same ticks, apart from when.
    std::vector<Tick> expected, got;
    for (; cursor < due.size(); ++cursor)
      if (const auto* t = std::get_if<Tick>(&due[cursor])) expected.push_back(*t);
    const auto ticks_of = [](std::vector<Event>& events, std::vector<Tick>& out) {
      for (const Event& e : events)
        if (const auto* t = std::get_if<Tick>(&e)) out.push_back(*t);
    };
    std::vector<Event> rest, restarted;
    Timestamp now = at_ms(40 * crash_at);
    for (int i = 0; i < 200; ++i, now = now + milliseconds(50)) {
      whole_feed.due(now, 1000, testing::into(rest));
      again_feed.due(now + seconds(100), 1000, testing::into(restarted));
    }
    ticks_of(rest, expected);
    ticks_of(restarted, got);
    const std::size_t common = std::min(expected.size(), got.size());
    ASSERT_GT(common, 1000U);
    for (std::size_t i = 0; i < common; ++i) {
      expected[i].event_time = got[i].event_time = {};
      ASSERT_EQ(expected[i], got[i]);
    }
  }
}

}  // namespace
}  // namespace tickmesh
