// A core that looks ahead is told of each tick before its turn, and says what one that does not would say.
#include "core/foresight.hpp"

#include <map>

#include "unit/runner/kit.hpp"

namespace tickmesh::testing {
namespace {

class Seer final : public SumCore, public Foresight {
 public:
  explicit Seer(bool looks) : looks_{looks} {}
  bool looks_ahead() const override { return looks_; }
  void far(const Tick& tick) const override { far_at[tick.time] = ticks; }
  void near(const Tick& tick) const override { near_at[tick.time] = ticks; }
  /// How many ticks had been applied when it was told of a tick, by the tick's time.
  mutable std::map<Timestamp, std::uint64_t> far_at, near_at;

 private:
  bool looks_;
};

struct Lived {
  explicit Lived(bool looks) : core{looks}, journal{open(disk)}, runner{core, *journal, kCodec, ticks_by_reference()} {
    Publisher nobody;
    EXPECT_TRUE(runner.recover(nobody, kStart));
  }
  /// Ticks 1 to 20 in one step, a command and bytes that are nothing between them.
  void step() {
    std::vector<Bytes> bytes;
    std::vector<Name> names;
    const auto add = [&](const Name& name, Bytes one) { names.push_back(name), bytes.push_back(std::move(one)); };
    for (Sequence s = 1; s <= 20; ++s) {
      if (s == 6) add({Stream::control, 0, {5, 1}}, encoded(Command{.id = "C1", .verb = Verb::flatten}));
      if (s == 9) add({Stream::control, 0, {5, 2}}, Bytes(3, std::byte{255}));
      add(tick_name(s), tick_bytes(s));
    }
    std::vector<Arrival> arrivals;
    for (std::size_t i = 0; i < names.size(); ++i) arrivals.push_back({names[i], bytes[i]});
    runner.step(kStart + seconds(1), arrivals);
  }
  FakeDisk disk;
  Seer core;
  std::unique_ptr<Journal> journal;
  Runner runner;
};

Timestamp time_of_tick(Sequence s) { return kStart + milliseconds(static_cast<std::int64_t>(s)); }

TEST(Foresight, EveryTickIsToldOfSomeTicksBeforeItsTurn) {
  Lived lived{true};
  lived.step();
  ASSERT_EQ(lived.core.ticks, 20u);
  EXPECT_EQ(lived.core.far_at.size(), 20u);
  for (Sequence s = 1; s <= 20; ++s) {
    ASSERT_TRUE(lived.core.far_at.contains(time_of_tick(s))) << s;
    const std::uint64_t before = s - 1 - lived.core.far_at[time_of_tick(s)];  // ticks applied between the telling and its turn
    EXPECT_LE(before, Foresight::kFar) << s;
    if (s > 9 + Foresight::kFar) {  // no other input lies between
      EXPECT_EQ(before, Foresight::kFar) << s;
    }
    if (s > Foresight::kNear) {
      ASSERT_TRUE(lived.core.near_at.contains(time_of_tick(s))) << s;
      EXPECT_GE(lived.core.near_at[time_of_tick(s)], lived.core.far_at[time_of_tick(s)]) << s;
      EXPECT_LT(lived.core.near_at[time_of_tick(s)], s) << s;
    }
  }
}

TEST(Foresight, WhoLooksAheadSaysWhatWhoDoesNotSays) {
  Lived seer{true}, blind{false};
  seer.step();
  blind.step();
  EXPECT_TRUE(blind.core.far_at.empty());
  EXPECT_EQ(seer.core.sum, blind.core.sum);
  EXPECT_EQ(seer.runner.undecodable(), 1u);
  EXPECT_EQ(blind.runner.undecodable(), 1u);
  const auto told = said_in(seer.disk), plain = said_in(blind.disk);
  ASSERT_EQ(told.size(), plain.size());
  ASSERT_GT(told.size(), 6u);
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].name.stream, plain[i].name.stream);
    EXPECT_EQ(told[i].name.at.sequence, plain[i].name.at.sequence);
  }
}

}  // namespace
}  // namespace tickmesh::testing
