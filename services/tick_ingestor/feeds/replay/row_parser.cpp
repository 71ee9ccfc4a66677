#include "tick_ingestor/feeds/replay/row_parser.hpp"

#include <algorithm>
#include <cstring>

namespace tickmesh::replay {
namespace {

constexpr std::size_t kExamples = 20;
constexpr std::int64_t kDayMs = 86'400'000;

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

constexpr std::int64_t kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

/// A decimal of at least zero as an integer of 10^-`decimals`; what is finer is rounded to the nearest, halves up. Stops at the first
/// character that is not of it; false: no digit, or too large.
bool decimal(const char*& at, const char* end, int decimals, std::int64_t& out) {
  const char* const begin = at;
  std::uint64_t value = 0;
  while (at != end && is_digit(*at)) value = value * 10 + static_cast<unsigned char>(*at++ - '0');
  const std::ptrdiff_t digits = at - begin;
  const auto power = static_cast<std::uint64_t>(kPowers[decimals]);
  if (digits + decimals > 18 && (digits > 19 || value >= 9'000'000'000'000'000'000ULL / power)) return false;
  if (at == end || *at != '.') [[likely]] {
    out = static_cast<std::int64_t>(value * power);
    return digits > 0;
  }
  ++at;
  int taken = 0;
  const char* const fraction = at;
  for (; taken < decimals && at != end && is_digit(*at); ++taken) value = value * 10 + static_cast<unsigned char>(*at++ - '0');
  value *= static_cast<std::uint64_t>(kPowers[decimals - taken]);
  if (taken == decimals && at != end && is_digit(*at)) {
    if (*at >= '5') ++value;
    while (at != end && is_digit(*at)) ++at;
  }
  out = static_cast<std::int64_t>(value);
  return digits + (at - fraction) > 0;
}

/// The whole of `text`.
bool decimal(std::string_view text, int decimals, std::int64_t& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  return decimal(at, end, decimals, out) && at == end;
}

bool digits(std::string_view text, std::size_t from, std::size_t count, int& out) {
  if (from + count > text.size()) return false;
  out = 0;
  for (std::size_t i = from; i < from + count; ++i) {
    if (!is_digit(text[i])) return false;
    out = out * 10 + (text[i] - '0');
  }
  return true;
}

}  // namespace

const char* name_of(Column column) {
  switch (column) {
    case Column::skip: return "-";
    case Column::day_ms:
    case Column::epoch_s:
    case Column::epoch_ms:
    case Column::epoch_ns:
    case Column::iso: return "time";
    case Column::symbol: return "symbol";
    case Column::bid: return "bid";
    case Column::ask: return "ask";
    case Column::bid_size: return "bid_size";
    case Column::ask_size: return "ask_size";
    case Column::price: return "price";
    case Column::size: return "size";
    case Column::suspicious: return "suspicious";
  }
  return "?";
}

bool RowFormat::has(Column column) const { return std::ranges::find(columns, column) != columns.end(); }

std::uint64_t Tally::bad_rows() const {
  std::uint64_t n = 0;
  for (const auto& [rule, count] : bad) n += count;
  return n;
}

void Tally::add(const Tally& other) {
  rows += other.rows;
  ticks += other.ticks;
  depths += other.depths;
  suspicious += other.suspicious;
  backwards += other.backwards;
  for (const auto& [rule, count] : other.bad) bad[rule] += count;
  for (const std::string& example : other.examples)
    if (examples.size() < kExamples) examples.push_back(example);
}

RowParser::RowParser(const DataFile& file, const Instruments& listed)
    : file_{file}, listed_{listed}, quotes_{file.format.quotes()}, trades_{file.format.trades()}, header_{file.format.header} {
  price_decimals_ = 8;
  for (std::int64_t d = file.format.price_divisor; d > 1; d /= 10) --price_decimals_;
  TM_INVARIANT(file.format.price_divisor == kPowers[8 - price_decimals_], "prices are stored in a power of ten of their unit");
  quote_ = {.instrument = instrument_id(file.symbol), .kind = TickKind::quote, .feed = FeedKind::replay};
  trade_ = {.instrument = instrument_id(file.symbol), .kind = TickKind::trade, .feed = FeedKind::replay};
  if (!file.beside.empty()) book_ = std::make_unique<LobsterBook>(file.beside, *file.day);
}

void RowParser::parse(std::string_view lines, Rows& out) {
  for (const char *at = lines.data(), *const end = at + lines.size(); at != end;) {
    const auto* newline = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    TM_INVARIANT(newline != nullptr, "lines are given whole");
    std::string_view line{at, static_cast<std::size_t>(newline - at)};
    at = newline + 1;
    ++line_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (header_) {
      header_ = false;
      continue;
    }
    ++tally_.rows;
    switch (file_.format.text) {
      case RowText::columns: row(line, out); break;
      case RowText::binance: binance(line, out); break;
      case RowText::lobster: lobster(line, out); break;
    }
  }
}

void RowParser::refuse(const char* field, const char* rule, std::string_view value) {
  ++tally_.bad[std::string(field) + ": " + rule];
  if (tally_.examples.size() < kExamples)
    tally_.examples.push_back(file_.name + ':' + std::to_string(line_) + ": " + field + ": " + rule + ": '" +
                              std::string(value.substr(0, 80)) + "'");
}

bool RowParser::fields(std::string_view line, Row& row) {
  const char* at = line.data();
  const char* const end = at + line.size();
  const RowFormat& format = file_.format;
  bool more = true;
  for (const Column column : format.columns) {
    if (!more) return refuse(name_of(column), "a value", line), false;
    std::int64_t& value = row.values[static_cast<std::size_t>(column)];
    const char* const begin = at;
    bool good = true;
    switch (column) {
      case Column::day_ms: good = decimal(at, end, 6, value); break;
      case Column::bid:
      case Column::ask:
      case Column::price: good = decimal(at, end, price_decimals_, value); break;
      case Column::bid_size:
      case Column::ask_size:
      case Column::size: good = decimal(at, end, 8, value); break;
      default:
        while (at != end && *at != format.separator) ++at;
    }
    if (!good || (at != end && *at != format.separator)) {
      while (at != end && *at != format.separator) ++at;
      const bool side = column != Column::day_ms && (column != Column::price || quotes_);
      if (at != begin || !side)
        return refuse(name_of(column), "a decimal of at least 0 that fits 64 bits", {begin, static_cast<std::size_t>(at - begin)}), false;
      value = 0;  // empty: that side, or its size, is missing
    }
    const std::string_view text{begin, static_cast<std::size_t>(at - begin)};
    switch (column) {
      case Column::day_ms:
        if (value >= kDayMs * 1'000'000) return refuse("time", "milliseconds since midnight, below 86400000", text), false;
        break;
      case Column::epoch_s:
      case Column::epoch_ms:
      case Column::epoch_ns:
      case Column::iso:
        if (!time(column, text, row)) return false;
        break;
      case Column::symbol: row.symbol = text; break;
      case Column::suspicious: row.suspicious = text == "1"; break;
      default: break;
    }
    more = at != end;
    if (more) ++at;
  }
  return true;
}

bool RowParser::time(Column column, std::string_view text, Row& row) {
  if (column == Column::iso) return iso(text, row);
  const int decimals = column == Column::epoch_s ? 9 : column == Column::epoch_ms ? 6 : 0;
  if (decimal(text, decimals, row.values[static_cast<std::size_t>(column)])) return true;
  return refuse("time", "a number since 1970", text), false;
}

bool RowParser::iso(std::string_view text, Row& row) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const bool shaped = text.size() >= 19 && digits(text, 0, 4, year) && text[4] == '-' && digits(text, 5, 2, month) && text[7] == '-' &&
                      digits(text, 8, 2, day) && (text[10] == 'T' || text[10] == ' ') && digits(text, 11, 2, hour) && text[13] == ':' &&
                      digits(text, 14, 2, minute) && text[16] == ':' && digits(text, 17, 2, second);
  const auto date = shaped ? Date::parse(text.substr(0, 10)) : Result<Date>{bad_value("", "", "")};
  if (!date || hour > 23 || minute > 59 || second > 59) return refuse("time", "as 2014-05-06T13:30:00.5", text), false;
  std::int64_t ns = (hour * 3600 + minute * 60 + second) * std::int64_t{1'000'000'000};
  std::string_view rest = text.substr(19);
  if (rest.starts_with('.')) {
    std::size_t n = 1;
    while (n < rest.size() && is_digit(rest[n])) ++n;
    std::int64_t fraction = 0;
    if (n < 2 || !decimal(rest.substr(0, n), 9, fraction)) return refuse("time", "as 2014-05-06T13:30:00.5", text), false;
    ns += std::min<std::int64_t>(fraction, 999'999'999);
    rest.remove_prefix(n);
  }
  std::int64_t& out = row.values[static_cast<std::size_t>(Column::iso)];
  const int days = date->days();
  if (rest.empty()) {
    auto local = days_.find(days);
    if (local == days_.end()) {
      auto made = LocalDay::make(file_.format.zone, *date);
      if (!made) return refuse("time", "with an offset, or a zone in columns.toml", text), false;
      local = days_.emplace(days, *made).first;
    }
    out = local->second.at({ns}).ns;
    return true;
  }
  int offset_hours = 0, offset_minutes = 0;
  const bool offset = (rest[0] == '+' || rest[0] == '-') && digits(rest, 1, 2, offset_hours) &&
                      ((rest.size() == 3) || (rest.size() == 5 && digits(rest, 3, 2, offset_minutes)) ||
                       (rest.size() == 6 && rest[3] == ':' && digits(rest, 4, 2, offset_minutes)));
  if (rest != "Z" && !offset) return refuse("time", "ends with nothing, Z or an offset as +01:00", text), false;
  const std::int64_t east = (rest[0] == '-' ? -1 : 1) * (offset_hours * 3600 + offset_minutes * 60) * std::int64_t{1'000'000'000};
  out = std::int64_t{days} * 86'400'000'000'000 + ns - east;
  return true;
}

bool RowParser::instrument(std::string_view text) {
  auto known = known_.find(text);
  if (known == known_.end()) {
    InstrumentId id{};
    std::string upper{text};
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (auto symbol = listed_.resolve(upper)) {
      id = instrument_id(*symbol);
    } else if (auto whole = Symbol::parse(upper.find('.') == std::string::npos ? upper + '.' + file_.format.venue : upper);
               found_ != nullptr && whole) {
      if (std::ranges::find(*found_, *whole) == found_->end()) found_->push_back(*whole);
      id = instrument_id(*whole);
    } else if (whole && listed_.find(*whole) != nullptr) {
      id = instrument_id(*whole);
    }
    known = known_.emplace(std::string(text), id).first;
  }
  quote_.instrument = trade_.instrument = known->second;
  if (known->second == InstrumentId{}) return refuse("symbol", "an instrument that is listed", text), false;
  return true;
}

void RowParser::in_order(Timestamp at) {
  if (at < last_)
    ++tally_.backwards;
  else
    last_ = at;
}

void RowParser::emit(const Tick& tick, Rows& out) {
  in_order(tick.event_time);
  ++tally_.ticks;
  out.ticks.push_back(tick);
}

void RowParser::emit(DepthUpdate depth, Rows& out) {
  depth.symbol = file_.symbol;
  depth.feed = FeedKind::replay;
  in_order(depth.header.event_time);
  ++tally_.depths;
  out.ticks.push_back({.event_time = depth.header.event_time, .instrument = quote_.instrument, .feed = FeedKind::replay});
  out.depths.push_back(std::move(depth));
}

void RowParser::row(std::string_view line, Rows& out) {
  Row row;
  if (!fields(line, row)) return;
  if (row.suspicious) {
    ++tally_.suspicious;
    return;
  }
  const RowFormat& format = file_.format;
  const auto value = [&](Column c) { return row.values[static_cast<std::size_t>(c)]; };
  Timestamp at{};
  if (format.day)
    at = format.day->at({value(Column::day_ms)});
  else
    at = {value(Column::epoch_s) + value(Column::epoch_ms) + value(Column::epoch_ns) + value(Column::iso)};
  at = at + format.shift;
  if (at.ns <= 0) return refuse("time", "later than 1970", line);
  if (file_.symbol.empty() && !instrument(row.symbol)) return;
  if (quotes_) {
    const auto bid = Price::from_raw(value(Column::bid)), ask = Price::from_raw(value(Column::ask));
    if (bid.is_zero() && ask.is_zero() && !(trades_ && value(Column::price) > 0)) return refuse("bid", "at least one side", line);
    if (!bid.is_zero() || !format.one_sided) {
      quote_.bid = bid;
      quote_.bid_size = Quantity::from_raw(value(Column::bid_size));
    }
    if (!ask.is_zero() || !format.one_sided) {
      quote_.ask = ask;
      quote_.ask_size = Quantity::from_raw(value(Column::ask_size));
    }
    quote_.event_time = at;
    if (!bid.is_zero() || !ask.is_zero()) emit(quote_, out);
  }
  if (trades_) {
    trade_.price = Price::from_raw(value(Column::price));
    trade_.size = Quantity::from_raw(value(Column::size));
    trade_.event_time = at;
    if (trade_.price.is_zero()) {
      if (!quotes_) refuse("price", "above 0", line);
      return;
    }
    emit(trade_, out);
  }
}

}  // namespace tickmesh::replay
