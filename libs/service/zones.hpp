// Local time of a zone as UTC, by the machine's time zone data. For shells: cores get UTC.
#pragma once
#include <string>
#include <vector>

#include "core/types.hpp"

namespace tickmesh {

/// A day of the proleptic Gregorian calendar; no zone.
struct Date {
  int year{1970};
  unsigned month{1}, day{1};
  friend constexpr auto operator<=>(const Date&, const Date&) = default;
  /// Days since 1970-01-01; the date must exist.
  int days() const;
  static Date from_days(int days);
  /// "20131007" or "2013-10-07". Error: the date does not exist or is not of this form.
  static Result<Date> parse(std::string_view text);
  std::string str() const;  ///< 2013-10-07
};

/// One day of a zone's wall clock. What the clock skips in spring means the moment of the change; what it shows twice in autumn, the first.
class LocalDay {
 public:
  /// `zone`: IANA name. Error: the machine knows no such zone.
  static Result<LocalDay> make(const std::string& zone, Date date);
  /// The wall clock shows `since_midnight`, which may lie beyond 24 h (the next day, by this day's last offset).
  Timestamp at(Duration since_midnight) const {
    if (since_midnight < changes_at_) [[likely]]
      return {before_ + since_midnight.ns};
    return after(since_midnight);
  }

 private:
  Timestamp after(Duration since_midnight) const;
  Duration changes_at_{};   ///< wall time from which `after_` holds; far beyond the day when nothing changes
  std::int64_t before_{0};  ///< UTC ns of the wall's 00:00 by the offset the day begins with
  std::int64_t after_{0};   ///< the same by the offset it ends with
  Timestamp change_{};      ///< when the offset changes
};

}  // namespace tickmesh
