#include <gmock/gmock.h>

#include <algorithm>

#include "replay_kit.hpp"

namespace tickmesh::replay {
namespace {

using ::testing::ElementsAre;
using testing::Folder;
using ::testing::HasSubstr;
using testing::replay_all;

TEST(Merge, EqualTimesGiveQuotesBeforeTradesThenSymbolsThenTheOrderOfTheFile) {
  const Folder folder;
  folder.put("equity/usa/tick/b/20131007_quote.csv", "34200000,10000,1,0,0,P,1,0\n34200000,10000,2,0,0,P,1,0\n");
  folder.put("equity/usa/tick/a/20131007_trade.csv", "34200000,10000,3,P,0,0\n34200001,10000,4,P,0,0\n");
  folder.put("equity/usa/tick/a/20131007_quote.csv", "34200000,10000,5,0,0,P,1,0\n34200001,10000,6,0,0,P,1,0\n");
  folder.put("equity/usa/tick/b/20131007_trade.csv", "34199999,10000,7,P,0,0\n34200000,10000,8,P,0,0\n");
  EXPECT_THAT(replay_all(folder.path).ticks,
              ElementsAre("B.USA trade 1x7 @13:29:59.999", "A.USA quote 1x5 0x0 @13:30:00.000", "B.USA quote 1x1 0x0 @13:30:00.000",
                          "B.USA quote 1x2 0x0 @13:30:00.000", "A.USA trade 1x3 @13:30:00.000", "B.USA trade 1x8 @13:30:00.000",
                          "A.USA quote 1x6 0x0 @13:30:00.001", "A.USA trade 1x4 @13:30:00.001"));
}

TEST(Merge, HowManyAreAskedForAtOnceChangesNothing) {
  const Folder folder;
  for (const char* symbol : {"a", "b", "c"}) {
    std::string quotes, trades;
    for (int i = 0; i < 3000; ++i) {
      const std::string at = std::to_string(34'200'000 + i / 7 * (symbol[0] - 'a' + 1));
      quotes += at + (i % 2 == 0 ? ",10000," + std::to_string(i + 1) + ",0,0,P,1,0\n" : ",0,0,10100," + std::to_string(i + 1) + ",P,1,0\n");
      if (i % 5 == 0) trades += at + ",10000," + std::to_string(i + 1) + ",P,0,0\n";
    }
    folder.put(std::string("equity/usa/tick/") + symbol + "/20131007_quote.zip", quotes);
    folder.put(std::string("equity/usa/tick/") + symbol + "/20131007_trade.zip", trades);
    folder.put(std::string("equity/usa/tick/") + symbol + "/20131008_quote.zip", quotes);
  }
  const auto whole = replay_all(folder.path, {}, 1'000'000);
  EXPECT_EQ(whole.ticks.size(), 3u * (3000 + 600 + 3000));
  for (const std::size_t step : {1u, 17u, 4096u}) EXPECT_EQ(replay_all(folder.path, {}, step).ticks, whole.ticks) << step;
}

TEST(Merge, ADamagedFileIsAnErrorThatNamesIt) {
  const Folder folder;
  std::string rows;
  for (int i = 0; i < 50'000; ++i) rows += std::to_string(34'200'000 + i) + "," + std::to_string(10'000 + i * 7 % 1000) + ",1,P,0,0\n";
  for (const char* name : {"equity/usa/tick/a/20131007_trade.zip", "equity/usa/tick/a/20131007_trade.csv.gz"}) {
    const std::string path = folder.put(name, rows);
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path) / 2));
    file << "damaged here";
    file.close();
    const auto error = replay_all(folder.path).error;
    EXPECT_EQ(error.code, "bad_file");
    EXPECT_EQ(error.field, path);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    EXPECT_EQ(replay_all(folder.path).error.code, "bad_file") << "cut short: " << name;
    std::filesystem::remove(path);
  }
}

TEST(Merge, TellsHowMuchOfTheFilesIsBehindItWhateverWasReadAhead) {
  for (const int count : {200, 50'000}) {  // the first is read whole at once
    const Folder folder;
    std::string rows;
    for (int i = 0; i < count; ++i) rows += std::to_string(34'200'000 + i) + "," + std::to_string(10'000 + i * 7 % 1000) + ",1,P,0,0\n";
    folder.put("equity/usa/tick/a/20131007_trade.zip", rows);
    const auto data = *find_data(folder.path, "", {});
    Merge merge{data.files, {}};
    Rows read;
    EXPECT_EQ(merge.consumed(), 0u);
    const auto part = static_cast<std::size_t>(count / 4);
    for (int quarter = 1; quarter <= 4; ++quarter) {
      ASSERT_EQ(*merge.next(part, read), part);
      const double done = static_cast<double>(merge.consumed()) / static_cast<double>(merge.bytes());
      // Besides rows an archive holds its own directory, which is much of a small one.
      if (count > 200) {
        EXPECT_NEAR(done, 0.25 * quarter, 0.03);
      } else {
        EXPECT_GT(done, 0.1 * quarter);
        EXPECT_LE(done, 0.25 * quarter);
      }
    }
    ASSERT_EQ(*merge.next(1, read), 0u);
    EXPECT_EQ(merge.consumed(), merge.bytes());
  }
}

}  // namespace
}  // namespace tickmesh::replay
