#include "service/calendar.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>

namespace tickmesh {
namespace {

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::int64_t kMinuteNs = 60'000'000'000;

unsigned weekday(int days) { return static_cast<unsigned>(((days + 4) % 7 + 7) % 7); }  // 1970-01-01 was a Thursday

/// One file, field by field; the first thing that is wrong is thrown with its place.
class CalendarFile {
 public:
  CalendarFile(const toml::table& table, std::string path) : table_{table}, path_{std::move(path)} {}

  Calendar read() {
    known_keys(table_, {"name", "zone", "valid_from", "valid_to", "always", "days", "week", "open", "close", "holidays", "half_days"});
    Calendar c;
    c.name = text(table_, "name");
    c.zone = text(table_, "zone");
    c.from = date(table_, "valid_from");
    c.to = date(table_, "valid_to");
    require(c.from <= c.to, "valid_to", "not before valid_from", c.to.str());
    c.always = table_["always"].value_or(false);
    const bool week = table_.contains("week"), days = table_.contains("days");
    require(int{c.always} + int{week} + int{days} == 1, "days", "exactly one of always, days, week", "");
    zone_ = c.zone;
    always_ = c.always;
    if (c.always)
      std::ranges::fill(trades_, true);
    else if (week)
      read_week();
    else
      read_days();
    read_exceptions(c);
    std::vector<MarketSession> sessions;
    for (int day = c.from.days(); day <= c.to.days(); ++day)
      if (trades_[weekday(day)] && !closed_.contains(day)) sessions.push_back(session(day));
    auto made = SessionTable::make(std::move(sessions));
    if (!made) fail(made.error().field, made.error().rule, made.error().message);
    c.sessions = std::move(*made);
    return c;
  }

 private:
  [[noreturn]] void fail(const std::string& field, const std::string& rule, const std::string& message) const {
    throw Error{"bad_value", field, rule, path_ + (message.empty() ? "" : ": " + message)};
  }
  void require(bool holds, const char* field, const char* rule, const std::string& message) const {
    if (!holds) fail(field, rule, message);
  }
  void known_keys(const toml::table& table, std::initializer_list<std::string_view> known) const {
    for (const auto& [key, node] : table)
      if (std::ranges::find(known, key.str()) == known.end())
        fail(std::string(key.str()), "a known key", fmt::format("line {}", node.source().begin.line));
  }
  std::string text(const toml::table& table, const char* key) const {
    const auto value = table[key].value<std::string>();
    require(value && !value->empty(), key, "a text", fmt::format("line {}", table.source().begin.line));
    return *value;
  }
  Date date(const toml::table& table, const char* key) const {
    const auto value = table[key].value<toml::date>();
    require(value.has_value(), key, "a date without quotes: 2013-10-07", fmt::format("line {}", table.source().begin.line));
    return {value->year, value->month, value->day};
  }
  /// "16:30", from midnight.
  Duration time(const toml::table& table, const char* key) const {
    const std::string value = text(table, key);
    unsigned hour = 99, minute = 99;
    if (value.size() == 5 && value[2] == ':' &&
        std::ranges::all_of(std::string{value[0], value[1], value[3], value[4]}, [](char c) { return c >= '0' && c <= '9'; })) {
      hour = static_cast<unsigned>((value[0] - '0') * 10 + value[1] - '0');
      minute = static_cast<unsigned>((value[3] - '0') * 10 + value[4] - '0');
    }
    require(minute < 60 && hour * 60 + minute <= 24 * 60, key, "HH:MM, local", value);
    return {(hour * 60 + minute) * kMinuteNs};
  }
  unsigned day_of_week(const std::string& name, const char* key) const {
    const auto found = std::ranges::find(kDays, name);
    require(found != kDays.end(), key, "one of Sun, Mon, Tue, Wed, Thu, Fri, Sat", name);
    return static_cast<unsigned>(found - kDays.begin());
  }

  void read_days() {
    const toml::array* days = table_["days"].as_array();
    require(days != nullptr && !days->empty(), "days", "a list of week days", "");
    for (const auto& day : *days) trades_[day_of_week(day.value_or(std::string{}), "days")] = true;
    open_ = time(table_, "open");
    close_ = time(table_, "close");
    require(open_ < close_, "close", "later than open", "");
  }

  void read_week() {
    const toml::table* week = table_["week"].as_table();
    require(week != nullptr, "week", "a table of open_day, open, close_day, close", "");
    known_keys(*week, {"open_day", "open", "close_day", "close"});
    const unsigned first = day_of_week(text(*week, "open_day"), "open_day");
    last_ = day_of_week(text(*week, "close_day"), "close_day");
    open_ = time(*week, "open");
    close_ = time(*week, "close");
    require(first != *last_, "close_day", "another day than open_day", "");
    for (unsigned day = first; day != *last_; day = (day + 1) % 7) trades_[(day + 1) % 7] = true;
  }

