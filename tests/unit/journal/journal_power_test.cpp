#include <gtest/gtest.h>

#include <random>

#include "unit/journal/kit.hpp"

namespace tickmesh::testing {
namespace {

TEST(JournalPower, ACutTakesOnlyWhatWasNotDurableAndBeginsAnEpoch) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    FakeDisk disk;
    std::vector<Stored> written;
    Lsn durable{};
    Epoch epoch = 0;
    {
      const auto journal = must_open(disk);
      epoch = journal->epoch();
      const auto records = 20 + random() % 150;
      for (unsigned i = 0; i < records; ++i) {
        const auto body = taken(std::string(random() % 1800, static_cast<char>('a' + i % 26)));
        written.push_back({RecordType::taken, journal->append(RecordType::taken, body), body});
        if (random() % 30 == 0) journal->sync();
      }
      durable = journal->durable();
      disk.fail_syncs();  // what the commit thread still has in hand does not arrive either
      if (journal->durable() > durable) durable = journal->durable();
    }
    const auto keep = random() % 5;
    disk.power_cut([&](std::size_t) { return random() % 4 < keep; });
    disk.heal();
    const auto journal = Journal::open(small(), disk, kNow, "boot-b");
    ASSERT_TRUE(journal) << seed << ' ' << to_string(journal.error());
    EXPECT_TRUE((*journal)->state().new_epoch);
    EXPECT_EQ((*journal)->state().previous_epoch, epoch);
    const auto kept = content(read_all(*(*journal)->read_from((*journal)->first())).records);
    ASSERT_LE(kept.size(), written.size());
    EXPECT_TRUE(std::equal(kept.begin(), kept.end(), written.begin())) << seed;
    for (const auto& record : written)
      if (record.lsn < durable) {
        EXPECT_LT(record.lsn, kept.empty() ? Lsn{} : Lsn{kept.back().lsn.value + 1}) << seed;
      }
    EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{}) << seed;
  }
}

TEST(JournalPower, DamageToWhatWasDurableIsNotTakenForAPowerCut) {
  FakeDisk disk;
  Lsn at{};
  {
    const auto journal = must_open(disk);
    at = journal->append(RecordType::taken, taken("durable"));
    journal->sync();
    journal->append(RecordType::taken, taken("knows it"));
  }
  disk.flip("/j/" + segment_name(0), at.value + 20);
  const auto refused = Journal::open(small(), disk, kNow, "boot-b");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "corrupt");
}

TEST(JournalPower, AFullDiskStopsAppendingAndNothingElse) {
  FakeDisk disk;
  auto journal = must_open(disk);
  disk.set_capacity(3 * kMinSegmentBytes + 1000);
  std::vector<Stored> written;
  try {
    for (;;) {
      const auto body = taken(std::string(3000, 'x'));
      const auto lsn = journal->append(RecordType::taken, body);
      written.push_back({RecordType::taken, lsn, body});
    }
  } catch (const DiskError& e) {
    EXPECT_EQ(e.error, ENOSPC);
  }
  EXPECT_GT(written.size(), 50u);
  EXPECT_EQ(content(read_all(*journal->read_from(journal->first())).records), written);
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
  EXPECT_THROW(journal->append(RecordType::taken, taken(std::string(3000, 'x'))), DiskError);
  EXPECT_THROW(journal->snapshot(Bytes(2000)), DiskError);
  EXPECT_NO_THROW(journal->close());  // the segment had room for that
  journal.reset();
  disk.set_capacity(100 * kMinSegmentBytes);
  journal = must_open(disk);
  EXPECT_TRUE(journal->state().clean);
  journal->append(RecordType::taken, taken(std::string(3000, 'x')));
  EXPECT_EQ(content(read_all(disk).records).size(), written.size() + 2);
}

