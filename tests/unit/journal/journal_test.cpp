#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "unit/journal/kit.hpp"

namespace tickmesh::testing {
namespace {

TEST(Journal, WhatIsAppendedIsReadInOrderAndAfterReopening) {
  FakeDisk disk;
  std::vector<Stored> written;
  {
    const auto journal = must_open(disk);
    EXPECT_TRUE(journal->state().empty);
    EXPECT_TRUE(journal->state().new_epoch);
    EXPECT_EQ(journal->epoch(), 1'737'376'814'000u);
    for (int i = 0; i < 50; ++i) {
      const auto body = taken("input " + std::to_string(i));
      written.push_back({RecordType::taken, journal->append(RecordType::taken, body), body});
    }
    EXPECT_EQ(content(read_all(*journal->read_from(journal->first())).records), written);
  }
  EXPECT_EQ(content(read_all(disk).records), written);
  const auto journal = must_open(disk);
  EXPECT_EQ(content(read_all(*journal->read_from(journal->first())).records), written);
  EXPECT_EQ(read_all(*journal->read_from(written[20].lsn)).records.front(), written[20]);
  EXPECT_FALSE(journal->state().empty);
  EXPECT_FALSE(journal->state().clean);
  EXPECT_EQ(journal->state().last_time, kNow);
  EXPECT_EQ(journal->state().torn_bytes, 0u);
}

TEST(Journal, RecordsRollOverIntoTheNextSegmentAndLsnsNeverFall) {
  FakeDisk disk;
  std::vector<Stored> written;
  const auto journal = must_open(disk);
  for (int i = 0; i < 300; ++i) {
    const auto body = taken(std::string(static_cast<std::size_t>(i * 7), 'x'));
    written.push_back({RecordType::taken, journal->append(RecordType::taken, body), body});
    if (i > 0) {
      EXPECT_GT(written.back().lsn, written[written.size() - 2].lsn);
    }
  }
  EXPECT_GT(journal->end().value / kMinSegmentBytes, 4u);
  const auto read = read_all(*journal->read_from(journal->first()));
  EXPECT_FALSE(read.error);
  EXPECT_EQ(content(read.records), written);
  std::uint64_t segment = 0;
  for (const auto& record : read.records) {
    if (record.type != RecordType::opened) continue;
    OpenedRecord opened;
    ASSERT_TRUE(decode(record.body, opened));
    EXPECT_EQ(opened.segment, segment++);
    EXPECT_EQ(opened.instance, "broker_gateway-0");
    EXPECT_EQ(opened.core_version, 7u);
  }
  EXPECT_EQ(segment, journal->end().value / kMinSegmentBytes + 1);
  EXPECT_EQ(content(read_all(disk).records), written);
  const auto check = verify_journal("/j", disk);
  EXPECT_EQ(check.problems, std::vector<std::string>{});
  EXPECT_EQ(check.records, read.records.size());
  EXPECT_EQ(check.segments, segment);
}

TEST(Journal, ACursorSeesWhatIsAppendedLaterEvenAcrossARollOver) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  const auto inside = journal->read_from(journal->end());
  const auto beside = std::move(*read_journal("/j", disk));
  read_all(*beside);
  for (int i = 0; i < 40; ++i) {
    const auto nothing = inside->next();
    ASSERT_TRUE(nothing && !*nothing);
    const Stored expected{RecordType::taken, journal->append(RecordType::taken, taken(std::string(5000, 'y'))),
                          taken(std::string(5000, 'y'))};
    EXPECT_EQ(content(read_all(*inside).records), std::vector{expected});
    EXPECT_EQ(content(read_all(*beside).records), std::vector{expected});
  }
  EXPECT_GT(journal->end().value / kMinSegmentBytes, 2u);
}

TEST(Journal, ReadersOnOtherThreadsMissNothingWhileTheOwnerAppends) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  constexpr int kRecords = 4000;
  const auto follow = [](JournalCursor& cursor, std::string& complaint) {
    for (int seen = 0; seen < kRecords;) {
      const auto record = cursor.next();
      if (!record) {
        complaint = to_string(record.error());
        return;
      }
      if (!*record || (*record)->type == RecordType::opened) continue;
      const auto expected = taken(std::to_string(seen) + std::string(static_cast<std::size_t>(seen % 700), 'z'));
      if (!std::ranges::equal((*record)->body, expected)) {
        complaint = "record " + std::to_string(seen) + " differs";
        return;
      }
      ++seen;
    }
  };
  std::string inside_complaint, beside_complaint;
  std::thread inside([&] { follow(*journal->read_from(journal->first()), inside_complaint); });
  std::thread beside([&] { follow(**read_journal("/j", disk), beside_complaint); });
  for (int i = 0; i < kRecords; ++i) {
    journal->append(RecordType::taken, taken(std::to_string(i) + std::string(static_cast<std::size_t>(i % 700), 'z')));
    if (i % 16 == 0) journal->request_sync();
  }
  inside.join();
  beside.join();
  EXPECT_EQ(inside_complaint, "");
  EXPECT_EQ(beside_complaint, "");
}

