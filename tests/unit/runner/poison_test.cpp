// An input no start survives: found by name, stood still before, skipped by a person's word, on every later run too.
#include "runner/attempts.hpp"
#include "unit/runner/kit.hpp"

namespace tickmesh::testing {
namespace {

/// A crash, as far as a test in one process can have one.
struct Crash {};

class BrittleCore final : public SumCore {
 public:
  void apply(const Input& in, Outbox& out) override {
    if (const auto* command = std::get_if<Command>(&in.event); command != nullptr && command->id == "poison") throw Crash{};
    SumCore::apply(in, out);
  }
};

Name command_name(Sequence sequence) { return {Stream::control, 0, {5, sequence}}; }

struct Life {
  explicit Life(FakeDisk& disk)
      : journal{open(disk)}, attempts{disk, kDir, journal->end()}, runner{core, *journal, kCodec, ticks_by_reference()} {}
  Result<Recovered> recover() { return runner.recover(publisher, kStart, &attempts); }
  BrittleCore core;
  std::unique_ptr<Journal> journal;
  Attempts attempts;
  Publisher publisher;
  Runner runner;
};

/// A life that ends in the middle of one record: good, poison, good.
InputPlace poisoned(FakeDisk& disk) {
  Life life{disk};
  EXPECT_TRUE(life.recover());
  const InputPlace place{life.journal->end(), 1};
  std::vector<Bytes> bytes;
  std::vector<Arrival> arrivals;
  for (const char* id : {"before", "poison", "after"}) bytes.push_back(encoded(Command{.id = id}));
  for (Sequence s = 1; s <= 3; ++s) arrivals.push_back({command_name(s), bytes[s - 1]});
  EXPECT_THROW(life.runner.step(kStart, arrivals), Crash);
  return place;
}

TEST(Poison, ThreeStartsThatDieOfOneInputNameItAndStandStill) {
  FakeDisk disk;
  const auto place = poisoned(disk);
  for (std::uint32_t start = 0; start < Attempts::kPoison; ++start) {
    Life life{disk};
    EXPECT_EQ(life.attempts.crashes(), start);
    EXPECT_FALSE(life.attempts.poison());
    EXPECT_THROW((void)life.recover(), Crash);
  }
  for (int start = 0; start < 2; ++start) {
    Life life{disk};
    EXPECT_EQ(life.attempts.poison(), place);
    const auto end = life.journal->end();
    const auto stood = life.recover();
    ASSERT_FALSE(stood);
    EXPECT_EQ(stood.error().code, "poison");
    EXPECT_NE(stood.error().message.find(to_string(command_name(2))), std::string::npos) << stood.error().message;
    EXPECT_EQ(life.journal->end(), end) << "it took nothing and said nothing";
  }
}

TEST(Poison, WhatAPersonSkipsIsPassedNowAndOnEveryLaterRun) {
  FakeDisk disk;
  const auto place = poisoned(disk);
  Life{disk}.journal->skip({place, command_name(2), kStart, "a person"});
  for (int start = 0; start < 3; ++start) {
    Life life{disk};
    const auto recovered = life.recover();
    ASSERT_TRUE(recovered) << to_string(recovered.error());
    EXPECT_EQ(recovered->inputs_skipped, 1u);
    EXPECT_TRUE(life.runner.machine().seen(command_name(3))) << "what followed was applied";
    EXPECT_EQ(recovered->said_completed, start == 0 ? 2u : 0u) << "before and after were answered, once";
    const auto bytes = encoded(Command{.id = "poison"});
    const Arrival again{command_name(2), bytes};
    EXPECT_NO_THROW(life.runner.step(kStart, {&again, 1})) << "it is not taken a second time";
  }
}

TEST(Poison, AStartThatEndsInOrderIsNoCrash) {
  FakeDisk disk;
  {
    Life life{disk};
    ASSERT_TRUE(life.recover());
    const Bytes bytes = tick_bytes(1);
    const Arrival tick{tick_name(1), bytes};
    life.runner.step(kStart, {&tick, 1});
  }
  for (int start = 0; start < 5; ++start) {
    Life life{disk};
    life.publisher.failure = "unreachable";
    EXPECT_EQ(life.recover().error().code, "unreachable");
    EXPECT_EQ(life.attempts.crashes(), 0u);
  }
}

TEST(Poison, KillsThatHitDifferentInputsAreNotPoison) {
  FakeDisk disk;
  const auto end = poisoned(disk).record;
  for (std::uint32_t kill = 0; kill < 6; ++kill) {
    Attempts attempts{disk, kDir, end};
    EXPECT_FALSE(attempts.poison());
    attempts.begin();
    attempts.at({end, kill});
  }
}

}  // namespace
}  // namespace tickmesh::testing
