#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "unit/journal/kit.hpp"

namespace tickmesh::testing {

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "tickmesh-journal-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path = name;
}
Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

namespace {

TEST(JournalProcess, ASecondProcessIsRefusedUntilTheFirstIsGone) {
  const Folder folder;
  const auto options = small(folder.path + "/deep/journal");
  auto journal = must_open(real_disk(), options);
  const auto child_finds = [&] {
    const auto child = ::fork();
    if (child == 0) {
      const auto second = Journal::open(options, real_disk(), kNow, kBoot);
      ::_exit(second ? 1 : second.error().code == "locked" ? 2 : 3);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  EXPECT_EQ(child_finds(), 2);
  EXPECT_EQ(Journal::open(options, real_disk(), kNow, kBoot).error().code, "locked");
  journal.reset();
  EXPECT_EQ(child_finds(), 1);
}

TEST(JournalProcess, AFolderThatCannotBeIsTheDisksOwnWord) {
  const auto refused = Journal::open(small("/proc/no/journal"), real_disk(), kNow, kBoot);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "disk");
}

TEST(JournalProcess, KilledWhileAppendingNothingAcknowledgedIsLost) {
  for (int round = 0; round < 12; ++round) {
    const Folder folder;
    const auto options = small(folder.path);
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const auto child = ::fork();
    if (child == 0) {
      ::close(pipe[0]);
      const auto journal = must_open(real_disk(), options);
      for (std::uint64_t i = 0;; ++i) {
        journal->append(RecordType::taken, taken(std::to_string(i) + std::string(i * 37 % 9000, 'k')));
        if (::write(pipe[1], &i, sizeof i) != sizeof i) ::_exit(1);
        if (i % 50 == 49) journal->snapshot(as_bytes(std::to_string(i)));
      }
    }
    ::close(pipe[1]);
    std::uint64_t acknowledged = 0, value = 0;
    const auto last = 20 + static_cast<std::uint64_t>(round) * 31;
    while (::read(pipe[0], &value, sizeof value) == sizeof value) {
      acknowledged = value;
      if (value == last) ::kill(child, SIGKILL);
    }
    ::close(pipe[0]);
    ::waitpid(child, nullptr, 0);
    ASSERT_GE(acknowledged, last);
    const auto journal = must_open(real_disk(), options);
    EXPECT_FALSE(journal->state().new_epoch);
    std::uint64_t next = 0;
    const auto read = read_all(*journal->read_from(journal->first()));
    EXPECT_FALSE(read.error);
    for (const auto& record : read.records) {
      if (record.type != RecordType::taken) continue;
      EXPECT_EQ(record.body, taken(std::to_string(next) + std::string(next * 37 % 9000, 'k')));
      ++next;
    }
    EXPECT_GT(next, acknowledged);
    EXPECT_EQ(verify_journal(folder.path, real_disk()).problems, std::vector<std::string>{});
    if (acknowledged >= 100) {
      EXPECT_TRUE(journal->latest_snapshot());
    }
  }
}

TEST(JournalProcess, OnARealDiskSegmentsHaveTheirWholeLengthAtOnce) {
  const Folder folder;
  const auto journal = must_open(real_disk(), small(folder.path));
  EXPECT_EQ(std::filesystem::file_size(folder.path + '/' + segment_name(0)), kMinSegmentBytes);
  for (int i = 0; i < 40; ++i) journal->append(RecordType::taken, taken(std::string(8000, 'x')));
  journal->sync();
  EXPECT_EQ(content(read_all(real_disk(), folder.path).records).size(), 40u);
  for (const auto& name : real_disk().list(folder.path))
    if (segment_of_name(name).value_or(~0u) <= journal->end().value / kMinSegmentBytes) {
      EXPECT_EQ(std::filesystem::file_size(folder.path + '/' + name), kMinSegmentBytes) << name;
    }
}

}  // namespace
}  // namespace tickmesh::testing
