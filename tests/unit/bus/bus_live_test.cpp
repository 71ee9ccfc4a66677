#include "mesh.hpp"

namespace tickmesh::bus_test {
namespace {

TEST(Topics, AreStreamAndTwoDigitsOfLane) {
  EXPECT_EQ(topic(Stream::tick, 0), "tick.00");
  EXPECT_EQ(topic(Stream::order, 17), "order.17");
  EXPECT_EQ(heartbeat_topic(), "beat.00");
}

TEST(Topics, NoneIsThePrefixOfAnother) {
  std::vector<std::string> all{heartbeat_topic()};
  for (unsigned s = 1; s < kStreams; ++s)
    for (unsigned lane = 0; lane < kPartitions; ++lane) all.push_back(topic(static_cast<Stream>(s), lane));
  for (const auto& a : all)
    for (const auto& b : all) EXPECT_TRUE(&a == &b || !b.starts_with(a)) << a << " " << b;
}

TEST(Endpoints, LieInTheRunFolder) {
  const Endpoint endpoint = ipc_endpoint("/run/tm", "broker_gateway", 2);
  EXPECT_EQ(endpoint.pub, "ipc:///run/tm/broker_gateway-2.pub");
  EXPECT_EQ(endpoint.replay, "ipc:///run/tm/broker_gateway-2.replay");
}

class Live : public BusTest {};

TEST_F(Live, WhatIsPublishedIsDeliveredInOrder) {
  Instance instance{context, endpoint, journal};
  Listener listener{context, {to({Stream::tick, Stream::order})}};
  ASSERT_TRUE(listener.until([&] { return listener.reader.caught_up(); }));
  instance.say(Stream::tick, 5000, 7);
  instance.say(Stream::order, 10);
  ASSERT_TRUE(listener.until([&] { return listener.delivered == 5010; }, [&] { instance.beat(); }));
  EXPECT_EQ(listener.reader.rejected(), 0u);
  EXPECT_TRUE(listener.gaps.empty());
  EXPECT_EQ(listener.reader.lag(Stream::tick).delivered, 5000u);
  EXPECT_EQ(instance.publisher.published(Stream::tick), 5000u);
}

TEST_F(Live, ASettledReaderHearsByPublicationNotByReplay) {
  Instance instance{context, endpoint, journal};
  Listener listener{context, {to({Stream::tick})}};
  // One live event proves that the subscription stands.
  ASSERT_TRUE(listener.until([&] { return listener.reader.lag(Stream::tick).delivered > listener.reader.lag(Stream::tick).healed; },
                             [&] { instance.say(Stream::tick, 1); }));
  const auto healed = listener.reader.lag(Stream::tick).healed;
  instance.say(Stream::tick, 1000);
  ASSERT_TRUE(listener.until([&] { return listener.sequence(Stream::tick) == journal.heads()[1][0]; }));
  EXPECT_EQ(listener.reader.lag(Stream::tick).healed, healed);
}

TEST_F(Live, OnlySubscribedStreamsTravel) {
  Instance instance{context, endpoint, journal};
  Listener listener{context, {to({Stream::order})}};
  instance.say(Stream::tick, 100);
  instance.say(Stream::order, 3);
  ASSERT_TRUE(listener.until([&] { return listener.reader.caught_up() && listener.delivered >= 3; }, [&] { instance.beat(); }));
  EXPECT_EQ(listener.delivered, 3u);
  EXPECT_EQ(listener.reader.rejected(), 0u);
}

TEST_F(Live, LanesCarryTheirPartitions) {
  Instance instance{context, endpoint, journal, 1, 64u << 20, 8};
  Listener listener{context, {to({Stream::tick})}};
  instance.say(Stream::tick, 6400, 64);
  ASSERT_TRUE(listener.until([&] { return listener.delivered == 6400; }, [&] { instance.beat(); }));
  EXPECT_EQ(listener.reader.rejected(), 0u);
}

TEST_F(Live, TwoReadersEachHearEverything) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 500, 3);
  Listener one{context, {to({Stream::tick})}, {}, 64u << 20, "one-0"}, two{context, {to({Stream::tick})}, {}, 64u << 20, "two-0"};
  instance.say(Stream::tick, 5000, 3);
  ASSERT_TRUE(one.until([&] { return one.delivered == 5500; }, [&] { instance.beat(); }));
  ASSERT_TRUE(two.until([&] { return two.delivered == 5500; }, [&] { instance.beat(); }));
}

TEST_F(Live, OneReaderHearsTwoPublishers) {
  const Endpoint other = ipc_endpoint(dir.path, "broker_gateway", 0);
  MemoryJournal orders{kEpoch + 9};
  Instance ticks{context, endpoint, journal}, gateway{context, other, orders};
  Listener listener{context, {to({Stream::tick}), {other, {Stream::order}}}};
  ticks.say(Stream::tick, 1000);
  gateway.say(Stream::order, 100);
  ASSERT_TRUE(listener.until([&] { return listener.delivered == 1100 && listener.reader.caught_up(); }));
  EXPECT_EQ((listener.at[{Stream::order, 0}]), (Position{kEpoch + 9, 100}));
}

TEST_F(Live, PeersAreKnownByTokenAndConfigurationAndFallSilent) {
  Listener listener{context, {to({Stream::tick})}};
  EXPECT_FALSE(listener.reader.peers().at(0).heard);
  EXPECT_EQ(listener.reader.waiting_for(), std::vector<std::string>{"waiting for tick_ingestor-0"});
  {
    Instance instance{context, endpoint, journal, 3};
    ASSERT_TRUE(listener.until([&] { return listener.reader.caught_up(); }));
    const PeerState peer = listener.reader.peers().at(0);
    EXPECT_TRUE(peer.alive);
    EXPECT_EQ(peer.token, (Token{kEpoch, 3}));
    EXPECT_EQ(peer.config_hash, 77u);
  }
  ASSERT_TRUE(listener.until([&] { return !listener.reader.peers().at(0).alive; }));
  EXPECT_GT(listener.reader.peers().at(0).silent_ns, 2'000'000'000);
}

TEST_F(Live, AnEndpointInUseIsRefusedByName) {
  Instance instance{context, endpoint, journal};
  try {
    Publisher second{context, endpoint, {"tick_ingestor", 0, {kEpoch, 2}, 0}, 1, 1u << 20};
    FAIL() << "two publishers under one name";
  } catch (const zmq::error_t& error) {
    EXPECT_EQ(error.num(), EADDRINUSE);
    EXPECT_NE(std::string{error.what()}.find(endpoint.pub), std::string::npos) << error.what();
  }
  instance.say(Stream::tick, 1);
  Listener listener{context, {to({Stream::tick})}};
  EXPECT_TRUE(listener.until([&] { return listener.delivered == 1; })) << "the first one is not disturbed";
}

TEST_F(Live, SocketFilesAreClosedToOthersAndGoWithTheirOwner) {
  const std::string file = endpoint.pub.substr(6);
  {
    Instance instance{context, endpoint, journal};
    struct stat found{};
    ASSERT_EQ(::stat(file.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0660u);
  }
  EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace tickmesh::bus_test
