// What a reader is given instead of what its publisher's journal has dropped.
#include "bus/keyframe.hpp"

#include <gtest/gtest.h>

#include "bus/codec.hpp"
#include "unit/bus/mesh.hpp"

namespace tickmesh::bus_test {
namespace {

constexpr Timestamp kNow{1'700'000'000'000'000'000};

Tick quote(std::string_view symbol, std::int64_t i) {
  return {.time = kNow + milliseconds(i),
          .event_time = kNow + milliseconds(i),
          .instrument = instrument_id(symbol),
          .kind = TickKind::quote,
          .feed = FeedKind::demo,
          .bid = Price::from_raw(10'000'000'000 + i),
          .ask = Price::from_raw(10'001'000'000 + i)};
}

class KeyframeTest : public BusTest {
 protected:
  KeyframeTest() {
    real = std::move(*Journal::open(
        {.dir = dir.path + "/journal", .instance = "tick_ingestor-0", .segment_bytes = 64u << 10, .budget_bytes = 6 * (64u << 10)},
        real_disk(), kNow, "one boot"));
    real->pin("keyframe", real->first());
  }
  /// On one partition, whatever the symbol, so that all share a sequence.
  Name say(const Tick& tick) {
    Bytes bytes, body;
    codec.encode(tick, bytes);
    const Name name{Stream::tick, 0, {real->epoch(), ++head}};
    encode(SaidRecord{name, {bytes}}, body);
    real->append(RecordType::said, body);
    return name;
  }
  void gather() {
    real->sync();
    while (*feed_keyframe(keyframe, *real, codec, Lsn{real->end().value - 3 * (64u << 10)}, 1u << 20)) {
    }
    real->pin("keyframe", keyframe.taken_to());
  }
  Sequence first_held() const { return real->first_held()[static_cast<std::size_t>(Stream::tick)][0]; }

  ProtoCodec codec;
  Keyframe keyframe;
  std::unique_ptr<Journal> real;
  Sequence head{0};
};

TEST_F(KeyframeTest, AReaderThatWasAwayIsGivenTheLastQuoteOfWhoHasBeenQuietSince) {
  say(quote("MSFT.DEMO", 0));
  const auto quiet = say(quote("AAPL.DEMO", 1));
  for (int i = 2; i < 8'000; ++i) say(quote("MSFT.DEMO", i));
  gather();
  ASSERT_GT(first_held(), quiet.at.sequence);
  ReplayServer server{context, endpoint, {"tick_ingestor", 0, {real->epoch(), 1}, 0}, *real, &keyframe};
  server.released(real->heads());
  for (const Position since : {Position{}, Position{real->epoch(), 1}}) {
    std::map<std::pair<Stream, Partition>, Position> applied;
    if (since.epoch != 0) applied[{Stream::tick, Partition{0}}] = since;
    Reader reader{context, {.name = "late-0", .subscriptions = {to({Stream::tick})}}, applied};
    std::vector<std::pair<Sequence, Tick>> values;
    std::vector<StreamGap> gaps;
    Sequence next = 0;
    const auto deadline = clock_ns() + 30'000'000'000;
    while (next <= head && clock_ns() < deadline) {
      reader.drain(
          clock_ns(), 100'000,
          [&](const ReceivedRun& run) {
            EXPECT_EQ(gaps.size(), 1u);
            if (!run.keyframe) {
              if (next == 0) {
                EXPECT_EQ(run.first.at.sequence, first_held());
              }
              next = run.first.at.sequence + run.events.size();
              return;
            }
            EXPECT_EQ(next, 0u) << "last values come before what follows the gap";
            Event event;
            ASSERT_TRUE(codec.decode(Stream::tick, run.events[0], event));
            values.emplace_back(run.first.at.sequence, std::get<Tick>(event));
          },
          [&](const StreamGap& gap) { gaps.push_back(gap); });
      auto items = reader.poll_items();
      zmq::poll(items, std::chrono::milliseconds{5});
    }
    EXPECT_EQ(next, head + 1);
    ASSERT_EQ(gaps.size(), 1u);
    EXPECT_EQ(gaps[0].from.sequence, since.sequence + 1);
    EXPECT_EQ(gaps[0].to.sequence, first_held() - 1);
    // MSFT has spoken since: its last value comes with the stream. Of AAPL there is nothing else to be had.
    ASSERT_EQ(values.size(), 1u);
    EXPECT_EQ(values[0], (std::pair{quiet.at.sequence, quote("AAPL.DEMO", 1)}));
    EXPECT_EQ(reader.lag(Stream::tick).lost, since.epoch == 0 ? 0u : first_held() - 2) << "who joins late has lost nothing";
  }
}

TEST_F(KeyframeTest, WhatWasSavedIsLoadedAgainAndWhatIsDamagedIsNot) {
  say(quote("AAPL.DEMO", 0));
  for (int i = 1; i < 8'000; ++i) say(quote("MSFT.DEMO", i));
  gather();
  auto saved = keyframe.save();
  Keyframe again;
  ASSERT_TRUE(again.load(saved));
  EXPECT_EQ(again.taken_to(), keyframe.taken_to());
  EXPECT_EQ(again.size(), 2u);
  EXPECT_EQ(again.before(Stream::tick, 0, {real->epoch(), 10}).size(), 1u);
  for (const std::size_t at : {std::size_t{0}, saved.size() / 2, saved.size() - 1}) {
    saved[at] ^= std::byte{1};
    EXPECT_FALSE(again.load(saved));
    EXPECT_EQ(again.size(), 0u);
    saved[at] ^= std::byte{1};
  }
  EXPECT_FALSE(again.load(ByteView{saved}.first(saved.size() - 20)));
}

TEST_F(KeyframeTest, ANewEpochBeginsAnewAndAnOlderOneIsNotListenedTo) {
  const auto tick = quote("AAPL.DEMO", 0);
  Bytes bytes;
  codec.encode(tick, bytes);
  keyframe.take({Stream::tick, 0, {7, 1}}, bytes, tick);
  keyframe.take({Stream::tick, 0, {9, 1}}, bytes, tick);
  keyframe.take({Stream::tick, 0, {7, 2}}, bytes, tick);
  EXPECT_TRUE(keyframe.before(Stream::tick, 0, {7, 100}).empty());
  ASSERT_EQ(keyframe.before(Stream::tick, 0, {9, 100}).size(), 1u);
  EXPECT_EQ(keyframe.before(Stream::tick, 0, {9, 100})[0].sequence, 1u);
}

TEST(KeyframeKey, WhatHappensAndIsOverHasNoLastValue) {
  EXPECT_FALSE(keyframe_key(Event{Intent{}}));
  EXPECT_FALSE(keyframe_key(Event{OrderEvent{}}));
  EXPECT_FALSE(keyframe_key(Event{Command{}}));
  EXPECT_FALSE(keyframe_key(Event{RiskEvent{.kind = RiskEventKind::refused}}));
  EXPECT_TRUE(keyframe_key(Event{RiskEvent{.kind = RiskEventKind::state_changed}}));
  EXPECT_NE(keyframe_key(Event{Tick{.kind = TickKind::quote}}), keyframe_key(Event{Tick{.kind = TickKind::trade}}));
}

}  // namespace
}  // namespace tickmesh::bus_test