TEST(Journal, SaidIsServedByStreamPartitionAndSequence) {
  FakeDisk disk;
  auto journal = must_open(disk);
  say(*journal, Stream::order, 3, {"a", "b", "c"});
  say(*journal, Stream::order, 4, {"other"});
  say(*journal, Stream::order, 3, {"d"});
  say(*journal, Stream::order, 3, {"e", "f"});
  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(journal->heads()[13][3], 6u);
    EXPECT_EQ(journal->first_held()[13][3], 1u);
    EXPECT_EQ(journal->first_held()[13][5], 0u);
    EXPECT_EQ(texts(journal->said(Stream::order, 3, 1, 100, 1000)), (std::vector<std::string>{"a", "b", "c", "d", "e", "f"}));
    const auto middle = journal->said(Stream::order, 3, 3, 3, 1000);
    EXPECT_EQ(texts(middle), (std::vector<std::string>{"c", "d", "e"}));
    EXPECT_EQ(middle.first, (Name{Stream::order, 3, {journal->epoch(), 3}}));
    EXPECT_EQ(texts(journal->said(Stream::order, 3, 2, 100, 2)), (std::vector<std::string>{"b", "c"}));
    EXPECT_EQ(texts(journal->said(Stream::order, 3, 6, 100, 0)), (std::vector<std::string>{"f"}));
    EXPECT_TRUE(journal->said(Stream::order, 3, 7, 100, 1000).events.empty());
    EXPECT_EQ(journal->said(Stream::order, 3, 7, 100, 1000).trimmed_before, 0u);
    EXPECT_TRUE(journal->said(Stream::tick, 3, 1, 100, 1000).events.empty());
    journal.reset();
    journal = must_open(disk);
  }
}

TEST(Journal, WhatDoesNotContinueItsStreamIsRefusedBeforeItIsWritten) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  const auto twice = said_next(*journal, Stream::bar, 1, {"x"});
  journal->append(RecordType::said, twice);
  const auto end = journal->end();
  EXPECT_THROW(journal->append(RecordType::said, twice), InvariantError);
  EXPECT_THROW(journal->append(RecordType::said, Bytes(3)), InvariantError);
  EXPECT_THROW(journal->append(RecordType::closed, {}), InvariantError);
  EXPECT_EQ(journal->end(), end);
}

TEST(Journal, DurableAdvancesAndRings) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  EXPECT_EQ(journal->durable(), journal->end());
  journal->append(RecordType::taken, taken("x"));
  EXPECT_LT(journal->durable(), journal->end());
  journal->request_sync();
  // The bell for what opening synced may come late: a bell says "look", and the one for this record must follow it.
  while (journal->durable() < journal->end()) {
    std::uint64_t rung = 0;
    pollfd poll{journal->durable_fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&poll, 1, 60'000), 1) << "nothing rang for the record";
    EXPECT_EQ(::read(journal->durable_fd(), &rung, sizeof rung), static_cast<ssize_t>(sizeof rung));
  }
  EXPECT_EQ(journal->durable(), journal->end());
  journal->append(RecordType::taken, taken("y"));
  journal->sync();
  EXPECT_EQ(journal->durable(), journal->end());
  EXPECT_FALSE(journal->failure());
}

