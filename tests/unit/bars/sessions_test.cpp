// Hours and days of instruments on the calendars that are shipped, from the core as the service and the backtester make it.
#include <fmt/format.h>

#include <algorithm>

#include "backtester/cores.hpp"
#include "service/zones.hpp"
#include "unit/analytics/drive.hpp"
#include "unit/analytics/random_ticks.hpp"

namespace tickmesh {
namespace {

using testing_ticks::all_of;
using testing_ticks::Drive;

Timestamp utc(const std::string& text) {  // 2013-10-07T13:30
  const Date date = *Date::parse(text.substr(0, 10));
  const std::int64_t minutes = std::stoll(text.substr(11, 2)) * 60 + std::stoll(text.substr(14, 2));
  return Timestamp{std::int64_t{date.days()} * 86'400'000'000'000} + seconds(minutes * 60);
}
std::string text(Timestamp t) {
  const std::int64_t minute = t.ns / 60'000'000'000;
  return fmt::format("{}T{:02}:{:02}", Date::from_days(static_cast<int>(minute / 1440)).str(), minute % 1440 / 60, minute % 60);
}

Instrument on(const char* symbol, const char* calendar) {
  Instrument i;
  i.symbol = *Symbol::parse(symbol);
  i.tick_size = *Price::parse("0.01");
  i.lot = i.multiplier = Quantity::from_units(1);
  i.calendar = calendar;
  return i;
}

/// Trades of one at these moments, and the bars of `length` they make: "start end count".
std::vector<std::string> bars(const char* calendar, Duration length, const std::vector<std::string>& moments) {
  const std::string root = TICKMESH_SOURCE_DIR;
  const auto config =
      Config::load(root + "/deploy/config/tickmesh.toml", {{"mesh.instruments", root + "/deploy/config/instruments.toml"}}, nullptr);
  EXPECT_TRUE(config.has_value()) << to_string(config.error());
  const auto core = make_core("bar_compressor", *config, *Instruments::make({on("ANY.X", calendar)}));
  Drive drive{*core};
  for (const std::string& moment : moments) {
    Tick trade;
    trade.time = trade.event_time = utc(moment);
    trade.instrument = instrument_id("ANY.X");
    trade.kind = TickKind::trade;
    trade.feed = FeedKind::replay;
    trade.price = *Price::parse("10");
    trade.size = Quantity::from_units(1);
    drive.fire_until(trade.time);
    drive.give(trade.time, Stream::tick, trade.instrument.partition(), trade);
  }
  drive.fire_until(utc(moments.back()) + seconds(4 * 86'400));
  std::vector<std::string> lines;
  for (const Bar& bar : all_of<Bar>(drive.said()))
    if (bar.length == length) {
      EXPECT_FALSE(bar.correction);
      lines.push_back(text(bar.start) + ' ' + text(bar.header.event_time) + ' ' + std::to_string(bar.count));
    }
  return lines;
}
using Lines = std::vector<std::string>;
constexpr Duration kHour = seconds(3600), kDay = seconds(86'400);

TEST(BarSessions, ADayInNewYorkIsItsSessionAndWhatIsTradedAroundItIsApart) {
  const Lines moments{"2013-10-07T12:00", "2013-10-07T13:29", "2013-10-07T13:30", "2013-10-07T19:59",
                      "2013-10-07T20:00", "2013-10-08T13:00", "2013-10-08T13:30", "2013-10-08T14:30"};
  EXPECT_EQ(bars("XNYS", kDay, moments), (Lines{"2013-10-06T20:00 2013-10-07T13:30 2", "2013-10-07T13:30 2013-10-07T20:00 2",
                                                "2013-10-07T20:00 2013-10-08T13:30 2", "2013-10-08T13:30 2013-10-08T20:00 2"}));
  EXPECT_EQ(bars("XNYS", kHour, moments),
            (Lines{"2013-10-07T12:00 2013-10-07T13:00 1", "2013-10-07T13:00 2013-10-07T13:30 1", "2013-10-07T13:30 2013-10-07T14:30 1",
                   "2013-10-07T19:30 2013-10-07T20:00 1", "2013-10-07T20:00 2013-10-07T21:00 1", "2013-10-08T13:00 2013-10-08T13:30 1",
                   "2013-10-08T13:30 2013-10-08T14:30 1", "2013-10-08T14:30 2013-10-08T15:30 1"}));
}

TEST(BarSessions, TheDaysFollowNewYorksClockOverBothChanges) {
  EXPECT_EQ(bars("XNYS", kDay, {"2014-03-07T14:30", "2014-03-07T20:59", "2014-03-10T13:30", "2014-03-10T19:59"}),
            (Lines{"2014-03-07T14:30 2014-03-07T21:00 2", "2014-03-10T13:30 2014-03-10T20:00 2"}));
  EXPECT_EQ(bars("XNYS", kDay, {"2014-10-31T13:30", "2014-10-31T19:59", "2014-11-03T13:45", "2014-11-03T14:30", "2014-11-03T20:59"}),
            (Lines{"2014-10-31T13:30 2014-10-31T20:00 2", "2014-11-02T20:00 2014-11-03T14:30 1", "2014-11-03T14:30 2014-11-03T21:00 2"}));
  EXPECT_EQ(bars("XLON", kDay, {"2014-03-28T08:00", "2014-03-28T16:29", "2014-03-31T07:00", "2014-03-31T15:29"}),
            (Lines{"2014-03-28T08:00 2014-03-28T16:30 2", "2014-03-31T07:00 2014-03-31T15:30 2"}));
}

TEST(BarSessions, AHalfDayEndsAtItsOwnCloseAndAHolidayHasNone) {
  // Thanksgiving 2013 was the 28th; on the day after New York closed at 13:00.
  const Lines moments{"2013-11-27T20:59", "2013-11-28T15:00", "2013-11-29T14:30", "2013-11-29T17:59", "2013-11-29T18:00"};
  EXPECT_EQ(bars("XNYS", kDay, moments), (Lines{"2013-11-27T14:30 2013-11-27T21:00 1", "2013-11-27T21:00 2013-11-28T21:00 1",
                                                "2013-11-29T14:30 2013-11-29T18:00 2", "2013-11-29T18:00 2013-11-30T18:00 1"}));
  const Lines hours = bars("XNYS", kHour, moments);
  ASSERT_EQ(hours.size(), 5u);
  EXPECT_EQ(hours[3], "2013-11-29T17:30 2013-11-29T18:00 1");
}

TEST(BarSessions, AWeekOfForeignExchangeHasFiveDaysFromFiveToFiveInNewYork) {
  // The first opens on Sunday the 9th, the day the clocks went forward; the fifth ends on Friday.
  EXPECT_EQ(bars("FX", kDay,
                 {"2014-03-07T21:59", "2014-03-09T21:00", "2014-03-10T20:59", "2014-03-10T21:00", "2014-03-11T21:00", "2014-03-12T21:00",
                  "2014-03-13T21:00", "2014-03-14T20:59"}),
            (Lines{"2014-03-06T22:00 2014-03-07T22:00 1", "2014-03-09T21:00 2014-03-10T21:00 2", "2014-03-10T21:00 2014-03-11T21:00 1",
                   "2014-03-11T21:00 2014-03-12T21:00 1", "2014-03-12T21:00 2014-03-13T21:00 1", "2014-03-13T21:00 2014-03-14T21:00 2"}));
  // Christmas 2013 was no trading day: from Tuesday 17:00 to Wednesday 17:00 there is no session.
  EXPECT_EQ(bars("FX", kDay, {"2013-12-24T21:59", "2013-12-25T12:00", "2013-12-25T22:00"}),
            (Lines{"2013-12-23T22:00 2013-12-24T22:00 1", "2013-12-24T22:00 2013-12-25T22:00 1", "2013-12-25T22:00 2013-12-26T22:00 1"}));
}

TEST(BarSessions, AMarketThatNeverClosesHasDaysOfUtc) {
  EXPECT_EQ(bars("24x7", kDay, {"2014-03-08T00:00", "2014-03-08T23:59", "2014-03-09T00:00"}),
            (Lines{"2014-03-08T00:00 2014-03-09T00:00 2", "2014-03-09T00:00 2014-03-10T00:00 1"}));
  EXPECT_EQ(bars("24x7", kHour, {"2014-03-08T00:59", "2014-03-08T01:00"}),
            (Lines{"2014-03-08T00:00 2014-03-08T01:00 1", "2014-03-08T01:00 2014-03-08T02:00 1"}));
}

}  // namespace
}  // namespace tickmesh
