#include "store/projections/bars_projection.hpp"

#include <utility>

namespace tickmesh {
namespace {

using enum SqlType;

constexpr std::pair<std::int64_t, const char*> kLengths[] = {
    {1, "bars_1s"},    {5, "bars_5s"},     {10, "bars_10s"},  {60, "bars_1m"},    {300, "bars_5m"},
    {900, "bars_15m"}, {1800, "bars_30m"}, {3600, "bars_1h"}, {86400, "bars_1d"},
};

}  // namespace

BarsProjection::BarsProjection(const ProjectionOptions& options) {
  const std::vector<RowBatch::Column> columns{{"symbol", text},       {"basis", text},   {"start", timestamptz},     {"open", numeric},
                                              {"high", numeric},      {"low", numeric},  {"close", numeric},         {"volume", numeric},
                                              {"count", bigint},      {"vwap", numeric}, {"signed_volume", numeric}, {"quality", text},
                                              {"correction", boolean}};
  const std::vector<std::string> key{"symbol", "basis", "start"};
  for (const auto& [length_s, table] : kLengths) {
    const auto name = std::string("bar_compressor.") + table;
    // In this order: a correction of the same batch finds its bar.
    auto& first = batch(name, columns, key, RowBatch::Way::copied);
    by_length_[length_s] = {&first, &batch(name, columns, key)};
    if (length_s < 3600) keep_rows(first, "start", options.bar_days);
  }
}

void BarsProjection::add(const Name& name, const Event& event) {
  const auto* e = std::get_if<Bar>(&event);
  if (!e) return;
  const auto table = by_length_.find(e->length.ns / seconds(1).ns);
  TM_INVARIANT(table != by_length_.end() && e->length.ns % seconds(1).ns == 0, "a bar has one of the lengths that have a table");
  (e->correction ? table->second.corrections : table->second.first)
      ->row(name, e->header, e->symbol, to_string(e->basis), e->start, e->open, e->high, e->low, e->close, e->volume, e->count, e->vwap,
            e->signed_volume, to_string(e->quality), e->correction);
}

std::vector<Projection::Table> BarsProjection::tables() const {
  std::vector<Table> all;
  for (const auto& [length_s, table] : kLengths) all.push_back({table, Stream::bar});
  return all;
}

}  // namespace tickmesh
