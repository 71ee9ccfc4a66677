#include "store/row_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "store/postgres.hpp"

namespace tickmesh {
namespace {

using enum SqlType;

struct TypeFacts {
  const char* name;
  std::int32_t oid;  ///< of PostgreSQL's own types these never change
};
TypeFacts facts(SqlType type) {
  switch (type) {
    case boolean: return {"boolean", 16};
    case smallint: return {"smallint", 21};
    case integer: return {"integer", 23};
    case bigint: return {"bigint", 20};
    case float8: return {"float8", 701};
    case numeric: return {"numeric", 1700};
    case text: return {"text", 25};
    case timestamptz: return {"timestamptz", 1184};
    case jsonb: return {"jsonb", 3802};
    case numerics: return {"text", 25};
  }
  return {"text", 25};
}

std::vector<RowBatch::Column> with_event_columns(std::vector<RowBatch::Column> columns) {
  std::vector<RowBatch::Column> all{
      {"stream", text},        {"partition", smallint},     {"epoch", bigint},           {"sequence", bigint},
      {"time", timestamptz},   {"event_time", timestamptz}, {"cause_stream", text},      {"cause_partition", smallint},
      {"cause_epoch", bigint}, {"cause_sequence", bigint},  {"cause_time", timestamptz},
  };
  all.insert(all.end(), columns.begin(), columns.end());
  return all;
}

std::string joined(const std::vector<std::string>& parts) { return fmt::format("{}", fmt::join(parts, ", ")); }

std::string insert_statement(const std::string& table, const std::vector<RowBatch::Column>& columns, const std::vector<std::string>& key) {
  std::vector<std::string> names, arrays, picked, updates, keys;
  for (const auto& k : key) keys.push_back(quoted(k));
  for (const auto& column : columns) {
    const auto name = quoted(column.name);
    names.push_back(name);
    arrays.push_back(fmt::format("${}::{}[]", names.size(), facts(column.type).name));
    picked.push_back(column.earliest           ? fmt::format("min({0}) over (partition by {1}) as {0}", name, joined(keys))
                     : column.type == numerics ? fmt::format("{0}::numeric[] as {0}", name)
                                               : name);
    if (std::find(key.begin(), key.end(), column.name) == key.end())
      updates.push_back(column.earliest ? fmt::format("{0} = least(o.{0}, excluded.{0})", name) : fmt::format("{0} = excluded.{0}", name));
  }
  const auto target = fmt::format("insert into {} as o ({})", quoted_table(table), joined(names));
  if (key.empty())
    return fmt::format("{} select {} from unnest({}) as r({}) on conflict do nothing", target, joined(picked), joined(arrays),
                       joined(names));
  // One statement may touch a row once, so the last of a key in the batch speaks for it.
  return fmt::format(
      "{} select distinct on ({}) {} from unnest({}) with ordinality as r({}, row_number) order by {}, row_number desc "
      "on conflict ({}) do update set {} where (o.epoch, o.sequence) < (excluded.epoch, excluded.sequence)",
      target, joined(keys), joined(picked), joined(arrays), joined(names), joined(keys), joined(keys), joined(updates));
}

std::string copy_statement_of(const std::string& table, const std::vector<RowBatch::Column>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(quoted(column.name));
  return fmt::format("copy {} ({}) from stdin (format binary)", quoted_table(table), joined(names));
}

template <class T>
T big_endian(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return std::byteswap(value);
}

}  // namespace

RowBatch::RowBatch(const std::string& table, std::vector<Column> columns, const std::vector<std::string>& key, Way way)
    : table_{table},
      columns_{with_event_columns(std::move(columns))},
      insert_{insert_statement(table, columns_, key)},
      copy_{copy_statement_of(table, columns_)},
      way_{way} {
  for (const auto& column : columns_) types_.push_back(column.type);
  TM_INVARIANT(way == Way::inserted || std::ranges::find(types_, numerics) == types_.end(), "a table with arrays is not copied");
  // Thousands of a batch may be of one key: what the server would sort out is not sent.
  if (!key.empty() && std::ranges::none_of(columns_, &Column::earliest))
    for (const auto& column : columns_) speaks_for_.push_back(std::ranges::find(key, column.name) != key.end());
}

void RowBatch::note_day(Timestamp time) {
  const auto day =
      std::chrono::floor<std::chrono::days>(std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{time.ns}});
  days_.insert(day);
  day_from_ = Timestamp{std::chrono::nanoseconds{day.time_since_epoch()}.count()};
  day_to_ = day_from_ + seconds(86'400);
}

std::vector<const std::byte*> RowBatch::inserted() const {
  std::vector<const std::byte*> rows;
  std::unordered_map<std::string, std::size_t> last;
  std::string key;
  const auto* at = cells_.bytes().data();
  for (std::size_t row = 0; row < rows_; ++row) {
    rows.push_back(at);
    key.clear();
    at += 2;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const auto* cell = at;
      at += 4 + std::max(big_endian<std::int32_t>(at), 0);
      if (!speaks_for_.empty() && speaks_for_[c]) key.append(reinterpret_cast<const char*>(cell), static_cast<std::size_t>(at - cell));
    }
    if (speaks_for_.empty()) continue;
    const auto [before, first] = last.try_emplace(key, row);
    if (!first) rows[std::exchange(before->second, row)] = nullptr;
  }
  std::erase(rows, nullptr);
  return rows;
}

/// Each column as a binary array: one dimension from 1 on, its cells as they lie in the rows.
std::vector<Bytes> RowBatch::arrays() const {
  const auto rows = inserted();
  std::vector<CellBuffer> columns(columns_.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i].raw(std::int32_t{1});
    columns[i].raw(std::int32_t{1});  // there may be NULLs
    columns[i].raw(facts(columns_[i].type).oid);
    columns[i].raw(static_cast<std::int32_t>(rows.size()));
    columns[i].raw(std::int32_t{1});
  }
  for (const auto* at : rows) {
    at += 2;
    for (auto& column : columns) {
      const auto length = big_endian<std::int32_t>(at);
      const auto size = static_cast<std::size_t>(4 + std::max(length, 0));
      column.append({at, size});
      at += size;
    }
  }
  std::vector<Bytes> out;
  for (const auto& column : columns) out.emplace_back(column.bytes().begin(), column.bytes().end());
  return out;
}

ByteView RowBatch::ordered() const {
  if (std::ranges::is_sorted(places_, {}, &Place::time)) return cells_.bytes();
  auto places = places_;
  std::ranges::sort(places, {}, [](const Place& p) { return std::pair{p.time, p.at}; });
  const auto rows = cells_.bytes();
  ordered_.clear();
  for (const Place& p : places) ordered_.append(rows.subspan(p.at, p.size));
  return ordered_.bytes();
}

void RowBatch::flush(Session& session, Manner manner) const {
  if (rows_ == 0) return;
  if (way_ == Way::copied && manner == Manner::fast) {
    session.copy_begin(copy_);
    session.copy_rows(ordered());
    session.copy_end();
  } else {
    session.exec_binary(insert_, arrays());
  }
}

void RowBatch::pass(Session& session) {
  session.copy_rows(ordered());
  forget_rows();
}

void RowBatch::forget_rows() {
  cells_.clear();
  places_.clear();
  rows_ = 0;
}

void RowBatch::clear() {
  forget_rows();
  days_.clear();
  day_from_ = day_to_ = {};
}

}  // namespace tickmesh
