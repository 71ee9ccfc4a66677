#include "runner/runner.hpp"

#include <unistd.h>

#include <filesystem>

#include "unit/runner/kit.hpp"

namespace tickmesh::testing {
namespace {

struct Service {
  explicit Service(Disk& disk, std::uint32_t version = 1)
      : core{version}, journal{open(disk, version)}, runner{core, *journal, kCodec, ticks_by_reference()} {}
  void ticks(Sequence first, Sequence last) {
    std::vector<Bytes> bytes;
    std::vector<Arrival> arrivals;
    for (Sequence s = first; s <= last; ++s) bytes.push_back(tick_bytes(s));
    for (Sequence s = first; s <= last; ++s) arrivals.push_back({tick_name(s), bytes[s - first]});
    runner.step(kStart + milliseconds(static_cast<std::int64_t>(last)), arrivals);
  }
  SumCore core;
  std::unique_ptr<Journal> journal;
  Runner runner;
};
Publisher publisher_of(Sequence ticks) {
  Publisher publisher;
  for (Sequence s = 1; s <= ticks; ++s) publisher.ticks.push_back(tick_bytes(s));
  return publisher;
}
std::vector<RecordType> types(Disk& disk) {
  std::vector<RecordType> out;
  for (const auto& [end, type] : record_ends(disk)) out.push_back(type);
  return out;
}

TEST(Runner, RecordsWhatItTakesBeforeWhatItSays) {
  FakeDisk disk;
  Publisher nobody;
  Service service{disk};
  ASSERT_TRUE(service.runner.recover(nobody, kStart));
  service.ticks(1, 3);
  EXPECT_EQ(types(disk), (std::vector{RecordType::opened, RecordType::started, RecordType::taken, RecordType::taken, RecordType::said}));
  const auto released = take(service.runner.releases());
  ASSERT_EQ(released.size(), 1u);
  EXPECT_EQ(released[0].name, (Name{Stream::account, 0, {service.journal->epoch(), 1}}));
  EXPECT_EQ(released[0].recorded, service.journal->end());
  EXPECT_TRUE(take(service.runner.releases()).empty()) << "each is given once";
}

/// Says metrics between others, some of which follow each other.
class Speaker final : public Core {
 public:
  std::uint32_t version() const override { return 1; }
  void apply(const Input& in, Outbox& out) override {
    const auto* tick = std::get_if<Tick>(&in.event);
    if (tick == nullptr) return;
    ++ticks_;
    if (ticks_ % 3 != 0) out.emit(Stream::risk, 0, RiskEvent{.kind = RiskEventKind::refused, .reason = std::to_string(ticks_)});
    metrics_.symbol = *Symbol::parse("AAPL.DEMO");
    metrics_.mid = {.value = static_cast<double>(ticks_), .status = Status::ok, .has_value = true};
    metrics_.header = {};
    out.emit(Stream::metrics, static_cast<Partition>(ticks_ % 2), metrics_);
    if (ticks_ % 4 == 0) out.emit(Stream::account, 0, AccountEvent{.currency = "USD"});
  }
  void save(ByteWriter& out) const override { out.put(ticks_); }
  void load(ByteReader& in) override { ticks_ = in.get<std::uint64_t>(); }

