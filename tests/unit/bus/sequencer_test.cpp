#include "bus/sequencer.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace tickmesh {
namespace {

constexpr Epoch kEpoch = 1000;
constexpr std::int64_t kSecond = 1'000'000'000;

/// Events that carry their own epoch and sequence, so that a delivery can be held against its name.
class Collector final : public SequencerSink {
 public:
  void deliver(const Name& first, std::span<const ByteView> events) override {
    for (std::size_t i = 0; i < events.size(); ++i) {
      Sequence said = 0;
      ASSERT_EQ(events[i].size(), sizeof said);
      std::memcpy(&said, events[i].data(), sizeof said);
      EXPECT_EQ(said, first.at.sequence + i);
      delivered.push_back({first.at.epoch, said});
    }
  }
  void gap(const StreamGap& gap) override { gaps.push_back(gap); }
  void keyframe(const Name& name, ByteView event) override {
    EXPECT_EQ(gaps.size(), 1u) << "the gap comes first";
    Sequence said = 0;
    std::memcpy(&said, event.data(), sizeof said);
    EXPECT_EQ(said, name.at.sequence);
    keyframes.push_back(said);
  }
  std::vector<Sequence> sequences() const {
    std::vector<Sequence> all;
    for (const Position& at : delivered) all.push_back(at.sequence);
    return all;
  }
  std::vector<Position> delivered;
  std::vector<StreamGap> gaps;
  std::vector<Sequence> keyframes;
};

struct Said {
  Said(Sequence from, Sequence to) {
    for (Sequence s = from; s <= to; ++s) said.push_back(s);
    for (const Sequence& s : said) views.push_back(std::as_bytes(std::span{&s, 1}));
  }
  std::vector<Sequence> said;
  std::vector<ByteView> views;
};

Outbox::Heads heads_of(Sequence head, Partition partition = 3) {
  Outbox::Heads heads{};
  heads[static_cast<std::size_t>(Stream::tick)][partition] = head;
  return heads;
}
Name tick(Sequence sequence, Epoch epoch = kEpoch, Partition partition = 3) { return {Stream::tick, partition, {epoch, sequence}}; }

class SequencerTest : public testing::Test {
 protected:
  static Sequencer from(Position at, std::size_t buffer = 1u << 20) {
    Sequencer::Positions applied;
    if (at.epoch != 0) applied[{Stream::tick, Partition{3}}] = at;
    SequencerOptions options;
    options.streams = {Stream::tick};
    options.buffer_bytes = buffer;
    return Sequencer{options, applied};
  }
  /// A reader that has heard a Welcome: `first`..`last` are held.
  void welcome(Sequencer& s, Sequence first, Sequence last, Token token = {kEpoch, 1}) {
    s.heard(token, sink);
    s.welcome(token, heads_of(first), heads_of(last), sink);
  }
  void live(Sequencer& s, Sequence from, Sequence to, Epoch epoch = kEpoch) {
    EXPECT_TRUE(s.live(tick(from, epoch), Said(from, to).views, sink));
    s.pump(SIZE_MAX, sink);
  }
  void chunk(Sequencer& s, Sequence from, Sequence to, std::int64_t now = 0) {
    EXPECT_TRUE(s.chunk(tick(from), Said(from, to).views, now, sink));
    s.pump(SIZE_MAX, sink);
  }
  Collector sink;
};

TEST_F(SequencerTest, PartitionsOfOthersAreNeitherDeliveredNorMissed) {
  Sequencer::Positions applied;
  applied[{Stream::tick, Partition{2}}] = {kEpoch + 5, 70};  // of whoever had it once
  SequencerOptions options;
  options.streams = {Stream::tick};
  options.shards = {{Stream::tick, std::uint64_t{1} << 3}};
  Sequencer s{options, applied};
  ASSERT_TRUE(s.heard({kEpoch, 1}, sink));
  Outbox::Heads first = heads_of(1), last = heads_of(2);
  first[static_cast<std::size_t>(Stream::tick)][2] = 1;
  last[static_cast<std::size_t>(Stream::tick)][2] = 9;
  s.welcome({kEpoch, 1}, first, last, sink);
  const Said theirs{1, 9}, ours{1, 2};
  EXPECT_TRUE(s.live(tick(1, kEpoch, 2), theirs.views, sink));
  EXPECT_TRUE(s.live(tick(1), ours.views, sink));
  EXPECT_EQ(sink.sequences(), (std::vector<Sequence>{1, 2}));
  EXPECT_TRUE(s.caught_up());
  EXPECT_TRUE(sink.gaps.empty());
  EXPECT_EQ(s.counts(Stream::tick).behind, 0u);
  EXPECT_TRUE(s.hears(Stream::tick, 3));
  EXPECT_FALSE(s.hears(Stream::tick, 2));
}

TEST_F(SequencerTest, DeliversALiveRunThatIsNextInOrder) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 4);
  live(s, 5, 7);
  EXPECT_EQ(sink.sequences(), (std::vector<Sequence>{5, 6, 7}));
  EXPECT_TRUE(s.caught_up());
  EXPECT_FALSE(s.get_due(0));
}

