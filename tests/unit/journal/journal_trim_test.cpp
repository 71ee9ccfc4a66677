#include <gtest/gtest.h>

#include "journal/contents.hpp"
#include "unit/journal/kit.hpp"

namespace tickmesh::testing {
namespace {

constexpr std::uint64_t kBudget = 4 * kMinSegmentBytes;

JournalOptions ring() {
  auto options = small();
  options.budget_bytes = kBudget;
  return options;
}
void fill(Journal& journal, int records = 400) {
  for (int i = 0; i < records; ++i) say(journal, Stream::tick, 5, {std::string(1500, 't'), "x"});
  journal.sync();
}

TEST(JournalTrim, ARingHoldsItsBudgetAndKnowsWhatItHolds) {
  FakeDisk disk;
  auto journal = must_open(disk, ring());
  Bytes started;
  encode(StartedRecord{{journal->epoch(), 3}, kNow}, started);
  journal->append(RecordType::started, started);
  fill(*journal);
  for (int life = 0; life < 2; ++life) {
    EXPECT_LE(journal->bytes(), kBudget);
    const auto held = journal->first_held()[1][5];
    EXPECT_GT(held, 1u);
    EXPECT_EQ(journal->heads()[1][5], 800u);
    const auto gone = journal->said(Stream::tick, 5, 1, 10, 10'000);
    EXPECT_TRUE(gone.events.empty());
    EXPECT_EQ(gone.trimmed_before, held);
    EXPECT_EQ(journal->said(Stream::tick, 5, held, 2, 10'000).events.size(), 2u);
    const auto read = read_all(*journal->read_from(journal->first()));
    EXPECT_FALSE(read.error);
    EXPECT_EQ(read.records.front().type, RecordType::opened);
    EXPECT_EQ(content(read.records).size(), (800 - held + 1) / 2);
    journal.reset();
    journal = must_open(disk, ring());
    EXPECT_EQ(journal->state().last_incarnation, 3u);  // though its record is gone
    EXPECT_EQ(journal->state().last_time, kNow);
  }
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
}

TEST(JournalTrim, WithoutABudgetAllIsKept) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  fill(*journal);
  EXPECT_EQ(journal->first_held()[1][5], 1u);
  EXPECT_GT(journal->bytes(), 2 * kBudget);
}

TEST(JournalTrim, ThePinOfTheSlowestHolderIsRespectedAndLetsGo) {
  FakeDisk disk;
  const auto journal = must_open(disk, ring());
  journal->pin("projector", journal->end());
  journal->pin("snapshot", Lsn{~std::uint64_t{0}});
  fill(*journal);
  EXPECT_EQ(journal->first_held()[1][5], 1u);
  EXPECT_GT(journal->bytes(), 2 * kBudget);
  const auto middle = Lsn{4 * kMinSegmentBytes + 500};
  journal->pin("projector", middle);
  EXPECT_EQ(journal->first().value, 4 * kMinSegmentBytes + kSegmentHeaderBytes);
  journal->pin("projector", journal->end());
  EXPECT_LE(journal->bytes(), kBudget);
}

TEST(JournalTrim, TheLastButOneSnapshotAndItsTailAreNeverTrimmed) {
  FakeDisk disk;
  const auto journal = must_open(disk, ring());
  const auto older = journal->snapshot(as_bytes("older"));
  fill(*journal, 100);
  journal->snapshot(as_bytes("newer"));
  fill(*journal);
  EXPECT_LE(journal->first(), older);
  journal->snapshot(as_bytes("newest"));
  journal->sync();
  EXPECT_GT(journal->first(), older);
}

TEST(JournalTrim, WhatIsYoungerThanItIsToBeKeptStaysWhateverTheBudget) {
  FakeDisk disk;
  auto options = ring();
  options.keep_for = seconds(86'400);
  auto journal = must_open(disk, options);
  const auto fill_at = [&](Timestamp now) {
    for (int i = 0; i < 400; ++i) {
      journal->append(RecordType::taken, taken("x", now));
      say(*journal, Stream::order, 5, {std::string(1500, 'o')});
    }
    journal->sync();
  };
  fill_at(kNow);
  fill_at(kNow + seconds(86'400));
  EXPECT_EQ(journal->first_held()[13][5], 1u);
  EXPECT_GT(journal->bytes(), 2 * kBudget);
  journal.reset();
  journal = must_open(disk, options);
  fill_at(kNow + seconds(86'401));  // the first half is old enough now, the second is not
  const auto first = journal->first_held()[13][5];
  EXPECT_GT(first, 1u);
  EXPECT_LE(first, 401u);
  EXPECT_GT(journal->bytes(), kBudget);
}

TEST(JournalTrim, AfterAnOpenNothingGoesBeforeEverybodyHasSaidWhatIsNeeded) {
  FakeDisk disk;
  auto journal = must_open(disk, ring());
  journal->pin("reader", journal->first());
  fill(*journal);
  const auto needed = journal->said_at(Stream::tick, 5, 101);
  journal.reset();
  journal = must_open(disk, ring());
  journal->pin("keyframe", journal->end());
  journal->pin("reader", needed);
  EXPECT_EQ(journal->first_held()[1][5], 1u);
  fill(*journal, 1);
  EXPECT_GT(journal->first_held()[1][5], 1u);
  EXPECT_LE(journal->first(), needed);
}

TEST(JournalTrim, WhereAnEventLiesIsKnownForPinning) {
  FakeDisk disk;
  const auto journal = must_open(disk, ring());
  journal->pin("reader", journal->first());
  fill(*journal);
  const auto at = journal->said_at(Stream::tick, 5, 402);
  const auto cursor = journal->read_from(at);
  Sequence first = 0, past = 0;
  while (past <= 402) {
    const auto record = cursor->next();
    ASSERT_TRUE(record && *record);
    if ((*record)->type != RecordType::said) continue;
    const auto said = peek_said((*record)->body);
    if (first == 0) first = said->first.at.sequence;
    past = said->first.at.sequence + said->count;
  }
  EXPECT_LE(first, 402u);
  EXPECT_GT(first, 201u) << "not from the beginning";
  EXPECT_EQ(journal->said_at(Stream::tick, 5, 801), journal->end());
  EXPECT_EQ(journal->said_at(Stream::tick, 6, 1), journal->end());
  journal->pin("reader", at);
  EXPECT_LE(journal->first(), at);
  EXPECT_GT(journal->first_held()[1][5], 1u);
  EXPECT_EQ(journal->said_at(Stream::tick, 5, 1), journal->first());
}

TEST(JournalTrim, ACursorWhoseSegmentIsTrimmedEndsWithAnError) {
  FakeDisk disk;
  const auto journal = must_open(disk, ring());
  const auto cursor = journal->read_from(journal->first());
  ASSERT_TRUE(cursor->next());
  fill(*journal);
  const auto ended = cursor->next();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, "trimmed");
  EXPECT_FALSE(cursor->next());
}

TEST(JournalTrim, WhatIsNotOnTheDiskYetIsKept) {
  FakeDisk disk;
  const auto journal = must_open(disk, ring());
  disk.fail_syncs();
  try {
    for (int i = 0; i < 400; ++i) say(*journal, Stream::tick, 5, {std::string(1500, 't')});
  } catch (const DiskError&) {
  }
  EXPECT_EQ(journal->first_held()[1][5], 1u);
}

}  // namespace
}  // namespace tickmesh::testing
