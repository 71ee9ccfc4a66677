// Books in the metrics engine: what depth makes of them, and what is said when they break.
#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "metrics_engine/core/metrics_core.hpp"
#include "unit/analytics/drive.hpp"
#include "unit/analytics/random_ticks.hpp"

namespace tickmesh {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing_ticks::all_of;
using testing_ticks::Drive;
using testing_ticks::saved;
using testing_ticks::SplitMix;

constexpr Timestamp kBase{1'737'376'800'000'000'000};
Timestamp ms(std::int64_t after) { return kBase + milliseconds(after); }
const Symbol kCoin = *Symbol::parse("COIN.X"), kOther = *Symbol::parse("OTHER.X");

MetricsConfig config() {
  std::vector<Instrument> list(2);
  list[0].symbol = kCoin;
  list[1].symbol = kOther;
  for (Instrument& i : list) {
    i.tick_size = *Price::parse("0.01");
    i.lot = i.multiplier = Quantity::from_units(1);
    i.calendar = "24x7";
  }
  MetricsConfig c;
  c.instruments = *Instruments::make(list);
  return c;
}
DepthLevel level(int cents, int units) { return {Price::from_raw(std::int64_t{cents} * 1'000'000), Quantity::from_units(units)}; }
using Levels = std::vector<DepthLevel>;

class Book : public ::testing::Test {
 protected:
  Book() {
    drive_.give(kBase, Stream::local, 0, Started{{7, 1}});
    drive_.give(kBase, Stream::local, 0, WentLive{});
  }
  static DepthUpdate update(Timestamp at, DepthKind kind, std::uint64_t previous, std::uint64_t last, Levels bids, Levels asks) {
    DepthUpdate u{.symbol = kCoin, .feed = FeedKind::replay, .kind = kind, .previous = previous, .last = last};
    u.header.event_time = at;
    u.bids = std::move(bids);
    u.asks = std::move(asks);
    return u;
  }
  void give(const DepthUpdate& u) { drive_.give(u.header.event_time, Stream::depth, instrument_id(u.symbol).partition(), u); }
  void snapshot(Timestamp at, std::uint64_t last) {
    give(update(at, DepthKind::snapshot, 0, last, {level(9'999, 30), level(9'998, 10)}, {level(10'001, 10), level(10'002, 20)}));
  }
  void delta(Timestamp at, std::uint64_t last, Levels bids, Levels asks = {}) {
    give(update(at, DepthKind::delta, last - 1, last, std::move(bids), std::move(asks)));
  }
  void quote(Timestamp at) {
    Tick t;
    t.time = t.event_time = at;
    t.instrument = instrument_id(kCoin);
    t.kind = TickKind::quote;
    t.feed = FeedKind::replay;
    t.bid = level(9'999, 1).price;
    t.ask = level(10'001 + static_cast<int>(at.ns / 1'000'000 % 2), 1).price;
    t.bid_size = t.ask_size = Quantity::from_units(1);
    drive_.give(at, Stream::tick, t.instrument.partition(), t);
  }
  std::vector<BookTop> books() const { return all_of<BookTop>(drive_.said()); }
  Metrics last_metrics() const { return all_of<Metrics>(drive_.said()).back(); }
  MetricsCore core_{config()};
  Drive drive_{core_};
};

TEST_F(Book, IsSaidWhenItIsWholeAndThenOnTheFirstChangeOfEachCellOfTheGrid) {
  delta(ms(0), 5, {level(9'998, 10)});
  EXPECT_THAT(books(), IsEmpty()) << "no snapshot yet";
  snapshot(ms(10), 5);
  ASSERT_EQ(books().size(), 1u);
  delta(ms(20), 6, {level(9'999, 31)});
  delta(ms(99), 7, {level(9'999, 32)});
  EXPECT_EQ(books().size(), 1u);
  delta(ms(105), 8, {level(9'999, 33), level(9'998, 0)}, {level(10'003, 1)});
  delta(ms(106), 9, {level(9'999, 34)});
  ASSERT_EQ(books().size(), 2u);
  const BookTop top = books().back();
  EXPECT_TRUE(top.live);
  EXPECT_EQ(top.reason, "");
  EXPECT_EQ(top.symbol, kCoin);
  EXPECT_EQ(top.feed, FeedKind::replay);
  EXPECT_EQ(top.last, 8u);
  EXPECT_EQ(top.resyncs, 0u);
  EXPECT_THAT(top.bids, ElementsAre(level(9'999, 33)));
  EXPECT_THAT(top.asks, ElementsAre(level(10'001, 10), level(10'002, 20), level(10'003, 1)));
  EXPECT_EQ(top.header.event_time, ms(105));
  EXPECT_EQ(top.header.cause.name.stream, Stream::depth);
}

TEST_F(Book, MetricsTellItsImbalanceAndItsOrderFlowAndOfABookThatIsNotThereNothing) {
  quote(ms(1));
  EXPECT_EQ(last_metrics().depth_imbalance, Value{}) << "no depth was ever heard";
  snapshot(ms(10), 5);
  quote(ms(200));
  // Weights 1 and exp(-1/2): bids 30 and 10, asks 10 and 20.
  const double w = std::exp(-0.5);
  EXPECT_EQ(last_metrics().depth_imbalance.status, Status::ok);
  EXPECT_DOUBLE_EQ(last_metrics().depth_imbalance.value, (30 + 10 * w - 10 - 20 * w) / (30 + 10 * w + 10 + 20 * w));
  delta(ms(210), 6, {level(9'999, 40)});                         // e = +10 at the best
  delta(ms(220), 7, {}, {level(10'001, 4), level(10'002, 21)});  // e = +6 at the best, -1 behind it
  quote(ms(301));
  EXPECT_EQ(last_metrics().depth_ofi.status, Status::warmup) << "3 of 100 changes";
  EXPECT_DOUBLE_EQ(last_metrics().depth_ofi.value, (10 + 6 - 1) / 5.0);
  for (std::uint64_t i = 8; i < 120; ++i) delta(ms(310), i, {level(9'999, static_cast<int>(40 + i % 2))});
  quote(ms(402));
  EXPECT_EQ(last_metrics().depth_ofi.status, Status::ok);
  EXPECT_EQ(last_metrics().depth_ofi_normalised.status, Status::ok);
  delta(ms(410), 200, {level(9'999, 1)});  // a gap
  quote(ms(503));
  EXPECT_EQ(last_metrics().depth_imbalance.status, Status::undefined);
  EXPECT_FALSE(last_metrics().depth_imbalance.has_value);
  EXPECT_EQ(last_metrics().depth_ofi.status, Status::stale);
}

TEST_F(Book, OfASyntheticFeedKeepsItsValuesAndSaysThatTheyMeanNothing) {
  DepthUpdate u = update(ms(10), DepthKind::snapshot, 0, 1, {level(9'999, 30)}, {level(10'001, 10)});
  u.synthetic = true;
  give(u);
  quote(ms(100));
  EXPECT_EQ(last_metrics().depth_imbalance.status, Status::undefined);
  EXPECT_DOUBLE_EQ(last_metrics().depth_imbalance.value, 0.5);
  EXPECT_TRUE(books().back().synthetic);
}

TEST_F(Book, ThatBreaksSaysSoAtOnceWithTheReasonAndIsWholeAgainWithTheNextSnapshot) {
  std::uint64_t next = 10;
  std::int64_t at = 0;
  std::uint64_t broken = 0;
  const auto breaks = [&](const std::string& reason, const DepthUpdate& hostile) {
    snapshot(ms(++at), next);
    ASSERT_TRUE(books().back().live) << reason;
    DepthUpdate u = hostile;
    u.header.event_time = ms(++at);
    give(u);
    const BookTop top = books().back();
    EXPECT_FALSE(top.live) << reason;
    EXPECT_EQ(top.reason, reason);
    EXPECT_EQ(top.resyncs, ++broken);
    EXPECT_THAT(top.bids, IsEmpty());
    EXPECT_EQ(top.header.event_time, ms(at)) << "within the same cell of the grid";
    const std::size_t said = books().size();
    snapshot(ms(++at), u.last);
    EXPECT_TRUE(books().back().live) << reason;
    EXPECT_EQ(books().size(), said + 1);
    next = u.last + 10;
    at += 1;
  };
  breaks("gap", update({}, DepthKind::delta, 12, 13, {level(9'998, 1)}, {}));
  next = 30;
  breaks("crossed", update({}, DepthKind::delta, 30, 31, {level(10'002, 1)}, {}));
  next = 50;
  breaks("emptied", update({}, DepthKind::delta, 50, 51, {}, {level(10'001, 0), level(10'002, 0)}));
  next = 70;
  DepthUpdate off = update({}, DepthKind::delta, 70, 71, {}, {});
  off.bids.push_back({Price::from_raw(999'900'001), Quantity::from_units(1)});
  breaks("refused", off);
}

TEST_F(Book, DuplicatesChangeNothing) {
  snapshot(ms(0), 10);
  delta(ms(150), 11, {level(9'999, 5)});
  const auto before = books().back();
  delta(ms(300), 11, {level(9'999, 77)});
  delta(ms(300), 9, {level(9'999, 78)});
  snapshot(ms(400), 10);
  EXPECT_EQ(books().back(), before);
  delta(ms(500), 12, {level(9'998, 1)});
  EXPECT_THAT(books().back().bids, ElementsAre(level(9'999, 5), level(9'998, 1)));
  EXPECT_EQ(books().back().resyncs, 0u);
}

TEST_F(Book, WhoseChangesWereLostOnTheWayWaitsForASnapshot) {
  snapshot(ms(0), 10);
  drive_.give(ms(1), Stream::local, 0, StreamGap{.stream = Stream::depth, .partition = instrument_id(kOther).partition()});
  EXPECT_TRUE(books().back().live);
  drive_.give(ms(2), Stream::local, 0, StreamGap{.stream = Stream::depth, .partition = instrument_id(kCoin).partition()});
  EXPECT_FALSE(books().back().live);
  EXPECT_EQ(books().back().reason, "lost");
  EXPECT_EQ(books().back().resyncs, 1u);
  delta(ms(3), 20, {level(9'999, 5)});
  EXPECT_FALSE(books().back().live);
  snapshot(ms(4), 19);
  EXPECT_TRUE(books().back().live);
  EXPECT_THAT(books().back().bids, ElementsAre(level(9'999, 5), level(9'998, 10))) << "what was held joined on";
}

TEST_F(Book, SaysWhatASlowTwinSaysThroughGapsCrossesAndRestarts) {
  SplitMix random{11};
  std::map<int, int, std::greater<>> bids;
  std::map<int, int> asks;
  bool live = false;
  std::uint64_t number = 100, breaks = 0;
  std::unique_ptr<MetricsCore> other;
  for (int i = 0; i < 5'000; ++i) {
    const Timestamp at = ms(7 * i);
    if (i % 500 == 250) {  // the engine is killed, and another goes on from its snapshot
      auto next = std::make_unique<MetricsCore>(config());
      const Bytes bytes = saved(other ? *other : core_);
      ByteReader reader{bytes};
      next->load(reader);
      EXPECT_TRUE(reader.done());
      EXPECT_EQ(saved(*next), bytes);
      drive_.use(*next);
      other = std::move(next);
    }
    if (!live && i % 40 == 0) {
      bids.clear(), asks.clear();
      Levels b, a;
      for (int k = 0; k < 12; ++k) {
        b.push_back(level(9'999 - k, 1 + k)), a.push_back(level(10'001 + k, 2 + k));
        bids[9'999 - k] = 1 + k, asks[10'001 + k] = 2 + k;
      }
      give(update(at, DepthKind::snapshot, 0, ++number, b, a));
      live = true;
      continue;
    }
    const bool buy = random.between(0, 1) == 0;
    const int price = static_cast<int>(buy ? random.between(9'980, 10'000) : random.between(10'000, 10'020));
    const int size = static_cast<int>(std::max<std::int64_t>(0, random.between(-3, 9)));
    const bool gap = random.between(0, 199) == 0;
    if (gap) ++number;
    ++number;
    give(update(at, DepthKind::delta, number - 1, number, buy ? Levels{level(price, size)} : Levels{},
                buy ? Levels{} : Levels{level(price, size)}));
    if (!live) continue;
    const auto put = [&](auto& levels) { size == 0 ? void(levels.erase(price)) : void(levels[price] = size); };
    buy ? put(bids) : put(asks);
    live = !gap && !bids.empty() && !asks.empty() && bids.begin()->first <= asks.begin()->first;
    breaks += live ? 0 : 1;
    const BookTop top = books().back();
    ASSERT_EQ(top.live, live) << i;
    ASSERT_EQ(top.resyncs, breaks) << i;
    if (!live || top.last != number) continue;  // said in this cell already
    Levels b, a;
    for (const auto& [p, s] : bids)
      if (b.size() < BookTop::kLevels) b.push_back(level(p, s));
    for (const auto& [p, s] : asks)
      if (a.size() < BookTop::kLevels) a.push_back(level(p, s));
    ASSERT_EQ(top.bids, b) << i;
    ASSERT_EQ(top.asks, a) << i;
  }
  EXPECT_GT(breaks, 10u);
  EXPECT_GT(books().size(), 250u);
}

TEST_F(Book, OfAnotherFeedBeginsAnew) {
  snapshot(ms(0), 1'000);
  DepthUpdate u = update(ms(100), DepthKind::snapshot, 0, 5, {level(5'000, 1)}, {level(5'001, 1)});
  u.feed = FeedKind::demo;
  give(u);
  EXPECT_THAT(books().back().bids, ElementsAre(level(5'000, 1)));
  EXPECT_EQ(books().back().feed, FeedKind::demo);
}

}  // namespace
}  // namespace tickmesh
