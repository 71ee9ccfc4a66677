// Every seed and every committed input of every fuzz target, under any compiler: what was found once stays found.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "fuzz/targets.hpp"

namespace tickmesh::fuzz {
namespace {

const std::filesystem::path kCorpus = std::filesystem::path{TICKMESH_SOURCE_DIR} / "tests/fuzz/corpus";

class Corpus : public ::testing::TestWithParam<Target> {};

TEST_P(Corpus, SeedsKeepEveryPromise) {
  const auto seeds = GetParam().seeds();
  EXPECT_FALSE(seeds.empty());
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    SCOPED_TRACE("seed " + std::to_string(i));
    EXPECT_NO_THROW(GetParam().run(seeds[i]));
    // Cut short and with a byte turned over, at a few places of each: what a fuzzer tries first.
    for (std::size_t part = 1; part < 8; ++part) {
      Bytes damaged = seeds[i];
      damaged[seeds[i].size() * part / 8] ^= std::byte{0x41};
      EXPECT_NO_THROW(GetParam().run(damaged)) << part;
      EXPECT_NO_THROW(GetParam().run(ByteView{seeds[i]}.first(seeds[i].size() * part / 8))) << part;
    }
  }
}
TEST_P(Corpus, CommittedInputsKeepEveryPromise) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{kCorpus / GetParam().name}) {
    std::ifstream file{entry.path(), std::ios::binary};
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_NO_THROW(GetParam().run(as_bytes(text.view()))) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 0U);
}
INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, ::testing::ValuesIn(targets().begin(), targets().end()),
                         [](const auto& target) { return std::string(target.param.name); });

TEST(CorpusFolder, HoldsNoFolderThatNoTargetReads) {
  for (const auto& entry : std::filesystem::directory_iterator{kCorpus})
    EXPECT_NE(find_target(entry.path().filename().string()), nullptr) << entry.path();
}

}  // namespace
}  // namespace tickmesh::fuzz