TEST(Journal, OnADiskThatIsMemoryWhatIsAskedForIsDurableAtOnce) {
  FakeDisk disk;
  disk.be_memory();
  {
    const auto journal = must_open(disk);
    const auto opened = journal->end();
    for (int i = 0; i < 2'000; ++i) {
      journal->append(RecordType::taken, taken(std::string(200, 'x')));
      if (i % 7 != 0) continue;
      journal->request_sync();
      ASSERT_EQ(journal->durable(), journal->end()) << i;
    }
    EXPECT_GT(journal->end().value, opened.value + 4 * small().segment_bytes) << "through several segments";
    pollfd bell{journal->durable_fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&bell, 1, 0), 1) << "whoever waits for it hears of it";
    journal->append(RecordType::taken, taken("y"));
    EXPECT_LT(journal->durable(), journal->end()) << "nobody asked for it";
    journal->close();
  }
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
  const auto journal = must_open(disk);
  disk.fail_syncs();
  journal->append(RecordType::taken, taken("z"));
  journal->request_sync();
  EXPECT_LT(journal->durable(), journal->end());
  EXPECT_TRUE(journal->failure());
}

TEST(Journal, ACleanStopIsKnownAndNothingFollowsIt) {
  FakeDisk disk;
  {
    const auto journal = must_open(disk);
    Bytes started;
    encode(StartedRecord{{journal->epoch(), 4}, {kNow.ns + 5}}, started);
    journal->append(RecordType::started, started);
    journal->close();
    EXPECT_EQ(journal->durable(), journal->end());
    EXPECT_THROW(journal->append(RecordType::taken, taken("x")), InvariantError);
  }
  const auto journal = must_open(disk);
  EXPECT_TRUE(journal->state().clean);
  EXPECT_EQ(journal->state().last_incarnation, 4u);
  EXPECT_EQ(journal->state().last_time, (Timestamp{kNow.ns + 5}));
}

TEST(Journal, AnEpochBeginsWithAnEmptyJournalOrAfterAPowerCutOnly) {
  FakeDisk disk;
  const auto later = Timestamp{kNow.ns + 9'000'000'000};
  Epoch first = 0;
  {
    const auto journal = must_open(disk);
    first = journal->epoch();
    say(*journal, Stream::risk, 2, {"a", "b"});
  }
  {  // killed; the machine stayed up
    const auto journal = must_open(disk, small(), kBoot, later);
    EXPECT_FALSE(journal->state().new_epoch);
    EXPECT_EQ(journal->epoch(), first);
    EXPECT_EQ(journal->heads()[11][2], 2u);
    journal->close();
  }
  {  // closed, then the machine restarted
    const auto journal = must_open(disk, small(), "boot-b", later);
    EXPECT_TRUE(journal->state().clean);
    EXPECT_FALSE(journal->state().new_epoch);
    EXPECT_EQ(journal->epoch(), first);
    journal->append(RecordType::taken, taken("x"));
  }
  {  // killed under the new boot
    const auto journal = must_open(disk, small(), "boot-b", later);
    EXPECT_FALSE(journal->state().new_epoch);
    say(*journal, Stream::risk, 2, {"c"});
  }
  {  // not closed, and the machine restarted; the clock went back
    const auto journal = must_open(disk, small(), "boot-c", Timestamp{5'000'000});
    EXPECT_TRUE(journal->state().new_epoch);
    EXPECT_EQ(journal->state().previous_epoch, first);
    EXPECT_EQ(journal->epoch(), first + 1);
    EXPECT_EQ(journal->heads()[11][2], 0u);
    EXPECT_TRUE(journal->said(Stream::risk, 2, 1, 10, 100).events.empty());
    OpenedRecord opened;
    ASSERT_TRUE(decode(read_all(disk).records.back().body, opened));
    EXPECT_EQ(opened.previous_epoch, first);
    EXPECT_EQ(opened.previous_heads[11][2], 3u);
    EXPECT_EQ(opened.epoch, first + 1);
    say(*journal, Stream::risk, 2, {"new"});
    EXPECT_EQ(texts(journal->said(Stream::risk, 2, 1, 10, 100)), (std::vector<std::string>{"new"}));
  }
  {  // a floor, asked for
    auto options = small();
    options.begin_epoch = true;
    const auto journal = std::move(*Journal::open(options, disk, later, "boot-c", 9'999'999'999'999));
    EXPECT_EQ(journal->epoch(), 10'000'000'000'000u);
    EXPECT_EQ(journal->state().previous_epoch, first + 1);
  }
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
}

TEST(Journal, AnotherInstanceIsRefusedAndTheJournalLeftAsItWas) {
  FakeDisk disk;
  must_open(disk)->append(RecordType::taken, taken("x"));
  const auto before = disk.bytes("/j/" + segment_name(0));
  auto options = small();
  options.instance = "broker_gateway-1";
  const auto refused = Journal::open(options, disk, kNow, kBoot);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "instance");
  EXPECT_EQ(disk.bytes("/j/" + segment_name(0)), before);
}

