// A snapshot that cannot be believed is named and left alone: the one before it, or the journal's beginning, tells the same.
#include "unit/runner/kit.hpp"

namespace tickmesh::testing {
namespace {

struct Life {
  explicit Life(Disk& disk, std::uint64_t budget = 0)
      : journal{opened(disk, budget)}, runner{core, *journal, kCodec, ticks_by_reference()} {}
  static std::unique_ptr<Journal> opened(Disk& disk, std::uint64_t budget) {
    JournalOptions options;
    options.dir = kDir;
    options.instance = "position_manager-0";
    options.segment_bytes = kMinSegmentBytes;
    options.budget_bytes = budget;
    auto journal = Journal::open(options, disk, kStart, "boot-a");
    if (!journal) throw std::runtime_error(to_string(journal.error()));
    return std::move(*journal);
  }
  void ticks(Sequence from, Sequence to) {
    for (Sequence s = from; s <= to; ++s) {
      const Bytes bytes = tick_bytes(s);
      const std::vector<Arrival> one{{tick_name(s), bytes}};
      runner.step(kStart + milliseconds(static_cast<std::int64_t>(s)), one);
    }
  }
  SumCore core;
  std::unique_ptr<Journal> journal;
  Runner runner;
};

Publisher publisher_of(Sequence count) {
  Publisher p;
  for (Sequence s = 1; s <= count; ++s) p.ticks.push_back(tick_bytes(s));
  return p;
}
std::vector<std::string> snapshot_files(Disk& disk) {
  std::vector<std::string> out;
  for (const std::string& name : disk.list(kDir))
    if (snapshot_of_name(name)) out.push_back(kDir + '/' + name);
  return out;
}
/// Twenty ticks with snapshots after 8 and 16; `last` may replace the second.
void live(FakeDisk& disk, Publisher& publisher, const std::function<void(Life&)>& last = [](Life& l) { l.runner.snapshot(); }) {
  Life life{disk};
  ASSERT_TRUE(life.runner.recover(publisher, kStart));
  life.ticks(1, 8);
  life.runner.snapshot();
  life.ticks(9, 16);
  last(life);
  life.ticks(17, 20);
}

TEST(Restore, ADamagedSnapshotIsNamedAndTheOneBeforeItIsTaken) {
  FakeDisk disk;
  auto publisher = publisher_of(20);
  live(disk, publisher);
  const auto files = snapshot_files(disk);
  ASSERT_EQ(files.size(), 2u);
  disk.flip(files[1], 40);
  Life again{disk};
  const auto recovered = again.runner.recover(publisher, kStart);
  ASSERT_TRUE(recovered) << to_string(recovered.error());
  EXPECT_TRUE(recovered->from_snapshot);
  ASSERT_EQ(recovered->rejected_snapshots.size(), 1u);
  EXPECT_EQ(recovered->rejected_snapshots[0].code, "corrupt");
  EXPECT_EQ(recovered->rejected_snapshots[0].field, files[1]);
  EXPECT_EQ(publisher.fetched, 12u) << "what the first snapshot covers is not asked for";
  EXPECT_EQ(again.core.ticks, 20u);
}

TEST(Restore, ASnapshotOfGoodChecksumThatTheCoreCannotLoadIsRejectedToo) {
  for (const std::string state : {"", "short", "\x01"}) {
    FakeDisk disk;
    auto publisher = publisher_of(20);
    live(disk, publisher, [&](Life& life) { life.journal->snapshot(as_bytes(state)); });
    Life again{disk};
    const auto recovered = again.runner.recover(publisher, kStart);
    ASSERT_TRUE(recovered) << to_string(recovered.error());
    EXPECT_TRUE(recovered->from_snapshot);
    ASSERT_EQ(recovered->rejected_snapshots.size(), 1u);
    EXPECT_EQ(recovered->rejected_snapshots[0].field, snapshot_files(disk)[1]);
    EXPECT_EQ(again.core.ticks, 20u);
    EXPECT_GT(recovered->said_compared, 0u);
  }
}

TEST(Restore, ASnapshotWithMoreBytesThanTheCoreReadsIsRejected) {
  FakeDisk disk;
  auto publisher = publisher_of(20);
  live(disk, publisher, [](Life& life) {
    Bytes state;
    ByteWriter out{state};
    life.runner.machine().save(out);
    out.put(std::uint8_t{0});
    life.journal->snapshot(state);
  });
  Life again{disk};
  const auto recovered = again.runner.recover(publisher, kStart);
  ASSERT_TRUE(recovered);
  EXPECT_EQ(recovered->rejected_snapshots.size(), 1u);
  EXPECT_EQ(again.core.ticks, 20u);
}

TEST(Restore, WithoutAnySnapshotThatLoadsTheWholeJournalIsRunFromAnUntouchedCore) {
  FakeDisk disk;
  auto publisher = publisher_of(20);
  live(disk, publisher);
  for (const std::string& file : snapshot_files(disk)) disk.flip(file, 40);
  Life again{disk};
  const auto recovered = again.runner.recover(publisher, kStart);
  ASSERT_TRUE(recovered) << to_string(recovered.error());
  EXPECT_FALSE(recovered->from_snapshot);
  EXPECT_EQ(recovered->rejected_snapshots.size(), 2u);
  EXPECT_EQ(publisher.fetched, 20u);
  EXPECT_EQ(again.core.ticks, 20u);
}

TEST(Restore, WithoutASnapshotAndWithoutItsBeginningAJournalIsRefusedWithTheFileNamed) {
  FakeDisk disk;
  auto publisher = publisher_of(6'000);
  {
    Life life{disk, 3 * kMinSegmentBytes};
    ASSERT_TRUE(life.runner.recover(publisher, kStart));
    for (Sequence s = 1; s <= 6'000; s += 500) {
      life.ticks(s, s + 499);
      life.runner.snapshot();
      life.journal->sync();
    }
    ASSERT_GT(life.journal->first().value, kMinSegmentBytes) << "nothing was trimmed";
  }
  const auto files = snapshot_files(disk);
  ASSERT_EQ(files.size(), 2u);
  for (const std::string& file : files) disk.flip(file, 40);
  Life again{disk, 3 * kMinSegmentBytes};
  const auto recovered = again.runner.recover(publisher, kStart);
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, "corrupt");
  EXPECT_EQ(recovered.error().field, files[1]);
}

}  // namespace
}  // namespace tickmesh::testing