TEST_F(SequencerTest, IsNotCaughtUpBeforeHeadsOfTheCurrentTokenAreHeard) {
  auto s = from({kEpoch, 4});
  EXPECT_FALSE(s.caught_up());
  s.heard({kEpoch, 1}, sink);
  EXPECT_FALSE(s.caught_up());
  s.welcome({kEpoch, 1}, heads_of(1), heads_of(4), sink);
  EXPECT_TRUE(s.caught_up());
  s.heard({kEpoch, 2}, sink);
  EXPECT_FALSE(s.caught_up());
  s.heads({kEpoch, 1}, heads_of(4));  // a beat of the process before, late
  EXPECT_FALSE(s.caught_up());
  s.heads({kEpoch, 2}, heads_of(4));
  EXPECT_TRUE(s.caught_up());
}

TEST_F(SequencerTest, AReaderWithoutAPositionBeginsAtTheFirstStillHeld) {
  auto s = from({});
  s.heard({kEpoch, 1}, sink);
  s.heads({kEpoch, 1}, heads_of(9));
  EXPECT_FALSE(s.get_due(0)) << "where to begin is told by Welcome";
  EXPECT_FALSE(s.caught_up());
  s.welcome({kEpoch, 1}, heads_of(4), heads_of(9), sink);
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(1), 9})) << "what is gone is asked for, because its last values come with the answer";
  EXPECT_TRUE(s.trimmed(Stream::tick, 3, {kEpoch, 4}, sink));
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(4), 6}));
  chunk(s, 4, 9);
  EXPECT_EQ(sink.sequences(), (std::vector<Sequence>{4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(sink.gaps, (std::vector{StreamGap{Stream::tick, 3, {kEpoch, 1}, {kEpoch, 3}}}));
  EXPECT_EQ(s.counts(Stream::tick).lost, 0u) << "it never had what was gone before it came";
  EXPECT_TRUE(s.caught_up());
}

TEST_F(SequencerTest, AReaderWithoutAPositionBeginsAfterTheLastWhenNoneIsHeld) {
  auto s = from({});
  welcome(s, 0, 9);
  EXPECT_TRUE(s.caught_up());
  live(s, 10, 11);
  EXPECT_EQ(sink.sequences(), (std::vector<Sequence>{10, 11}));
}

TEST_F(SequencerTest, LiveRunsHeardBeforeTheWelcomeAreHeldAndThenDelivered) {
  auto s = from({});
  s.heard({kEpoch, 1}, sink);
  live(s, 5, 6);
  EXPECT_TRUE(sink.delivered.empty());
  s.welcome({kEpoch, 1}, heads_of(4), heads_of(6), sink);
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(1), 4}));
  EXPECT_TRUE(s.trimmed(Stream::tick, 3, {kEpoch, 4}, sink));
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(4), 1}));
  chunk(s, 4, 4);
  EXPECT_EQ(sink.sequences(), (std::vector<Sequence>{4, 5, 6}));
  EXPECT_EQ(s.buffered_bytes(), 0u);
}

TEST_F(SequencerTest, LastValuesComeAfterTheirGapAndOnlyThoseFromInsideIt) {
  auto s = from({kEpoch, 4});
  welcome(s, 8, 10);
  ASSERT_TRUE(s.get_due(0));
  const Said values{2, 9};
  std::vector<LastValue> keyframe;
  for (const Sequence at : {2, 5, 7, 9}) keyframe.push_back({at, values.views[at - 2]});
  EXPECT_TRUE(s.trimmed(Stream::tick, 3, {kEpoch, 8}, sink, keyframe));
  EXPECT_EQ(sink.keyframes, (std::vector<Sequence>{5, 7}));
  ASSERT_EQ(s.get_due(0), (GetRequest{tick(8), 3}));
  chunk(s, 8, 10);
  EXPECT_EQ(sink.sequences(), (std::vector<Sequence>{8, 9, 10}));
}

