#include "store/projections/metrics_projection.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/metric_values.hpp"
#include "store/projections/profile_projection.hpp"
#include "store/projections/words.hpp"

namespace tickmesh {
namespace {

using enum SqlType;

template <std::size_t... I>
void metrics_row(RowBatch& batch, const Name& name, const Metrics& e, const std::string& statuses, std::index_sequence<I...>) {
  const auto price = [](Price p) { return p.is_zero() ? std::nullopt : std::optional{p.to_double()}; };
  batch.row(name, e.header, e.symbol, to_string(e.feed), price(e.bid), price(e.ask), number(e.*kMetricValues[I].value)..., statuses);
}

/// One letter a value, in the order of `fields`.
template <class T>
std::string letters(const T& e, const auto& fields) {
  std::string text;
  for (const auto& field : fields) text += to_string((e.*field.value).status).front();
  return text;
}

template <std::size_t... I>
void indicators_row(RowBatch& batch, const Name& name, const Metrics& e, const BarIndicators& bar, std::index_sequence<I...>) {
  batch.row(name, e.header, e.symbol, bar.length.ns / 1'000'000'000, bar.closed, static_cast<std::int64_t>(bar.bars),
            number(bar.*kBarValues[I].value)..., letters(bar, kBarValues));
}

template <class T>
void values_json(std::string& text, const T& e, const auto& fields) {
  for (const auto& field : fields) {
    const Value& value = e.*field.value;
    const auto shown = value.has_value && std::isfinite(value.value) ? fmt::format("{}", value.value) : "null";
    text += fmt::format(R"(,"{}":{{"value":{},"status":"{}"}})", field.name, shown, to_string(value.status));
  }
}

/// {"bid":"201.27","ask":"201.29","z_score":{"value":-2.5,"status":"OK"},…,"bars":{"10s":{…},…}}: a value that JSON cannot hold is null.
std::string as_json(const Metrics& e) {
  auto text =
      fmt::format(R"({{"bid":"{}","ask":"{}","feed":"{}","time_ns":{})", e.bid.str(), e.ask.str(), to_string(e.feed), e.header.time.ns);
  values_json(text, e, kMetricValues);
  text += R"(,"bars":{)";
  for (const BarIndicators& bar : e.bars) {
    if (bar.length == Duration{}) break;
    if (text.back() != '{') text += ',';
    text += fmt::format(R"("{}s":{{"closed_ns":{},"bars":{})", bar.length.ns / 1'000'000'000, bar.closed.ns, bar.bars);
    values_json(text, bar, kBarValues);
    text += '}';
  }
  text += '}';
  return text + '}';
}

/// [["61837.63","3.78826"],…]
std::string levels_json(const std::vector<DepthLevel>& levels) {
  std::string text = "[";
  for (const DepthLevel& level : levels)
    text += fmt::format(R"({}["{}","{}"])", text.size() > 1 ? "," : "", level.price.str(), level.size.str());
  return text + ']';
}

Timestamp minute_of(Timestamp t) { return {t.ns - t.ns % 60'000'000'000}; }

std::vector<RowBatch::Column> metrics_columns() {
  std::vector<RowBatch::Column> columns{{"symbol", text}, {"feed", text}, {"bid", float8}, {"ask", float8}};
  for (const auto& field : kMetricValues) columns.push_back({field.name, float8});
  columns.push_back({"statuses", text});
  return columns;
}

std::vector<RowBatch::Column> indicators_columns() {
  std::vector<RowBatch::Column> columns{{"symbol", text}, {"length_s", bigint}, {"closed", timestamptz}, {"bars", bigint}};
  for (const auto& field : kBarValues) columns.push_back({field.name, float8});
  columns.push_back({"statuses", text});
  return columns;
}

}  // namespace

MetricsProjection::MetricsProjection(const ProjectionOptions& options)
    : metrics_{batch("metrics_engine.metrics", metrics_columns(), {}, RowBatch::Way::copied)},
      indicators_{batch("metrics_engine.indicators", indicators_columns(), {}, RowBatch::Way::copied)},
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
                                                {"inputs", jsonb}})},
      profiles_{batch("metrics_engine.volume_profile", volume_profile_columns())},
      states_{batch("metrics_engine.market_state", market_state_columns())},
      flow_{batch("metrics_engine.order_flow", order_flow_columns(), {}, RowBatch::Way::copied)},
      book_{batch("metrics_engine.book",
                  {{"symbol", text},
                   {"minute", timestamptz},
                   {"feed", text},
                   {"synthetic", boolean},
                   {"live", boolean},
                   {"reason", text},
                   {"last_update", numeric},
                   {"resyncs", bigint},
                   {"bids", jsonb},
                   {"asks", jsonb},
                   {"imbalance", float8},
                   {"ofi", float8},
                   {"ofi_normalised", float8},
                   {"statuses", text}},
                  {"symbol", "minute"})} {
  by_day(metrics_, {.days = options.metrics_days}, options.days_ahead);
  pass_on(metrics_);
  by_day(indicators_, {.days = options.metrics_days}, options.days_ahead);
  by_day(flow_, {.days = options.metrics_days}, options.days_ahead);
  keep_rows(profiles_, "developed", options.metrics_days);  // a completed one never developed: it stays
  keep_rows(states_, "time", options.metrics_days);
  keep_rows(book_, "minute", options.book_days);
  keep_rows(signals_, "time", options.signal_days);
}

void MetricsProjection::add(const Name& name, const Event& event) {
  if (const auto* metrics = std::get_if<Metrics>(&event)) {
    metrics_row(metrics_, name, *metrics, letters(*metrics, kMetricValues), std::make_index_sequence<kMetricValueCount>{});
    for (const BarIndicators& bar : metrics->bars)
      if (bar.fresh) indicators_row(indicators_, name, *metrics, bar, std::make_index_sequence<kBarValueCount>{});
    if (metrics->bars[0].fresh) add_order_flow_row(flow_, name, *metrics);
  }
  if (const auto* profile = std::get_if<ProfileEvent>(&event)) add_profile_rows(profiles_, states_, name, *profile);
  if (const auto* e = std::get_if<Signal>(&event))
    signals_.row(name, e->header, e->symbol, e->strategy, to_string(e->action), e->confidence, e->edge_bp, e->cost_bp, unless_zero(e->stop),
                 unless_zero(e->target), e->valid_until, e->reason, as_json(e->inputs));
  if (const auto* e = std::get_if<BookTop>(&event)) {
    std::string statuses;
    for (const Value& value : {e->imbalance, e->ofi, e->ofi_normalised}) statuses += to_string(value.status).front();
    book_.row(name, e->header, e->symbol, minute_of(e->header.event_time), to_string(e->feed), e->synthetic, e->live, e->reason, e->last,
              static_cast<std::int64_t>(e->resyncs), levels_json(e->bids), levels_json(e->asks), number(e->imbalance), number(e->ofi),
              number(e->ofi_normalised), statuses);
  }
}

std::vector<Projection::Table> MetricsProjection::tables() const {
  return {{"metrics", Stream::metrics},        {"indicators", Stream::metrics},   {"signals", Stream::signal},    {"book", Stream::book},
          {"volume_profile", Stream::profile}, {"market_state", Stream::profile}, {"order_flow", Stream::metrics}};
}

}  // namespace tickmesh
