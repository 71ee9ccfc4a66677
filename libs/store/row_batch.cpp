#include "store/row_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "store/postgres.hpp"

namespace tickmesh {
namespace {

std::vector<RowBatch::Column> with_event_columns(std::vector<RowBatch::Column> columns) {
  std::vector<RowBatch::Column> all{
      {"stream", "text"},        {"partition", "smallint"},     {"epoch", "bigint"},           {"sequence", "bigint"},
      {"time", "timestamptz"},   {"event_time", "timestamptz"}, {"cause_stream", "text"},      {"cause_partition", "smallint"},
      {"cause_epoch", "bigint"}, {"cause_sequence", "bigint"},  {"cause_time", "timestamptz"},
  };
  all.insert(all.end(), columns.begin(), columns.end());
  return all;
}

std::string joined(const std::vector<std::string>& parts) { return fmt::format("{}", fmt::join(parts, ", ")); }

std::string quoted_table(const std::string& table) {
  const auto dot = table.find('.');
  return quoted(table.substr(0, dot)) + "." + quoted(table.substr(dot + 1));
}

std::string insert_statement(const std::string& table, const std::vector<RowBatch::Column>& columns, const std::vector<std::string>& key) {
  std::vector<std::string> names, arrays, picked, updates, keys;
  for (const auto& k : key) keys.push_back(quoted(k));
  for (const auto& column : columns) {
    const auto name = quoted(column.name);
    names.push_back(name);
    arrays.push_back(fmt::format("${}::{}[]", names.size(), column.type));
    picked.push_back(column.earliest ? fmt::format("min({0}) over (partition by {1}) as {0}", name, joined(keys)) : name);
    if (std::find(key.begin(), key.end(), column.name) == key.end())
      updates.push_back(column.earliest ? fmt::format("{0} = least(o.{0}, excluded.{0})", name) : fmt::format("{0} = excluded.{0}", name));
  }
  const auto target = fmt::format("insert into {} as o ({})", quoted_table(table), joined(names));
  if (key.empty())
    return fmt::format("{} select {} from unnest({}) as r({}) on conflict do nothing", target, joined(names), joined(arrays),
                       joined(names));
  // One statement may touch a row once, so the last of a key in the batch speaks for it.
  return fmt::format(
      "{} select distinct on ({}) {} from unnest({}) with ordinality as r({}, row_number) order by {}, row_number desc "
      "on conflict ({}) do update set {} where (o.epoch, o.sequence) < (excluded.epoch, excluded.sequence)",
      target, joined(keys), joined(picked), joined(arrays), joined(names), joined(keys), joined(keys), joined(updates));
}

}  // namespace

RowBatch::RowBatch(std::string table, std::vector<Column> columns, std::vector<std::string> key)
    : columns_{with_event_columns(std::move(columns))}, statement_{insert_statement(table, columns_, key)}, arrays_(columns_.size()) {}

std::string& RowBatch::cell() {
  auto& array = arrays_[at_];
  at_ = at_ + 1 == arrays_.size() ? 0 : at_ + 1;
  array += array.empty() ? '{' : ',';
  return array;
}

void RowBatch::begin(const Name& name, const Header& header) {
  // A row that was left half-written by an exception must not shift the next one.
  TM_INVARIANT(at_ == 0, "a row begins where the last one ended");
  put(to_string(name.stream));
  put(static_cast<int>(name.partition));
  put(name.at.epoch);
  put(name.at.sequence);
  put(header.time);
  put(header.event_time);
  const auto& cause = header.cause;
  if (cause == Cause{}) {
    for (int i = 0; i < 5; ++i) null();
    return;
  }
  put(to_string(cause.name.stream));
  put(static_cast<int>(cause.name.partition));
  put(cause.name.at.epoch);
  put(cause.name.at.sequence);
  put(cause.time);
}

void RowBatch::put(std::string_view text) {
  if (text.empty()) return null();
  auto& out = cell();
  out += '"';
  for (const char c : text) {
    if (c == '\0') continue;  // PostgreSQL's text has no such character
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void RowBatch::put(double value) {
  if (std::isnan(value))
    cell() += "NaN";
  else if (std::isinf(value))
    cell() += value > 0 ? "Infinity" : "-Infinity";
  else
    fmt::format_to(std::back_inserter(cell()), "{}", value);
}

void RowBatch::put(Timestamp time) {
  if (!time) return null();
  namespace chrono = std::chrono;
  const auto at = chrono::floor<chrono::microseconds>(chrono::sys_time<chrono::nanoseconds>{chrono::nanoseconds{time.ns}});
  const auto day = chrono::floor<chrono::days>(at);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss clock{at - day};
  fmt::format_to(std::back_inserter(cell()), "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}+00", static_cast<int>(date.year()),
                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(),
                 clock.seconds().count(), clock.subseconds().count());
}

void RowBatch::flush(pqxx::work& w) const {
  if (rows_ == 0) return;
  auto whole = arrays_;
  for (auto& array : whole) array += '}';
  w.exec_params(statement_, pqxx::prepare::make_dynamic_params(whole));
}

void RowBatch::clear() {
  for (auto& array : arrays_) array.clear();
  at_ = 0;
  rows_ = 0;
}

}  // namespace tickmesh
