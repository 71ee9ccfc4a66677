// Several runs in one write, and serving what was said from blocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

#include "unit/journal/kit.hpp"

namespace tickmesh::testing {
namespace {

/// Events as a SaidRun holds them.
Bytes run_of(const std::vector<std::string>& texts) {
  Bytes out;
  for (const auto& text : texts) ByteWriter(out).put(text);
  return out;
}
std::vector<std::string> texts_of(const SaidSlice& slice) {
  std::vector<std::string> out;
  for (const auto event : slice.events) out.emplace_back(as_text(event));
  return out;
}

TEST(JournalSaid, RunsInOneWriteAreTheRecordsOfAsManyAppends) {
  FakeDisk together, apart;
  const auto one = must_open(together), other = must_open(apart);
  const auto big = std::string(5'000, 'b');
  const std::vector<std::pair<Partition, std::vector<std::string>>> said{{3, {"a", "b"}}, {4, {big, "c"}}, {3, {""}}, {5, {big}}};
  for (int round = 0; round < 30; ++round) {  // across roll-overs
    std::vector<Bytes> buffers;
    for (const auto& [partition, texts] : said) buffers.push_back(run_of(texts));
    std::vector<SaidRun> runs;
    std::map<Partition, Sequence> next;
    for (std::size_t i = 0; i < said.size(); ++i) {
      const auto& [partition, texts] = said[i];
      auto& sequence = next.try_emplace(partition, one->heads()[static_cast<std::size_t>(Stream::tick)][partition] + 1).first->second;
      runs.push_back({{Stream::tick, partition, {one->epoch(), sequence}}, static_cast<std::uint32_t>(texts.size()), buffers[i]});
      sequence += texts.size();
    }
    const auto end = one->append_said(runs);
    EXPECT_EQ(end, one->end());
    for (const auto& [partition, texts] : said) say(*other, Stream::tick, partition, texts);
  }
  EXPECT_EQ(one->heads(), other->heads());
  // A part rolls over as a whole, so the same records lie elsewhere.
  const auto here = content(read_all(together).records), there = content(read_all(apart).records);
  ASSERT_EQ(here.size(), there.size());
  for (std::size_t i = 0; i < here.size(); ++i) {
    EXPECT_EQ(here[i].type, there[i].type);
    EXPECT_EQ(here[i].body, there[i].body);
  }
  EXPECT_GT(read_all(together).records.size(), content(read_all(together).records).size() + 2) << "it rolled over";
}

TEST(JournalSaid, AfterACrashAllOfAPartIsThereOrNone) {
  FakeDisk whole;
  Lsn begin, end;
  {
    const auto journal = must_open(whole);
    say(*journal, Stream::tick, 1, {"before"});
    std::vector<Bytes> buffers;
    std::vector<SaidRun> runs;
    for (Partition p = 1; p < 5; ++p) buffers.push_back(run_of({"a", std::string(3'000, 'b')}));
    for (Partition p = 1; p < 5; ++p) runs.push_back({{Stream::tick, p, {journal->epoch(), p == 1 ? 2u : 1u}}, 2, buffers[p - 1]});
    begin = journal->end();
    end = journal->append_said(runs);
  }
  for (auto cut = begin.value; cut <= end.value; cut += 8) {
    const auto disk = whole.copy();
    auto bytes = disk->bytes("/j/" + segment_name(0));
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end(), std::byte{0});
    disk->put("/j/" + segment_name(0), std::move(bytes));
    const auto journal = must_open(*disk);
    const bool all = cut == end.value;
    EXPECT_EQ(journal->end(), all ? end : begin) << cut;
    EXPECT_EQ(journal->heads()[static_cast<std::size_t>(Stream::tick)][1], all ? 3u : 1u);
    EXPECT_EQ(journal->heads()[static_cast<std::size_t>(Stream::tick)][4], all ? 2u : 0u);
    EXPECT_EQ(journal->state().torn_bytes, all ? 0u : cut - begin.value);
    if (HasFailure()) return;
    say(*journal, Stream::tick, 2, {"goes on"});
    EXPECT_EQ(verify_journal("/j", *disk).problems, std::vector<std::string>{});
  }
}

TEST(JournalSaid, ARunLargerThanARecordMayBeIsCutBetweenEvents) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  std::vector<std::string> said;
  for (int i = 0; i < 500; ++i) said.push_back(std::to_string(i) + std::string(300, 'x'));
  const auto bytes = run_of(said);
  const SaidRun run{{Stream::tick, 9, {journal->epoch(), 1}}, 500, bytes};
  journal->append_said({&run, 1});
  EXPECT_EQ(texts(journal->said(Stream::tick, 9, 1, 1000, 1'000'000)), said);
  EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{});
}

TEST(JournalSaid, ARunThatLiesAboutItsEventsIsOurFault) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  const auto bytes = run_of({std::string(journal->max_body(), 'x')});
  const SaidRun large{{Stream::tick, 9, {journal->epoch(), 1}}, 1, bytes};
  EXPECT_THROW(journal->append_said({&large, 1}), InvariantError);
  const SaidRun later{{Stream::tick, 9, {journal->epoch(), 7}}, 1, ByteView(bytes).first(4)};
  EXPECT_THROW(journal->append_said({&later, 1}), InvariantError);
}

TEST(JournalSaid, AReaderGivesWhatWasSaidHoweverItIsInterleaved) {
  std::mt19937 random(7);
  FakeDisk disk;
  auto options = small();
  options.segment_bytes = 1u << 20;  // several blocks a segment
  auto journal = must_open(disk, options);
  std::map<Partition, std::vector<std::string>> truth;
  for (int i = 0; i < 4'000; ++i) {
    // Some partitions speak all the time, one hardly ever.
    const auto partition = i % 1'500 == 700 ? Partition{40} : static_cast<Partition>(random() % 5);
    std::vector<std::string> said;
    for (std::size_t n = 1 + random() % 3; n > 0; --n) said.push_back(std::to_string(i) + std::string(random() % 900, 'x'));
    say(*journal, Stream::tick, partition, said);
    auto& all = truth[partition];
    all.insert(all.end(), said.begin(), said.end());
  }
  for (int life = 0; life < 2; ++life) {
    const auto reader = journal->said_reader();
    for (const auto& [partition, all] : truth) {
      std::vector<std::string> got;
      while (got.size() < all.size()) {
        const auto& slice = reader->read(Stream::tick, partition, got.size() + 1, 100, 20'000);
        ASSERT_FALSE(slice.events.empty());
        EXPECT_EQ(slice.first.at.sequence, got.size() + 1);
        const auto more = texts_of(slice);
        got.insert(got.end(), more.begin(), more.end());
      }
      EXPECT_EQ(got, all) << "partition " << int{partition};
      for (int i = 0; i < 50; ++i) {
        const auto from = 1 + random() % all.size();
        EXPECT_EQ(texts_of(reader->read(Stream::tick, partition, from, 1, 1)), std::vector<std::string>{all[from - 1]});
      }
      EXPECT_TRUE(reader->read(Stream::tick, partition, all.size() + 1, 10, 10).events.empty());
    }
    journal.reset();
    journal = must_open(disk, options);
  }
}

TEST(JournalSaid, AReaderSeesAtOnceWhatIsAppendedBesideIt) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  constexpr Sequence kAll = 20'000;
  std::thread writer([&] {
    for (Sequence s = 1; s <= kAll; ++s) {
      const auto bytes = run_of({std::to_string(s)});
      const SaidRun runs[] = {{{Stream::tick, 1, {journal->epoch(), s}}, 1, bytes}, {{Stream::feed, 2, {journal->epoch(), s}}, 1, bytes}};
      journal->append_said(runs);
    }
  });
  const auto reader = journal->said_reader();
  Sequence got = 0;
  while (got < kAll) {
    const auto head = journal->heads()[static_cast<std::size_t>(Stream::feed)][2];
    const auto& slice = reader->read(Stream::feed, 2, got + 1, 1'000, 10'000);
    EXPECT_TRUE(head == got || !slice.events.empty()) << "what a head announces can be had";
    EXPECT_EQ(slice.trimmed_before, 0u);
    for (const auto event : slice.events) EXPECT_EQ(as_text(event), std::to_string(++got));
  }
  writer.join();
}

TEST(JournalSaid, DamageUnderAReaderIsNotServed) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  say(*journal, Stream::tick, 1, {"first"});
  const auto at = journal->end().value;
  say(*journal, Stream::tick, 1, {"second"});
  disk.flip("/j/" + segment_name(0), at + 45);
  const auto reader = journal->said_reader();
  try {
    reader->read(Stream::tick, 1, 1, 10, 1'000);
    FAIL() << "served";
  } catch (const DiskError& e) {
    EXPECT_EQ(e.error, EBADMSG);
    EXPECT_THAT(e.what(), ::testing::HasSubstr("offset " + std::to_string(at)));
  }
}

}  // namespace
}  // namespace tickmesh::testing
