#include <gtest/gtest.h>

#include "unit/journal/kit.hpp"

namespace tickmesh::testing {
namespace {

const std::string kSegment = "/j/" + segment_name(0);

void zero(FakeDisk& disk, const std::string& path, std::uint64_t from, std::uint64_t to) {
  auto bytes = disk.bytes(path);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(to), std::byte{0});
  disk.put(path, bytes);
}

TEST(JournalDamage, ATailTornAtAnyByteIsCutToTheLastWholeRecord) {
  FakeDisk whole;
  std::vector<Stored> written;
  std::uint64_t first = 0, end = 0;
  {
    const auto journal = must_open(whole);
    first = journal->end().value;
    for (const auto* text : {"", "four", "a longer payload of an event"}) {
      const auto body = taken(text);
      written.push_back({RecordType::taken, journal->append(RecordType::taken, body), body});
    }
    end = journal->end().value;
  }
  const auto original = whole.bytes(kSegment);
  for (auto cut = first; cut <= end; ++cut) {
    const auto disk = whole.copy();
    zero(*disk, kSegment, cut, end);
    std::vector<Stored> expected;
    for (const auto& record : written) {
      // Bytes that were zero anyway are not missed.
      const auto to = record.lsn.value + framed_size(record.body.size());
      if (std::equal(original.begin() + static_cast<std::ptrdiff_t>(first), original.begin() + static_cast<std::ptrdiff_t>(to),
                     disk->bytes(kSegment).begin() + static_cast<std::ptrdiff_t>(first)))
        expected.push_back(record);
    }
    const auto check = verify_journal("/j", *disk);
    EXPECT_EQ(check.problems, std::vector<std::string>{}) << cut;
    EXPECT_EQ(check.records, expected.size() + 1);
    EXPECT_EQ(content(read_all(*disk).records), expected) << cut;
    const auto journal = must_open(*disk);
    EXPECT_EQ(journal->state().torn_bytes, check.torn_bytes) << cut;
    const auto kept = expected.empty() ? first : expected.back().lsn.value + framed_size(expected.back().body.size());
    EXPECT_EQ(journal->end().value, kept);
    EXPECT_EQ(journal->state().torn_bytes > 0, cut > kept) << cut;
    const auto more = taken("after");
    expected.push_back({RecordType::taken, journal->append(RecordType::taken, more), more});
    EXPECT_EQ(content(read_all(*disk).records), expected) << cut;
    EXPECT_EQ(disk->bytes(kSegment).size(), kMinSegmentBytes);
  }
}

TEST(JournalDamage, AFileCutShortIsLengthenedAgain) {
  FakeDisk disk;
  std::uint64_t second = 0;
  {
    const auto journal = must_open(disk);
    journal->append(RecordType::taken, taken("kept"));
    second = journal->append(RecordType::taken, taken("torn")).value;
  }
  auto bytes = disk.bytes(kSegment);
  bytes.resize(second + 5);
  disk.put(kSegment, bytes);
  const auto journal = must_open(disk);
  EXPECT_EQ(journal->end().value, second);
  EXPECT_EQ(disk.bytes(kSegment).size(), kMinSegmentBytes);
}

TEST(JournalDamage, AByteTurnedAnywhereBeforeTheLastRecordIsFoundAndNeverServed) {
  FakeDisk whole;
  std::vector<Stored> written;
  {
    const auto journal = must_open(whole);
    for (int i = 0; i < 3; ++i) {
      const auto body = taken("record " + std::to_string(i));
      written.push_back({RecordType::taken, journal->append(RecordType::taken, body), body});
    }
  }
  for (std::size_t r = 0; r + 1 < written.size(); ++r) {
    const auto from = written[r].lsn.value;
    for (auto offset = from; offset < written[r + 1].lsn.value; ++offset) {
      for (const auto mask : {std::byte{0x01}, std::byte{0x80}, std::byte{0xFF}}) {
        const auto disk = whole.copy();
        disk->flip(kSegment, offset, mask);
        const auto refused = Journal::open(small(), *disk, kNow, kBoot);
        ASSERT_FALSE(refused) << offset;
        EXPECT_EQ(refused.error().code, "corrupt");
        EXPECT_EQ(refused.error().field, kSegment);
        EXPECT_NE(refused.error().message.find("offset " + std::to_string(from) + ":"), std::string::npos) << refused.error().message;
        const auto read = read_all(*disk);
        ASSERT_TRUE(read.error);
        EXPECT_EQ(content(read.records), std::vector<Stored>(written.begin(), written.begin() + static_cast<std::ptrdiff_t>(r)));
        const auto check = verify_journal("/j", *disk);
        ASSERT_EQ(check.problems.size(), 1u);
        EXPECT_NE(check.problems[0].find(kSegment + " at offset " + std::to_string(from)), std::string::npos);
        EXPECT_EQ(check.records, written.size());  // with the opening record, without the damaged one
      }
    }
  }
}

TEST(JournalDamage, AHoleInAnEarlierSegmentIsFound) {
  FakeDisk whole;
  std::vector<Lsn> at;
  {
    const auto journal = must_open(whole);
    while (at.empty() || at.back().value < 2 * kMinSegmentBytes)
      at.push_back(journal->append(RecordType::taken, taken(std::string(900, 'x'))));
  }
  const auto last_of_first = *(std::ranges::upper_bound(at, Lsn{kMinSegmentBytes}) - 1);
  const auto expect_refused = [](FakeDisk& disk, const std::string& where) {
    const auto refused = Journal::open(small(), disk, kNow, kBoot);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "corrupt");
    EXPECT_NE(refused.error().message.find(where), std::string::npos) << refused.error().message;
    const auto check = verify_journal("/j", disk);
    ASSERT_FALSE(check.problems.empty());
    EXPECT_NE(check.problems[0].find(where), std::string::npos) << check.problems[0];
    EXPECT_EQ(check.torn_bytes, 0u);
  };
  {
    const auto disk = whole.copy();  // the end of a segment lost as if it had never been: the next opening record remembers
    zero(*disk, kSegment, last_of_first.value, kMinSegmentBytes);
    expect_refused(*disk, segment_name(0) + " at offset " + std::to_string(last_of_first.value));
  }
  {
    const auto disk = whole.copy();
    disk->flip(kSegment, at[3].value + 100);
    expect_refused(*disk, segment_name(0) + " at offset " + std::to_string(at[3].value));
  }
  {
    const auto disk = whole.copy();
    disk->flip("/j/" + segment_name(1), 20);
    expect_refused(*disk, segment_name(0));
  }
  {
    const auto disk = whole.copy();
    disk->flip(kSegment, 20);
    expect_refused(*disk, segment_name(0) + " at offset 0");
  }
  {
    const auto disk = whole.copy();
    disk->remove("/j/" + segment_name(1));
    expect_refused(*disk, segment_name(0));
  }
}

