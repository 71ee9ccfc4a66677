// Ticks, feeds, bars, metrics and signals.
#include <set>

#include "cells.hpp"

namespace auditor {
namespace {

constexpr const char* kTickKinds[] = {"none", "quote", "trade", "bust"};
constexpr const char* kFeedEvents[] = {"none", "session_started", "session_ended", "gap", "halted", "resumed", "clock_stepped"};
constexpr const char* kBases[] = {"", "trade", "mid"};
constexpr const char* kQualities[] = {"", "complete", "gap", "late", "revised"};
constexpr const char* kActions[] = {"", "WAIT", "ENTER_LONG", "ENTER_SHORT", "EXIT"};
constexpr const char* kValues[] = {
    "mid",
    "z_score",
    "mean",
    "sd",
    "sd_bp",
    "half_life",
    "window_span_s",
    "spread_bp",
    "spread_mean_bp",
    "spread_sd_bp",
    "spread_cv",
    "spread_regime",
    "trend_slope",
    "trend_t",
    "cost_bp",
    "round_trip_bp",
    "regime_down",
    "regime_flat",
    "regime_up",
    "regime",
    "regime_logc",
    "regime_zero_share",
    "regime_rate_down",
    "regime_rate_flat",
    "regime_rate_up",
    "regime_null_down",
    "regime_null_flat",
    "regime_null_up",
    "regime_disagree",
    "ofi",
    "ofi_normalised",
    "ofi_1s",
    "ofi_1s_normalised",
    "book_imbalance",
    "microprice",
    "sign_share_venue",
    "sign_share_quote",
    "sign_share_tick",
    "sign_share_none",
    "cvd",
    "buy_100",
    "sell_100",
    "pressure_100",
    "buy_pct_100",
    "volume_ratio_100",
    "buy_60s",
    "sell_60s",
    "pressure_60s",
    "buy_pct_60s",
    "volume_ratio_60s",
    "aggr",
    "momentum",
    "intensity",
    "aggressive",
    "vwap",
    "vwap_lower",
    "vwap_upper",
    "realised_variance",
    "realised_volatility",
    "ofi_z",
    "poc",
    "val",
    "vah",
    "hvn_above",
    "hvn_below",
    "lvn_above",
    "lvn_below",
    "lvn_ticks",
    "lvn_atr",
    "market_state",
    "in_frac",
    "efficiency",
    "accept_up",
    "accept_down",
    "state_cvd",
    "profile_share",
    "vpin",
    "depth_imbalance",
    "depth_ofi",
    "depth_ofi_normalised",
};
constexpr const char* kBarValues[] = {
    "sma_20",
    "sma_50",
    "ema_12",
    "ema_20",
    "ema_26",
    "ema_50",
    "atr_14",
    "atr_span_s",
    "rsi_14",
    "macd",
    "macd_signal",
    "macd_histogram",
    "bollinger_upper",
    "bollinger_lower",
    "bollinger_b",
    "ewma_volatility",
    "close_volatility",
    "parkinson",
    "garman_klass",
    "rogers_satchell",
    "garman_klass_overnight",
    "close",
    "volume",
    "high_close_20",
    "low_close_20",
    "mean_volume_20",
};
constexpr unsigned kMetricsBars = 65;  // the field of Metrics
/// Values stand before the bars and behind them.
constexpr unsigned value_field(unsigned i) { return 6 + i < kMetricsBars ? 6 + i : 7 + i; }
constexpr std::pair<std::int64_t, const char*> kLengths[] = {{1, "1s"},    {5, "5s"},     {10, "10s"},  {60, "1m"},   {300, "5m"},
                                                             {900, "15m"}, {1800, "30m"}, {3600, "1h"}, {86400, "1d"}};

Row tick_row(const Event& e, const std::map<std::uint64_t, std::string>& instruments) {
  const Message m{e.bytes};
  const auto it = instruments.find(m.u(1));
  return {text(it == instruments.end() ? "#" + std::to_string(m.u(1)) : it->second),
          text(one_of(kTickKinds, m.u(4))),
          text(one_of(kFeeds, m.u(5))),
          flag(m.u(7) != 0),
          real_of(m.i(8)),
          real_of(m.i(9)),
          real_of(m.i(10)),
          real_of(m.i(11)),
          real_of(m.i(12)),
          real_of(m.i(13)),
          text(one_of(kSides, m.u(6))),
          m.u(14) == 0 ? Cell{} : number(m.u(14)),
          integer(m.i(2)),
          integer(m.i(3))};
}

Row bar_row(const Event& e) {
  const Message m{e.bytes};
  return {text(m.text(2)),   text(one_of(kBases, m.u(3))),
          time(m.i(5)),      exact(m.i(6)),
          exact(m.i(7)),     exact(m.i(8)),
          exact(m.i(9)),     exact(m.i(10)),
          number(m.u(11)),   exact(m.i(12)),
          exact(m.i(13)),    text(one_of(kQualities, m.u(14))),
          flag(m.u(15) != 0)};
}

Row metrics_row(const Event& e) {
  const Message m{e.bytes};
  Row row{text(m.text(2)), text(one_of(kFeeds, m.u(3))), real_of(m.i(4)), real_of(m.i(5))};
  std::string statuses;
  for (unsigned i = 0; i < std::size(kValues); ++i) {
    const Message value = m.sub(value_field(i));
    row.push_back(value.u(3) != 0 ? real(value.d(1)) : Cell{});
    statuses += value.u(2) < 5 ? "WWOUS"[value.u(2)] : '?';
  }
  row.push_back(text(statuses));
  return row;
}

/// Whether the event says a bar of this length that closed since the event before.
bool says_bar(const Message& metrics, std::int64_t length_ns) {
  bool said = false;
  metrics.each(kMetricsBars, [&](const Message& bar) { said = said || (bar.i(1) == length_ns && bar.u(3) != 0); });
  return said;
}

Row indicators_row(const Event& e, std::int64_t length_ns) {
  const Message m{e.bytes};
  Row row{text(m.text(2))};
  m.each(kMetricsBars, [&](const Message& bar) {
    if (bar.i(1) != length_ns || bar.u(3) == 0 || row.size() > 1) return;
    row.insert(row.end(), {integer(length_ns / 1'000'000'000), time(bar.i(2)), number(bar.u(4))});
    std::string statuses;
    for (unsigned i = 0; i < std::size(kBarValues); ++i) {
      const Message value = bar.sub(5 + i);
      row.push_back(value.u(3) != 0 ? real(value.d(1)) : Cell{});
      statuses += value.u(2) < 5 ? "WWOUS"[value.u(2)] : '?';
    }
    row.push_back(text(statuses));
  });
  return row;
}

/// An event has a row for each length of which a bar closed; a row of another length is nobody's.
void indicators_tables(const MeshData& mesh, std::vector<Table>& out) {
  std::vector<Column> columns{{"symbol"}, {"length_s", As::integer}, {"closed", As::time}, {"bars", As::integer}};
  for (const char* value : kBarValues) columns.push_back({value, As::real});
  columns.push_back({"statuses"});
  const auto events = mesh.said(kMetrics);
  std::set<std::int64_t> lengths;
  for (const Event& e : events) Message{e.bytes}.each(kMetricsBars, [&](const Message& bar) { lengths.insert(bar.i(1)); });
  std::string known;
  for (const std::int64_t length : lengths) {
    const auto length_s = std::to_string(length / 1'000'000'000);
    known += (known.empty() ? "" : ", ") + length_s;
    out.push_back({"metrics_engine.indicators", "length_s = " + length_s, columns,
                   those(events, [length](const Event& e) { return says_bar(Message{e.bytes}, length); }),
                   [length](const Event& e) { return indicators_row(e, length); }});
  }
  out.push_back({"metrics_engine.indicators", known.empty() ? "" : "length_s not in (" + known + ")", columns, {}, [](const Event& e) {
                   return indicators_row(e, 0);
                 }});
}

Row signal_row(const Event& e) {
  const Message m{e.bytes};
  const Message inputs = m.sub(12);
  Row row{text(m.text(2)),     text(m.text(3)),     text(one_of(kActions, m.u(4))),
          real(m.d(5)),        real(m.d(6)),        real(m.d(7)),
          unless_zero(m.i(8)), unless_zero(m.i(9)), time(m.i(10)),
          text(m.text(11))};
  for (unsigned i = 0; i < std::size(kValues); ++i) {
    const Message value = inputs.sub(value_field(i));
    row.push_back(value.u(3) != 0 ? real(value.d(1)) : Cell{});
  }
  return row;
}

}  // namespace

void market_tables(const MeshData& mesh, const std::map<std::uint64_t, std::string>& instruments, std::vector<Table>& out) {
  out.push_back({"tick_ingestor.ticks",
                 "",
                 {{"symbol"},
                  {"kind"},
                  {"feed"},
                  {"synthetic", As::flag},
                  {"bid", As::real},
                  {"ask", As::real},
                  {"bid_size", As::real},
                  {"ask_size", As::real},
                  {"price", As::real},
                  {"size", As::real},
                  {"aggressor"},
                  {"trade_id", As::whole},
                  {"time_ns", As::integer},
                  {"event_time_ns", As::integer}},
                 mesh.said(kTick),
                 [instruments](const Event& e) { return tick_row(e, instruments); }});
  out.push_back({"tick_ingestor.latest",
                 "",
                 {{"symbol"},
                  {"feed"},
                  {"synthetic", As::flag},
                  {"bid", As::real},
                  {"ask", As::real},
                  {"bid_size", As::real},
                  {"ask_size", As::real},
                  {"last_price", As::real},
                  {"last_size", As::real}},
                 last_of(mesh.said(kLatest), [](const Event& e) { return Message{e.bytes}.str(2); }),
                 [](const Event& e) {
                   const Message m{e.bytes};
                   return Row{text(m.text(2)),   text(one_of(kFeeds, m.u(3))),
                              flag(m.u(4) != 0), real_of(m.i(5)),
                              real_of(m.i(6)),   real_of(m.i(7)),
                              real_of(m.i(8)),   real_of(m.i(9)),
                              real_of(m.i(10))};
                 }});
  out.push_back(
      {"tick_ingestor.feed_events",
       "",
       {{"kind"}, {"feed"}, {"symbol"}, {"from_time", As::time}, {"to_time", As::time}, {"text"}},
       mesh.said(kFeed),
       [](const Event& e) {
         const Message m{e.bytes};
         return Row{
             text(one_of(kFeedEvents, m.u(2))), text(one_of(kFeeds, m.u(3))), text(m.text(4)), time(m.i(5)), time(m.i(6)), text(m.text(7))};
       }});
  for (const auto& [seconds, table] : kLengths) {
    const auto ns = seconds * 1'000'000'000;
    out.push_back({std::string("bar_compressor.bars_") + table,
                   "",
                   {{"symbol"},
                    {"basis"},
                    {"start", As::time},
                    {"open", As::exact},
                    {"high", As::exact},
                    {"low", As::exact},
                    {"close", As::exact},
                    {"volume", As::exact},
                    {"count", As::integer},
                    {"vwap", As::exact},
                    {"signed_volume", As::exact},
                    {"quality"},
                    {"correction", As::flag}},
                   last_of(those(mesh.said(kBar), [ns](const Event& e) { return Message{e.bytes}.i(4) == ns; }),
                           [](const Event& e) {
                             const Message m{e.bytes};
                             return m.str(2) + '/' + std::to_string(m.u(3)) + '/' + std::to_string(m.i(5));
                           }),
                   bar_row});
  }
}

void metrics_tables(const MeshData& mesh, std::vector<Table>& out) {
  std::vector<Column> metrics{{"symbol"}, {"feed"}, {"bid", As::real}, {"ask", As::real}};
  std::vector<Column> signals{{"symbol"},
                              {"strategy"},
                              {"action"},
                              {"confidence", As::real},
                              {"edge_bp", As::real},
                              {"cost_bp", As::real},
                              {"stop", As::exact},
                              {"target", As::exact},
                              {"valid_until", As::time},
                              {"reason"}};
  for (const char* value : kValues) {
    metrics.push_back({value, As::real});
    signals.push_back({"inputs->'" + std::string(value) + "'->>'value'", As::real});
  }
  metrics.push_back({"statuses"});
  out.push_back({"metrics_engine.metrics", "", metrics, mesh.said(kMetrics), metrics_row});
  out.push_back({"metrics_engine.signals", "", signals, mesh.said(kSignal), signal_row});
  indicators_tables(mesh, out);
  profile_tables(mesh, out);
}

}  // namespace auditor
