// Which rows the tables should hold, from the events alone.
#pragma once
#include "database.hpp"
#include "events.hpp"

namespace auditor {

/// How a column is read and compared. Times are kept to the microsecond, floor; exact numbers to 10^-8.
enum class As : std::uint8_t { text, integer, flag, exact, real, time, whole };
struct Column {
  std::string name;
  As as{As::text};
};

/// One table. `expected` gives the names whose row it should hold; `row` the columns after the event's own.
struct Table {
  std::string name;
  std::string where;  ///< of the rows that are compared; empty: all
  std::vector<Column> columns;
  std::vector<Event> expected;
  std::function<Row(const Event&)> row;
};

/// Columns every table opens with: the event's name, times and cause.
const std::vector<Column>& event_columns();
Row event_cells(const Event& event);

/// `instruments`: symbol by id, as the database has them.
std::vector<Table> tables(const MeshData& mesh, const std::map<std::uint64_t, std::string>& instruments);

}  // namespace auditor
