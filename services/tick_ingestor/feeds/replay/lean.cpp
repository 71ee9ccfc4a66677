#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

#include "tick_ingestor/feeds/replay/layouts.hpp"
#include "tick_ingestor/feeds/replay/words.hpp"

namespace tickmesh::replay {
namespace {

using enum Column;

struct Market {
  std::string_view kind;    ///< the first folder
  std::string_view market;  ///< empty: any
  const char* zone;
  const char* calendar;
};
constexpr Market kMarkets[] = {
    {"equity", "usa", "America/New_York", "XNYS"},
    {"forex", "fxcm", "Etc/GMT+5", "FX"},  // the sign of these names is the other way round: UTC-5
    {"forex", "oanda", "UTC", "FX"},
    {"cfd", "oanda", "UTC", "FX"},
    {"crypto", "", "UTC", "24x7"},
    {"cryptofuture", "", "UTC", "24x7"},
};

/// The columns of a kind of file: `time_ms` first in all.
std::vector<Column> columns(std::string_view kind, std::string_view resolution, bool quotes) {
  if (resolution != "tick" && quotes) return {day_ms, skip, skip, skip, bid, bid_size, skip, skip, skip, ask, ask_size};
  if (resolution != "tick") return {day_ms, skip, skip, skip, price, size};
  if (kind == "equity" && quotes) return {day_ms, bid, bid_size, ask, ask_size, skip, skip, suspicious};
  if (kind == "equity") return {day_ms, price, size, skip, skip, suspicious};
  if (kind == "forex" || kind == "cfd") return {day_ms, bid, ask};
  return quotes ? std::vector{day_ms, bid, bid_size, ask, ask_size} : std::vector{day_ms, price, size};
}

Instrument instrument(std::string_view kind, const std::string& name, const char* calendar) {
  Instrument i;
  i.calendar = calendar;
  i.multiplier = i.lot = Quantity::from_units(1);
  i.currency = kind != "equity" && name.size() > 3 ? name.substr(name.size() - 3) : "USD";
  const bool yen = i.currency == "JPY";
  i.price_decimals = kind == "forex" ? (yen ? 3 : 5) : kind == "cfd" ? 3 : 2;
  std::int64_t step = Price::kScale;
  for (int d = 0; d < i.price_decimals; ++d) step /= 10;
  i.tick_size = Price::from_raw(step);
  if (kind.starts_with("crypto")) i.lot = Quantity::from_raw(Quantity::kScale / 10'000);
  return i;
}

}  // namespace

Result<std::optional<DataFile>> lean_file(const std::filesystem::path& path) {
  std::vector<std::string> parts;
  for (const auto& part : path) parts.push_back(part.string());
  if (parts.size() < 5) return std::nullopt;
  const auto tail = [&](std::size_t from_end) -> const std::string& { return parts[parts.size() - from_end]; };
  const std::string &kind = tail(5), &market = tail(4), &resolution = tail(3), &name = tail(2), &file = tail(1);
  constexpr std::array<std::string_view, 3> resolutions{"tick", "second", "minute"};
  if (std::ranges::find(resolutions, resolution) == resolutions.end()) return std::nullopt;
  if (std::ranges::find(kMarkets, kind, &Market::kind) == std::end(kMarkets)) return std::nullopt;
  const auto dot = file.find('.'), underscore = file.find('_');
  if (dot == std::string::npos || underscore != 8 || dot < underscore) return std::nullopt;
  const std::string what = file.substr(9, dot - 9), ending = file.substr(dot);
  if ((what != "quote" && what != "trade") || (ending != ".zip" && ending != ".csv" && ending != ".csv.gz")) return std::nullopt;

  const auto bad = [&](const char* field, const std::string& rule, const std::string& value) {
    return std::unexpected(Error{"bad_file", path.string(), rule, std::string(field) + " '" + value + "'"});
  };
  const auto* known =
      std::ranges::find_if(kMarkets, [&](const Market& m) { return m.kind == kind && (m.market.empty() || m.market == market); });
  if (known == std::end(kMarkets)) return bad("market", "a market of " + kind + " whose time zone is known", market);
  const auto day = Date::parse(file.substr(0, 8));
  if (!day) return bad("day", "a day as 20131007", file.substr(0, 8));
  auto symbol = Symbol::parse(upper(name) + "." + upper(market));
  if (!symbol) return bad("symbol", symbol.error().rule, name);
  auto local = LocalDay::make(known->zone, *day);
  if (!local) return std::unexpected(local.error());

  const bool quotes = what == "quote";
  DataFile out;
  out.symbol = *symbol;
  out.day = *day;
  out.resolution = resolution;
  out.instrument = instrument(kind, upper(name), known->calendar);
  out.format.columns = columns(kind, resolution, quotes);
  out.format.price_divisor = kind == "equity" ? 10'000 : 1;
  out.format.one_sided = kind == "equity" && resolution == "tick";
  out.format.day = *local;
  out.instrument.from_bars = !quotes && resolution != "tick";
  if (resolution != "tick") out.format.shift = resolution == "second" ? milliseconds(999) : milliseconds(59'999);
  out.not_before = local->at({});
  return out;
}

}  // namespace tickmesh::replay