 private:
  std::uint64_t ticks_{0};
  Metrics metrics_{};
};

TEST(Runner, MetricsAreRecordedAndGivenAmongTheRestInTheOrderInWhichAllIsSaid) {
  constexpr Sequence kTicks = 24;
  FakeDisk disk;
  Publisher publisher = publisher_of(kTicks);
  std::vector<Words> heard, expected;
  {
    Speaker core;
    const auto journal = open(disk);
    Runner runner{core, *journal, kCodec, ticks_by_reference()};
    ASSERT_TRUE(runner.recover(publisher, kStart));
    Speaker plain_core;
    Machine plain{plain_core};
    plain.outbox().set_epoch(journal->epoch());
    std::vector<Arrival> arrivals;
    for (Sequence s = 1; s <= kTicks; ++s) {
      arrivals.push_back({tick_name(s), publisher.ticks[s - 1]});
      Event tick;
      ASSERT_TRUE(kCodec.decode(Stream::tick, publisher.ticks[s - 1], tick));
      plain.apply(kStart, tick_name(s), tick);
    }
    for (const Outbox::Said& said : plain.said()) expected.push_back({said.name, encoded(said.event)});
    runner.step(kStart, arrivals);
    for (Releases& releases = runner.releases(); !releases.empty(); releases.pop()) {
      const Released one = releases.front();
      heard.push_back({one.name, Bytes(one.bytes.begin(), one.bytes.end())});
      EXPECT_EQ(one.recorded, journal->end());
      EXPECT_EQ(one.event == nullptr, one.name.stream == Stream::metrics);
      EXPECT_NE(one.tick_time == Timestamp{}, one.name.stream == Stream::metrics) << "risk and account lead to no order";
    }
    EXPECT_EQ(heard, expected);
  }
  Speaker core;
  const auto journal = open(disk);
  Runner runner{core, *journal, kCodec, ticks_by_reference()};
  const auto recovered = runner.recover(publisher, kStart);
  ASSERT_TRUE(recovered) << to_string(recovered.error());
  EXPECT_EQ(recovered->said_compared, expected.size()) << "run again it says the same, in the order recorded";
}

TEST(Runner, NamesTicksByReferenceAndCopiesTheRest) {
  FakeDisk disk;
  Publisher nobody;
  Service service{disk};
  ASSERT_TRUE(service.runner.recover(nobody, kStart));
  const auto one = tick_bytes(1), two = tick_bytes(2), three = tick_bytes(4), command = encoded(Command{.id = "C1", .verb = Verb::flatten});
  const Name control{Stream::control, 0, {5, 1}};
  const std::vector<Arrival> arrivals{{tick_name(1), one}, {tick_name(2), two}, {control, command}, {tick_name(4), three}};
  service.runner.step(kStart, arrivals);
  auto cursor = *read_journal(kDir, disk);
  TakenRecord last;
  for (auto record = cursor->next(); record && record->has_value(); record = cursor->next()) {
    if ((**record).type != RecordType::taken) continue;
    ASSERT_TRUE(decode((**record).body, last));
    if (last.items.size() == 3) {
      EXPECT_TRUE(last.items[0].by_reference);
      EXPECT_EQ(last.items[0].count, 2u) << "consecutive ones are one run";
      EXPECT_EQ(last.items[1].first, control);
      EXPECT_EQ(as_text(last.items[1].payload), as_text(command));
      EXPECT_EQ(last.items[2].first, tick_name(4)) << "a run ends where a sequence is missing";
      EXPECT_EQ(last.items[2].count, 1u);
    }
  }
  EXPECT_EQ(last.items.size(), 3u);
}

TEST(Runner, DropsWhatItHasSeenWithinABatchAndAcross) {
  FakeDisk disk;
  Publisher nobody;
  Service service{disk};
  ASSERT_TRUE(service.runner.recover(nobody, kStart));
  service.ticks(1, 4);
  service.ticks(2, 6);
  EXPECT_EQ(service.core.ticks, 6u);
  EXPECT_EQ(service.runner.duplicates(), 3u);
  const auto seven = tick_bytes(7);
  const std::vector<Arrival> twice{{tick_name(7), seven}, {tick_name(7), seven}};
  service.runner.step(kStart, twice);
  EXPECT_EQ(service.core.ticks, 7u);
  EXPECT_EQ(service.runner.duplicates(), 4u);
  const auto end = service.journal->end();
  service.ticks(1, 7);
  EXPECT_EQ(service.journal->end(), end) << "what is dropped leaves no record";
}

TEST(Runner, SkipsAndCountsBytesThatAreNoEventAndRecoversOverThem) {
  FakeDisk disk;
  Publisher nobody;
  {
    Service service{disk};
    ASSERT_TRUE(service.runner.recover(nobody, kStart));
    const std::vector<Arrival> garbage{{{Stream::control, 0, {5, 1}}, as_bytes("\xff\xff\xff garbage")}};
    service.runner.step(kStart, garbage);
    EXPECT_EQ(service.runner.undecodable(), 1u);
    const auto sound = encoded(Command{.id = "C1", .verb = Verb::flatten});
    const std::vector<Arrival> next{{{Stream::control, 0, {5, 2}}, sound}};
    service.runner.step(kStart, next);
    EXPECT_EQ(take(service.runner.releases()).size(), 1u);
  }
  Service again{disk};
  const auto recovered = again.runner.recover(nobody, kStart);
  ASSERT_TRUE(recovered) << to_string(recovered.error());
  EXPECT_EQ(recovered->said_compared, 1u);
}

TEST(Runner, RestoresTimersFromTheTailAndFromASnapshot) {
  for (const bool snapshot : {false, true}) {
    FakeDisk disk;
    auto publisher = publisher_of(5);
    {
      Service service{disk};
      ASSERT_TRUE(service.runner.recover(publisher, kStart));
      service.ticks(1, 5);  // arms timer 5
      if (snapshot) service.runner.snapshot();
    }
    Service again{disk};
    ASSERT_TRUE(again.runner.recover(publisher, kStart));
    const auto timer = again.runner.next_timer();
    ASSERT_TRUE(timer) << snapshot;
    EXPECT_EQ(*timer, (TimerFired{5, kStart + milliseconds(35)}));
    EXPECT_EQ(again.runner.fire_timers(kStart + milliseconds(34)), 0u);
    EXPECT_EQ(again.runner.fire_timers(kStart + milliseconds(35)), 1u);
    EXPECT_EQ(again.runner.fire_timers(kStart + seconds(9)), 0u) << "fires once";
    EXPECT_EQ(again.core.timers, 1u);
  }
}

TEST(Runner, FetchesFromThePublisherWhatTheTailOnlyNames) {
  FakeDisk disk;
  auto publisher = publisher_of(20);
  {
    Service service{disk};
    ASSERT_TRUE(service.runner.recover(publisher, kStart));
    service.ticks(1, 8);
    service.runner.snapshot();
    service.ticks(9, 20);
  }
  Service again{disk};
  const auto recovered = again.runner.recover(publisher, kStart);
  ASSERT_TRUE(recovered) << to_string(recovered.error());
  EXPECT_TRUE(recovered->from_snapshot);
  EXPECT_EQ(publisher.fetched, 12u) << "what the snapshot covers is not asked for";
  EXPECT_EQ(again.core.ticks, 20u);
  EXPECT_EQ(recovered->inputs_lost, 0u);
}

TEST(Runner, APublisherThatIsAwayStopsTheRecoveryAndLeavesTheJournalAsItWas) {
  FakeDisk disk;
  auto publisher = publisher_of(9);
  {
    Service service{disk};
    ASSERT_TRUE(service.runner.recover(publisher, kStart));
    service.ticks(1, 9);
  }
  const auto before = record_ends(disk);
  publisher.failure = "unreachable";
  {
    Service again{disk};
    const auto recovered = again.runner.recover(publisher, kStart);
    ASSERT_FALSE(recovered);
    EXPECT_EQ(recovered.error().code, "unreachable");
  }
  EXPECT_EQ(record_ends(disk), before);
}

TEST(Runner, TicksTrimmedAtThePublisherAreAGapAndTheJournalsWordsStand) {
  FakeDisk disk;
  auto publisher = publisher_of(9);
  {
    Service service{disk};
    ASSERT_TRUE(service.runner.recover(publisher, kStart));
    service.ticks(1, 9);
    service.runner.step_local(kStart + seconds(1), PeerChanged{"broker_gateway", true, {}});
  }
  const auto before = said_in(disk);
  publisher.failure = "trimmed";
  Service again{disk};
  const auto recovered = again.runner.recover(publisher, kStart);
  ASSERT_TRUE(recovered) << to_string(recovered.error());
  EXPECT_EQ(recovered->inputs_lost, 9u);
  EXPECT_EQ(again.core.gaps, (std::vector{StreamGap{Stream::tick, 9, {77, 1}, {77, 9}}}));
  // The core said something else at the gap than the journal holds; the numbering goes on where the journal ends all the same.
  again.runner.step_local(kStart + seconds(2), StreamGap{Stream::tick, 9, {}, {}});
  again.runner.step_local(kStart + seconds(2), PeerChanged{"broker_gateway", false, {}});
  const auto after = said_in(disk);
  ASSERT_EQ(after.size(), before.size() + 2);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin())) << "what was said stays said";
  std::map<std::pair<Stream, Partition>, Sequence> last;
  for (const Words& words : after) {
    Sequence& head = last[{words.name.stream, words.name.partition}];
    EXPECT_EQ(words.name.at.sequence, ++head) << to_string(words.name);
  }
}

