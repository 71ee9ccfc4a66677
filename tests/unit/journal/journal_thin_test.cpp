// A stream with a rule of its own goes before the others that share its segments; they stay as they were.
#include <gtest/gtest.h>

#include "journal/packed_segment.hpp"
#include "unit/journal/kit.hpp"

namespace tickmesh::testing {
namespace {

constexpr auto kTick = static_cast<std::size_t>(Stream::tick), kDepth = static_cast<std::size_t>(Stream::depth);

JournalOptions ruled(std::uint64_t bytes, Duration keep_for = {}) {
  auto options = small();
  options.rules = {{Stream::depth, bytes, keep_for}};
  return options;
}
/// Depth in two partitions beside ticks, some in one part, some alone.
void fill(Journal& journal, int turns) {
  for (int i = 0; i < turns; ++i) {
    const auto text = std::to_string(journal.heads()[kTick][5]);
    say(journal, Stream::tick, 5, {"tick " + text, std::string(200, 't')});
    say(journal, Stream::depth, 5, {"depth " + text, std::string(300, 'd')});
    say(journal, Stream::depth, 9, {std::string(100, 'e')});
    if (i % 3 == 0) say(journal, Stream::tick, 5, {"between"});
  }
  journal.sync();
}
void thin(Journal& journal) {
  while (journal.thin()) {
  }
}
std::vector<std::string> all_said(const Journal& journal, Stream stream, Partition partition) {
  std::vector<std::string> out;
  const auto reader = journal.said_reader();
  auto from = std::max<Sequence>(journal.first_held()[static_cast<std::size_t>(stream)][partition], 1);
  for (;;) {
    const auto& slice = reader->read(stream, partition, from, 1'000, 1u << 20);
    if (slice.events.empty()) return out;
    for (const auto event : slice.events) out.emplace_back(as_text(event));
    from += slice.events.size();
  }
}
std::vector<Stored> of_stream(const std::vector<Stored>& records, Stream stream) {
  std::vector<Stored> out;
  for (const auto& record : records)
    if (record.type == RecordType::said && peek_said(record.body)->first.stream == stream) out.push_back(record);
  return out;
}

TEST(JournalThin, AStreamGoesByItsOwnRuleAndTheOthersStayWhereTheyWere) {
  FakeDisk disk;
  auto journal = must_open(disk, ruled(150'000));
  fill(*journal, 1'000);
  const auto before = read_all(*journal->read_from(journal->first()));
  const auto ticks = all_said(*journal, Stream::tick, 5);
  const auto bytes = journal->bytes();
  EXPECT_TRUE(journal->thin());
  thin(*journal);

  const auto first = journal->first_held();
  EXPECT_EQ(first[kTick][5], 1u);
  ASSERT_GT(first[kDepth][5], 1u);
  const auto gone = journal->said(Stream::depth, 5, 1, 10, 10'000);
  EXPECT_TRUE(gone.events.empty());
  EXPECT_EQ(gone.trimmed_before, first[kDepth][5]);
  EXPECT_EQ(all_said(*journal, Stream::tick, 5), ticks);
  EXPECT_EQ(all_said(*journal, Stream::depth, 5).size(), journal->heads()[kDepth][5] - first[kDepth][5] + 1);
  EXPECT_EQ(all_said(*journal, Stream::depth, 9).size(), journal->heads()[kDepth][9] - first[kDepth][9] + 1);

  // What is left of depth takes what it may, and a segment at most.
  const auto after = read_all(*journal->read_from(journal->first()));
  EXPECT_FALSE(after.error);
  EXPECT_EQ(of_stream(after.records, Stream::tick), of_stream(before.records, Stream::tick)) << "every record at its place";
  const auto depth = of_stream(after.records, Stream::depth);
  std::size_t left = 0;
  for (const auto& record : depth) left += record.body.size();
  EXPECT_LE(left, 150'000 + kMinSegmentBytes);
  EXPECT_GT(left, 150'000 - kMinSegmentBytes);
  const auto all = of_stream(before.records, Stream::depth);
  ASSERT_LT(depth.size(), all.size());
  EXPECT_TRUE(std::equal(depth.begin(), depth.end(), all.end() - static_cast<std::ptrdiff_t>(depth.size()))) << "the newest";
  std::size_t dropped = 0;
  for (const auto& record : all) dropped += record.body.size();
  dropped -= left;
  EXPECT_LT(journal->bytes(), bytes - dropped * 8 / 10) << "the disk has the bytes back";
  std::uint64_t files = 0;
  for (const auto& name : disk.list("/j"))
    if (name.starts_with("seg-")) files += disk.bytes("/j/" + name).size();
  EXPECT_EQ(journal->bytes(), files);
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
}

TEST(JournalThin, WhatWentIsGoneAfterAStartAndTheJournalGoesOn) {
  FakeDisk disk;
  auto journal = must_open(disk, ruled(150'000));
  fill(*journal, 1'000);
  thin(*journal);
  for (const bool clean : {true, false}) {
    const auto first = journal->first_held(), heads = journal->heads();
    const auto ticks = all_said(*journal, Stream::tick, 5), depth = all_said(*journal, Stream::depth, 9);
    const auto bytes = journal->bytes();
    if (clean) journal->close();
    journal.reset();
    journal = must_open(disk, ruled(150'000));
    EXPECT_EQ(journal->first_held(), first);
    EXPECT_EQ(journal->heads(), heads);
    EXPECT_EQ(all_said(*journal, Stream::tick, 5), ticks);
    EXPECT_EQ(all_said(*journal, Stream::depth, 9), depth);
    EXPECT_LE(journal->bytes(), bytes) << "a segment allocated ahead may be lacking";
    EXPECT_GE(journal->bytes() + kMinSegmentBytes, bytes);
    fill(*journal, 300);
    thin(*journal);
    EXPECT_GT(journal->first_held()[kDepth][5], first[kDepth][5]);
    EXPECT_EQ(journal->first_held()[kTick][5], 1u);
  }
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
}

TEST(JournalThin, AReaderOnItsWayPassesOverWhatGoesUnderIt) {
  FakeDisk disk;
  auto journal = must_open(disk, ruled(100'000));
  fill(*journal, 600);
  const auto cursor = journal->read_from(journal->first());
  std::vector<std::uint64_t> ticks;
  const auto read = [&](std::size_t most) {
    while (most-- > 0) {
      const auto record = cursor->next();
      ASSERT_TRUE(record) << to_string(record.error());
      if (!*record) return;
      if ((*record)->type != RecordType::said) continue;
      const auto head = peek_said((*record)->body);
      if (head->first.stream == Stream::tick) ticks.push_back(head->first.at.sequence);
    }
  };
  read(100);
  thin(*journal);
  read(1'000'000);
  EXPECT_EQ(ticks.size(), 800u);
  // Somewhere in the middle of a packed segment, at a record that is there and at one that gave way.
  const auto at = read_all(*journal->read_from(journal->first()));
  for (const auto& record : at.records) {
    const auto again = journal->read_from(record.lsn)->next();
    ASSERT_TRUE(again && *again);
    EXPECT_EQ((*again)->lsn, record.lsn);
  }
}

TEST(JournalThin, AReaderInTheMiddleOfAStreamIsToldThatItIsGone) {
  FakeDisk disk;
  auto journal = must_open(disk, ruled(100'000));
  fill(*journal, 600);
  const auto reader = journal->said_reader();
  const auto& some = reader->read(Stream::depth, 5, 1, 3, 1u << 20);
  ASSERT_EQ(some.events.size(), 3u);
  thin(*journal);
  const auto& next = reader->read(Stream::depth, 5, 4, 3, 1u << 20);
  EXPECT_TRUE(next.events.empty());
  EXPECT_EQ(next.trimmed_before, journal->first_held()[kDepth][5]);
}

TEST(JournalThin, ByAgeAloneItGoesToo) {
  FakeDisk disk;
  auto journal = must_open(disk, ruled(0, seconds(86'400)));
  const auto day = [&](int number) {
    journal->append(RecordType::taken, taken("x", kNow + seconds(86'400 * number)));
    fill(*journal, 200);
  };
  day(0);
  thin(*journal);
  EXPECT_EQ(journal->first_held()[kDepth][5], 1u) << "young";
  day(1);
  day(2);
  day(3);
  thin(*journal);
  EXPECT_GT(journal->first_held()[kDepth][5], 1u);
  EXPECT_EQ(journal->first_held()[kTick][5], 1u);
}

TEST(JournalThin, WhatTheLastSnapshotButOneNeedsStays) {
  FakeDisk disk;
  auto journal = must_open(disk, ruled(1));
  journal->snapshot(as_bytes("older"));
  fill(*journal, 600);
  thin(*journal);
  EXPECT_EQ(journal->first_held()[kDepth][5], 1u);
  journal->snapshot(as_bytes("newer"));
  journal->snapshot(as_bytes("newest"));
  thin(*journal);
  EXPECT_GT(journal->first_held()[kDepth][5], 1u);
}

TEST(JournalThin, TheBudgetOfTheRingCountsWhatIsLeft) {
  FakeDisk disk;
  auto options = ruled(50'000);
  options.budget_bytes = 8 * kMinSegmentBytes;
  auto journal = must_open(disk, options);
  auto whole = small("/whole");
  whole.budget_bytes = options.budget_bytes;
  auto other = must_open(disk, whole);
  for (int i = 0; i < 40; ++i) {
    fill(*journal, 50);
    thin(*journal);
    fill(*other, 50);
    EXPECT_LE(journal->bytes(), options.budget_bytes + kMinSegmentBytes);
  }
  EXPECT_EQ(journal->heads(), other->heads());
  EXPECT_LT(journal->first_held()[kTick][5], other->first_held()[kTick][5]) << "ticks reach back further for it";
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
}

TEST(JournalThin, APackedSegmentWhoseTableIsDamagedIsFoundAndNotServed) {
  FakeDisk disk;
  auto journal = must_open(disk, ruled(1));
  fill(*journal, 600);
  thin(*journal);
  journal.reset();
  const auto path = "/j/" + segment_name(1);
  disk.flip(path, disk.bytes(path).size() - 6);
  EXPECT_FALSE(verify_journal("/j", disk).problems.empty());
  const auto opened = Journal::open(ruled(1), disk, kNow, kBoot);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "corrupt");
  EXPECT_NE(opened.error().message.find("/j/seg-"), std::string::npos) << opened.error().message;
}

}  // namespace
}  // namespace tickmesh::testing
