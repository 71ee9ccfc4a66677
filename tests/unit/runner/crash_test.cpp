// A crash after any record, and in the middle of any: what comes out in the end is what an undisturbed run says, nothing twice.
#include "unit/runner/kit.hpp"

namespace tickmesh::testing {
namespace {

/// What happens to the service, in order; told again from the start after a crash, as a reader that heals tells it.
struct Story {
  static constexpr Sequence kTicks = 60;
  Story() {
    for (Sequence s = 1; s <= kTicks; ++s) publisher.ticks.push_back(tick_bytes(s));
    for (Sequence s = 1; s <= 6; ++s) commands.push_back(encoded(Command{.id = "C" + std::to_string(s), .verb = Verb::flatten}));
  }
  /// Two ticks every 10 ms, a command every tenth step, a peer that changes every eighth.
  void tell(Runner& runner, SumCore& core, bool snapshots = true) const {
    for (std::size_t step = 0; step < kTicks / 2; ++step) {
      const Timestamp now = kStart + milliseconds(static_cast<std::int64_t>(step) * 10);
      if (now < runner.machine().now()) continue;  // lived through before the crash
      std::vector<Arrival> arrivals;
      for (const Sequence s : {2 * step + 1, 2 * step + 2}) arrivals.push_back({tick_name(s), publisher.ticks[s - 1]});
      if (step % 5 == 4) arrivals.push_back({{Stream::control, 0, {5, step / 5 + 1}}, commands[step / 5]});
      runner.step(now, arrivals);
      if (step % 8 == 7 && core.peers <= step / 8) runner.step_local(now, PeerChanged{"broker_gateway", step % 16 == 7, {1, 1}});
      runner.fire_timers(now);
      if (snapshots && step % 12 == 11) runner.snapshot();
    }
    runner.fire_timers(kStart + seconds(10));
  }
  mutable Publisher publisher;
  std::vector<Bytes> commands;
};

struct Undisturbed {
  Undisturbed() {
    SumCore core;
    auto journal = open(disk);
    Runner runner{core, *journal, kCodec, ticks_by_reference()};
    if (!runner.recover(story.publisher, kStart)) throw std::runtime_error("recover");
    story.tell(runner, core);
    ticks = core.ticks;
    timers = core.timers;
    sum = core.sum;
    journal.reset();  // without close: killed
    said = said_in(disk);
  }
  Story story;
  FakeDisk disk;
  std::uint64_t ticks{0}, timers{0};
  Price sum{};
  std::vector<Words> said;
};

/// Recovers on `disk` and lives the story to its end; everything must be as if nothing had happened.
void live_on(const Undisturbed& whole, FakeDisk& disk) {
  const auto before = said_in(disk);
  SumCore core;
  auto journal = open(disk);
  Runner runner{core, *journal, kCodec, ticks_by_reference()};
  const auto recovered = runner.recover(whole.story.publisher, kStart);
  ASSERT_TRUE(recovered) << to_string(recovered.error());
  const auto completed = take(runner.releases());
  EXPECT_EQ(completed.size(), recovered->said_completed);
  for (const Heard& r : completed) EXPECT_TRUE(r.replayed);
  whole.story.tell(runner, core, false);
  // What others hear now begins exactly where the journal of the dead process ended.
  std::vector<Words> heard = before;
  for (const Heard& r : completed) heard.push_back({r.name, r.bytes});
  for (const Heard& r : take(runner.releases())) {
    EXPECT_FALSE(r.replayed);
    heard.push_back({r.name, r.bytes});
  }
  EXPECT_EQ(heard, whole.said);
  EXPECT_EQ(said_in(disk), whole.said);
  EXPECT_EQ(core.ticks, whole.ticks);
  EXPECT_EQ(core.timers, whole.timers);
  EXPECT_EQ(core.sum, whole.sum);
}

TEST(RunnerCrash, AfterAnyRecordTheSameIsSaidInTheEnd) {
  const Undisturbed whole;
  ASSERT_GT(whole.said.size(), 40u);
  ASSERT_GT(whole.timers, 5u);
  const auto ends = record_ends(*whole.disk.copy());
  int after_taken = 0, after_said = 0, after_snapshot = 0;
  for (const auto& [end, type] : ends) {
    SCOPED_TRACE("killed at " + std::to_string(end.value));
    after_taken += type == RecordType::taken;
    after_said += type == RecordType::said;
    after_snapshot += type == RecordType::snapshot;
    live_on(whole, *killed_at(whole.disk, end));
    if (HasFailure()) return;
  }
  EXPECT_GT(after_taken, 30);
  EXPECT_GT(after_said, 30);
  EXPECT_GE(after_snapshot, 2);
}

TEST(RunnerCrash, InTheMiddleOfAnyRecordTheSameIsSaidInTheEnd) {
  const Undisturbed whole;
  const auto ends = record_ends(*whole.disk.copy());
  for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
    const auto size = ends[i + 1].first.value - ends[i].first.value;
    SCOPED_TRACE("torn at " + std::to_string(ends[i].first.value));
    live_on(whole, *killed_at(whole.disk, ends[i].first, size / 2));
    if (HasFailure()) return;
  }
}

TEST(RunnerCrash, CrashingWhileRecoveringChangesNothing) {
  const Undisturbed whole;
  const auto ends = record_ends(*whole.disk.copy());
  int crashed_with_words_missing = 0;
  for (std::size_t i = 0; i < ends.size(); i += 3) {
    const auto once = killed_at(whole.disk, ends[i].first);
    {
      SumCore core;
      auto journal = open(*once);
      Runner runner{core, *journal, kCodec, ticks_by_reference()};
      const auto recovered = runner.recover(whole.story.publisher, kStart);
      ASSERT_TRUE(recovered) << to_string(recovered.error());
      crashed_with_words_missing += recovered->said_completed > 0;
    }
    // The second life dies after every record recovery wrote.
    for (const auto& [end, type] : record_ends(*once)) {
      if (end.value <= ends[i].first.value) continue;
      const auto before = said_in(*killed_at(*once, end));
      const auto twice = killed_at(*once, end);
      SumCore core;
      auto journal = open(*twice);
      Runner runner{core, *journal, kCodec, ticks_by_reference()};
      const auto recovered = runner.recover(whole.story.publisher, kStart);
      ASSERT_TRUE(recovered) << to_string(recovered.error());
      whole.story.tell(runner, core, false);
      ASSERT_EQ(said_in(*twice), whole.said) << "killed at " << ends[i].first.value << ", then at " << end.value;
    }
  }
  EXPECT_GT(crashed_with_words_missing, 0);
}

TEST(RunnerCrash, EachStartSpeaksUnderAHigherToken) {
  const Undisturbed whole;
  const auto disk = whole.disk.copy();
  for (std::uint32_t start = 2; start <= 4; ++start) {
    SumCore core;
    auto journal = open(*disk);
    Runner runner{core, *journal, kCodec, ticks_by_reference()};
    ASSERT_TRUE(runner.recover(whole.story.publisher, kStart));
    EXPECT_EQ(runner.token().incarnation, start);
    EXPECT_EQ(runner.token().epoch, journal->epoch());
    ASSERT_FALSE(core.tokens.empty());
    EXPECT_EQ(core.tokens.back(), runner.token()) << "the core is told which start it is";
  }
}

}  // namespace
}  // namespace tickmesh::testing
