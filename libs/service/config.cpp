#include "service/config.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>

namespace tickmesh {
namespace {

const Key* find_key(std::string_view name) {
  const auto keys = config_keys();
  const auto it = std::ranges::find(keys, name, &Key::name);
  return it == keys.end() ? nullptr : &*it;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string nearest_key(std::string_view name) {
  return std::string(std::ranges::min_element(config_keys(), {}, [&](const Key& k) { return edit_distance(name, k.name); })->name);
}

Result<double> as_number(std::string_view value) {
  double parsed = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
  if (error != std::errc{} || end != value.data() + value.size() || !std::isfinite(parsed))
    return bad_value("", "a number", std::string(value));
  return parsed;
}

Result<void> check(const Key& key, const std::string& value, const std::string& where) {
  const auto refuse = [&](std::string rule) -> Result<void> {
    return bad_value(std::string(key.name), std::move(rule), fmt::format("{}got '{}'", where.empty() ? "" : where + ": ", value));
  };
  switch (key.type) {
    case KeyType::text: return {};
    case KeyType::list: {
      if (key.choices.empty()) return {};
      const std::string choices = fmt::format("|{}|", key.choices);
      std::istringstream all{value};
      for (std::string one; std::getline(all, one, ',');)
        if (choices.find(fmt::format("|{}|", one)) == std::string::npos) return refuse(fmt::format("of {}", key.choices));
      return {};
    }
    case KeyType::boolean: return value == "true" || value == "false" ? Result<void>{} : refuse("true or false");
    case KeyType::choice: {
      std::istringstream all{std::string(key.choices)};
      for (std::string one; std::getline(all, one, '|');)
        if (one == value) return {};
      return refuse(fmt::format("one of {}", key.choices));
    }
    case KeyType::integer: {
      std::int64_t parsed = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
      if (error != std::errc{} || end != value.data() + value.size()) return refuse("an integer");
      break;
    }
    case KeyType::number:
      if (!as_number(value)) return refuse("a number");
      break;
  }
  const double parsed = *as_number(value);
  if ((key.min != 0 || key.max != 0) && (parsed < key.min || parsed > key.max))
    return refuse(fmt::format("from {} to {}", key.min, key.max));
  return {};
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

using Leaves = std::vector<std::tuple<std::string, std::string, int>>;  // key, value as text, line

Result<void> flatten(const toml::table& table, const std::string& path, const std::string& prefix, Leaves& out) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix.empty() ? std::string(name.str()) : prefix + '.' + std::string(name.str());
    const int line = static_cast<int>(node.source().begin.line);
    if (const auto* inner = node.as_table()) {
      if (auto ok = flatten(*inner, path, key, out); !ok) return ok;
    } else if (const auto s = node.value<std::string>(); s && node.is_string()) {
      out.emplace_back(key, *s, line);
    } else if (node.is_boolean()) {
      out.emplace_back(key, *node.value<bool>() ? "true" : "false", line);
    } else if (node.is_integer()) {
      out.emplace_back(key, std::to_string(*node.value<std::int64_t>()), line);
    } else if (node.is_floating_point()) {
      out.emplace_back(key, fmt::format("{}", *node.value<double>()), line);
    } else if (const auto* array = node.as_array()) {
      std::string joined;
      for (const auto& element : *array) {
        const auto text = element.value<std::string>();
        if (!text) return bad_value(key, "a list of texts", fmt::format("{}:{}", path, line));
        joined += (joined.empty() ? "" : ",") + *text;
      }
      out.emplace_back(key, joined, line);
    } else {
      return bad_value(key, "a text, number, boolean or list of texts", fmt::format("{}:{}", path, line));
    }
  }
  return {};
}

Result<toml::table> parse_file(const std::string& path) {
  std::ifstream file{path};
  if (!file) return bad_value(path, "a readable file", "cannot open it");
  try {
    return toml::parse(file, path);
  } catch (const toml::parse_error& e) {
    return bad_value(fmt::format("{}:{}", path, e.source().begin.line), "valid TOML", std::string(e.description()));
  }
}

}  // namespace

Result<void> Config::set(const std::string& key, const std::string& value, const std::string& source, const std::string& where) {
  const Key* known = find_key(key);
  if (known == nullptr)
    return bad_value(key, "a known key", fmt::format("{}did you mean '{}'?", where.empty() ? "" : where + ": ", nearest_key(key)));
  if (auto ok = check(*known, value, where); !ok) return ok;
  entries_[key] = {value, source};
  return {};
}

Result<Config> Config::load(const std::string& path, const Overrides& flags, char** environment) {
  Config config;
  for (const Key& key : config_keys()) config.entries_[std::string(key.name)] = {std::string(key.fallback), "default"};
  if (!path.empty()) {
    auto table = parse_file(path);
    if (!table) return std::unexpected(table.error());
    Leaves leaves;
    if (auto ok = flatten(*table, path, "", leaves); !ok) return std::unexpected(ok.error());
    for (const auto& [key, value, line] : leaves)
      if (auto ok = config.set(key, value, "file", fmt::format("{}:{}", path, line)); !ok) return std::unexpected(ok.error());
  }
  for (char** variable = environment; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text{*variable};
    constexpr std::string_view prefix = "TICKMESH__";
    const auto equals = text.find('=');
    if (!text.starts_with(prefix) || equals == std::string_view::npos) continue;
    std::string key;
    const std::string name = lower(text.substr(prefix.size(), equals - prefix.size()));
    for (std::size_t i = 0; i < name.size(); ++i) {
      if (name.compare(i, 2, "__") == 0) {
        key += '.';
        ++i;
      } else {
        key += name[i];
      }
    }
    if (auto ok = config.set(key, std::string(text.substr(equals + 1)), "environment", std::string(text.substr(0, equals))); !ok)
      return std::unexpected(ok.error());
  }
  for (const auto& [key, value] : flags)
    if (auto ok = config.set(key, value, "flag", "--" + key); !ok) return std::unexpected(ok.error());
  return config;
}

const std::string& Config::text(std::string_view key) const {
  const auto it = entries_.find(key);
  TM_INVARIANT(it != entries_.end(), "the program asks for declared keys only");
  return it->second.value;
}
std::int64_t Config::integer(std::string_view key) const { return std::stoll(text(key)); }
double Config::number(std::string_view key) const { return *as_number(text(key)); }
bool Config::boolean(std::string_view key) const { return text(key) == "true"; }
Money Config::money(std::string_view key) const { return Money::from_double(number(key)); }
Quantity Config::quantity(std::string_view key) const { return Quantity::from_double(number(key)); }

std::vector<std::string> Config::list(std::string_view key) const {
  std::vector<std::string> out;
  std::istringstream all{text(key)};
  for (std::string one; std::getline(all, one, ',');)
    if (!one.empty()) out.push_back(one);
  return out;
}

std::uint64_t Config::hash() const {
  std::uint64_t hash = kFnvOffset;
  for (const auto& [key, entry] : entries_) {
    const bool of_this_machine = key.ends_with("dir") || key.ends_with("file") || key.starts_with("postgres.") ||
                                 key.starts_with("health.") || key.starts_with("log.") || key.starts_with("api.") ||
                                 key == "venue.paper.ledger" || key == "gateway.take_account" || key == "mesh.instruments" ||
                                 key == "mesh.ordinal" || key == "feed.replay.data" || key == "mesh.listen" ||
                                 key.starts_with("mesh.endpoints.");
    if (of_this_machine) continue;
    // The value, not its spelling: 1.00 in the file is the 1 of the default.
    const KeyType type = find_key(key)->type;
    const std::string value = type == KeyType::number    ? fmt::format("{}", number(key))
                              : type == KeyType::integer ? std::to_string(integer(key))
                                                         : entry.value;
    hash = fnv1a64(fmt::format("{}={}\n", key, value), hash);
  }
  return hash;
}

namespace {

/// One [[instrument]] table, field by field; what is wrong is kept and told with its place.
class InstrumentTable {
 public:
  InstrumentTable(const toml::table& table, std::string where) : table_{table}, where_{std::move(where)} {}