TEST(Runner, ACoreThatSaysSomethingElseIsStoppedAndTheEventNamed) {
  FakeDisk disk;
  auto publisher = publisher_of(9);
  Epoch epoch = 0;
  {
    Service service{disk};
    epoch = service.journal->epoch();
    ASSERT_TRUE(service.runner.recover(publisher, kStart));
    service.ticks(1, 9);
  }
  const auto before = record_ends(disk);
  {
    Service other{disk};
    other.core.bias = Money::from_raw(1);
    const auto recovered = other.runner.recover(publisher, kStart);
    ASSERT_FALSE(recovered);
    EXPECT_EQ(recovered.error().code, "diverged");
    EXPECT_NE(recovered.error().message.find("account.0@" + std::to_string(epoch) + "/1"), std::string::npos) << recovered.error().message;
  }
  EXPECT_EQ(record_ends(disk), before) << "nothing is added to a journal that is not understood";
  publisher.ticks[0] = tick_bytes(1'000);  // the same of a publisher whose journal is not the one that was read
  Service again{disk};
  EXPECT_EQ(again.runner.recover(publisher, kStart).error().code, "diverged");
}

TEST(Runner, AnEventThatIsNotSaidAgainIsADivergenceToo) {
  FakeDisk disk;
  auto publisher = publisher_of(2);
  {
    Service service{disk};
    ASSERT_TRUE(service.runner.recover(publisher, kStart));
    service.ticks(1, 2);
    Bytes body;
    const auto stray = encoded(AccountEvent{.currency = "USD"});
    encode(SaidRecord{{Stream::account, 0, {service.journal->epoch(), 1}}, {ByteView{stray}}}, body);
    service.journal->append(RecordType::said, body);
  }
  Service again{disk};
  const auto recovered = again.runner.recover(publisher, kStart);
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, "diverged");
}