TEST_F(SequencerTest, AnAnswerThatComesTwiceGivesItsLastValuesOnce) {
  auto s = from({kEpoch, 4});
  welcome(s, 8, 10);
  ASSERT_TRUE(s.get_due(0));
  const Said values{6, 6};
  const LastValue value{6, values.views[0]};
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(s.trimmed(Stream::tick, 3, {kEpoch, 8}, sink, std::span{&value, 1}));
  EXPECT_EQ(sink.keyframes, (std::vector<Sequence>{6}));
}

TEST_F(SequencerTest, AGapIsAskedForUpToWhatIsHeld) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 4);
  live(s, 8, 9);
  EXPECT_TRUE(sink.delivered.empty());
  EXPECT_FALSE(s.caught_up());
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(5), 3}));
  EXPECT_FALSE(s.get_due(kSecond - 1)) << "one Get at a time";
  chunk(s, 5, 7);
  EXPECT_EQ(sink.sequences(), (std::vector<Sequence>{5, 6, 7, 8, 9}));
  EXPECT_EQ(s.counts(Stream::tick).healed, 3u);
  EXPECT_TRUE(s.caught_up());
}

TEST_F(SequencerTest, AnUnansweredGetIsAskedAgainAfterASecond) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 6);
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(5), 2}));
  EXPECT_FALSE(s.get_due(kSecond - 1));
  EXPECT_EQ(s.get_due(kSecond), (GetRequest{tick(5), 2}));
}

TEST_F(SequencerTest, AnEmptyChunkIsAskedAgainAfterAPauseNotAtOnce) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 6);
  ASSERT_TRUE(s.get_due(0));
  EXPECT_TRUE(s.chunk(tick(5), {}, 0, sink));
  EXPECT_FALSE(s.get_due(1));
  EXPECT_EQ(s.get_due(20'000'000), (GetRequest{tick(5), 2}));
}

TEST_F(SequencerTest, AHelloIsRepeatedUntilAWelcome) {
  auto s = from({kEpoch, 4});
  EXPECT_TRUE(s.hello_due(0));
  EXPECT_FALSE(s.hello_due(kSecond / 2 - 1));
  EXPECT_TRUE(s.hello_due(kSecond / 2));
  welcome(s, 1, 4);
  EXPECT_FALSE(s.hello_due(10 * kSecond));
  s.heard({kEpoch, 2}, sink);
  EXPECT_TRUE(s.hello_due(10 * kSecond)) << "a publisher that restarted does not know us";
}

TEST_F(SequencerTest, DuplicatesAndOverlapsAreDeliveredOnce) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 4);
  live(s, 5, 7);
  live(s, 5, 7);
  live(s, 6, 9);
  live(s, 1, 2);
  chunk(s, 8, 10);
  EXPECT_EQ(sink.sequences(), (std::vector<Sequence>{5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(s.counts(Stream::tick).duplicates, 3u + 2u + 2u + 2u);
}

TEST_F(SequencerTest, WhatDoesNotFitTheBufferIsAskedForAgain) {
  auto s = from({kEpoch, 4}, 300);
  welcome(s, 1, 4);
  live(s, 6, 8);
  live(s, 9, 20);
  live(s, 21, 40);
  EXPECT_GT(s.overflow(), 0u);
  EXPECT_LE(s.buffered_bytes(), 300u);
  ASSERT_EQ(s.get_due(0), (GetRequest{tick(5), 1}));
  chunk(s, 5, 5);
  EXPECT_EQ(sink.sequences(), (std::vector<Sequence>{5, 6, 7, 8}));
  ASSERT_EQ(s.get_due(0), (GetRequest{tick(9), 32}));
  chunk(s, 9, 40);
  EXPECT_EQ(sink.delivered.size(), 36u);
  EXPECT_TRUE(s.caught_up());
}

TEST_F(SequencerTest, TrimmedEventsAreReportedCountedAndPassedOver) {
  auto s = from({kEpoch, 4});
  welcome(s, 8, 10);
  ASSERT_EQ(s.get_due(0), (GetRequest{tick(5), 6}));
  EXPECT_TRUE(s.trimmed(Stream::tick, 3, {kEpoch, 8}, sink));
  ASSERT_EQ(sink.gaps.size(), 1u);
  EXPECT_EQ(sink.gaps[0], (StreamGap{Stream::tick, 3, {kEpoch, 5}, {kEpoch, 7}}));
  EXPECT_EQ(s.counts(Stream::tick).lost, 3u);
  ASSERT_EQ(s.get_due(0), (GetRequest{tick(8), 3}));
  chunk(s, 8, 10);
  EXPECT_EQ(sink.sequences(), (std::vector<Sequence>{8, 9, 10}));
}

TEST_F(SequencerTest, WhatIsBufferedIsNotLostWhenThePublisherHasTrimmedIt) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 4);
  live(s, 7, 8);
  live(s, 12, 13);
  ASSERT_TRUE(s.get_due(0));
  EXPECT_TRUE(s.trimmed(Stream::tick, 3, {kEpoch, 12}, sink));
  s.pump(SIZE_MAX, sink);
  ASSERT_EQ(s.get_due(0), (GetRequest{tick(9), 3}));
  EXPECT_TRUE(s.trimmed(Stream::tick, 3, {kEpoch, 12}, sink));
  s.pump(SIZE_MAX, sink);
  EXPECT_EQ(sink.sequences(), (std::vector<Sequence>{7, 8, 12, 13}));
  EXPECT_EQ(s.counts(Stream::tick).lost, 2u + 3u);
  EXPECT_TRUE(s.caught_up());
}

