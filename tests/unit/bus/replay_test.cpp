#include "mesh.hpp"

namespace tickmesh::bus_test {
namespace {

class Replay : public BusTest {
 protected:
  Name tick(Sequence sequence, Epoch epoch = kEpoch) const { return {Stream::tick, 0, {epoch, sequence}}; }
};

TEST_F(Replay, GivesWhatWasSaidFromASequenceOn) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 50'000);
  ReplayClient client{context, "client", endpoint};
  const auto events = client.get(tick(101), 40'000, 20'000);
  ASSERT_TRUE(events) << to_string(events.error());
  ASSERT_EQ(events->size(), 40'000u);
  for (std::size_t i = 0; i < events->size(); ++i) ASSERT_EQ((*events)[i], event_at(Stream::tick, 0, {kEpoch, 101 + i}));
  EXPECT_GE(instance.server.served(), 40'000u);
}

TEST_F(Replay, GivesFewerWhenFewerWereSaid) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 5);
  ReplayClient client{context, "client", endpoint};
  EXPECT_EQ(client.get(tick(4), 10, 20'000)->size(), 2u);
  EXPECT_EQ(client.get(tick(6), 10, 20'000)->size(), 0u);
}

TEST_F(Replay, SaysWhatIsGone) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 50);
  journal.trim(Stream::tick, 0, 20);
  ReplayClient client{context, "client", endpoint};
  EXPECT_EQ(client.get(tick(19), 1, 20'000).error().code, "trimmed");
  EXPECT_EQ(client.get(tick(20), 1, 20'000)->size(), 1u);
  EXPECT_EQ(client.get(tick(20, kEpoch - 1), 1, 20'000).error().code, "trimmed") << "an epoch that is over is not held";
}

TEST_F(Replay, APublisherThatIsAwayIsUnreachable) {
  ReplayClient client{context, "client", endpoint};
  EXPECT_EQ(client.get(tick(1), 1, 50).error().code, "unreachable");
  EXPECT_EQ(client.heads(50).error().code, "unreachable");
}

TEST_F(Replay, TellsHeadsAndTokenAndLeavesNoReaderBehind) {
  Instance instance{context, endpoint, journal, 4};
  instance.say(Stream::tick, 50);
  instance.say(Stream::order, 7);
  journal.trim(Stream::tick, 0, 20);
  ReplayClient client{context, "client", endpoint};
  const auto heads = client.heads(20'000);
  ASSERT_TRUE(heads);
  EXPECT_EQ(heads->token, (Token{kEpoch, 4}));
  EXPECT_EQ(heads->first[1][0], 20u);
  EXPECT_EQ(heads->last[1][0], 50u);
  EXPECT_EQ(heads->last[13][0], 7u);
  EXPECT_TRUE(instance.server.readers().empty());
}

TEST_F(Replay, NothingIsServedThatWasNotReleased) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 10);
  for (int i = 0; i < 5; ++i) journal.say(Stream::tick, 0);  // recorded, not yet durable
  ReplayClient client{context, "client", endpoint};
  EXPECT_EQ(client.get(tick(1), 100, 20'000)->size(), 10u);
  EXPECT_EQ(client.get(tick(11), 100, 20'000)->size(), 0u);
  EXPECT_EQ(client.heads(20'000)->last[1][0], 10u);
  instance.server.released(journal.heads());
  EXPECT_EQ(client.get(tick(11), 100, 20'000)->size(), 5u);
}

TEST_F(Replay, NobodyIsAnsweredBeforeTheFirstRelease) {
  journal.say(Stream::tick, 0);
  ReplayServer server{context, endpoint, {"tick_ingestor", 0, {kEpoch, 1}, 0}, journal};
  ReplayClient client{context, "client", endpoint};
  EXPECT_FALSE(client.heads(200));
  EXPECT_FALSE(client.get(tick(1), 1, 200));
  server.released(journal.heads());
  EXPECT_TRUE(client.heads(20'000));
}

TEST_F(Replay, AcknowledgementsAreKeptByReader) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 50);
  Listener listener{context, {to({Stream::tick})}, {{{Stream::tick, Partition{0}}, {kEpoch, 10}}}, 64u << 20, "metrics_engine-0"};
  const auto known = [&]() -> Position {
    for (const ReaderState& reader : instance.server.readers())
      if (reader.reader == "metrics_engine-0") return reader.applied.at({Stream::tick, Partition{0}});
    return {};
  };
  ASSERT_TRUE(listener.until([&] { return known() == Position{kEpoch, 10}; })) << "Hello tells where it stands";
  ASSERT_TRUE(listener.until([&] { return listener.sequence(Stream::tick) == 50; }));
  ASSERT_TRUE(listener.until([&] { return known() == Position{kEpoch, 50}; }, [&] { listener.reader.ack(listener.at); }));
}

}  // namespace
}  // namespace tickmesh::bus_test
