// Depth in recorded files: the venue's own numbers, in the order of everything else.
#include <gtest/gtest.h>

#include "orderbook/depth_book.hpp"
#include "replay_kit.hpp"
#include "tick_ingestor/replay.hpp"
#include "unit/tick_ingestor/collect.hpp"

namespace tickmesh::replay {
namespace {

using namespace tickmesh::replay::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

DepthLevel level(const char* price, const char* size) { return {*Price::parse(price), *Quantity::parse(size)}; }
std::string line(std::int64_t ms, const std::string& json) { return std::to_string(1'723'161'254'000 + ms) + "000000 " + json + "\n"; }
std::string quote(std::int64_t ms) {
  return line(ms, R"({"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"10.00","B":"3","a":"10.01","A":"1"}})");
}
std::string delta(std::int64_t ms, int from, int to, const std::string& bids) {
  return line(ms, R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":)" + std::to_string(from) +
                      ",\"u\":" + std::to_string(to) + ",\"b\":[" + bids + "],\"a\":[]}}");
}
std::string whole(std::int64_t ms, int last) {
  return line(ms, "{\"lastUpdateId\":" + std::to_string(last) + R"(,"bids":[["10.00","3"]],"asks":[["10.01","1"]]})");
}
const std::string kDay =
    delta(0, 5, 6, R"(["9.99","1"])") + quote(1) + whole(2, 6) + delta(3, 7, 9, R"(["9.99","0"],["9.98","2"])") + quote(4);

TEST(RecordedDepth, ChangesAndTheSnapshotOfABinanceFileAreDepthBetweenItsTicks) {
  const Folder folder;
  folder.put("spot_btcusdt_20240808.gz", kDay);
  const Replayed got = replay_all(folder.path);
  ASSERT_EQ(got.depths.size(), 3u);
  EXPECT_EQ(got.ticks.size(), 2u);
  EXPECT_EQ(got.depths[0].kind, DepthKind::delta);
  EXPECT_EQ(got.depths[0].previous, 4u);
  EXPECT_EQ(got.depths[0].last, 6u);
  EXPECT_EQ(got.depths[0].symbol.str(), "BTCUSDT.BINANCE");
  EXPECT_EQ(got.depths[0].feed, FeedKind::replay);
  EXPECT_EQ(got.depths[1].kind, DepthKind::snapshot);
  EXPECT_EQ(got.depths[1].last, 6u);
  EXPECT_THAT(got.depths[1].asks, ElementsAre(level("10.01", "1")));
  EXPECT_THAT(got.depths[2].bids, ElementsAre(level("9.99", "0"), level("9.98", "2")));
  EXPECT_EQ(got.depths[2].header.event_time.ns, 1'723'161'254'003'000'000);
}

TEST(RecordedDepth, ABookPublishedBesideLobstersMessagesIsDepthAndWithoutItThereIsNone) {
  const std::string messages =
      "34200.5,1,11,21,100000,1\n34200.75,1,12,5,99900,1\n34201,4,11,21,100000,1\n34202,3,12,5,99900,1\n34203,1,13,4,99800,1\n";
  const Folder alone;
  alone.put("AMZN_2012-06-21_34200000_57600000_message_1.csv", messages);
  EXPECT_THAT(replay_all(alone.path).depths, IsEmpty());
  const Folder folder;
  folder.put("AMZN_2012-06-21_34200000_57600000_message_1.csv", messages);
  folder.put("AMZN_2012-06-21_34200000_57600000_orderbook_1.csv.gz",
             "100100,7,100000,21\n100100,7,100000,21\n100100,7,99900,5\n100100,7,-9999999999,0\n100100,7,99800,4\n");
  EXPECT_THAT(find_data(folder.path, "", {})->ignored, IsEmpty());
  const Replayed got = replay_all(folder.path);
  EXPECT_EQ(got.tally.bad_rows(), 0u);
  ASSERT_EQ(got.depths.size(), 4u) << "the second event changed nothing that is published";
  EXPECT_EQ(got.depths[0].kind, DepthKind::snapshot);
  EXPECT_THAT(got.depths[0].bids, ElementsAre(level("10", "21")));
  EXPECT_THAT(got.depths[0].asks, ElementsAre(level("10.01", "7")));
  EXPECT_EQ(got.depths[1].kind, DepthKind::delta);
  EXPECT_EQ(got.depths[1].previous, got.depths[0].last);
  EXPECT_THAT(got.depths[1].bids, ElementsAre(level("10", "0"), level("9.99", "5")));
  EXPECT_THAT(got.depths[1].asks, IsEmpty());
  EXPECT_EQ(got.depths[1].header.event_time.ns % 60'000'000'000, 1'000'000'000);
  EXPECT_EQ(got.depths[2].kind, DepthKind::snapshot) << "a side that empties is said by the whole book";
  EXPECT_THAT(got.depths[2].bids, IsEmpty());
  EXPECT_EQ(got.depths[3].kind, DepthKind::snapshot);
  for (std::size_t i = 1; i < got.depths.size(); ++i) EXPECT_GT(got.depths[i].last, got.depths[i - 1].last);
}

