// Two instances under one name: who learns of it, and from whom. Without sockets.
#include "bus/conversation.hpp"
#include "bus/replay_desk.hpp"
#include "mesh.hpp"

namespace tickmesh::bus_test {
namespace {

class Quiet final : public SequencerSink {
 public:
  void deliver(const Name&, std::span<const ByteView>) override {}
  void gap(const StreamGap&) override {}
};

class Fencing : public ::testing::Test {
 protected:
  Fencing() { desk.released({}); }
  Conversation reader(Token own, const Positions& applied = {}) {
    return {{{"tick_ingestor", 0, {}, {}}, {Stream::tick}, true}, "position_manager-0", 1u << 20, applied, own};
  }
  /// Hello and, when it has applied anything, Ack; answers go back.
  void speak(Conversation& conversation, const Positions& applied = {}) {
    const auto reply = [&](ByteView frame) { conversation.reply(frame, 0, sink); };
    conversation.ask(0, [&](const std::string& request) { return desk.answer(as_bytes(request), reply); });
    if (const auto ack = conversation.ack(applied)) {
      EXPECT_TRUE(desk.answer(as_bytes(*ack), reply));
    }
  }

  Quiet sink;
  MemoryJournal journal{kEpoch};
  ReplayDesk desk{{"tick_ingestor", 0, {kEpoch, 3}, 0}, journal};
};

TEST_F(Fencing, AReaderThatALaterOneHasFollowedIsTold) {
  auto first = reader({kEpoch, 1}), second = reader({kEpoch, 2});
  speak(first);
  EXPECT_FALSE(first.superseded());
  speak(second);
  EXPECT_FALSE(second.superseded());
  const Positions applied{{{Stream::tick, 0}, {kEpoch, 0}}};
  speak(first, applied);
  EXPECT_EQ(first.superseded(), (Token{kEpoch, 2}));
  speak(second, applied);
  EXPECT_FALSE(second.superseded());
}

TEST_F(Fencing, APublisherLearnsOfALaterOneFromItsReaders) {
  auto conversation = reader({kEpoch, 1});
  BatchWriter beat;
  beat.start({.service = "tick_ingestor", .ordinal = 0, .token = {kEpoch, 4}});
  ASSERT_TRUE(conversation.batch(beat.finish(), true, 0, sink));
  speak(conversation);
  ASSERT_TRUE(desk.challenge());
  EXPECT_EQ(desk.challenge()->newer, (Token{kEpoch, 4}));
  EXPECT_EQ(desk.challenge()->reader, "position_manager-0");
}

TEST_F(Fencing, APublisherThatHoldsLessThanAReaderAppliedLearnsHowMuch) {
  for (int i = 0; i < 5; ++i) journal.say(Stream::tick, 7);
  const Positions all{{{Stream::tick, 7}, {kEpoch, 5}}}, more{{{Stream::tick, 7}, {kEpoch, 6}}};
  auto sound = reader({kEpoch, 1}, all), ahead = reader({kEpoch, 1}, more);
  speak(sound, all);
  EXPECT_FALSE(desk.challenge());
  speak(ahead, more);
  ASSERT_TRUE(desk.challenge());
  EXPECT_EQ(desk.challenge()->newer, Token{});
  EXPECT_EQ(desk.challenge()->beyond, (Name{Stream::tick, 7, {kEpoch, 6}}));
}

TEST_F(Fencing, AnEarlierEpochOfAReadersPositionIsNoChallengeAndALaterOneIs) {
  const Positions earlier{{{Stream::tick, 7}, {kEpoch - 1, 900}}}, later{{{Stream::tick, 7}, {kEpoch + 1, 2}}};
  auto old = reader({kEpoch, 1}, earlier);
  speak(old, earlier);
  EXPECT_FALSE(desk.challenge());
  auto beyond = reader({kEpoch, 1}, later);
  speak(beyond, later);
  ASSERT_TRUE(desk.challenge());
  EXPECT_EQ(desk.challenge()->beyond.at, (Position{kEpoch + 1, 2}));
}

}  // namespace
}  // namespace tickmesh::bus_test
