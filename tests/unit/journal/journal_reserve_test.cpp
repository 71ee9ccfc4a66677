// A disk without room: rings give way, the reserve lets those go on who must, and room that is back is used.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "unit/journal/kit.hpp"

namespace tickmesh::testing {
namespace {

constexpr std::uint64_t kSegment = kMinSegmentBytes;

JournalOptions with_reserve() {
  auto options = small();
  options.reserve_segments = 2;
  return options;
}
template <class Condition>
bool comes(Condition&& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}
/// Appends until a segment boundary is crossed.
void fill_segment(Journal& journal) {
  const auto before = journal.end().value / kSegment;
  while (journal.end().value / kSegment == before) journal.append(RecordType::taken, taken(std::string(2'000, 'x')));
}

TEST(JournalReserve, IsSetAsideAtTheStartAndFoundAgain) {
  FakeDisk disk;
  for (int life = 0; life < 2; ++life) {
    const auto journal = must_open(disk, with_reserve());
    EXPECT_FALSE(journal->reserve_in_use());
    EXPECT_FALSE(journal->disk_full());
    EXPECT_EQ(journal->bytes(), 3 * kSegment);
    EXPECT_EQ(disk.bytes("/j/reserve-1.tmj").size(), kSegment);
  }
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
}

TEST(JournalReserve, CarriesOnWhenTheDiskIsFullUntilItIsUsedUp) {
  FakeDisk disk;
  disk.set_capacity(3 * kSegment + kSegment / 2);
  const auto journal = must_open(disk, with_reserve());
  // Said long before the segment is full: what must not be begun any more is not begun.
  while (journal->end().value < kSegment / 8) journal->append(RecordType::taken, taken("entry"));
  EXPECT_TRUE(comes([&] { return journal->disk_full() && journal->reserve_in_use(); }));
  fill_segment(*journal);
  fill_segment(*journal);
  EXPECT_EQ(journal->end().value / kSegment, 2u);
  try {
    fill_segment(*journal);
    FAIL() << "there is no fourth segment";
  } catch (const DiskError& e) {
    EXPECT_EQ(e.error, ENOSPC);
  }
  EXPECT_NO_THROW(journal->close()) << "an orderly end still fits";
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
}

TEST(JournalReserve, ASnapshotThatDoesNotFitLeavesTheJournalAsItWas) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  journal->snapshot(as_bytes("before"));
  disk.set_capacity(kSegment + 1'000);
  try {
    journal->snapshot(Bytes(10'000));
    FAIL() << "it fits";
  } catch (const DiskError& e) {
    EXPECT_EQ(e.error, ENOSPC);
  }
  journal->append(RecordType::taken, taken("goes on"));
  EXPECT_EQ(as_text(journal->latest_snapshot()->second), "before");
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
}

TEST(JournalReserve, IsMadeWholeWhenTheDiskHasRoomAgain) {
  FakeDisk disk;
  disk.set_capacity(3 * kSegment + 1'000);
  const auto journal = must_open(disk, with_reserve());
  fill_segment(*journal);
  EXPECT_TRUE(comes([&] { return journal->reserve_in_use(); }));
  disk.set_capacity(20 * kSegment);
  EXPECT_TRUE(comes([&] { return !journal->reserve_in_use() && !journal->disk_full(); }));
  for (int i = 0; i < 5; ++i) fill_segment(*journal);
  EXPECT_FALSE(journal->disk_full());
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
}

TEST(JournalReserve, WhatCannotBeSetAsideAtTheStartIsSaid) {
  FakeDisk disk;
  must_open(disk);
  disk.set_capacity(2 * kSegment);
  const auto journal = must_open(disk, with_reserve());
  EXPECT_TRUE(journal->reserve_in_use());
}

TEST(JournalReserve, ARingGivesItsOldestSegmentsRatherThanStop) {
  FakeDisk disk;
  disk.set_capacity(4 * kSegment + 1'000);
  auto options = small();
  options.budget_bytes = 100 * kSegment;
  const auto journal = must_open(disk, options);
  for (int i = 0; i < 12; ++i) {
    fill_segment(*journal);
    journal->sync();
  }
  EXPECT_GT(journal->first().value, 8 * kSegment);
  EXPECT_FALSE(journal->disk_full());
  EXPECT_FALSE(read_all(*journal->read_from(journal->first())).error);
}

TEST(JournalReserve, ARingKeepsWhatIsPinnedAndStopsInstead) {
  FakeDisk disk;
  disk.set_capacity(4 * kSegment + 1'000);
  auto options = small();
  options.budget_bytes = 100 * kSegment;
  const auto journal = must_open(disk, options);
  journal->pin("projector", journal->first());
  EXPECT_THROW(
      for (int i = 0; i < 12; ++i) {
        fill_segment(*journal);
        journal->sync();
      },
      DiskError);
  EXPECT_TRUE(journal->disk_full());
  EXPECT_EQ(journal->first().value, kSegmentHeaderBytes);
}

TEST(JournalRecycling, ATrimmedSegmentIsUsedAgainAndItsOldBytesNeverShow) {
  FakeDisk disk;
  auto options = small();
  options.budget_bytes = 4 * kSegment;
  auto journal = must_open(disk, options);
  for (int i = 0; i < 40; ++i) {
    fill_segment(*journal);
    journal->sync();
    const auto read = read_all(*journal->read_from(journal->first()));
    ASSERT_FALSE(read.error) << to_string(*read.error);
  }
  EXPECT_LE(journal->bytes(), 5 * kSegment);
  const auto end = journal->end();
  journal.reset();
  EXPECT_EQ(verify_journal("/j", disk).torn_bytes, 0u);
  journal = must_open(disk, options);
  EXPECT_EQ(journal->end(), end);
  EXPECT_EQ(journal->state().torn_bytes, 0u);
}

}  // namespace
}  // namespace tickmesh::testing