TEST(RecordedDepth, APublishedBookThatEndsEarlyOrIsNoneIsToldRowByRow) {
  const Folder folder;
  folder.put("AMZN_2012-06-21_34200000_57600000_message_1.csv",
             "34200.5,1,11,21,100000,1\n34201,4,11,21,100000,1\n34202,4,11,21,100000,1\n");
  folder.put("AMZN_2012-06-21_34200000_57600000_orderbook_1.csv", "100100,7,100000,21\n100100,seven,100000,21\n");
  const Replayed got = replay_all(folder.path);
  EXPECT_EQ(got.depths.size(), 1u);
  EXPECT_EQ(got.tally.bad_rows(), 2u);
}

struct Setting {
  Setting() {
    folder.put("spot_btcusdt_20240808.gz", kDay);
    char* none[] = {nullptr};
    config = *Config::load("", {{"feed.replay.data", folder.path}, {"feed.replay.loop", "true"}}, none);
    instruments = *with_derived({}, *survey(*find_data(folder.path, "", {}), {}));
  }
  Folder folder;
  Config config;
  Instruments instruments;
};
/// "q" a quote, else kind and number of the depth.
std::string told(const std::vector<Event>& events) {
  std::string out;
  for (const Event& event : events) {
    const auto* d = std::get_if<DepthUpdate>(&event);
    if (std::holds_alternative<Tick>(event)) out += "q ";
    if (d != nullptr) out += (d->kind == DepthKind::delta ? "d" + std::to_string(d->previous) + "-" : "s") + std::to_string(d->last) + " ";
  }
  return out;
}

TEST(RecordedDepth, ALoopCountsOnSoThatTheNextPassIsNewerThanTheOneBefore) {
  const Setting s;
  ReplayFeed feed{s.config, s.instruments};
  std::vector<Event> out;
  feed.begin(0);
  while (out.size() < 11) feed.due(0, 11 - out.size(), tickmesh::testing::into(out));
  EXPECT_EQ(told(out), "d4-6 q s6 d6-9 q d13-15 q s15 d15-18 q ");
}

TEST(RecordedDepth, AfterARestartBothGoOnBehindWhatWasSaidOfThem) {
  const auto rest = [](std::uint64_t ticks, std::uint64_t depths) {
    const Setting s;
    ReplayFeed feed{s.config, s.instruments};
    std::vector<Event> out;
    feed.skip(ticks, depths);
    feed.begin(0);
    while (out.size() < 2) feed.due(0, 2 - out.size(), tickmesh::testing::into(out));
    return told(out);
  };
  EXPECT_EQ(rest(1, 2), "d6-9 q ");
  EXPECT_EQ(rest(2, 1), "s6 d6-9 ") << "the tail that was lost held depth alone";
  EXPECT_EQ(rest(0, 3), "q q ");
}

}  // namespace
}  // namespace tickmesh::replay
