// The layouts of recorded data that a replay reads. The next one is a function and a line in `layouts()`.
#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "tick_ingestor/feeds/replay/row_format.hpp"

namespace tickmesh::replay {

struct Layout {
  std::string_view name;
  /// What `path` holds by its name and place, and by what lies beside it. Nothing: it is no file of this layout. Error: it is, and cannot
  /// be read.
  Result<std::optional<DataFile>> (*recognise)(const std::filesystem::path& path);
};
/// The first one that knows a file has it.
std::span<const Layout> layouts();

/// LEAN's Data folder: <class>/<market>/<tick|second|minute>/<symbol>/<day>_<quote|trade>.<zip|csv|csv.gz>, times in milliseconds since
/// local midnight of the day. Equities are New York's, their prices in units of 0.0001 dollars, their quote ticks one side a row: the quote
/// is the last bid row and the last ask row. FXCM is fixed UTC-5; Oanda and crypto venues are UTC. A bar becomes one tick, its closing
/// quote with the last sizes, or its closing price with the bar's volume, at the bar's last millisecond: so it lies within its bar, nothing
/// before the bar's end is told early, and volumes add up. What happened inside a bar is not made up.
Result<std::optional<DataFile>> lean_file(const std::filesystem::path& path);

/// Any CSV with a `columns.toml` in its folder:
///   time = "timestamp"    the column's name, or its number from 1 where the file has no header line
///   format = "iso"        or s, ms, ns: numbers since 1970 UTC
///   zone = "UTC"          of iso times without an offset
///   symbol = "<file name>"  or a column
///   bid = "b"  ask = "a"  bid_size = ""  ask_size = ""  price = "p"  size = "s"   those there are
///   price_scale = 1       prices are stored times this: a power of ten
///   header = true  separator = ","  venue = "CSV"  and for instruments that are not configured: currency, calendar, tick_size, lot
Result<std::optional<DataFile>> csv_file(const std::filesystem::path& path);

/// Recorded Binance streams: <spot|usdm|cm>_<symbol>_<day>[.gz], a line as `parse_binance` reads it. Trades and best quotes become ticks of
/// BTCUSDT.BINANCE, BTCUSDT.USDM or BTCUSD_PERP.COINM at their time of receipt, the one clock that all lines have; depth and the
/// snapshot become depth, by the venue's own numbers. A coin-margined size is in contracts.
Result<std::optional<DataFile>> binance_file(const std::filesystem::path& path);

/// LOBSTER: <symbol>_<day>_<from>_<to>_message_<levels>.csv[.gz]. Executions, visible and hidden, become trades of <symbol>.NASDAQ, their
/// aggressor on the other side of the resting order. The book published beside it (_orderbook_), a line an event, becomes depth at
/// the events' times: a snapshot first, then what changed from line to line. Without it there is none: messages tell neither what rests
/// since before the open nor what lies below the levels they are of.
Result<std::optional<DataFile>> lobster_file(const std::filesystem::path& path);

}  // namespace tickmesh::replay
