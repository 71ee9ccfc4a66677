#include <algorithm>
#include <cstdlib>

#include "cells.hpp"
#include "checks.hpp"

namespace auditor {
namespace {

std::string select_of(const Column& c) {
  switch (c.as) {
    case As::exact: return "(" + c.name + " * 100000000)::bigint::text";
    case As::time: return "(extract(epoch from " + c.name + ") * 1000000)::bigint::text";
    case As::flag: return "(" + c.name + ")::int::text";
    default: return "(" + c.name + ")::text";
  }
}

bool equal(const Column& c, const Cell& expected, const Cell& found) {
  if (expected.has_value() != found.has_value()) return false;
  if (!expected) return true;
  if (c.as != As::real) return *expected == *found;
  return std::strtod(expected->c_str(), nullptr) == std::strtod(found->c_str(), nullptr);
}

std::string shown(const Cell& cell) { return cell ? "'" + *cell + "'" : "NULL"; }

std::uint64_t stream_of(const std::string& name) {
  return static_cast<std::uint64_t>(std::find(kStreamNames.begin(), kStreamNames.end(), name) - kStreamNames.begin());
}

void check(const Table& table, Database& database, Report& report) {
  const std::string kind = "table " + table.name;
  auto expected = table.expected;
  std::ranges::sort(expected, {}, &Event::name);
  std::vector<bool> seen(expected.size());
  auto columns = event_columns();
  columns.insert(columns.end(), table.columns.begin(), table.columns.end());
  std::string select;
  for (const auto& c : columns) select += (select.empty() ? "select " : ", ") + select_of(c);
  select += " from " + table.name + (table.where.empty() ? "" : " where " + table.where);
  database.each(select, [&](const Row& found) {
    const Name name{static_cast<std::uint8_t>(stream_of(found[0].value_or(""))),
                    static_cast<std::uint8_t>(std::stoul(found[1].value_or("0"))), std::stoull(found[2].value_or("0")),
                    std::stoull(found[3].value_or("0"))};
    const auto it = std::ranges::lower_bound(expected, name, {}, &Event::name);
    if (!report.expect(it != expected.end() && it->name == name, kind,
                       [&] { return "a row of " + to_string(name) + ", whose row it is not"; }))
      return;
    const auto index = static_cast<std::size_t>(it - expected.begin());
    if (!report.expect(!seen[index], kind, [&] { return "a second row of " + to_string(name); })) return;
    seen[index] = true;
    auto cells = event_cells(*it);
    auto own = table.row(*it);
    cells.insert(cells.end(), own.begin(), own.end());
    std::string differs;
    for (std::size_t c = 0; c < columns.size(); ++c)
      if (!equal(columns[c], cells.at(c), found[c]))
        differs += ' ' + columns[c].name + " is " + shown(found[c]) + ", said was " + shown(cells[c]);
    report.expect(differs.empty(), kind, [&] { return to_string(name) + ':' + differs; });
  });
  for (std::size_t i = 0; i < expected.size(); ++i)
    report.expect(seen[i], kind, [&] { return "no row of " + to_string(expected[i].name); });
}

}  // namespace

const std::vector<Column>& event_columns() {
  static const std::vector<Column> columns{{"stream"},
                                           {"partition", As::integer},
                                           {"epoch", As::integer},
                                           {"sequence", As::integer},
                                           {"time", As::time},
                                           {"event_time", As::time},
                                           {"cause_stream"},
                                           {"cause_partition", As::integer},
                                           {"cause_epoch", As::integer},
                                           {"cause_sequence", As::integer},
                                           {"cause_time", As::time}};
  return columns;
}

Row event_cells(const Event& event) {
  const Header h = header_of(event);
  Row row{kStreamNames[event.name.stream],
          number(event.name.partition),
          number(event.name.epoch),
          number(event.name.sequence),
          time(h.time),
          time(h.event_time)};
  if (!h.caused) {
    row.resize(row.size() + 5);
    return row;
  }
  for (Cell cell :
       {Cell{kStreamNames[h.cause.stream]}, number(h.cause.partition), number(h.cause.epoch), number(h.cause.sequence), time(h.cause_time)})
    row.push_back(std::move(cell));
  return row;
}

std::vector<Event> last_of(const std::vector<Event>& events, const std::function<std::string(const Event&)>& key) {
  std::map<std::string, Event> last;
  for (const Event& e : events) last[key(e)] = e;
  std::vector<Event> out;
  for (const auto& [k, e] : last) out.push_back(e);
  return out;
}

std::vector<Event> those(const std::vector<Event>& events, const std::function<bool(const Event&)>& wanted) {
  std::vector<Event> out;
  std::ranges::copy_if(events, std::back_inserter(out), wanted);
  return out;
}

std::vector<Table> tables(const MeshData& mesh, const std::map<std::uint64_t, std::string>& instruments) {
  std::vector<Table> all;
  market_tables(mesh, instruments, all);
  metrics_tables(mesh, all);
  position_tables(mesh, all);
  order_tables(mesh, all);
  return all;
}

void check_tables(const MeshData& mesh, Database& database, Report& report) {
  std::map<std::uint64_t, std::string> instruments;
  database.each("select instrument_id::text, symbol from tick_ingestor.symbols",
                [&](const Row& row) { instruments[std::stoull(row[0].value_or("0"))] = row[1].value_or(""); });
  for (const Table& table : tables(mesh, instruments)) check(table, database, report);
  for (const char* service : {"tick_ingestor", "bar_compressor", "metrics_engine", "position_manager", "broker_gateway", "api_gateway"}) {
    const auto gaps = database.one("select count(*) from " + std::string(service) + ".projection_gaps");
    report.expect(gaps == "0", "projection gaps", [&] { return std::string(service) + " has " + gaps; });
  }
}

}  // namespace auditor