TEST(JournalPower, ATornWriteStopsTheOwnerAndIsCutAtTheNextStart) {
  FakeDisk disk;
  {
    const auto journal = must_open(disk);
    journal->append(RecordType::taken, taken("kept"));
    disk.tear_next_write(21);
    EXPECT_THROW(journal->append(RecordType::taken, taken("torn")), DiskError);
    disk.heal();
    EXPECT_THROW(journal->append(RecordType::taken, taken("never behind a torn one")), DiskError);
    EXPECT_EQ(content(read_all(*journal->read_from(journal->first())).records).size(), 1u);
  }
  const auto journal = must_open(disk);
  EXPECT_GT(journal->state().torn_bytes, 0u);
  EXPECT_EQ(content(read_all(*journal->read_from(journal->first())).records).size(), 1u);
}

TEST(JournalPower, WithoutACommitThreadNothingIsDurableUntilItsWorkIsDone) {
  FakeDisk disk;
  auto options = small();
  options.commit_thread = false;
  const auto journal = must_open(disk, options);
  EXPECT_FALSE(journal->commit());
  journal->append(RecordType::taken, taken("x"));
  EXPECT_LT(journal->durable(), journal->end());
  EXPECT_FALSE(journal->commit()) << "nobody asked for it";
  journal->request_sync();
  EXPECT_LT(journal->durable(), journal->end());
  EXPECT_TRUE(journal->commit());
  EXPECT_EQ(journal->durable(), journal->end());
  EXPECT_FALSE(journal->commit());
  journal->append(RecordType::taken, taken("y"));
  journal->sync();
  EXPECT_EQ(journal->durable(), journal->end());
  journal->close();
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
}

TEST(JournalPower, WhatWasKeptOfAnEpochThatIsOverIsServedUnderItsOwnName) {
  FakeDisk disk;
  Epoch first = 0, second = 0;
  {
    const auto journal = must_open(disk);
    first = journal->epoch();
    say(*journal, Stream::order, 3, {"a", "b"});
    say(*journal, Stream::order, 3, {"c"});
    journal->sync();
    say(*journal, Stream::order, 3, {"lost"});
    disk.fail_syncs();
  }
  disk.power_cut([](std::size_t) { return false; });
  disk.heal();
  {
    const auto journal = must_open(disk, small(), "boot-b");
    second = journal->epoch();
    say(*journal, Stream::order, 3, {"d"});
    say(*journal, Stream::venue, 0, {"e"});
    EXPECT_EQ(texts(journal->said_before({Stream::order, 3, {first, 2}}, 100, 1000)), (std::vector<std::string>{"b", "c"}));
    journal->sync();
    disk.fail_syncs();
  }
  disk.power_cut([](std::size_t) { return false; });
  disk.heal();
  const auto journal = must_open(disk, small(), "boot-c");
  const auto ended = journal->ended();
  ASSERT_EQ(ended.size(), 3u);
  EXPECT_EQ(ended[0].epoch, first);
  EXPECT_EQ(ended[0].first, 1u);
  EXPECT_EQ(ended[0].last, 3u) << "what the power cut took was never there";
  EXPECT_EQ(ended[1].epoch, second);
  EXPECT_EQ(texts(journal->said_before({Stream::order, 3, {first, 1}}, 100, 1000)), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(texts(journal->said_before({Stream::order, 3, {second, 1}}, 100, 1000)), (std::vector<std::string>{"d"}));
  EXPECT_TRUE(journal->said_before({Stream::order, 3, {first, 4}}, 100, 1000).events.empty());
  EXPECT_TRUE(journal->said_before({Stream::order, 4, {first, 1}}, 100, 1000).events.empty());
  EXPECT_TRUE(journal->said_before({Stream::order, 3, {first - 1, 1}}, 100, 1000).events.empty());
}

TEST(JournalPower, AFailedSyncIsTold) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  const auto durable = journal->durable();
  journal->append(RecordType::taken, taken("x"));
  disk.fail_syncs();
  EXPECT_THROW(journal->sync(), DiskError);
  ASSERT_TRUE(journal->failure());
  EXPECT_NE(journal->failure()->find("fdatasync"), std::string::npos);
  EXPECT_EQ(journal->durable(), durable);
  disk.heal();
  EXPECT_THROW(journal->sync(), DiskError);
  EXPECT_THROW(journal->append(RecordType::taken, taken("y")), DiskError);
}

}  // namespace
}  // namespace tickmesh::testing
