// Configuration: one table of keys with type, default, range and meaning; file, environment and flags fill it, in that order.
// A key is `[service].name` in the file, TICKMESH__SERVICE__NAME in the environment, --service.name on the command line.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/fixed.hpp"
#include "core/instrument.hpp"
#include "core/types.hpp"

namespace tickmesh {

enum class KeyType { text, integer, number, boolean, choice, list };
struct Key {
  std::string_view name;  ///< "venue.paper.latency_ms"
  KeyType type;
  std::string_view fallback;  ///< as text; lists are comma-separated
  double min{0}, max{0};      ///< integer and number: inclusive; both 0: unbounded
  std::string_view choices;   ///< choice, and what a list may hold: "a|b|c"
  std::string_view help;
};
/// Every key there is, in the order of the sample file.
std::span<const Key> config_keys();

class Config {
 public:
  using Overrides = std::vector<std::pair<std::string, std::string>>;  ///< key, text
  /// `path` empty: defaults alone. Errors name file:line, key and rule; an unknown key is refused with the nearest known one.
  static Result<Config> load(const std::string& path, const Overrides& flags, char** environment);

  const std::string& text(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;
  double number(std::string_view key) const;
  bool boolean(std::string_view key) const;
  std::vector<std::string> list(std::string_view key) const;
  Duration ms(std::string_view key) const { return milliseconds(integer(key)); }
  Money money(std::string_view key) const;
  Quantity quantity(std::string_view key) const;
  /// FNV-1a of all effective keys and values but those that name places of this machine; in every heartbeat.
  std::uint64_t hash() const;
  /// All keys with their effective values and where each came from ("default", "file", "environment", "flag").
  struct Entry {
    std::string value, source;
  };
  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }

 private:
  Result<void> set(const std::string& key, const std::string& value, const std::string& source, const std::string& where);
  std::map<std::string, Entry, std::less<>> entries_;
};

/// Reads `instruments.toml`. Errors name file, symbol, field and rule.
Result<Instruments> load_instruments(const std::string& path);
/// Numbers of a sub-table that one feed or venue reads alone: `demo.activity` of each symbol for table "demo".
Result<std::map<Symbol, std::map<std::string, double>>> load_instrument_numbers(const std::string& path, const std::string& table);

}  // namespace tickmesh
