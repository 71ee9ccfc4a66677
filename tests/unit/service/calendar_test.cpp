#include "service/calendar.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "files.hpp"

namespace tickmesh {
namespace {

using testing::Files;

Calendar shipped(const std::string& name) {
  auto calendar = load_calendar(std::string(TICKMESH_SOURCE_DIR) + "/deploy/config/calendars/" + name + ".toml");
  EXPECT_TRUE(calendar.has_value()) << to_string(calendar.error());
  return calendar ? std::move(*calendar) : Calendar{};
}

Timestamp utc(const std::string& text) {  // 2013-10-07T13:30
  const Date date = *Date::parse(text.substr(0, 10));
  const std::int64_t minutes = std::stoll(text.substr(11, 2)) * 60 + std::stoll(text.substr(14, 2));
  return Timestamp{std::int64_t{date.days()} * 86'400'000'000'000} + seconds(minutes * 60);
}

std::string told(const MarketSession* session) {
  if (session == nullptr) return "closed";
  const auto one = [](Timestamp t) {
    const std::int64_t minute = t.ns / 60'000'000'000;
    const auto two = [](std::int64_t n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
    return Date::from_days(static_cast<int>(minute / 1440)).str() + 'T' + two(minute % 1440 / 60) + ':' + two(minute % 60);
  };
  return one(session->open) + " " + one(session->close);
}

/// The session that noon UTC of a day lies in, or the one that opens later that day.
std::string session_of(const Calendar& calendar, const std::string& day) {
  const Timestamp begins = utc(day + "T00:00"), ends = begins + seconds(86'400);
  const auto& all = calendar.sessions.sessions();
  const auto found = std::ranges::find_if(all, [&](const MarketSession& s) { return s.open >= begins && s.open < ends; });
  return told(found == all.end() ? nullptr : &*found);
}

std::ptrdiff_t days_in(const Calendar& calendar, int year) {
  const Timestamp begins = utc(std::to_string(year) + "-01-01T00:00"), ends = utc(std::to_string(year + 1) + "-01-01T00:00");
  return std::ranges::count_if(calendar.sessions.sessions(), [&](const MarketSession& s) { return s.open >= begins && s.open < ends; });
}

TEST(Calendar, NewYorkOpensByItsOwnClockInBothHalvesOfTheYear) {
  const Calendar nyse = shipped("XNYS");
  EXPECT_EQ(session_of(nyse, "2013-10-07"), "2013-10-07T13:30 2013-10-07T20:00");
  EXPECT_EQ(session_of(nyse, "2014-01-15"), "2014-01-15T14:30 2014-01-15T21:00");
  EXPECT_EQ(session_of(nyse, "2014-03-07"), "2014-03-07T14:30 2014-03-07T21:00");  // the clocks go forward on Sunday the 9th
  EXPECT_EQ(session_of(nyse, "2014-03-10"), "2014-03-10T13:30 2014-03-10T20:00");
  EXPECT_EQ(session_of(nyse, "2014-10-31"), "2014-10-31T13:30 2014-10-31T20:00");  // and back on Sunday the 2nd
  EXPECT_EQ(session_of(nyse, "2014-11-03"), "2014-11-03T14:30 2014-11-03T21:00");
}

TEST(Calendar, NewYorkAndLondonAreAnotherHourApartForTheWeeksInWhichOneHasChanged) {
  const Calendar nyse = shipped("XNYS"), lse = shipped("XLON");
  const auto apart = [&](const std::string& day) {
    const auto* london = lse.sessions.next(utc(day + "T00:00"));
    const auto* new_york = nyse.sessions.next(utc(day + "T00:00"));
    return (new_york->open - london->open).ns / 60'000'000'000;
  };
  EXPECT_EQ(apart("2014-03-06"), 390);
  EXPECT_EQ(apart("2014-03-12"), 330);  // New York in summer, London not
  EXPECT_EQ(apart("2014-03-28"), 330);
  EXPECT_EQ(apart("2014-03-31"), 390);
  EXPECT_EQ(apart("2014-10-24"), 390);
  EXPECT_EQ(apart("2014-10-29"), 330);  // London in winter, New York not
  EXPECT_EQ(apart("2014-11-04"), 390);
  EXPECT_EQ(session_of(lse, "2014-07-01"), "2014-07-01T07:00 2014-07-01T15:30");
  EXPECT_EQ(session_of(lse, "2014-01-15"), "2014-01-15T08:00 2014-01-15T16:30");
}

TEST(Calendar, NewYorkIsClosedOnItsHolidaysAndOnTheDaysNobodyForesaw) {
  const Calendar nyse = shipped("XNYS");
  for (const char* day : {"2013-11-28", "2013-03-29", "2024-03-29", "2012-10-29", "2012-10-30", "2018-12-05", "2025-01-09", "2022-06-20",
                          "2023-06-19", "2010-12-24", "2021-12-24", "2015-07-03", "2021-07-05", "2023-01-02", "2013-10-05", "2013-10-06"})
    EXPECT_EQ(session_of(nyse, day), "closed") << day;
  // New Year's Day on a Saturday has no substitute; Juneteenth was no holiday before 2022; a storm that did not close it.
  for (const char* day : {"2010-12-31", "2021-12-31", "2021-06-18", "2012-10-31", "2018-12-06", "2013-10-14"})
    EXPECT_NE(session_of(nyse, day), "closed") << day;
}

TEST(Calendar, NewYorkClosesEarlyOnItsHalfDays) {
  const Calendar nyse = shipped("XNYS");
  EXPECT_EQ(session_of(nyse, "2013-11-29"), "2013-11-29T14:30 2013-11-29T18:00");
  EXPECT_EQ(session_of(nyse, "2013-07-03"), "2013-07-03T13:30 2013-07-03T17:00");
  EXPECT_EQ(session_of(nyse, "2013-12-24"), "2013-12-24T14:30 2013-12-24T18:00");
  EXPECT_EQ(session_of(nyse, "2016-07-01"), "2016-07-01T13:30 2016-07-01T20:00");
}

TEST(Calendar, NewYorkHasAsManyDaysAYearAsItSays) {
  const Calendar nyse = shipped("XNYS");
  EXPECT_EQ(days_in(nyse, 2010), 252);
  EXPECT_EQ(days_in(nyse, 2012), 250);
  EXPECT_EQ(days_in(nyse, 2013), 252);
  EXPECT_EQ(days_in(nyse, 2018), 251);
  EXPECT_EQ(days_in(nyse, 2020), 253);
  EXPECT_EQ(days_in(nyse, 2022), 251);
  EXPECT_EQ(days_in(nyse, 2023), 250);
  EXPECT_EQ(days_in(nyse, 2024), 252);
  EXPECT_EQ(days_in(nyse, 2025), 250);
}

TEST(Calendar, LondonTakesItsSubstitutesAndTheDaysProclaimedForOneYear) {
  const Calendar lse = shipped("XLON");
  for (const char* day : {"2010-12-27", "2010-12-28", "2011-01-03", "2011-12-27", "2015-12-28", "2016-12-27", "2020-12-28",
                          "2021-12-27", "2021-12-28", "2022-12-27", "2022-01-03", "2011-04-29", "2012-06-04", "2012-06-05",
                          "2020-05-08", "2022-06-02", "2022-06-03", "2022-09-19", "2023-05-08", "2014-04-18", "2014-04-21"})
    EXPECT_EQ(session_of(lse, day), "closed") << day;
  for (const char* day : {"2012-05-28", "2020-05-04", "2022-05-30", "2013-11-28", "2014-07-04"})
    EXPECT_NE(session_of(lse, day), "closed") << day;
  EXPECT_EQ(session_of(lse, "2021-12-24"), "2021-12-24T08:00 2021-12-24T12:30");
  EXPECT_EQ(days_in(lse, 2013), 253);
  EXPECT_EQ(days_in(lse, 2022), 250);
}

TEST(Calendar, TheCurrencyWeekRunsFromSundayToFridayAtFiveInNewYork) {
  const Calendar fx = shipped("FX");
  const auto open = [&](const char* t) { return fx.sessions.at(utc(t)) != nullptr; };
  EXPECT_FALSE(open("2014-05-04T20:59"));
  EXPECT_TRUE(open("2014-05-04T21:00"));
  for (const char* t : {"2014-05-05T20:59", "2014-05-05T21:00", "2014-05-07T03:00", "2014-05-09T20:59"}) EXPECT_TRUE(open(t)) << t;
  EXPECT_FALSE(open("2014-05-09T21:00"));
  EXPECT_FALSE(open("2014-05-10T12:00"));
  // The clocks change between Friday's close and Sunday's opening.
  EXPECT_TRUE(open("2014-03-07T21:59"));
  EXPECT_FALSE(open("2014-03-07T22:00"));
  EXPECT_TRUE(open("2014-03-09T21:00"));
  EXPECT_TRUE(open("2014-10-31T20:59"));
  EXPECT_FALSE(open("2014-11-02T21:59"));
  EXPECT_TRUE(open("2014-11-02T22:00"));
}

TEST(Calendar, ADayOfTheCurrencyWeekBeginsWhereTheOneBeforeEndsAndChristmasIsMissing) {
  const Calendar fx = shipped("FX");
  EXPECT_EQ(told(fx.sessions.at(utc("2014-05-06T12:00"))), "2014-05-05T21:00 2014-05-06T21:00");
  EXPECT_EQ(told(fx.sessions.at(utc("2014-05-06T21:00"))), "2014-05-06T21:00 2014-05-07T21:00");
  EXPECT_EQ(fx.sessions.at(utc("2014-12-25T12:00")), nullptr);
  EXPECT_EQ(told(fx.sessions.at(utc("2014-12-25T22:00"))), "2014-12-25T22:00 2014-12-26T22:00");
}

TEST(Calendar, AroundTheClockEveryUtcDayIsASession) {
  const Calendar always = shipped("24x7");
  EXPECT_TRUE(always.always);
  EXPECT_EQ(told(always.sessions.at(utc("2016-02-29T23:59"))), "2016-02-29T00:00 2016-03-01T00:00");
  EXPECT_EQ(always.sessions.sessions().size(), 7670u);
}

TEST(Calendar, SpringInTheSouthIsAutumnInTheNorth) {
  const Files files;
  const auto sydney = load_calendar(files.put("XASX.toml", R"(
name = "XASX"
zone = "Australia/Sydney"
valid_from = 2014-01-01
valid_to = 2014-12-31
days = ["Mon", "Tue", "Wed", "Thu", "Fri"]
open = "10:00"
close = "16:00"
holidays = [{ date = 2014-04-18, reason = "Good Friday" }]
half_days = [{ date = 2014-12-24, close = "14:10", reason = "Christmas Eve" }]
)"));
  ASSERT_TRUE(sydney.has_value()) << to_string(sydney.error());
  EXPECT_EQ(session_of(*sydney, "2014-04-03"), "2014-04-03T23:00 2014-04-04T05:00");  // Friday the 4th, summer time
  EXPECT_EQ(session_of(*sydney, "2014-04-07"), "2014-04-07T00:00 2014-04-07T06:00");  // Monday the 7th, winter time
  EXPECT_EQ(session_of(*sydney, "2014-10-03"), "2014-10-03T00:00 2014-10-03T06:00");
  EXPECT_EQ(session_of(*sydney, "2014-10-05"), "2014-10-05T23:00 2014-10-06T05:00");
  EXPECT_EQ(session_of(*sydney, "2014-12-23"), "2014-12-23T23:00 2014-12-24T03:10");
}

TEST(Calendar, AMistakeIsRefusedWithItsFieldAndRule) {
  const Files files;
  const std::string good = R"(
name = "X"
zone = "UTC"
valid_from = 2014-01-01
valid_to = 2014-12-31
days = ["Mon"]
open = "10:00"
close = "16:00"
holidays = []
half_days = []
)";
  const auto refused = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    if (!from.empty()) text.replace(text.find(from), from.size(), to);
    const auto calendar = load_calendar(files.put("X.toml", text));
    return calendar ? std::string("taken") : calendar.error().field + ": " + calendar.error().rule;
  };
  EXPECT_EQ(refused("", ""), "taken");
  EXPECT_EQ(refused("UTC", "Mars/Olympus"), "zone: an IANA time zone of this machine (package tzdata)");
  EXPECT_EQ(refused("close = \"16:00\"", "close = \"9:00\""), "close: HH:MM, local");
  EXPECT_EQ(refused("close = \"16:00\"", "close = \"09:00\""), "close: later than open");
  EXPECT_EQ(refused("holidays = []", "holidays = [{ date = 2014-01-07, reason = \"a Tuesday\" }]"), "holidays: a day it would trade");
  EXPECT_EQ(refused("holidays = []", "holidays = [{ date = 2015-01-05, reason = \"beyond\" }]"),
            "holidays: between valid_from and valid_to");
  EXPECT_EQ(refused("half_days = []", "half_days = [{ date = 2014-01-06, close = \"16:00\", reason = \"not early\" }]"),
            "half_days: closes within the session");
  EXPECT_EQ(refused("days = [\"Mon\"]", "days = [\"Montag\"]"), "days: one of Sun, Mon, Tue, Wed, Thu, Fri, Sat");
  EXPECT_EQ(refused("days = [\"Mon\"]", "always = true\ndays = [\"Mon\"]"), "days: exactly one of always, days, week");
  EXPECT_EQ(refused("half_days", "halfdays"), "halfdays: a known key");
}

TEST(LocalDay, FollowsTheWallClockThroughTheHoursThatChange) {
  const auto hour = [](std::int64_t h) { return seconds(h * 3600); };
  const LocalDay spring = *LocalDay::make("America/New_York", *Date::parse("20140309"));
  EXPECT_EQ(spring.at(hour(1)), utc("2014-03-09T06:00"));
  EXPECT_EQ(spring.at(hour(2)), utc("2014-03-09T07:00"));  // skipped: the moment of the change
  EXPECT_EQ(spring.at(hour(3)), utc("2014-03-09T07:00"));
  EXPECT_EQ(spring.at(hour(23)), utc("2014-03-10T03:00"));
  const LocalDay autumn = *LocalDay::make("America/New_York", *Date::parse("20141102"));
  EXPECT_EQ(autumn.at(hour(1)), utc("2014-11-02T05:00"));  // shown twice: the first
  EXPECT_EQ(autumn.at(hour(2)), utc("2014-11-02T07:00"));
  const LocalDay fixed = *LocalDay::make("Etc/GMT+5", *Date::parse("20140506"));
  EXPECT_EQ(fixed.at({}), utc("2014-05-06T05:00"));
}

TEST(Date, RefusesDaysThatDoNotExist) {
  EXPECT_EQ(Date::parse("20140229").error().field, "date");
  EXPECT_FALSE(Date::parse("2014-2-28").has_value());
  EXPECT_FALSE(Date::parse("201402281").has_value());
  EXPECT_EQ(Date::parse("2016-02-29")->str(), "2016-02-29");
}

}  // namespace
}  // namespace tickmesh
