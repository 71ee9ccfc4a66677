#include "runner/source_runner.hpp"

#include "unit/runner/kit.hpp"

namespace tickmesh::testing {
namespace {

/// A source's core: numbers what comes in and remembers nothing but what it said.
class EchoCore final : public Core {
 public:
  std::uint32_t version() const override { return 1; }
  void apply(const Input& in, Outbox& out) override {
    if (const auto* tick = std::get_if<Tick>(&in.event)) {
      out.emit(Stream::tick, tick->instrument.partition(), *tick);
      learn(*tick);
    }
  }
  void observe(const Event& said) {
    if (const auto* tick = std::get_if<Tick>(&said)) learn(*tick);
  }
  void save(ByteWriter& out) const override { out.put(count), out.put(sum); }
  void load(ByteReader& in) override { count = in.get<std::uint64_t>(), sum = in.get<Price>(); }
  std::uint64_t count{0};
  Price sum{};

 private:
  void learn(const Tick& tick) {
    ++count;
    sum += tick.price;
  }
};

Event pushed(std::uint64_t number) {
  Tick tick;
  tick.instrument = InstrumentId{number / 3};  // runs of three on one partition
  tick.kind = TickKind::trade;
  tick.price = Price::from_raw(static_cast<std::int64_t>(number * 7 + 1));
  tick.event_time = kStart;
  return tick;
}

struct Source {
  explicit Source(Disk& disk) : journal{open(disk)}, runner{core, *journal, kCodec} {}
  Result<std::uint64_t> recover(Timestamp now = kStart) {
    return runner.recover([this](const Name&, const Event& said) { core.observe(said); }, now);
  }
  void push(std::uint64_t first, std::uint64_t last) {
    std::vector<Event> inputs;
    for (auto n = first; n < last; ++n) inputs.push_back(pushed(n));
    runner.step(kStart + milliseconds(static_cast<std::int64_t>(last)), inputs);
  }
  EchoCore core;
  std::unique_ptr<Journal> journal;
  SourceRunner runner;
};

TEST(SourceRunner, AfterAnyRecordItKnowsWhatItSaidAndGoesOnNumberingThere) {
  constexpr std::uint64_t kInputs = 60;
  FakeDisk whole;
  {
    Source source{whole};
    ASSERT_TRUE(source.recover());
    for (std::uint64_t n = 0; n < kInputs; n += 5) {
      source.push(n, n + 5);
      if (n == 25) source.runner.snapshot();
    }
  }
  const auto all = said_in(whole);
  ASSERT_EQ(all.size(), kInputs);
  for (const auto& [end, type] : record_ends(*whole.copy())) {
    SCOPED_TRACE("killed at " + std::to_string(end.value));
    const auto disk = killed_at(whole, end);
    const auto before = said_in(*disk);
    Source source{*disk};
    ASSERT_TRUE(source.recover());
    ASSERT_EQ(source.core.count, before.size());
    // What was not said is pushed again by whoever pushed it; names continue without a hole.
    source.push(before.size(), kInputs);
    const auto after = said_in(*disk);
    ASSERT_EQ(after.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(after[i].name, all[i].name) << i;
    Price sum{};
    for (std::uint64_t n = 0; n < kInputs; ++n) sum += std::get<Tick>(pushed(n)).price;
    ASSERT_EQ(source.core.sum, sum);
  }
}

TEST(SourceRunner, ObservesOnlyWhatTheSnapshotDoesNotCover) {
  FakeDisk disk;
  {
    Source source{disk};
    ASSERT_TRUE(source.recover());
    source.push(0, 10);
    source.runner.snapshot();
    source.push(10, 14);
  }
  Source source{disk};
  const auto observed = source.recover();
  ASSERT_TRUE(observed);
  EXPECT_EQ(*observed, 4u);
  EXPECT_EQ(source.core.count, 14u);
  EXPECT_EQ(source.runner.token().incarnation, 2u);
}

TEST(SourceRunner, TimeGoesOnFromWhatWasSaidWhenTheClockWasSetBack) {
  FakeDisk disk;
  {
    Source source{disk};
    ASSERT_TRUE(source.recover());
    source.push(0, 3);
  }
  Source source{disk};
  ASSERT_TRUE(source.recover(kStart - seconds(3600)));
  EXPECT_GE(source.runner.machine().now(), kStart + milliseconds(3));
}

TEST(SourceRunner, ARunLargerThanARecordIsSaidInSeveral) {
  FakeDisk disk;
  {
    Source source{disk};
    ASSERT_TRUE(source.recover());
    std::vector<Event> inputs;
    for (int n = 0; n < 3'000; ++n) inputs.push_back(pushed(1));
    source.runner.step(kStart, inputs);
    const auto released = take(source.runner.said());
    ASSERT_EQ(released.size(), 3'000u);
    EXPECT_EQ(released.back().recorded, source.journal->end());
  }
  EXPECT_EQ(said_in(disk).size(), 3'000u);
  Source source{disk};
  ASSERT_TRUE(source.recover());
  EXPECT_EQ(source.core.count, 3'000u);
}

TEST(SourceRunner, ASaidEventThatIsNoneIsCorruption) {
  FakeDisk disk;
  {
    Source source{disk};
    ASSERT_TRUE(source.recover());
    Bytes body;
    encode(SaidRecord{{Stream::tick, 0, {source.journal->epoch(), 1}}, {as_bytes("\xff\xff garbage")}}, body);
    source.journal->append(RecordType::said, body);
  }
  Source source{disk};
  const auto refused = source.recover();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "corrupt");
}

}  // namespace
}  // namespace tickmesh::testing
