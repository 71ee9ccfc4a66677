// The bus over a real journal on a real disk, its owner killed between record and publication.
#include <sys/wait.h>

#include <csignal>
#include <cstdio>

#include "mesh.hpp"

namespace tickmesh::bus_test {
namespace {

constexpr Timestamp kNow{1'700'000'000'000'000'000};

class Recorded : public BusTest {
 protected:
  std::unique_ptr<Journal> open(std::uint64_t budget = 0) const {
    auto opened =
        Journal::open({.dir = dir.path + "/journal", .instance = "tick_ingestor-0", .segment_bytes = 64u << 10, .budget_bytes = budget},
                      real_disk(), kNow, "boot");
    if (!opened) std::fputs((to_string(opened.error()) + "\n").c_str(), stderr);  // in a child no failure of a test is heard
    return opened ? std::move(*opened) : nullptr;
  }
  static std::uint32_t start(Journal& journal) {
    const std::uint32_t incarnation = journal.state().last_incarnation + 1;
    Bytes body;
    encode(StartedRecord{{journal.epoch(), incarnation}, kNow}, body);
    journal.append(RecordType::started, body);
    return incarnation;
  }
  /// Records `count` events of tick.0 and says what they are.
  static std::vector<std::pair<Name, Bytes>> record(Journal& journal, int count) {
    const Name first{Stream::tick, 0, {journal.epoch(), journal.heads()[1][0] + 1}};
    std::vector<std::pair<Name, Bytes>> said;
    SaidRecord entry{first, {}};
    for (int i = 0; i < count; ++i) {
      const Name name{first.stream, first.partition, {first.at.epoch, first.at.sequence + static_cast<Sequence>(i)}};
      said.emplace_back(name, event_at(name.stream, name.partition, name.at));
    }
    for (const auto& [name, bytes] : said) entry.events.push_back(bytes);
    Bytes body;
    encode(entry, body);
    journal.append(RecordType::said, body);
    return said;
  }
};

TEST_F(Recorded, WhatTheJournalHoldsIsReplayed) {
  auto real = open();
  ASSERT_TRUE(real);
  start(*real);
  for (int i = 0; i < 500; ++i) record(*real, 20);
  ReplayServer server{context, endpoint, {"tick_ingestor", 0, {real->epoch(), 1}, 0}, *real};
  server.released(real->heads());
  Listener listener{context, {to({Stream::tick})}};
  ASSERT_TRUE(listener.until([&] { return listener.reader.caught_up(); }));
  EXPECT_EQ(listener.delivered, 10'000u);
  EXPECT_FALSE(server.failure());
}

TEST_F(Recorded, WhatTheBudgetTrimmedIsAGapAndTheRestIsReplayed) {
  auto real = open(256u << 10);
  ASSERT_TRUE(real);
  start(*real);
  for (int i = 0; i < 2000; ++i) {
    record(*real, 20);
    if (i % 100 == 0) real->sync();
  }
  real->sync();
  const Sequence first = real->first_held()[1][0];
  ASSERT_GT(first, 1u) << "the budget has room for all of it";
  ReplayServer server{context, endpoint, {"tick_ingestor", 0, {real->epoch(), 1}, 0}, *real};
  server.released(real->heads());
  Listener listener{context, {to({Stream::tick})}, {{{Stream::tick, Partition{0}}, {real->epoch(), 5}}}};
  ASSERT_TRUE(listener.until([&] { return listener.reader.caught_up(); }));
  ASSERT_EQ(listener.gaps.size(), 1u);
  EXPECT_EQ(listener.gaps[0].from.sequence, 6u);
  EXPECT_EQ(listener.gaps[0].to.sequence, first - 1);
  EXPECT_EQ(listener.delivered, 40'000 - first + 1);
}

TEST_F(Recorded, AnOwnerKilledAgainAndAgainLosesAndDoublesNothing) {
  const auto run = [&] {
    const pid_t child = ::fork();
    if (child != 0) return child;
    zmq::context_t own{1};
    auto real = open();
    if (!real) ::_exit(1);
    const Speaker speaker{"tick_ingestor", 0, {real->epoch(), start(*real)}, 77};
    Publisher publisher{own, endpoint, speaker, 1, 64u << 20};
    ReplayServer server{own, endpoint, speaker, *real};
    server.released(real->heads());
    for (std::int64_t beat_at = 0; ::getppid() != 1;) {
      for (const auto& [name, bytes] : record(*real, 16)) publisher.add(name, bytes);
      publisher.flush();
      server.released(real->heads());
      if (clock_ns() > beat_at) {
        publisher.heartbeat(real->heads());
        beat_at = clock_ns() + 20'000'000;
      }
      ::poll(nullptr, 0, 1);  // a rate, so that the reader keeps up
    }
    ::_exit(0);
  };
  pid_t child = run();
  Listener listener{context, {to({Stream::tick})}};
  for (std::uint32_t kill = 1; kill <= 10; ++kill) {
    const Sequence goal = listener.sequence(Stream::tick) + 100;
    EXPECT_TRUE(
        listener.until([&] { return listener.sequence(Stream::tick) >= goal && listener.reader.peers().at(0).token.incarnation == kill; }));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    child = run();
  }
  EXPECT_TRUE(listener.until([&] { return listener.reader.peers().at(0).token.incarnation == 11 && listener.reader.caught_up(); }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(listener.gaps.empty());
  EXPECT_EQ(listener.delivered, listener.sequence(Stream::tick));
  EXPECT_EQ(listener.reader.rejected(), 0u);
  EXPECT_EQ(listener.reader.stale(), 0u);
}

}  // namespace
}  // namespace tickmesh::bus_test
