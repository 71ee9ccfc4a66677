#include "core/time_text.hpp"

#include <charconv>

namespace tickmesh {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kYear1990 = 631'152'000;  // seconds

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 64)) + "'"; }
std::unexpected<Error> not_iso(std::string_view text) {
  return bad_value("time", "ISO 8601 with Z or offset, or integer ns", quoted(text));
}

/// Days from 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
std::int64_t days_from_civil(std::int64_t y, int m, int d) {
  y -= m <= 2;
  const std::int64_t era = y / 400;
  const std::int64_t yoe = y - era * 400;
  const std::int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146'097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719'468;
}

int days_in_month(int y, int m) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 29 : kDays[m - 1];
}

/// Takes what it expects from the front of a text; once something is missing, everything is.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_{text} {}
  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return ok_ = false, 0;
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  bool one_of(std::string_view chars) {
    if (rest_.empty() || chars.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void need(std::string_view chars) { ok_ = one_of(chars) && ok_; }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_{true};
};

}  // namespace

Result<Timestamp> parse_iso_time(std::string_view text) {
  Scanner in{text};
  const int year = in.digits(4);
  in.need("-");
  const int month = in.digits(2);
  in.need("-");
  const int day = in.digits(2);
  in.need("Tt ");
  const int hour = in.digits(2);
  in.need(":");
  const int minute = in.digits(2);
  in.need(":");
  const int second = in.digits(2);
  std::int64_t fraction = 0;
  if (in.ok() && in.one_of(".,")) {
    int decimals = 0;
    for (; in.front() >= '0' && in.front() <= '9' && decimals < 9; ++decimals) fraction = fraction * 10 + in.digits(1);
    if (decimals == 0) return not_iso(text);
    for (; decimals < 9; ++decimals) fraction *= 10;
  }
  std::int64_t offset_minutes = 0;
  if (!in.one_of("Zz")) {
    const bool west = in.front() == '-';
    in.need("+-");
    const int hours = in.digits(2);
    in.one_of(":");
    const int minutes = in.digits(2);
    if (hours > 15 || minutes > 59) return not_iso(text);
    offset_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
  }
  if (!in.done() || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 60)
    return not_iso(text);
  if (year < 1990 || year > 2261) return bad_value("time", "years 1990-2261", quoted(text));
  const std::int64_t seconds_of_day = hour * 3600 + minute * 60 + second - offset_minutes * 60;
  return Timestamp{(days_from_civil(year, month, day) * 86'400 + seconds_of_day) * kSecond + fraction};
}

Result<Timestamp> parse_ns_time(std::string_view text) {
  std::int64_t ns = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), ns);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
    return bad_value("time", "ISO 8601 with Z or offset, or integer ns", quoted(text));
  if (ns < kYear1990 * kSecond) return bad_value("time", "ns since 1970, not before 1990", quoted(text));
  return Timestamp{ns};
}

}  // namespace tickmesh
