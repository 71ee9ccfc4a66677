#include "runner/machine.hpp"

#include "unit/runner/kit.hpp"

namespace tickmesh::testing {
namespace {

/// Arms what it is told to: a command's id is a timer, its `valid_until` the time.
class ArmingCore final : public Core {
 public:
  std::uint32_t version() const override { return 1; }
  void apply(const Input& in, Outbox& out) override {
    now = in.now;
    if (const auto* command = std::get_if<Command>(&in.event)) out.wake_at(command->valid_until, std::stoull(command->id));
  }
  void save(ByteWriter&) const override {}
  void load(ByteReader&) override {}
  Timestamp now{};
};
Command arm(std::uint64_t timer, std::int64_t ms) {
  Command command;
  command.id = std::to_string(timer);
  if (ms != 0) command.valid_until = kStart + milliseconds(ms);
  return command;
}

TEST(Machine, GivesTimersByTimeAndThenByNumber) {
  ArmingCore core;
  Machine machine{core};
  EXPECT_FALSE(machine.next_timer());
  for (const auto& [timer, ms] : {std::pair{3u, 20}, std::pair{2u, 10}, std::pair{1u, 20}}) machine.apply(kStart, {}, arm(timer, ms));
  EXPECT_EQ(machine.next_timer(), (TimerFired{2, kStart + milliseconds(10)}));
  machine.apply(kStart, {}, arm(2, 30));  // re-armed
  EXPECT_EQ(machine.next_timer(), (TimerFired{1, kStart + milliseconds(20)}));
  machine.apply(kStart, {}, arm(1, 0));  // disarmed
  EXPECT_EQ(machine.next_timer(), (TimerFired{3, kStart + milliseconds(20)}));
}

TEST(Machine, AFiredTimerIsSpentUnlessItWasReArmedMeanwhile) {
  ArmingCore core;
  Machine machine{core};
  machine.apply(kStart, {}, arm(1, 10));
  machine.apply(kStart, {}, TimerFired{1, kStart + milliseconds(5)});
  EXPECT_TRUE(machine.next_timer()) << "an alarm of an earlier arming leaves the later one";
  machine.apply(kStart, {}, TimerFired{1, kStart + milliseconds(10)});
  EXPECT_FALSE(machine.next_timer());
}

TEST(Machine, TimeNeverDecreases) {
  ArmingCore core;
  Machine machine{core};
  machine.apply(kStart + seconds(1), {}, WentLive{});
  machine.apply(kStart, {}, WentLive{});
  EXPECT_EQ(core.now, kStart + seconds(1));
}

TEST(Machine, KnowsWhatItHasSeenByEpochAndSequence) {
  SumCore core;
  Machine machine{core};
  const auto name = [](Epoch epoch, Sequence sequence) { return Name{Stream::tick, 9, {epoch, sequence}}; };
  EXPECT_FALSE(machine.seen(name(5, 1)));
  machine.apply(kStart, name(5, 10), Tick{});
  EXPECT_TRUE(machine.seen(name(5, 10)));
  EXPECT_TRUE(machine.seen(name(5, 9)));
  EXPECT_FALSE(machine.seen(name(5, 11)));
  EXPECT_TRUE(machine.seen(name(4, 1'000))) << "an older epoch is over";
  EXPECT_FALSE(machine.seen(name(6, 1))) << "a newer one begins anew";
  EXPECT_FALSE(machine.seen({Stream::tick, 8, {5, 1}}));
  EXPECT_FALSE(machine.seen(Name{})) << "local inputs have no place";
}

TEST(Machine, WhatIsLostForGoodIsBehindIt) {
  SumCore core;
  Machine machine{core};
  machine.apply(kStart, {Stream::tick, 9, {5, 10}}, Tick{});
  machine.apply(kStart, Name{}, StreamGap{Stream::tick, 9, {5, 11}, {5, 20}});
  EXPECT_TRUE(machine.seen({Stream::tick, 9, {5, 20}}));
  EXPECT_FALSE(machine.seen({Stream::tick, 9, {5, 21}}));
  machine.apply(kStart, Name{}, StreamGap{Stream::tick, 9, {5, 20}, {6, 0}});
  EXPECT_TRUE(machine.seen({Stream::tick, 9, {5, 21}})) << "its epoch was told to be over";
  EXPECT_EQ(machine.positions().at({Stream::tick, Partition{9}}), (Position{6, 0})) << "a restart does not tell of it again";
}

TEST(Machine, ALoadedMachineContinuesBitForBit) {
  SumCore first_core, second_core;
  Machine first{first_core}, second{second_core};
  first.outbox().set_epoch(3);
  for (Sequence s = 1; s <= 17; ++s) {
    Event event;
    ASSERT_TRUE(kCodec.decode(Stream::tick, tick_bytes(s), event));
    first.apply(kStart + milliseconds(static_cast<std::int64_t>(s)), tick_name(s), event);
  }
  Bytes state;
  ByteWriter out{state};
  first.save(out);
  ByteReader in{state};
  ASSERT_TRUE(second.load(in));
  EXPECT_TRUE(in.done());
  Bytes again;
  ByteWriter out_again{again};
  second.save(out_again);
  EXPECT_EQ(state, again);
  EXPECT_EQ(second.positions(), first.positions());
  EXPECT_EQ(second.next_timer(), first.next_timer());
  EXPECT_EQ(second.outbox().heads(), first.outbox().heads());
  EXPECT_EQ(second.now(), first.now());
}

TEST(Machine, AStateOfANewerCoreIsRefused) {
  SumCore newer{2}, older{1};
  Bytes state;
  ByteWriter out{state};
  Machine{newer}.save(out);
  ByteReader in{state};
  const auto refused = Machine{older}.load(in);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "version");
}

}  // namespace
}  // namespace tickmesh::testing