TEST(Runner, ATailOfAnotherVersionIsRefusedWithTheWayOut) {
  FakeDisk disk;
  auto publisher = publisher_of(9);
  {
    Service service{disk, 1};
    ASSERT_TRUE(service.runner.recover(publisher, kStart));
    service.ticks(1, 9);
  }
  {
    Service newer{disk, 2};
    const auto refused = newer.runner.recover(publisher, kStart);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "version");
    EXPECT_NE(refused.error().message.find("stop it cleanly"), std::string::npos) << refused.error().message;
  }
  {
    Service drains{disk, 1};
    ASSERT_TRUE(drains.runner.recover(publisher, kStart)) << "the version that wrote it still starts";
    drains.runner.snapshot();
    drains.journal->close();
  }
  publisher.failure = "unreachable";  // an empty tail asks nobody
  Service newer{disk, 2};
  const auto recovered = newer.runner.recover(publisher, kStart);
  ASSERT_TRUE(recovered) << to_string(recovered.error());
  EXPECT_TRUE(recovered->from_snapshot);
  EXPECT_EQ(recovered->inputs_run, 0u);
  EXPECT_EQ(newer.core.ticks, 9u);
}

TEST(Runner, ABatchLargerThanARecordIsTakenInSeveralAndRunsAgainTheSame) {
  FakeDisk disk;
  Publisher nobody;
  std::vector<Bytes> commands;
  std::vector<Arrival> arrivals;
  for (Sequence s = 1; s <= 1'000; ++s)
    commands.push_back(encoded(Command{.id = "C" + std::to_string(s), .verb = Verb::flatten, .note = std::string(150, 'n')}));
  for (Sequence s = 1; s <= 1'000; ++s) arrivals.push_back({{Stream::control, 0, {5, s}}, commands[s - 1]});
  {
    Service service{disk};
    ASSERT_GT(arrivals.size() * commands[0].size(), 2 * service.journal->max_body());
    ASSERT_TRUE(service.runner.recover(nobody, kStart));
    service.runner.step(kStart, arrivals);
    EXPECT_EQ(take(service.runner.releases()).size(), 1'000u);
  }
  Service again{disk};
  const auto recovered = again.runner.recover(nobody, kStart);
  ASSERT_TRUE(recovered) << to_string(recovered.error());
  EXPECT_EQ(recovered->said_compared, 1'000u);
}

TEST(Runner, OnARealDiskACleanStopLeavesNoTail) {
  std::string dir = (std::filesystem::temp_directory_path() / "tickmesh-runner-XXXXXX").string();
  ASSERT_NE(::mkdtemp(dir.data()), nullptr);
  JournalOptions options;
  options.dir = dir;
  options.instance = "position_manager-0";
  options.segment_bytes = kMinSegmentBytes;
  auto publisher = publisher_of(2'000);
  SumCore first;
  {
    auto journal = *Journal::open(options, real_disk(), kStart, "boot-a");
    Runner runner{first, *journal, kCodec, ticks_by_reference()};
    ASSERT_TRUE(runner.recover(publisher, kStart));
    for (Sequence s = 1; s <= 2'000; ++s) {
      const std::vector<Arrival> one{{tick_name(s), publisher.ticks[s - 1]}};
      runner.step(kStart, one);
    }
    EXPECT_GT(journal->end().value, 2 * kMinSegmentBytes) << "more than one segment";
    runner.snapshot();
    journal->close();
  }
  publisher.failure = "unreachable";
  {
    SumCore second;
    auto journal = *Journal::open(options, real_disk(), kStart, "boot-a");
    Runner runner{second, *journal, kCodec, ticks_by_reference()};
    const auto recovered = runner.recover(publisher, kStart);
    ASSERT_TRUE(recovered) << to_string(recovered.error());
    EXPECT_EQ(recovered->inputs_run, 0u);
    EXPECT_EQ(second.sum, first.sum);
  }
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace tickmesh::testing
