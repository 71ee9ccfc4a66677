#include "store/projection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/postgres.hpp"
#include "store/projections/api_projection.hpp"
#include "store/projections/bars_projection.hpp"
#include "store/projections/gateway_projection.hpp"
#include "store/projections/metrics_projection.hpp"
#include "store/projections/positions_projection.hpp"
#include "store/projections/ticks_projection.hpp"

namespace tickmesh {

namespace {

using std::chrono::days;

/// "schema.table" as the two it names.
std::pair<std::string, std::string> parts(const RowBatch& batch) {
  const auto dot = batch.table().find('.');
  return {batch.table().substr(0, dot), batch.table().substr(dot + 1)};
}

std::string iso(std::chrono::sys_days day) {
  const std::chrono::year_month_day date{day};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

void ensure_day(Session& session, const RowBatch& batch, std::chrono::sys_days day) {
  const auto [schema, table] = parts(batch);
  session.exec(fmt::format("select {}.ensure_day($1, $2::date)", quoted(schema)), {table, iso(day)});
}

}  // namespace

void Projection::flush(Session& session, RowBatch::Manner manner) {
  if (copying_) pass(session);
  passed(session);
  open_days(session);
  for (const auto& batch : batches_) batch.flush(session, manner);
}

void Projection::pass(Session& session) {
  if (passed_ == nullptr || passed_->rows() == 0) return;
  if (copying_ && !days_are_open()) passed(session);
  if (!copying_) {
    open_days(session);
    session.copy_begin(passed_->copy_statement());
    copying_ = true;
  }
  passed_->pass(session);
}

void Projection::passed(Session& session) {
  // However it ends, there is none after it.
  if (std::exchange(copying_, false)) session.copy_end();
}

bool Projection::days_are_open() const {
  return std::ranges::all_of(daily_, [](const Daily& table) { return std::ranges::includes(table.opened, table.batch->days()); });
}

void Projection::open_days(Session& session) {
  for (auto& table : daily_)
    for (const auto day : table.batch->days())
      if (table.opened.insert(day).second) ensure_day(session, *table.batch, day);
}

void Projection::committed() {
  for (auto& table : daily_)
    if (!table.batch->days().empty()) table.newest = std::max(table.newest, *table.batch->days().rbegin());
  for (auto& batch : batches_) batch.clear();
}

void Projection::discarded() {
  copying_ = false;
  for (auto& batch : batches_) batch.clear();
  // The transaction is undone, or another instance dropped a day: ask for all of it again.
  for (auto& table : daily_) table.opened.clear();
}

void Projection::maintain(Session& session) {
  for (auto& table : daily_) {
    if (table.newest == std::chrono::sys_days{}) continue;
    for (int ahead = 1; ahead <= table.days_ahead; ++ahead) ensure_day(session, *table.batch, table.newest + days{ahead});
    const auto [schema, name] = parts(*table.batch);
    // Dropped days are forgotten before they go: a late row of one asks for it again.
    if (table.keep.days > 0) {
      const auto first_kept = table.newest - days{table.keep.days - 1};
      table.opened.erase(table.opened.begin(), table.opened.lower_bound(first_kept));
      session.exec(fmt::format("select {}.drop_days_before($1, $2::date)", quoted(schema)), {name, iso(first_kept)});
    }
    if (table.keep.bytes > 0) {
      table.opened.clear();
      session.exec(fmt::format("select {}.drop_days_over($1, $2)", quoted(schema)), {name, std::to_string(table.keep.bytes)});
    }
  }
  for (const auto& table : aged_)
    if (table.days > 0)
      session.exec(fmt::format("delete from {0} where ctid = any(array(select ctid from {0} where {1} < "
                               "(select max({1}) from {0}) - $1::integer * interval '1 day' limit 10000))",
                               quoted_table(table.batch->table()), quoted(table.time)),
                   {std::to_string(table.days)});
}

RowBatch& Projection::by_day(RowBatch& batch, Keep keep, int days_ahead) {
  daily_.push_back({&batch.by_day(), keep, days_ahead});
  return batch;
}

void Projection::keep_rows(RowBatch& batch, const std::string& time, int days) { aged_.push_back({&batch, time, days}); }

RowBatch& Projection::batch(const std::string& table, std::vector<RowBatch::Column> columns, const std::vector<std::string>& key,
                            RowBatch::Way way) {
  return batches_.emplace_back(table, std::move(columns), key, way);
}

std::unique_ptr<Projection> make_projection(const std::string& service, const Instruments& instruments, const ProjectionOptions& options) {
  if (service == "tick_ingestor") return std::make_unique<TicksProjection>(instruments, options);
  if (service == "bar_compressor") return std::make_unique<BarsProjection>(options);
  if (service == "metrics_engine") return std::make_unique<MetricsProjection>(options);
  if (service == "position_manager") return std::make_unique<PositionsProjection>();
  if (service == "broker_gateway") return std::make_unique<GatewayProjection>();
  if (service == "api_gateway") return std::make_unique<ApiProjection>();
  return nullptr;
}

}  // namespace tickmesh
