#include "tick_ingestor/replay.hpp"

#include <gmock/gmock.h>

#include "replay_kit.hpp"
#include "unit/tick_ingestor/collect.hpp"

namespace tickmesh {
namespace {

using replay::testing::Folder;
using ::testing::HasSubstr;

constexpr std::int64_t kMs = 1'000'000;

/// Trades of one stock at 09:30:00 New York of a Monday and 0, 1, 2, … seconds.
struct Setting {
  explicit Setting(int trades, Config::Overrides overrides = {}) {
    std::string rows;
    for (int i = 0; i < trades; ++i) rows += std::to_string(34'200'000 + i * 1000) + ",10000," + std::to_string(i + 1) + ",P,0,0\n";
    folder.put("equity/usa/tick/a/20131007_trade.csv", rows);
    overrides.emplace_back("feed.replay.data", folder.path);
    char* none[] = {nullptr};
    config = *Config::load("", overrides, none);
    const auto data = *replay::find_data(folder.path, "", {});
    instruments = *replay::with_derived({}, *replay::survey(data, {}));
  }
  Folder folder;
  Config config = plain();
  static Config plain() {
    char* none[] = {nullptr};
    return *Config::load("", {}, none);
  }
  Instruments instruments;
};

std::string sizes(const std::vector<Event>& events) {
  std::string all;
  for (const Event& event : events) {
    if (const auto* tick = std::get_if<Tick>(&event)) all += tick->size.str() + ' ';
    if (const auto* feed = std::get_if<FeedEvent>(&event)) all += feed->kind == FeedEventKind::session_started ? "begin " : "end ";
  }
  return all;
}

void all_due(ReplayFeed& feed, std::int64_t mono, std::vector<Event>& out) {
  while (feed.due(mono, 100, testing::into(out)) > 0) {
  }
}

TEST(ReplayFeed, NothingIsDueBeforeItBegins) {
  const Setting s{3};
  ReplayFeed feed{s.config, s.instruments};
  std::vector<Event> out;
  EXPECT_EQ(feed.due(1'000'000 * kMs, 100, testing::into(out)), 0u);
  feed.begin(1'000'000 * kMs);
  EXPECT_GT(feed.due(1'000'000 * kMs, 100, testing::into(out)), 0u);
}

TEST(ReplayFeed, AtMaxAllOfItIsDueAtOnceBetweenItsBeginningAndItsEnd) {
  const Setting s{3};
  ReplayFeed feed{s.config, s.instruments};
  std::vector<Event> out;
  feed.begin(0);
  while (feed.due(0, 2, testing::into(out)) > 0) {
  }
  EXPECT_EQ(sizes(out), "begin 1 2 3 end ");
  EXPECT_TRUE(feed.over());
  EXPECT_THAT(feed.progress(1), HasSubstr("100.0 %"));
}

TEST(ReplayFeed, AtSpeedTenASecondOfTheDayTakesATenthOfOne) {
  const Setting s{6, {{"feed.replay.speed", "10"}}};
  ReplayFeed feed{s.config, s.instruments};
  std::vector<Event> out;
  feed.begin(500 * kMs);
  all_due(feed, 500 * kMs, out);
  EXPECT_EQ(sizes(out), "begin 1 ");
  EXPECT_NEAR(static_cast<double>(feed.wait_ns(540 * kMs)), 60.0 * kMs, 1.0 * kMs);
  all_due(feed, 799 * kMs, out);
  EXPECT_EQ(sizes(out), "begin 1 2 3 ");
  all_due(feed, 2'000 * kMs, out);
  EXPECT_EQ(sizes(out), "begin 1 2 3 4 5 6 end ");
}

TEST(ReplayFeed, WhatIsGivenAtOnceSpansHalfASecondOfRecordedTime) {
  const Setting s{4};
  ReplayFeed feed{s.config, s.instruments};
  std::vector<Event> out;
  feed.begin(0);
  EXPECT_EQ(feed.due(0, 100, testing::into(out)), 2u) << "the beginning, and the first";
  EXPECT_EQ(feed.due(0, 100, testing::into(out)), 1u);
}

TEST(ReplayFeed, AfterARestartItGoesOnBehindWhatWasSaid) {
  const Setting s{5};
  ReplayFeed feed{s.config, s.instruments};
  std::vector<Event> out;
  feed.skip(3, 0);
  feed.begin(0);
  all_due(feed, 0, out);
  EXPECT_EQ(sizes(out), "4 5 end ");
}

TEST(ReplayFeed, ALoopBeginsAgainWholeWeeksLaterAndNeverEnds) {
  const Setting s{2, {{"feed.replay.loop", "true"}}};
  ReplayFeed feed{s.config, s.instruments};
  std::vector<Event> out;
  feed.begin(0);
  while (out.size() < 6) feed.due(0, 6 - out.size(), testing::into(out));
  EXPECT_EQ(sizes(out), "begin 1 2 1 2 1 ");
  const auto at = [&](std::size_t i) { return std::get<Tick>(out.at(i)).event_time; };
  EXPECT_EQ((at(3) - at(1)).ns, 7 * 86'400'000'000'000);
  EXPECT_EQ((at(5) - at(3)).ns, 7 * 86'400'000'000'000);
}

TEST(ReplayFeed, APassAtASpeedFollowsTheOneBeforeWithoutAWait) {
  const Setting s{3, {{"feed.replay.loop", "true"}, {"feed.replay.speed", "2"}}};
  ReplayFeed feed{s.config, s.instruments};
  std::vector<Event> out;
  feed.begin(0);
  constexpr std::int64_t kSecond = 1'000'000'000;
  for (std::int64_t mono = 0; mono <= 4 * kSecond && out.size() < 10; mono += kSecond / 10) feed.due(mono, 10, testing::into(out));
  ASSERT_EQ(sizes(out).substr(0, 20), "begin 1 2 3 1 2 3 1 ");
  EXPECT_NE(feed.progress(4 * kSecond).find("s left"), std::string::npos) << feed.progress(4 * kSecond);
}

TEST(ReplayFeed, AtASpeedTheTimeLeftIsThatOfTheDataAtMost) {
  const Setting s{3, {{"feed.replay.speed", "600"}}};
  ReplayFeed feed{s.config, s.instruments};
  std::vector<Event> out;
  feed.begin(0);
  feed.due(0, 10, testing::into(out));
  EXPECT_THAT(feed.progress(1), HasSubstr("at most 87 s left")) << "from 09:30:01 to midnight";
  all_due(feed, 1'000 * kMs, out);
  EXPECT_THAT(feed.progress(1'000 * kMs), HasSubstr("over"));
}

TEST(ReplayFeed, WhatItCannotReplayStopsTheStart) {
  const Setting s{2, {{"feed.replay.speed", "fast"}}};
  EXPECT_THROW(ReplayFeed(s.config, s.instruments), std::runtime_error);
  const Setting unlisted{2};
  EXPECT_THROW(ReplayFeed(unlisted.config, Instruments{}), std::runtime_error);
}

}  // namespace
}  // namespace tickmesh