TEST(Journal, AnOptionOutOfRangeIsAValueNotACrash) {
  FakeDisk disk;
  auto options = small();
  options.segment_bytes = 1000;
  EXPECT_EQ(Journal::open(options, disk, kNow, kBoot).error().field, "segment_bytes");
  options = small();
  options.instance.clear();
  EXPECT_EQ(Journal::open(options, disk, kNow, kBoot).error().field, "instance");
}

TEST(Journal, AnExistingJournalKeepsItsSegmentSize) {
  FakeDisk disk;
  must_open(disk)->append(RecordType::taken, taken("x"));
  auto options = small();
  options.segment_bytes = 1u << 20;
  const auto journal = must_open(disk, options);
  for (int i = 0; i < 30; ++i) journal->append(RecordType::taken, taken(std::string(4000, 'x')));
  EXPECT_EQ(content(read_all(disk).records).size(), 31u);
  EXPECT_GT(journal->end().value, kMinSegmentBytes);
  EXPECT_EQ(disk.bytes("/j/" + segment_name(1)).size(), kMinSegmentBytes);
}

TEST(Journal, AnotherCoreVersionBeginsASegmentWithItsFirstRecordOnly) {
  FakeDisk disk;
  must_open(disk)->append(RecordType::taken, taken("old"));
  auto newer = small();
  newer.core_version = 8;
  EXPECT_EQ(must_open(disk, newer)->state().tail_version, 7u);  // refused by the runner: nothing appended
  EXPECT_EQ(must_open(disk)->state().tail_version, 7u);         // so the old one can still drain it
  must_open(disk, newer)->append(RecordType::taken, taken("new"));
  EXPECT_EQ(must_open(disk, newer)->state().tail_version, 8u);
  EXPECT_EQ(content(read_all(disk).records).size(), 2u);
}

TEST(Journal, SnapshotsAreKeptInTwosAndTheNewestWholeOneIsFound) {
  FakeDisk disk;
  auto journal = must_open(disk);
  EXPECT_FALSE(journal->latest_snapshot());
  std::vector<Lsn> at;
  for (const auto* state : {"one", "two", "three"}) {
    journal->append(RecordType::taken, taken("x"));
    at.push_back(journal->snapshot(as_bytes(state)));
  }
  journal.reset();
  disk.put("/j/snap-00000000000fffff.tms", bytes_of("left by a crash before its record"));
  journal = must_open(disk);
  EXPECT_EQ(journal->latest_snapshot(), std::pair(at[2], bytes_of("three")));
  const auto names = disk.list("/j");
  EXPECT_EQ(std::ranges::count_if(names, [](const auto& n) { return n.starts_with("snap-"); }), 2);
  disk.flip("/j/" + snapshot_name(at[2]), 34);
  EXPECT_EQ(journal->latest_snapshot(), std::pair(at[1], bytes_of("two")));
  EXPECT_EQ(verify_journal("/j", disk).problems.size(), 1u);
  disk.remove("/j/" + snapshot_name(at[1]));
  EXPECT_FALSE(journal->latest_snapshot());
}

TEST(Journal, TheLargestBodyFitsAndALargerOneIsOurFault) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  Bytes body(journal->max_body());
  EXPECT_NO_THROW(journal->append(RecordType::taken, body));
  EXPECT_NO_THROW(journal->append(RecordType::taken, body));
  body.push_back(std::byte{1});
  EXPECT_THROW(journal->append(RecordType::taken, body), InvariantError);
  EXPECT_EQ(content(read_all(disk).records).size(), 2u);
}

}  // namespace
}  // namespace tickmesh::testing
