// Volume profiles, market states and order flow.
#include <utility>

#include "cells.hpp"

namespace auditor {
namespace {

constexpr const char* kKinds[] = {"", "developing", "completed", "state_changed", "lvn"};
constexpr const char* kStates[] = {"UNKNOWN", "BALANCE", "IMBALANCE_UP", "IMBALANCE_DOWN"};
constexpr std::uint64_t kDeveloping = 1, kCompleted = 2, kStateChanged = 3;
constexpr unsigned kMetricsBars = 65;  // the field of Metrics

/// A column and its field of Metrics.
struct FlowValue {
  const char* name;
  unsigned field;
};
constexpr FlowValue kFlow[] = {{"ofi", 35},          {"ofi_normalised", 36},
                               {"ofi_1s", 37},       {"ofi_1s_normalised", 38},
                               {"ofi_z", 66},        {"cvd", 45},
                               {"buy_60s", 51},      {"sell_60s", 52},
                               {"pressure_60s", 53}, {"buy_100", 46},
                               {"sell_100", 47},     {"pressure_100", 48},
                               {"aggr", 56},         {"momentum", 57},
                               {"intensity", 58},    {"aggressive", 59},
                               {"vpin", 83},         {"depth_imbalance", 84},
                               {"depth_ofi", 85},    {"depth_ofi_normalised", 86}};

Cell value_of(const Message& value) { return value.u(3) != 0 ? real(value.d(1)) : Cell{}; }

/// Packed numbers as PostgreSQL shows an array of decimals; no price and no volume is below zero.
Cell array(std::string_view packed) {
  std::string out{"{"};
  while (!packed.empty()) {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (packed.empty()) return Cell{"?"};
      const auto byte = static_cast<unsigned char>(packed.front());
      packed.remove_prefix(1);
      number |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) break;
    }
    char one[40];
    std::snprintf(one, sizeof one, "%s%llu.%08llu", out.size() > 1 ? "," : "", static_cast<unsigned long long>(number / 100'000'000),
                  static_cast<unsigned long long>(number % 100'000'000));
    out += one;
  }
  return out + '}';
}

Row profile_row(const Event& e) {
  const Message m{e.bytes};
  const bool any = !m.text(12).empty();
  const auto price = [any](std::int64_t e8) { return any ? exact(e8) : Cell{}; };
  return {text(m.text(2)),
          text(one_of(kFeeds, m.u(3))),
          flag(m.u(4) != 0),
          text(one_of(kKinds, m.u(5))),
          time(m.i(6)),
          time(m.i(7)),
          m.u(5) == kCompleted ? Cell{} : event_cells(e).at(4),
          flag(m.u(8) != 0),
          m.d(9) == 0 ? Cell{} : real(m.d(9)),
          exact(m.i(10)),
          price(m.i(11)),
          array(m.text(12)),
          price(m.i(13)),
          price(m.i(14)),
          price(m.i(15)),
          exact(m.i(16)),
          exact(m.i(17)),
          array(m.text(18)),
          array(m.text(19)),
          value_of(m.sub(31))};
}

Row state_row(const Event& e) {
  const Message m{e.bytes};
  return {text(m.text(2)),     text(one_of(kFeeds, m.u(3))), flag(m.u(4) != 0), time(m.i(6)),    text(one_of(kStates, m.u(20))),
          value_of(m.sub(21)), value_of(m.sub(22)),          number(m.u(23)),   number(m.u(24)), exact(m.i(25)),
          text(m.text(26))};
}

/// The first bar is the shortest of those that are said; whether it closed since the event before.
bool says_flow(const Message& metrics) {
  bool first = true, says = false;
  metrics.each(kMetricsBars, [&](const Message& bar) {
    if (std::exchange(first, false)) says = bar.u(3) != 0;
  });
  return says;
}

Row flow_row(const Event& e) {
  const Message m{e.bytes};
  Row row{text(m.text(2)), text(one_of(kFeeds, m.u(3)))};
  m.each(kMetricsBars, [&](const Message& bar) {
    if (row.size() == 2) row.insert(row.end(), {integer(bar.i(1) / 1'000'000'000), time(bar.i(2))});
  });
  std::string statuses;
  for (const FlowValue& one : kFlow) {
    const Message value = m.sub(one.field);
    row.push_back(value_of(value));
    statuses += value.u(2) < 5 ? "WWOUS"[value.u(2)] : '?';
  }
  row.push_back(text(statuses));
  return row;
}

}  // namespace

void profile_tables(const MeshData& mesh, std::vector<Table>& out) {
  const auto of_kind = [&](auto wanted) {
    return those(mesh.said(kProfile), [wanted](const Event& e) { return wanted(Message{e.bytes}.u(5)); });
  };
  out.push_back({"metrics_engine.volume_profile",
                 "",
                 {{"symbol"},
                  {"feed"},
                  {"synthetic", As::flag},
                  {"kind"},
                  {"session_start", As::time},
                  {"session_end", As::time},
                  {"developed", As::time},
                  {"approx", As::flag},
                  {"volume_share", As::real},
                  {"row_size", As::exact},
                  {"low", As::exact},
                  {"rows"},
                  {"poc", As::exact},
                  {"val", As::exact},
                  {"vah", As::exact},
                  {"volume", As::exact},
                  {"inside", As::exact},
                  {"hvn"},
                  {"lvn"},
                  {"vpin", As::real}},
                 of_kind([](std::uint64_t kind) { return kind == kDeveloping || kind == kCompleted; }),
                 profile_row});
  out.push_back({"metrics_engine.market_state",
                 "",
                 {{"symbol"},
                  {"feed"},
                  {"synthetic", As::flag},
                  {"session_start", As::time},
                  {"state"},
                  {"in_frac", As::real},
                  {"efficiency", As::real},
                  {"accept_up", As::integer},
                  {"accept_down", As::integer},
                  {"cvd", As::exact},
                  {"reason"}},
                 of_kind([](std::uint64_t kind) { return kind == kStateChanged; }),
                 state_row});
  std::vector<Column> flow{{"symbol"}, {"feed"}, {"length_s", As::integer}, {"closed", As::time}};
  for (const FlowValue& one : kFlow) flow.push_back({one.name, As::real});
  flow.push_back({"statuses"});
  out.push_back({"metrics_engine.order_flow", "", flow,
                 those(mesh.said(kMetrics), [](const Event& e) { return says_flow(Message{e.bytes}); }), flow_row});
}

}  // namespace auditor
