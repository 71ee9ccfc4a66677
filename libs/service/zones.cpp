#include "service/zones.hpp"

#include <date/tz.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace tickmesh {
namespace {

date::year_month_day ymd(Date d) { return date::year{d.year} / date::month{d.month} / date::day{d.day}; }

}  // namespace

int Date::days() const {
  const auto at = ymd(*this);
  TM_INVARIANT(at.ok(), "a date exists");
  return date::sys_days{at}.time_since_epoch().count();
}

Date Date::from_days(int days) {
  const date::year_month_day at{date::sys_days{date::days{days}}};
  return {int{at.year()}, unsigned{at.month()}, unsigned{at.day()}};
}

Result<Date> Date::parse(std::string_view text) {
  std::string digits;
  const bool dashed = text.size() == 10 && text[4] == '-' && text[7] == '-';
  for (std::size_t i = 0; i < text.size(); ++i)
    if (!dashed || (i != 4 && i != 7)) digits += text[i];
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const Date date{static_cast<int>(number / 10'000), number / 100 % 100, number % 100};
  if (digits.size() != 8 || error != std::errc{} || end != digits.data() + digits.size() || !ymd(date).ok())
    return bad_value("date", "a day as 20131007 or 2013-10-07", "'" + std::string(text) + "'");
  return date;
}

std::string Date::str() const { return date::format("%F", date::sys_days{ymd(*this)}); }

Result<LocalDay> LocalDay::make(const std::string& zone, Date day) {
  const date::time_zone* known = nullptr;
  try {
    known = date::locate_zone(zone);
  } catch (const std::exception&) {
    return bad_value("zone", "an IANA time zone of this machine (package tzdata)", "'" + zone + "'");
  }
  const std::int64_t midnight = std::int64_t{day.days()} * 86'400;
  const auto wall = [&](std::int64_t second) { return date::local_seconds{std::chrono::seconds{midnight + second}}; };
  const date::local_info begins = known->get_info(wall(0));
  const date::sys_info first = begins.first;
  constexpr std::int64_t kNs = 1'000'000'000;
  LocalDay out;
  out.before_ = out.after_ = (midnight - first.offset.count()) * kNs;
  out.changes_at_ = {std::numeric_limits<std::int64_t>::max()};
  // At most one change a day, anywhere: an offset lasts for weeks.
  const std::int64_t change_wall = first.end.time_since_epoch().count() + first.offset.count() - midnight;
  if (change_wall <= 2 * 86'400) {
    const date::sys_info next = known->get_info(first.end);
    out.change_ = {first.end.time_since_epoch().count() * kNs};
    out.changes_at_ = {change_wall * kNs};
    out.after_ = (midnight - next.offset.count()) * kNs;
  }
  return out;
}

Timestamp LocalDay::after(Duration since_midnight) const { return std::max(change_, Timestamp{after_ + since_midnight.ns}); }

}  // namespace tickmesh
