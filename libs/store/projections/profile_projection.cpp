#include "store/projections/profile_projection.hpp"

#include <optional>
#include <string>
#include <utility>

#include "store/projections/words.hpp"

namespace tickmesh {
namespace {

using enum SqlType;

struct FlowValue {
  const char* name;
  Value Metrics::* value;
};
constexpr FlowValue kFlow[] = {{"ofi", &Metrics::ofi},
                               {"ofi_normalised", &Metrics::ofi_normalised},
                               {"ofi_1s", &Metrics::ofi_1s},
                               {"ofi_1s_normalised", &Metrics::ofi_1s_normalised},
                               {"ofi_z", &Metrics::ofi_z},
                               {"cvd", &Metrics::cvd},
                               {"buy_60s", &Metrics::buy_60s},
                               {"sell_60s", &Metrics::sell_60s},
                               {"pressure_60s", &Metrics::pressure_60s},
                               {"buy_100", &Metrics::buy_100},
                               {"sell_100", &Metrics::sell_100},
                               {"pressure_100", &Metrics::pressure_100},
                               {"aggr", &Metrics::aggr},
                               {"momentum", &Metrics::momentum},
                               {"intensity", &Metrics::intensity},
                               {"aggressive", &Metrics::aggressive},
                               {"vpin", &Metrics::vpin},
                               {"depth_imbalance", &Metrics::depth_imbalance},
                               {"depth_ofi", &Metrics::depth_ofi},
                               {"depth_ofi_normalised", &Metrics::depth_ofi_normalised}};

/// "{1.5,2}": as PostgreSQL reads an array.
template <class T>
std::string array_of(const std::vector<T>& values) {
  std::string text{"{"};
  for (const T& value : values) text += (text.size() > 1 ? "," : "") + value.str();
  return text + '}';
}

template <std::size_t... I>
void flow_row(RowBatch& flow, const Name& name, const Metrics& e, const std::string& statuses, std::index_sequence<I...>) {
  flow.row(name, e.header, e.symbol, to_string(e.feed), e.bars[0].length.ns / 1'000'000'000, e.bars[0].closed, number(e.*kFlow[I].value)...,
           statuses);
}

}  // namespace

std::vector<RowBatch::Column> volume_profile_columns() {
  return {{"symbol", text},
          {"feed", text},
          {"synthetic", boolean},
          {"kind", text},
          {"session_start", timestamptz},
          {"session_end", timestamptz},
          {"developed", timestamptz},
          {"approx", boolean},
          {"volume_share", float8},
          {"row_size", numeric},
          {"low", numeric},
          {"rows", numerics},
          {"poc", numeric},
          {"val", numeric},
          {"vah", numeric},
          {"volume", numeric},
          {"inside", numeric},
          {"hvn", numerics},
          {"lvn", numerics},
          {"vpin", float8}};
}

std::vector<RowBatch::Column> market_state_columns() {
  return {{"symbol", text},        {"feed", text},      {"synthetic", boolean}, {"session_start", timestamptz},
          {"state", text},         {"in_frac", float8}, {"efficiency", float8}, {"accept_up", bigint},
          {"accept_down", bigint}, {"cvd", numeric},    {"reason", text}};
}

std::vector<RowBatch::Column> order_flow_columns() {
  std::vector<RowBatch::Column> columns{{"symbol", text}, {"feed", text}, {"length_s", bigint}, {"closed", timestamptz}};
  for (const auto& field : kFlow) columns.push_back({field.name, float8});
  columns.push_back({"statuses", text});
  return columns;
}

void add_profile_rows(RowBatch& profiles, RowBatch& states, const Name& name, const ProfileEvent& e) {
  const bool completed = e.kind == ProfileEventKind::completed;
  if (completed || e.kind == ProfileEventKind::developing) {
    const bool any = !e.rows.empty();
    const auto price = [any](Price p) { return any ? std::optional{p} : std::nullopt; };
    profiles.row(name, e.header, e.symbol, to_string(e.feed), e.synthetic, to_string(e.kind), e.session_start, e.session_end,
                 completed ? Timestamp{} : e.header.time, e.approx, unless_zero(e.volume_share), e.row_size, price(e.low), array_of(e.rows),
                 price(e.poc), price(e.val), price(e.vah), e.volume, e.inside, array_of(e.hvn), array_of(e.lvn), number(e.vpin));
  }
  if (e.kind == ProfileEventKind::state_changed)
    states.row(name, e.header, e.symbol, to_string(e.feed), e.synthetic, e.session_start, to_string(e.state), number(e.in_frac),
               number(e.efficiency), std::int64_t{e.accept_up}, std::int64_t{e.accept_down}, e.cvd, e.reason);
}

void add_order_flow_row(RowBatch& flow, const Name& name, const Metrics& e) {
  std::string statuses;
  for (const auto& field : kFlow) statuses += to_string((e.*field.value).status).front();
  flow_row(flow, name, e, statuses, std::make_index_sequence<std::size(kFlow)>{});
}

}  // namespace tickmesh
