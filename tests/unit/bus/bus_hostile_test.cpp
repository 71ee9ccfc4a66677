#include "bus/requests.hpp"
#include "bus/wire.hpp"
#include "mesh.hpp"

namespace tickmesh::bus_test {
namespace {

std::string text_of(ByteView bytes) { return std::string{as_text(bytes)}; }

/// Speaks on the wire of a publisher, but says what it likes.
class Hostile : public BusTest {
 protected:
  Hostile() : server{context, endpoint, {endpoint.service, 0, {kEpoch, 1}, 77}, journal} {
    pub.set(zmq::sockopt::linger, 0);
    pub.bind(endpoint.pub);
    server.released(journal.heads());
  }
  void send(const std::vector<std::string>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i)
      pub.send(zmq::buffer(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
  std::string batch(const std::string& service, Name first, int events, Token token = {kEpoch, 1}, std::uint32_t ordinal = 0) {
    BatchWriter writer;
    writer.start({.service = service, .ordinal = ordinal, .token = token, .config_hash = 77});
    for (int i = 0; i < events; ++i) {
      const Position at{first.at.epoch, first.at.sequence + static_cast<Sequence>(i)};
      writer.add({first.stream, first.partition, at}, event_at(first.stream, first.partition, at));
    }
    return text_of(writer.finish());
  }
  std::string good(int events = 1) {
    const Name first = journal.say(Stream::tick, 0);
    for (int i = 1; i < events; ++i) journal.say(Stream::tick, 0);
    server.released(journal.heads());
    return batch("tick_ingestor", first, events);
  }
  Name tick(Sequence sequence) const { return {Stream::tick, 0, {kEpoch, sequence}}; }
  /// A listener whose subscription is known to stand.
  void settle(Listener& listener) {
    ASSERT_TRUE(listener.until([&] { return listener.reader.lag(Stream::tick).delivered > listener.reader.lag(Stream::tick).healed; },
                               [&] { send({topic(Stream::tick, 0), good()}); }));
  }

  zmq::socket_t pub{context, zmq::socket_type::pub};
  ReplayServer server;
};

TEST_F(Hostile, GarbageOnTheSubscriptionIsCountedAndHarmsNothing) {
  Listener listener{context, {to({Stream::tick})}};
  settle(listener);
  ASSERT_EQ(listener.reader.rejected(), 0u);
  const std::string about = topic(Stream::tick, 0);
  const Sequence next = journal.heads()[1][0] + 1;
  const std::vector<std::vector<std::string>> garbage{
      {about, "\xff\xff\xff\xff no protobuf"},
      {about, batch("tick_ingestor", tick(next), 3).substr(0, 60)},
      {about},
      {about, batch("tick_ingestor", tick(next), 1), "a third frame"},
      {about + "x", batch("tick_ingestor", tick(next), 1)},
      {about, batch("broker_gateway", tick(next), 1)},
      {about, batch("tick_ingestor", tick(next), 1, {kEpoch, 1}, 4)},
      {about, batch("tick_ingestor", {Stream::order, 0, {kEpoch, 1}}, 1)},
      {about, batch("tick_ingestor", {Stream::tick, 0, {kEpoch + 1, 1}}, 1)},
      {about, std::string(kMaxFrameBytes + 1, 'x')},
  };
  for (const auto& frames : garbage) {
    send(frames);
    send({about, good(3)});
  }
  const Sequence head = journal.heads()[1][0];
  ASSERT_TRUE(listener.until([&] { return listener.sequence(Stream::tick) == head; }));
  EXPECT_EQ(listener.reader.rejected(), garbage.size());
  EXPECT_TRUE(listener.gaps.empty());
  EXPECT_TRUE(listener.reader.caught_up());
}

TEST_F(Hostile, AFrameBeyondTheCutCostsAConnectionThatTheReaderMakesAnew) {
  Listener listener{context, {to({Stream::tick})}};
  settle(listener);
  send({topic(Stream::tick, 0), std::string(static_cast<std::size_t>(kCutBytes) + 1, 'x')});
  const std::uint64_t before = listener.delivered;
  ASSERT_TRUE(listener.until([&] { return listener.delivered > before + 5; }, [&] { send({topic(Stream::tick, 0), good()}); }));
}

TEST_F(Hostile, AnEpochThatIsOverIsNotDelivered) {
  Listener listener{context, {to({Stream::tick})}};
  settle(listener);
  send({topic(Stream::tick, 0), batch("tick_ingestor", {Stream::tick, 0, {kEpoch - 1, 500}}, 5, {kEpoch - 1, 9})});
  ASSERT_TRUE(listener.until([&] { return listener.reader.stale() == 1; }));
  EXPECT_EQ(listener.reader.rejected(), 0u);
  EXPECT_EQ(listener.sequence(Stream::tick), journal.heads()[1][0]);
}

TEST_F(Hostile, GarbageOnTheRouterIsCountedAndHarmsNothing) {
  journal.say(Stream::tick, 0);
  server.released(journal.heads());
  zmq::socket_t dealer{context, zmq::socket_type::dealer};
  dealer.set(zmq::sockopt::linger, 0);
  dealer.connect(endpoint.replay);
  const auto ask = [&](const std::string& frame) { dealer.send(zmq::buffer(frame), zmq::send_flags::none); };
  const std::string nobody(1000, 'n');
  const std::vector<std::string> garbage{
      "",
      "\xff\xff\xff\xff no protobuf",
      std::string(kMaxFrameBytes + 1, 'x'),
      encode(GetFrom{{Stream::local, 0, {kEpoch, 1}}, 1, 0}),
      encode(GetFrom{{Stream::tick, 64, {kEpoch, 1}}, 1, 0}),
      encode(GetFrom{{Stream::tick, 0, {kEpoch, 0}}, 1, 0}),
      encode(HelloRequest{"", {}}),
      encode(AckRequest{nobody, {{{Stream::tick, Partition{0}}, {kEpoch, 1}}}}),
  };
  for (const std::string& frame : garbage) ask(frame);
  dealer.send(zmq::str_buffer("one"), zmq::send_flags::sndmore);
  dealer.send(zmq::str_buffer("two"), zmq::send_flags::none);
  // The next honest question of the same connection is answered, so everything before it was read.
  ask(encode(GetFrom{{Stream::tick, 0, {kEpoch, 1}}, 1, 0}));
  dealer.set(zmq::sockopt::rcvtimeo, 20'000);
  zmq::message_t answer;
  ASSERT_TRUE(dealer.recv(answer));
  ReplyParser parser;
  ASSERT_TRUE(parser.parse({answer.data<std::byte>(), answer.size()}));
  ASSERT_TRUE(std::holds_alternative<ChunkReply>(parser.reply()));
  EXPECT_EQ(std::get<ChunkReply>(parser.reply()).events.size(), 1u);
  EXPECT_EQ(server.rejected(), garbage.size() + 1);
  EXPECT_TRUE(server.readers().empty());
  EXPECT_FALSE(server.failure());
}

TEST_F(Hostile, AFrameBeyondTheCutCostsItsSenderTheConnectionAndNobodyElse) {
  zmq::socket_t dealer{context, zmq::socket_type::dealer};
  dealer.set(zmq::sockopt::linger, 0);
  dealer.connect(endpoint.replay);
  dealer.send(zmq::buffer(std::string(static_cast<std::size_t>(kCutBytes) + 1, 'x')), zmq::send_flags::none);
  ReplayClient client{context, "client", endpoint};
  EXPECT_TRUE(client.heads(20'000));
  EXPECT_EQ(server.rejected(), 0u) << "it never arrives";
}

TEST_F(Hostile, ReadersWithoutEndAreNotRemembered) {
  zmq::socket_t dealer{context, zmq::socket_type::dealer};
  dealer.set(zmq::sockopt::linger, 0);
  dealer.connect(endpoint.replay);
  for (std::size_t i = 0; i < kMaxReaders + 10; ++i)
    dealer.send(zmq::buffer(encode(AckRequest{"reader-" + std::to_string(i), {{{Stream::tick, Partition{0}}, {kEpoch, 1}}}})),
                zmq::send_flags::none);
  ReplayClient client{context, "client", endpoint};
  const std::int64_t deadline = clock_ns() + 20'000'000'000;
  while (server.rejected() < 10 && clock_ns() < deadline) ASSERT_TRUE(client.heads(20'000));
  EXPECT_EQ(server.rejected(), 10u);
  EXPECT_EQ(server.readers().size(), kMaxReaders);
}

}  // namespace
}  // namespace tickmesh::bus_test