  template <class T>
  T exact(const char* field, const char* fallback = nullptr) {
    const auto text = table_[field].value<std::string>();
    if (!text && (fallback == nullptr || table_.contains(field)))
      return fail(field, "a decimal in quotes", "it is missing or no text"), T{};
    auto parsed = T::parse(text ? *text : fallback);
    if (!parsed) return fail(field, parsed.error().rule, parsed.error().message), T{};
    return *parsed;
  }
  /// At least 0; 0 when it is left out.
  double number(const char* field) {
    if (!table_.contains(field)) return 0;
    const auto value = table_[field].value<double>();
    if (!value || !std::isfinite(*value) || *value < 0) return fail(field, "a number of at least 0", "it is not"), 0;
    return *value;
  }
  std::string text(const char* field, const char* fallback) {
    if (!table_.contains(field)) return fallback;
    const auto value = table_[field].value<std::string>();
    if (!value || value->empty()) return fail(field, "a text", "it is none"), std::string{};
    return *value;
  }
  int decimals(const char* field) {
    if (!table_.contains(field)) return 2;
    const auto value = table_[field].value<std::int64_t>();
    if (!value || *value < 0 || *value > 8) return fail(field, "an integer from 0 to 8", "it is not"), 2;
    return static_cast<int>(*value);
  }
  /// 0 to 1; 0 when it is left out.
  double share(const char* field) {
    const double value = number(field);
    if (value > 1) return fail(field, "0 to 1", "it is above"), 0;
    return value;
  }
  bool flag(const char* field) {
    if (!table_.contains(field)) return false;
    const auto value = table_[field].value_exact<bool>();
    if (!value) return fail(field, "true or false", "it is neither"), false;
    return *value;
  }
  /// So many ticks as a price; zero when it is left out.
  Price ticks(const char* field, Price tick) {
    if (!table_.contains(field)) return {};
    const auto value = table_[field].value<std::int64_t>();
    const std::int64_t most = tick.raw() > 0 ? (std::int64_t{1} << 60) / tick.raw() : 0;
    if (!value || *value < 1 || *value > most) return fail(field, "a whole number of ticks, at least 1", "it is not"), Price{};
    return Price::from_raw(tick.raw() * *value);
  }
  void known_fields() {
    static constexpr std::string_view known[] = {"symbol",   "tick_size",         "lot",          "multiplier",       "currency",
                                                 "calendar", "reference_price",   "daily_volume", "daily_volatility", "price_decimals",
                                                 "demo",     "profile_row_ticks", "volume_share", "from_bars"};
    for (const auto& [name, node] : table_)
      if (std::ranges::find(known, name.str()) == std::end(known))
        fail(std::string(name.str()), "a known field", "see the comments on top of the file");
  }
  void fail(const std::string& field, const std::string& rule, const std::string& message) {
    if (!error_) error_ = Error{"bad_value", field, rule, where_ + ": " + message};
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  const toml::table& table_;
  std::string where_;
  std::optional<Error> error_;
};

/// Calls `each(table, symbol, where)` for every instrument of the file.
template <class Each>
Result<void> for_each_instrument(const std::string& path, Each each) {
  auto table = parse_file(path);
  if (!table) return std::unexpected(table.error());
  const toml::array* list = (*table)["instrument"].as_array();
  if (list == nullptr) return bad_value(path, "[[instrument]] tables", "there is none");
  for (const auto& node : *list) {
    const toml::table* t = node.as_table();
    if (t == nullptr) return bad_value(path, "[[instrument]] tables", "an entry is no table");
    const auto where = fmt::format("{}:{}", path, t->source().begin.line);
    auto symbol = Symbol::parse((*t)["symbol"].value_or(std::string{}));
    if (!symbol) return bad_value("symbol", symbol.error().rule, where + ": " + symbol.error().message);
    if (auto ok = each(*t, *symbol, where); !ok) return ok;
  }
  return {};
}

}  // namespace

Result<Instruments> load_instruments(const std::string& path) {
  std::vector<Instrument> all;
  auto ok = for_each_instrument(path, [&](const toml::table& t, const Symbol& symbol, const std::string& where) -> Result<void> {
    InstrumentTable fields{t, where + ": " + symbol.str()};
    fields.known_fields();
    Instrument i;
    i.symbol = symbol;
    i.tick_size = fields.exact<Price>("tick_size");
    i.lot = fields.exact<Quantity>("lot");
    i.multiplier = fields.exact<Quantity>("multiplier", "1");
    i.currency = fields.text("currency", "USD");
    i.calendar = fields.text("calendar", "24x7");
    i.reference_price = fields.exact<Price>("reference_price", "0");
    i.daily_volume = fields.number("daily_volume");
    i.daily_volatility = fields.number("daily_volatility");
    i.price_decimals = fields.decimals("price_decimals");
    i.profile_row = fields.ticks("profile_row_ticks", i.tick_size);
    i.volume_share = fields.share("volume_share");
    i.from_bars = fields.flag("from_bars");
    if (fields.error()) return std::unexpected(*fields.error());
    all.push_back(i);
    return {};
  });
  if (!ok) return std::unexpected(ok.error());
  auto made = Instruments::make(std::move(all));
  if (!made) return bad_value(made.error().field, made.error().rule, path + ": " + made.error().message);
  return made;
}

Result<std::map<Symbol, std::map<std::string, double>>> load_instrument_numbers(const std::string& path, const std::string& table) {
  std::map<Symbol, std::map<std::string, double>> all;
  auto ok = for_each_instrument(path, [&](const toml::table& t, const Symbol& symbol, const std::string&) -> Result<void> {
    if (const toml::table* inner = t[table].as_table())
      for (const auto& [name, node] : *inner)
        if (const auto value = node.value<double>()) all[symbol][std::string(name.str())] = *value;
    return {};
  });
  if (!ok) return std::unexpected(ok.error());
  return all;
}

}  // namespace tickmesh
