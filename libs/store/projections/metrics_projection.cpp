#include "store/projections/metrics_projection.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <utility>

namespace tickmesh {
namespace {

using enum SqlType;

struct Field {
  const char* name;
  Value Metrics::* value;
};
/// In column order; `statuses` has a letter for each.
constexpr Field kValues[] = {
    {"mid", &Metrics::mid},
    {"z_score", &Metrics::z_score},
    {"mean", &Metrics::mean},
    {"sd", &Metrics::sd},
    {"sd_bp", &Metrics::sd_bp},
    {"half_life", &Metrics::half_life},
    {"window_span_s", &Metrics::window_span_s},
    {"spread_bp", &Metrics::spread_bp},
    {"spread_mean_bp", &Metrics::spread_mean_bp},
    {"spread_sd_bp", &Metrics::spread_sd_bp},
    {"spread_cv", &Metrics::spread_cv},
    {"spread_regime", &Metrics::spread_regime},
    {"trend_slope", &Metrics::trend_slope},
    {"trend_t", &Metrics::trend_t},
    {"cost_bp", &Metrics::cost_bp},
    {"round_trip_bp", &Metrics::round_trip_bp},
};
constexpr std::size_t kCount = std::size(kValues);

std::optional<double> number(const Value& value) { return value.has_value ? std::optional{value.value} : std::nullopt; }

template <std::size_t... I>
void metrics_row(RowBatch& batch, const Name& name, const Metrics& e, const std::string& statuses, std::index_sequence<I...>) {
  const auto price = [](Price p) { return p.is_zero() ? std::nullopt : std::optional{p.to_double()}; };
  batch.row(name, e.header, e.symbol, to_string(e.feed), price(e.bid), price(e.ask), number(e.*kValues[I].value)..., statuses);
}

std::string letters(const Metrics& e) {
  std::string text;
  for (const auto& field : kValues) text += to_string((e.*field.value).status).front();
  return text;
}

/// {"bid":"201.27","ask":"201.29","z_score":{"value":-2.5,"status":"OK"},…}: a value that JSON cannot hold is null.
std::string as_json(const Metrics& e) {
  auto text =
      fmt::format(R"({{"bid":"{}","ask":"{}","feed":"{}","time_ns":{})", e.bid.str(), e.ask.str(), to_string(e.feed), e.header.time.ns);
  for (const auto& field : kValues) {
    const auto& value = e.*field.value;
    const auto shown = value.has_value && std::isfinite(value.value) ? fmt::format("{}", value.value) : "null";
    text += fmt::format(R"(,"{}":{{"value":{},"status":"{}"}})", field.name, shown, to_string(value.status));
  }
  return text + '}';
}

std::vector<RowBatch::Column> metrics_columns() {
  std::vector<RowBatch::Column> columns{{"symbol", text}, {"feed", text}, {"bid", float8}, {"ask", float8}};
  for (const auto& field : kValues) columns.push_back({field.name, float8});
  columns.push_back({"statuses", text});
  return columns;
}

}  // namespace

MetricsProjection::MetricsProjection(const ProjectionOptions& options)
    : metrics_{batch("metrics_engine.metrics", metrics_columns(), {}, RowBatch::Way::copied)},
      signals_{batch("metrics_engine.signals", {{"symbol", text},
                                                {"strategy", text},
                                                {"action", text},
                                                {"confidence", float8},
                                                {"edge_bp", float8},
                                                {"cost_bp", float8},
                                                {"stop", numeric},
                                                {"target", numeric},
                                                {"valid_until", timestamptz},
                                                {"reason", text},
                                                {"inputs", jsonb}})} {
  by_day(metrics_, {.days = options.metrics_days}, options.days_ahead);
}

void MetricsProjection::add(const Name& name, const Event& event) {
  if (const auto* metrics = std::get_if<Metrics>(&event))
    metrics_row(metrics_, name, *metrics, letters(*metrics), std::make_index_sequence<kCount>{});
  if (const auto* e = std::get_if<Signal>(&event))
    signals_.row(name, e->header, e->symbol, e->strategy, to_string(e->action), e->confidence, e->edge_bp, e->cost_bp, unless_zero(e->stop),
                 unless_zero(e->target), e->valid_until, e->reason, as_json(e->inputs));
}

std::vector<Projection::Table> MetricsProjection::tables() const { return {{"metrics", Stream::metrics}, {"signals", Stream::signal}}; }

}  // namespace tickmesh
