#include <sys/mman.h>
#include <sys/wait.h>

#include <csignal>

#include "mesh.hpp"

namespace tickmesh::bus_test {
namespace {

class Heal : public BusTest {};

TEST_F(Heal, ASlowJoinerGetsEverythingByReplay) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 20'000, 5);
  Listener listener{context, {to({Stream::tick})}};
  ASSERT_TRUE(listener.until([&] { return listener.delivered == 20'000; }));
  EXPECT_EQ(listener.reader.lag(Stream::tick).healed, 20'000u);
  EXPECT_TRUE(listener.reader.caught_up());
}

TEST_F(Heal, AReaderGoesOnWhereItHadApplied) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 1000);
  Listener listener{context, {to({Stream::tick})}, {{{Stream::tick, Partition{0}}, {kEpoch, 990}}}};
  ASSERT_TRUE(listener.until([&] { return listener.reader.caught_up(); }));
  EXPECT_EQ(listener.delivered, 10u);
}

TEST_F(Heal, ABurstBeyondTheHighWaterMarkIsDeliveredExactlyOnce) {
  Instance instance{context, endpoint, journal, 1, 1};
  Listener listener{context, {to({Stream::tick})}, {}, 1};
  ASSERT_TRUE(listener.until([&] { return listener.reader.caught_up(); }));
  // The reader does not drain meanwhile: 20,000 messages meet a mark of 1,000 on either side.
  instance.say(Stream::tick, 200'000, 4, 10);
  ASSERT_TRUE(listener.until([&] { return listener.delivered == 200'000; }, [&] { instance.beat(); }));
  EXPECT_GT(listener.reader.lag(Stream::tick).healed, 0u);
  EXPECT_TRUE(listener.gaps.empty());
}

TEST_F(Heal, ARestartedPublisherIsHeardAgain) {
  auto instance = std::make_unique<Instance>(context, endpoint, journal, 1);
  Listener listener{context, {to({Stream::tick})}};
  instance->say(Stream::tick, 100);
  ASSERT_TRUE(listener.until([&] { return listener.delivered == 100; }));
  instance.reset();
  // Said before the crash and heard by nobody.
  for (int i = 0; i < 50; ++i) journal.say(Stream::tick, 0);
  instance = std::make_unique<Instance>(context, endpoint, journal, 2);
  ASSERT_TRUE(listener.until([&] { return listener.delivered == 150 && listener.reader.caught_up(); }, [&] { instance->beat(); }));
  instance->say(Stream::tick, 100);
  ASSERT_TRUE(listener.until([&] { return listener.delivered == 250; }, [&] { instance->beat(); }));
  EXPECT_EQ(listener.reader.peers().at(0).token, (Token{kEpoch, 2}));
  EXPECT_TRUE(listener.gaps.empty());
  ASSERT_TRUE(listener.until([&] { return !instance->server.readers().empty(); })) << "it introduced itself to the new one";
}

TEST_F(Heal, ANewEpochEndsTheOldOneWithAGap) {
  auto instance = std::make_unique<Instance>(context, endpoint, journal, 1);
  Listener listener{context, {to({Stream::tick})}};
  instance->say(Stream::tick, 100);
  ASSERT_TRUE(listener.until([&] { return listener.delivered == 100; }));
  instance.reset();
  MemoryJournal anew{kEpoch + 1};
  instance = std::make_unique<Instance>(context, endpoint, anew, 1);
  instance->say(Stream::tick, 30);
  ASSERT_TRUE(listener.until([&] { return listener.delivered == 130; }, [&] { instance->beat(); }));
  ASSERT_EQ(listener.gaps.size(), 1u);
  EXPECT_EQ(listener.gaps[0], (StreamGap{Stream::tick, 0, {kEpoch, 100}, {kEpoch + 1, 0}}));
  EXPECT_EQ((listener.at[{Stream::tick, 0}]), (Position{kEpoch + 1, 30}));
}

TEST_F(Heal, WhatThePublisherTrimmedIsAGap) {
  Instance instance{context, endpoint, journal};
  instance.say(Stream::tick, 100);
  journal.trim(Stream::tick, 0, 61);
  Listener listener{context, {to({Stream::tick})}, {{{Stream::tick, Partition{0}}, {kEpoch, 40}}}};
  ASSERT_TRUE(listener.until([&] { return listener.reader.caught_up(); }));
  ASSERT_EQ(listener.gaps.size(), 1u);
  EXPECT_EQ(listener.gaps[0], (StreamGap{Stream::tick, 0, {kEpoch, 41}, {kEpoch, 60}}));
  EXPECT_EQ(listener.delivered, 40u);
  EXPECT_EQ(listener.reader.lag(Stream::tick).lost, 20u);
}

TEST_F(Heal, AHeartbeatAloneTellsOfWhatWasLost) {
  Instance instance{context, endpoint, journal};
  Listener listener{context, {to({Stream::tick})}};
  ASSERT_TRUE(listener.until([&] { return listener.reader.caught_up(); }));
  for (int i = 0; i < 25; ++i) journal.say(Stream::tick, 0);  // never published
  instance.server.released(journal.heads());
  ASSERT_TRUE(listener.until([&] { return listener.delivered == 25; }, [&] { instance.beat(); }));
}

/// The publisher as a process of its own. What it said lies in memory it shares with its successors, as a journal lies in the page cache.
class Killed : public BusTest {
 protected:
  void SetUp() override {
    said = static_cast<std::atomic<Sequence>*>(
        ::mmap(nullptr, sizeof(std::atomic<Sequence>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(static_cast<void*>(said), MAP_FAILED);
  }
  void TearDown() override { ::munmap(said, sizeof(std::atomic<Sequence>)); }
  pid_t start(std::uint32_t incarnation) const {
    const pid_t child = ::fork();
    if (child == 0) {
      publish(incarnation);
      ::_exit(0);
    }
    return child;
  }
  void publish(std::uint32_t incarnation) const {
    zmq::context_t own{1};
    MemoryJournal recovered{kEpoch};
    Outbox::Heads heads{};
    heads[static_cast<std::size_t>(Stream::tick)][0] = said->load();
    recovered.set_heads(heads);
    Instance instance{own, endpoint, recovered, incarnation};
    for (std::int64_t beat_at = 0; ::getppid() != 1;) {
      const Name name = recovered.say(Stream::tick, 0);
      said->store(name.at.sequence);  // recorded before it is heard
      instance.publisher.add(name, event_at(name.stream, name.partition, name.at));
      if (name.at.sequence % 16 == 0) {
        instance.publisher.flush();
        instance.server.released(recovered.heads());
        ::poll(nullptr, 0, 1);  // a rate, so that the reader keeps up
      }
      if (clock_ns() > beat_at) {
        instance.beat();
        beat_at = clock_ns() + 20'000'000;
      }
    }
  }
  std::atomic<Sequence>* said{nullptr};
};

TEST_F(Killed, PublishersLoseAndDoubleNothing) {
  pid_t child = start(1);
  Listener listener{context, {to({Stream::tick})}};
  for (std::uint32_t incarnation = 1; incarnation <= 5; ++incarnation) {
    const Sequence goal = said->load() + 300;
    ASSERT_TRUE(listener.until([&] { return listener.sequence(Stream::tick) >= goal; }));
    EXPECT_EQ(listener.reader.peers().at(0).token.incarnation, incarnation);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    child = start(incarnation + 1);
  }
  ASSERT_TRUE(listener.until([&] { return listener.reader.peers().at(0).token.incarnation == 6 && listener.reader.caught_up(); }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(listener.gaps.empty());
  EXPECT_EQ(listener.delivered, listener.sequence(Stream::tick));
  EXPECT_EQ(listener.reader.rejected(), 0u);
}

TEST_F(Killed, AStoppedPublisherFallsSilentAndIsHealedWhenItGoesOn) {
  const pid_t child = start(1);
  Listener listener{context, {to({Stream::tick})}};
  EXPECT_TRUE(listener.until([&] { return listener.delivered > 100; }));
  ASSERT_EQ(::kill(child, SIGSTOP), 0);
  EXPECT_TRUE(listener.until([&] { return !listener.reader.peers().at(0).alive; }));
  ASSERT_EQ(::kill(child, SIGCONT), 0);
  const std::uint64_t goal = listener.delivered + 300;
  EXPECT_TRUE(listener.until([&] { return listener.reader.peers().at(0).alive && listener.delivered > goal; }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(listener.gaps.empty());
}

}  // namespace
}  // namespace tickmesh::bus_test