TEST_F(SequencerTest, ANewEpochClosesTheOldOneOnceAndIsReadFromItsBeginning) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 6);
  s.heard({kEpoch + 5, 1}, sink);
  s.heard({kEpoch + 5, 1}, sink);
  live(s, 2, 3, kEpoch + 5);
  EXPECT_TRUE(sink.gaps.empty()) << "what is left of the old one is not known yet";
  EXPECT_FALSE(s.caught_up());
  s.welcome({kEpoch + 5, 1}, heads_of(1), heads_of(3), sink);
  ASSERT_EQ(sink.gaps.size(), 1u);
  EXPECT_EQ(sink.gaps[0], (StreamGap{Stream::tick, 3, {kEpoch, 4}, {kEpoch + 5, 0}}));
  EXPECT_EQ(s.counts(Stream::tick).lost, 2u) << "5 and 6 of the old epoch were told and never heard";
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(1, kEpoch + 5), 1}));
  EXPECT_TRUE(s.chunk(tick(1, kEpoch + 5), Said(1, 1).views, 0, sink));
  s.pump(SIZE_MAX, sink);
  EXPECT_EQ(sink.delivered, (std::vector<Position>{{kEpoch + 5, 1}, {kEpoch + 5, 2}, {kEpoch + 5, 3}}));
  EXPECT_EQ(sink.gaps.size(), 1u);
}

TEST_F(SequencerTest, WhatIsLeftOfAnEpochThatIsOverIsReadBeforeTheNextOne) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 6);
  s.heard({kEpoch + 5, 1}, sink);
  live(s, 1, 2, kEpoch + 5);
  s.welcome({kEpoch + 5, 1}, heads_of(1), heads_of(2), sink,
            {{Stream::tick, 3, kEpoch, 1, 7}, {Stream::order, 3, kEpoch, 1, 100}, {Stream::tick, 3, kEpoch + 2, 1, 2}});
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(5), 3}));
  EXPECT_TRUE(s.chunk(tick(5), Said(5, 6).views, 0, sink));
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(7), 1}));
  EXPECT_FALSE(s.caught_up());
  EXPECT_TRUE(s.chunk(tick(7), Said(7, 7).views, 0, sink));
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(1, kEpoch + 2), 2})) << "the machine went down twice";
  EXPECT_TRUE(s.chunk(tick(1, kEpoch + 2), Said(1, 2).views, 0, sink));
  s.pump(SIZE_MAX, sink);
  EXPECT_EQ(sink.sequences(), (std::vector<Sequence>{5, 6, 7, 1, 2, 1, 2}));
  EXPECT_EQ(sink.gaps,
            (std::vector<StreamGap>{{Stream::tick, 3, {kEpoch, 7}, {kEpoch + 2, 0}}, {Stream::tick, 3, {kEpoch + 2, 2}, {kEpoch + 5, 0}}}));
  EXPECT_EQ(s.counts(Stream::tick).lost, 0u);
  EXPECT_TRUE(s.caught_up());
}

