#include <toml++/toml.h>
#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "tick_ingestor/feeds/replay/archive.hpp"
#include "tick_ingestor/feeds/replay/layouts.hpp"

namespace tickmesh::replay {
namespace {

constexpr std::string_view kFileName = "<file name>";
constexpr std::string_view kKnown[] = {"time", "format", "zone", "symbol",      "bid",    "ask",       "bid_size", "ask_size", "price",
                                       "size", "venue",  "lot",  "price_scale", "header", "separator", "currency", "calendar", "tick_size"};

/// columns.toml, key by key; the first thing that is wrong is thrown with its place.
class Columns {
 public:
  Columns(const toml::table& table, std::string path) : table_{table}, path_{std::move(path)} {
    for (const auto& [key, node] : table_)
      if (std::ranges::find(kKnown, key.str()) == std::end(kKnown)) fail(node.source().begin.line, "a known key", std::string(key.str()));
  }
  [[noreturn]] void fail(std::uint32_t line, const std::string& rule, const std::string& what) const {
    throw Error{"bad_file", path_ + ':' + std::to_string(line), rule, what};
  }
  std::uint32_t line(const char* key) const {
    const toml::node* node = table_.get(key);
    return node == nullptr ? 1 : node->source().begin.line;
  }
  std::string text(const char* key, const char* fallback) const { return table_[key].value_or(std::string(fallback)); }
  bool flag(const char* key, bool fallback) const { return table_[key].value_or(fallback); }
  /// A column's name, or its number from 1; empty: there is none.
  std::string column(const char* key) const {
    if (const auto number = table_[key].value_exact<std::int64_t>()) return std::to_string(*number);
    return text(key, "");
  }
  std::string required(const char* key, const char* rule) const {
    std::string value = column(key);
    if (value.empty()) fail(line(key), rule, std::string(key) + " is missing");
    return value;
  }
  std::int64_t scale() const {
    const std::int64_t value = table_["price_scale"].value_or(std::int64_t{1});
    for (std::int64_t power = 1; power <= 100'000'000; power *= 10)
      if (value == power) return value;
    fail(line("price_scale"), "a power of ten, 1 to 100000000", "price_scale");
  }
  template <class T>
  T exact(const char* key, const char* fallback) const {
    auto parsed = T::parse(text(key, fallback));
    if (!parsed || parsed->raw() <= 0) fail(line(key), "a decimal in quotes, above 0", key);
    return *parsed;
  }
  const std::string& path() const { return path_; }

 private:
  const toml::table& table_;
  std::string path_;
};

std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : line)
    if (c == separator)
      parts.emplace_back();
    else if (c != '\r' && c != '"')
      parts.back() += c;
  return parts;
}

std::string first_line(const std::string& path) {
  auto archive = Archive::open(path);
  if (!archive) throw archive.error();
  std::string text(64 << 10, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const auto n = (*archive)->read({text.data() + filled, text.size() - filled});
    if (!n) throw n.error();
    if (*n == 0) break;
    filled += *n;
  }
  text.resize(filled);
  return text.substr(0, text.find('\n'));
}

DataFile read(const Columns& keys, const std::filesystem::path& path) {
  const std::string file = path.filename().string();
  DataFile out;
  RowFormat& format = out.format;
  format.header = keys.flag("header", true);
  const std::string separator = keys.text("separator", ",");
  if (separator.size() != 1) keys.fail(keys.line("separator"), "one character", "separator");
  format.separator = separator[0];
  format.price_divisor = keys.scale();
  const std::string how = keys.text("format", "");
  Column time = Column::iso;
  if (how == "s")
    time = Column::epoch_s;
  else if (how == "ms")
    time = Column::epoch_ms;
  else if (how == "ns")
    time = Column::epoch_ns;
  else if (how != "iso")
    keys.fail(keys.line("format"), "one of iso, s, ms, ns", "format");
  if (time == Column::iso) {
    format.zone = keys.required("zone", "an IANA zone for iso times");
    if (auto known = LocalDay::make(format.zone, Date{}); !known) keys.fail(keys.line("zone"), known.error().rule, format.zone);
  }

  const auto names = format.header ? split(first_line(path.string()), format.separator) : std::vector<std::string>{};
  const auto place = [&](const char* key, Column column, const std::string& name) {
    std::size_t at = 0;
    if (format.header) {
      const auto found = std::ranges::find(names, name);
      if (found == names.end())
        throw Error{"bad_file", path.string() + ":1", "the columns that " + keys.path() + ':' + std::to_string(keys.line(key)) + " names",
                    "there is no column '" + name + "'"};
      at = static_cast<std::size_t>(found - names.begin());
    } else {
      if (name.find_first_not_of("0123456789") != std::string::npos || name.size() > 3 || name == "0")
        keys.fail(keys.line(key), "a number from 1 where files have no header", key);
      at = std::stoul(name) - 1;
    }
    if (format.columns.size() <= at) format.columns.resize(at + 1, Column::skip);
    if (format.columns[at] != Column::skip) keys.fail(keys.line(key), "a column of its own", key);
    format.columns[at] = column;
  };
  place("time", time, keys.required("time", "the column of the time"));
  const std::string symbol = keys.required("symbol", "a column, or \"<file name>\"");
  const std::string venue = keys.text("venue", "CSV");
  if (symbol == kFileName) {
    std::string stem = file.substr(0, file.find('.'));
    std::ranges::transform(stem, stem.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    auto parsed = Symbol::parse(stem + '.' + venue);
    if (!parsed) throw Error{"bad_file", path.string(), parsed.error().rule, "symbol '" + stem + '.' + venue + "'"};
    out.symbol = *parsed;
  } else {
    place("symbol", Column::symbol, symbol);
    format.venue = venue;
  }
  for (const auto& [key, column] : {std::pair{"bid", Column::bid},
                                    {"ask", Column::ask},
                                    {"bid_size", Column::bid_size},
                                    {"ask_size", Column::ask_size},
                                    {"price", Column::price},
                                    {"size", Column::size}})
    if (const std::string name = keys.column(key); !name.empty()) place(key, column, name);
  if (!format.quotes() && !format.trades()) keys.fail(1, "bid and ask, or price", "there is no price column");
  out.instrument.currency = keys.text("currency", "USD");
  out.instrument.calendar = keys.text("calendar", "24x7");
  out.instrument.tick_size = keys.exact<Price>("tick_size", "0.01");
  out.instrument.lot = keys.exact<Quantity>("lot", "1");
  out.instrument.multiplier = Quantity::from_units(1);
  return out;
}

}  // namespace

Result<std::optional<DataFile>> csv_file(const std::filesystem::path& path) {
  const std::string file = path.filename().string();
  if (!file.ends_with(".csv") && !file.ends_with(".csv.gz") && !file.ends_with(".zip")) return std::nullopt;
  const auto columns = path.parent_path() / "columns.toml";
  if (!std::filesystem::exists(columns)) return std::nullopt;
  try {
    const toml::table table = toml::parse_file(columns.string());
    return read(Columns{table, columns.string()}, path);
  } catch (const toml::parse_error& e) {
    return std::unexpected(
        Error{"bad_file", columns.string() + ':' + std::to_string(e.source().begin.line), "TOML", std::string(e.description())});
  } catch (const Error& e) {
    return std::unexpected(e);
  }
}

}  // namespace tickmesh::replay
