#include <array>

#include "bus/sockets.hpp"
#include "mesh.hpp"

namespace tickmesh::bus_test {
namespace {

constexpr int kPatience = 20'000;

class Ahead : public BusTest {
 protected:
  Name tick(Sequence sequence, Partition partition = 0, Epoch epoch = kEpoch) const { return {Stream::tick, partition, {epoch, sequence}}; }
  /// Gets exactly `count` events from `first` on, as long as there are that many, and holds each against its name.
  void expect(ReplayAhead& ahead, const Name& first, std::size_t count) {
    ahead.forget();
    std::vector<ByteView> events;
    while (events.size() < count) {
      Name at = first;
      at.at.sequence += events.size();
      const auto got = ahead.get(at, count - events.size(), events, kPatience);
      ASSERT_TRUE(got) << to_string(got.error());
      ASSERT_GT(*got, 0u) << to_string(at);
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
      const Bytes said = event_at(first.stream, first.partition, {first.at.epoch, first.at.sequence + i});
      ASSERT_EQ(as_text(events[i]), as_text(said)) << i;
    }
  }
};

TEST_F(Ahead, GivesPartitionsSideBySideInPiecesThatNeverFallOnTheAnswersBorders) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 60'000, 3);
  ReplayAhead ahead{context, endpoint};
  std::array<Sequence, 3> next{1, 1, 1};
  for (std::size_t turn = 0; next[0] <= 20'000 || next[1] <= 20'000 || next[2] <= 20'000; ++turn) {
    const std::size_t p = turn % 3;
    const auto count = std::min<std::size_t>(20'001 - next[p], 1 + 7 * p + turn % 997);
    if (count == 0) continue;
    ASSERT_NO_FATAL_FAILURE(expect(ahead, tick(next[p], static_cast<Partition>(p)), count));
    next[p] += count;
  }
}

TEST_F(Ahead, FollowsWhoeverAsksForSomethingElseThanWhatComesNext) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 20'000);
  ReplayAhead ahead{context, endpoint};
  for (const Sequence from : {1, 9'000, 500, 19'990, 1})
    ASSERT_NO_FATAL_FAILURE(expect(ahead, tick(from), std::min<std::size_t>(3'000, 20'001 - from)));
}

TEST_F(Ahead, WhatWasGivenLivesUntilItIsForgotten) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 30'000);
  ReplayAhead ahead{context, endpoint};
  ASSERT_NO_FATAL_FAILURE(expect(ahead, tick(1), 30'000)) << "over many answers";
}

TEST_F(Ahead, GivesNothingYetWhereNothingIsReleasedYetAndItLater) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 10);
  ReplayAhead ahead{context, endpoint};
  std::vector<ByteView> events;
  EXPECT_EQ(ahead.get(tick(1), 100, events, kPatience), 10u);
  EXPECT_EQ(ahead.get(tick(11), 100, events, kPatience), 0u);
  instance.say(Stream::tick, 5);
  EXPECT_EQ(ahead.get(tick(11), 100, events, kPatience), 5u);
}

TEST_F(Ahead, SaysWhatIsGoneAndGoesOnWithTheRest) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 100, 2);
  journal.trim(Stream::tick, 0, 20);
  ReplayAhead ahead{context, endpoint};
  std::vector<ByteView> events;
  ASSERT_NO_FATAL_FAILURE(expect(ahead, tick(1, 1), 10));
  EXPECT_EQ(ahead.get(tick(19), 1, events, kPatience).error().code, "trimmed");
  ASSERT_NO_FATAL_FAILURE(expect(ahead, tick(20), 31));
  ASSERT_NO_FATAL_FAILURE(expect(ahead, tick(11, 1), 40));
  EXPECT_TRUE(events.empty());
}

TEST_F(Ahead, AnEpochThatIsOverIsGoneForThePartitionAskedForAndNoOther) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 20'000, 2);
  ReplayAhead ahead{context, endpoint};
  std::vector<ByteView> events;
  ASSERT_NO_FATAL_FAILURE(expect(ahead, tick(1), 10));
  EXPECT_EQ(ahead.get(tick(5, 1, kEpoch - 1), 1, events, kPatience).error().code, "trimmed");
  EXPECT_EQ(ahead.get(tick(5, 2, kEpoch - 1), 1, events, kPatience).error().code, "trimmed");
  ASSERT_NO_FATAL_FAILURE(expect(ahead, tick(1, 1), 10'000));
  ASSERT_NO_FATAL_FAILURE(expect(ahead, tick(11), 9'990));
}

TEST_F(Ahead, GoesOnWhereItWasWhenThePublisherIsBack) {
  ReplayAhead ahead{context, endpoint};
  std::vector<ByteView> events;
  EXPECT_EQ(ahead.get(tick(1), 1, events, 50).error().code, "unreachable");
  {
    Instance instance{context, endpoint, journal};
    instance.say(Stream::tick, 20'000);
    ASSERT_NO_FATAL_FAILURE(expect(ahead, tick(1), 2'000));
  }
  // What was asked ahead of time may have been answered before it went.
  while (ahead.get(tick(20'000), 1, events, 50)) {
  }
  Instance again{context, endpoint, journal, 2};
  ASSERT_NO_FATAL_FAILURE(expect(ahead, tick(2'001), 18'000));
}

TEST_F(Ahead, AsksAgainWhenWhoeverWasAskedDiedBeforeItAnsweredHoweverShortEachWaitIs) {
  ReplayAhead ahead{context, endpoint};
  std::vector<ByteView> events;
  {
    BoundSocket deaf{context, zmq::socket_type::router, endpoint.replay, 1000};
    zmq::message_t asked;
    while (!deaf->recv(asked, zmq::recv_flags::dontwait)) ASSERT_FALSE(ahead.get(tick(1), 1, events, 20));
  }
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 10);
  const std::int64_t deadline = monotonic_now() + std::int64_t{kPatience} * 1'000'000;
  while (!ahead.get(tick(1), 10, events, 20)) ASSERT_LT(monotonic_now(), deadline) << "never asked again";
  EXPECT_EQ(events.size(), 10u);
}

}  // namespace
}  // namespace tickmesh::bus_test
