// What the columns of a data file mean: all a layout has to say of its rows.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/instrument.hpp"
#include "service/zones.hpp"

namespace tickmesh::replay {

enum class Column : std::uint8_t {
  skip,
  day_ms,   ///< milliseconds since local midnight of `RowFormat::day`, decimals allowed; 0 to below 86,400,000
  epoch_s,  ///< seconds since 1970 UTC, decimals allowed
  epoch_ms,
  epoch_ns,
  iso,  ///< 2014-05-06T13:30:00.5; a space for the T; with Z or an offset, else by `RowFormat::zone`
  symbol,
  bid,  ///< zero or empty: that side is missing
  ask,
  bid_size,
  ask_size,
  price,
  size,
  suspicious,  ///< "1": the vendor doubts the row; dropped and counted
};
const char* name_of(Column column);

/// How a line is read.
enum class RowText : std::uint8_t {
  columns,
  binance,  ///< a recorded market stream: its trades and best quotes become ticks, its depth and snapshots depth
  lobster,  ///< an order event: its executions become trades, the book published beside it depth; `day` says which day
};

struct RowFormat {
  RowText text{RowText::columns};
  std::vector<Column> columns{};  ///< by position; rows may have more, not fewer
  char separator{','};
  bool header{false};             ///< the first line names the columns and is no row
  std::int64_t price_divisor{1};  ///< 10,000: prices are stored in units of 0.0001. A power of ten up to 10^8
  std::optional<LocalDay> day{};  ///< for `day_ms`
  std::string zone{};             ///< for `iso` without an offset
  std::string venue{};            ///< of symbols in a column that name none
  bool one_sided{false};          ///< a row moves one side of the quote, the other stands
  Duration shift{};               ///< added to the row's time
  bool has(Column column) const;
  bool quotes() const { return has(Column::bid) || has(Column::ask) || text == RowText::binance; }
  bool trades() const { return has(Column::price) || text != RowText::columns; }
};

/// One file of a data set.
struct DataFile {
  std::string path{};         ///< to open
  std::string name{};         ///< below the data folder, for errors and the data set's hash
  std::string beside{};       ///< LOBSTER: the book published with the events, a line an event; empty: there is none
  Symbol symbol{};            ///< empty: a column says it
  std::optional<Date> day{};  ///< of the file, where its name says one
  std::string resolution{};   ///< tick, second, minute; empty where the layout has none
  RowFormat format{};
  Instrument instrument{};  ///< what the layout knows of an instrument that is not configured; symbol empty
  std::uint64_t bytes{0};   ///< on the disk
  Timestamp not_before{};   ///< no row of it is earlier; zero: not known
};

}  // namespace tickmesh::replay