  void read_exceptions(const Calendar& c) {
    for (const char* key : {"holidays", "half_days"}) {
      const bool whole = std::string_view{key} == "holidays";
      const toml::array* list = table_[key].as_array();
      require(list != nullptr, key, "a list, empty when there are none", "");
      int before = std::numeric_limits<int>::min();
      for (const auto& node : *list) {
        const toml::table* entry = node.as_table();
        require(entry != nullptr, key, "{ date, reason }", fmt::format("line {}", node.source().begin.line));
        if (whole)
          known_keys(*entry, {"date", "reason"});
        else
          known_keys(*entry, {"date", "reason", "close"});
        const Date on = date(*entry, "date");
        const int day = on.days();
        require(!text(*entry, "reason").empty(), "reason", "a text", on.str());
        require(on >= c.from && on <= c.to, key, "between valid_from and valid_to", on.str());
        require(day > before, key, "in order, none twice", on.str());
        require(trades_[weekday(day)], key, "a day it would trade", on.str());
        before = day;
        if (whole) {
          closed_.insert(day);
        } else {
          require(!closed_.contains(day), key, "not a holiday as well", on.str());
          const Duration close = time(*entry, "close");
          require(close < close_of(day) && (last_ || close > open_), key, "closes within the session", on.str());
          early_[day] = close;
        }
      }
    }
  }

  Duration close_of(int day) const {
    if (always_) return {24 * 60 * kMinuteNs};
    return !last_ || weekday(day) == *last_ ? close_ : open_;
  }

  MarketSession session(int day) const {
    const auto at = [&](int on, Duration wall) {
      auto local = LocalDay::make(zone_, Date::from_days(on));
      if (!local) fail(local.error().field, local.error().rule, local.error().message);
      return local->at(wall);
    };
    const auto early = early_.find(day);
    if (always_) return {at(day, {}), early == early_.end() ? at(day + 1, {}) : at(day, early->second)};
    return {at(last_ ? day - 1 : day, open_), at(day, early == early_.end() ? close_of(day) : early->second)};
  }

  const toml::table& table_;
  std::string path_;
  std::string zone_;
  std::array<bool, 7> trades_{};
  bool always_{false};
  Duration open_{}, close_{};     ///< local
  std::optional<unsigned> last_;  ///< of a week without a break, the day it closes on
  std::set<int> closed_;
  std::map<int, Duration> early_;
};

}  // namespace

Result<Calendar> load_calendar(const std::string& path) {
  try {
    const toml::table table = toml::parse_file(path);
    return CalendarFile{table, path}.read();
  } catch (const toml::parse_error& e) {
    return bad_value(path, "TOML", fmt::format("line {}: {}", e.source().begin.line, e.description()));
  } catch (const Error& e) {
    return std::unexpected(e);
  }
}

Result<std::map<std::string, Calendar>> load_calendars(const std::string& dir, const Instruments& instruments) {
  std::map<std::string, Calendar> all;
  for (const Instrument& i : instruments.list()) {
    if (all.contains(i.calendar)) continue;
    auto calendar = load_calendar(dir + "/" + i.calendar + ".toml");
    if (!calendar) {
      Error error = calendar.error();
      error.message += " (calendar of " + i.symbol.str() + ")";
      return std::unexpected(error);
    }
    if (calendar->name != i.calendar) return bad_value("name", "the file's own name", dir + "/" + i.calendar + ".toml: " + calendar->name);
    all.emplace(i.calendar, std::move(*calendar));
  }
  return all;
}

std::string calendar_dir(const Config& config) {
  const std::string& dir = config.text("mesh.calendar_dir");
  return dir.empty() ? (std::filesystem::path{config.text("mesh.instruments")}.parent_path() / "calendars").string() : dir;
}

std::map<std::string, std::vector<TradingSession>> sessions_by_calendar(const Config& config, const Instruments& instruments) {
  const auto calendars = load_calendars(calendar_dir(config), instruments);
  if (!calendars) throw std::runtime_error(to_string(calendars.error()));
  std::map<std::string, std::vector<TradingSession>> all;
  for (const auto& [name, calendar] : *calendars) {
    if (calendar.always) continue;
    auto& sessions = all[name];
    for (const MarketSession& session : calendar.sessions.sessions()) sessions.push_back({session.open, session.close});
  }
  return all;
}

}  // namespace tickmesh