TEST_F(SequencerTest, AReaderWithoutAPositionBeginsWithTheOldestEpochStillHeld) {
  auto s = from({});
  s.heard({kEpoch, 1}, sink);
  s.welcome({kEpoch, 1}, heads_of(1), heads_of(2), sink, {{Stream::tick, 3, kEpoch - 3, 40, 41}});
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(1, kEpoch - 3), 41}))
      << "what is gone is asked for, because its last values come with the answer";
  EXPECT_TRUE(s.trimmed(Stream::tick, 3, {kEpoch - 3, 40}, sink));
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(40, kEpoch - 3), 2}));
  EXPECT_TRUE(s.chunk(tick(40, kEpoch - 3), Said(40, 41).views, 0, sink));
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(1), 2}));
}

TEST_F(SequencerTest, AnEpochThatIsOverIsDroppedAndCounted) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 4);
  EXPECT_FALSE(s.heard({kEpoch - 1, 9}, sink));
  EXPECT_TRUE(s.live(tick(5, kEpoch - 1), Said(5, 5).views, sink));
  EXPECT_EQ(s.stale(), 2u);
  EXPECT_TRUE(sink.delivered.empty());
}

TEST_F(SequencerTest, APublisherThatHasLessThanWeAppliedKeepsUsFromBeingCaughtUp) {
  auto s = from({kEpoch, 9});
  welcome(s, 1, 6);
  EXPECT_FALSE(s.caught_up());
  ASSERT_TRUE(s.worst());
  EXPECT_TRUE(s.worst()->ahead);
  EXPECT_FALSE(s.get_due(0));
}

TEST_F(SequencerTest, AnEarlierIncarnationIsNotHeardBesideALaterOneWhichIsAskedForWhatItHolds) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 6, {kEpoch, 2});
  EXPECT_FALSE(s.heard({kEpoch, 1}, sink)) << "it may be a zombie: 5 and 6 may not be what the later one holds";
  EXPECT_EQ(s.get_due(0), (GetRequest{tick(5), 2}));
  EXPECT_EQ(s.token(), (Token{kEpoch, 2}));
}

TEST_F(SequencerTest, ARestartWithoutNewEpochForgetsTheOpenGetAndAsksAgain) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 6);
  ASSERT_TRUE(s.get_due(0));
  s.heard({kEpoch, 2}, sink);
  s.welcome({kEpoch, 2}, heads_of(1), heads_of(6), sink);
  EXPECT_EQ(s.get_due(1), (GetRequest{tick(5), 2}));
  EXPECT_TRUE(sink.gaps.empty());
}

TEST_F(SequencerTest, WhatIsNotOursToHearIsRefused) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 4);
  const Said run{5, 5};
  EXPECT_FALSE(s.live({Stream::bar, 3, {kEpoch, 5}}, run.views, sink));
  EXPECT_FALSE(s.live({Stream::tick, 64, {kEpoch, 5}}, run.views, sink));
  EXPECT_FALSE(s.live({static_cast<Stream>(200), 3, {kEpoch, 5}}, run.views, sink));
  EXPECT_FALSE(s.live(tick(0), run.views, sink));
  EXPECT_FALSE(s.live(tick(UINT64_MAX), run.views, sink));
  EXPECT_FALSE(s.live(tick(5, kEpoch + 1), run.views, sink)) << "an epoch its header did not announce";
  EXPECT_FALSE(s.trimmed(Stream::bar, 3, {kEpoch, 8}, sink));
  EXPECT_FALSE(s.trimmed(Stream::tick, 3, {kEpoch, UINT64_MAX}, sink));
  EXPECT_TRUE(sink.delivered.empty());
  EXPECT_TRUE(s.caught_up());
}

TEST_F(SequencerTest, PumpStopsAtItsLimitAndGoesOnLater) {
  auto s = from({kEpoch, 4});
  welcome(s, 1, 4);
  for (Sequence at = 6; at < 30; at += 2) live(s, at, at + 1);
  EXPECT_TRUE(s.chunk(tick(5), Said(5, 5).views, 0, sink));
  EXPECT_TRUE(s.pending());
  EXPECT_EQ(s.pump(5, sink), 6u);
  EXPECT_TRUE(s.pending());
  EXPECT_FALSE(s.get_due(0)) << "what is buffered is not asked for";
  s.pump(SIZE_MAX, sink);
  EXPECT_FALSE(s.pending());
  EXPECT_EQ(sink.delivered.size(), 25u);
}

}  // namespace
}  // namespace tickmesh