TEST(JournalDamage, AByteTurnedUnderALiveJournalIsNotServed) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  say(*journal, Stream::order, 1, {"good"});
  const auto from = journal->end();
  say(*journal, Stream::order, 1, {"damaged"});
  journal->append(RecordType::taken, taken("after"));
  disk.flip(kSegment, from.value + 45);
  EXPECT_THROW((void)journal->said(Stream::order, 1, 1, 10, 100), DiskError);
  EXPECT_EQ(texts(journal->said(Stream::order, 1, 1, 1, 100)), std::vector<std::string>{"good"});
  const auto read = read_all(*journal->read_from(journal->first()));
  ASSERT_TRUE(read.error);
  EXPECT_EQ(read.error->code, "corrupt");
  EXPECT_EQ(content(read.records).size(), 1u);
}

TEST(JournalDamage, AStopBetweenHeaderAndOpeningRecordLeavesTheSegmentUnused) {
  FakeDisk disk;
  std::vector<Stored> before;
  {
    const auto journal = must_open(disk);
    while (journal->end().value < kMinSegmentBytes) journal->append(RecordType::taken, taken(std::string(3000, 'x')));
  }
  before = content(read_all(disk).records);
  before.pop_back();
  for (const auto kept : {3u, 64u, 70u, 100u}) {
    const auto torn = disk.copy();
    zero(*torn, "/j/" + segment_name(1), kept, kMinSegmentBytes);
    const auto journal = must_open(*torn);
    EXPECT_EQ(content(read_all(*journal->read_from(journal->first())).records), before);
    while (journal->end().value < kMinSegmentBytes) journal->append(RecordType::taken, taken(std::string(3000, 'x')));
    EXPECT_EQ(verify_journal("/j", *torn).problems, std::vector<std::string>{});
  }
  // The very first segment: there was no life yet.
  zero(disk, kSegment, 70, kMinSegmentBytes);
  disk.remove("/j/" + segment_name(1));
  disk.remove("/j/" + segment_name(2));
  EXPECT_TRUE(must_open(disk)->state().empty);
}

}  // namespace
}  // namespace tickmesh::testing
