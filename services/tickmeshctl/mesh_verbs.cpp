#include "tickmeshctl/mesh_verbs.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <filesystem>
#include <fstream>
#include <iostream>

namespace tickmesh::ctl {
namespace {

std::string text(const Json& object, const char* key) {
  if (!object.contains(key) || object[key].is_null()) return "";
  return object[key].is_string() ? object[key].get<std::string>() : object[key].dump();
}

int list(const MeshClient& mesh, bool json, const std::string& path, const std::vector<std::pair<std::string, const char*>>& columns,
         const std::string& none) {
  auto data = mesh.get(path);
  if (!data) return failed(json, data.error());
  std::vector<std::string> header;
  for (const auto& [title, key] : columns) header.push_back(title);
  std::vector<std::vector<std::string>> rows;
  for (const Json& item : *data) {
    std::vector<std::string> row;
    for (const auto& [title, key] : columns) row.push_back(text(item, key));
    rows.push_back(std::move(row));
  }
  return done(json, *data, rows.empty() ? none + '\n' : table(header, rows));
}

std::string watch_page(const Json& state) {
  std::string out =
      fmt::format("{}  {} {}  risk {}  equity {} {}  realized {}  unrealized {}\n\n", text(state, "time"), text(state, "mode"),
                  text(state, "data"), text(state, "risk_state"), text(state["account"], "equity"), text(state["account"], "currency"),
                  text(state["account"], "realized_pnl"), text(state["account"], "unrealized_pnl"));
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : state["market_data"]) {
    const Json& metrics = row["metrics"];
    const auto metric = [&](const char* name) {
      if (!metrics.contains(name)) return std::string{"-"};
      const Json& m = metrics[name];
      return m["value"].is_null() ? text(m, "status") : fmt::format("{:.2f}", m["value"].get<double>());
    };
    rows.push_back({text(row, "symbol"), text(row, "bid"), text(row, "ask"), metric("z_score"), metric("spread_mean_bp"), metric("trend_t"),
                    metric("round_trip_bp"), text(row, "state"), text(row, "signal"), text(row, "confidence"), text(row, "reason")});
  }
  out += table({"SYMBOL", "BID", "ASK", "Z", "SPREAD_BP", "TREND_T", "COST_BP", "STATE", "SIGNAL", "CONF", "REASON"}, rows) + '\n';
  // What the other rules would do, where they would do something.
  rows.clear();
  for (const Json& row : state["market_data"])
    if (row.contains("signals"))
      for (const Json& s : row["signals"])
        if (text(s, "strategy") != "mean_reversion" && text(s, "signal") != "WAIT")
          rows.push_back({text(row, "symbol"), text(s, "strategy"), text(s, "signal"), text(s, "confidence"), text(s, "reason")});
  if (!rows.empty()) out += table({"SYMBOL", "STRATEGY", "SIGNAL", "CONF", "REASON"}, rows) + '\n';
  rows.clear();
  for (const Json& p : state["open_positions"])
    rows.push_back({text(p, "symbol"), text(p, "side"), text(p, "shares"), text(p, "entry_price"), text(p, "last_price"),
                    text(p, "stop_loss"), text(p, "take_profit"), text(p, "unrealized_pnl")});
  out += rows.empty() ? "no open positions\n" : table({"POSITION", "SIDE", "SHARES", "ENTRY", "LAST", "STOP", "TARGET", "P&L"}, rows);
  return out;
}

}  // namespace

int status(const MeshClient& mesh, bool json) {
  const Json all = mesh.status();
  bool any_up = false, all_ready = true;
  std::vector<std::vector<std::string>> rows;
  for (const Json& s : all) {
    any_up |= text(s, "state") != "down";
    all_ready &= s.value("ready", false);
    std::string reasons;
    for (const Json& r : s["reasons"]) reasons += (reasons.empty() ? "" : "; ") + r.get<std::string>();
    const Json projector = s.value("projector", Json::object());
    if (!text(projector, "error").empty()) reasons += (reasons.empty() ? "" : "; ") + std::string("postgres: ") + text(projector, "error");
    rows.push_back({text(s, "service"), text(s, "state"), s.value("ready", false) ? "yes" : "no", text(s, "pid"), text(s, "uptime_s"),
                    text(s, "restarts"), text(s, "in_per_s"), text(s, "out_per_s"), text(s, "lag_events"), text(s, "lag_s"),
                    text(s, "healed"), text(s, "lost"), reasons});
  }
  const int exit = !any_up ? kUnreachable : all_ready ? kDone : kNotMet;
  return done(
      json, all,
      table({"SERVICE", "STATE", "READY", "PID", "UPTIME_S", "RESTARTS", "IN/S", "OUT/S", "LAG", "DB_LAG_S", "HEALED", "LOST", "REASONS"},
            rows),
      exit);
}

int watch(const MeshClient& mesh, bool json, std::uint64_t count) {
  for (std::uint64_t shown = 0;;) {
    auto state = mesh.get("/trading_state.json");
    if (!state) return failed(json, state.error());
    if (json)
      std::cout << state->dump() << std::endl;
    else
      std::cout << (count == 1 ? "" : "\033[H\033[2J") << watch_page(*state) << std::flush;
    if (count > 0 && ++shown >= count) return kDone;
    ::poll(nullptr, 0, 1000);
  }
}

int positions(const MeshClient& mesh, bool json) {
  return list(mesh, json, "/api/v1/positions",
              {{"SYMBOL", "symbol"},
               {"SIDE", "side"},
               {"SHARES", "shares"},
               {"ENTRY", "entry_price"},
               {"LAST", "last_price"},
               {"STOP", "stop_loss"},
               {"TARGET", "take_profit"},
               {"P&L", "unrealized_pnl"},
               {"SINCE", "entry_time"},
               {"ID", "id"}},
              "no open positions");
}
int trades(const MeshClient& mesh, bool json) {
  return list(mesh, json, "/api/v1/trades",
              {{"SYMBOL", "symbol"},
               {"SIDE", "side"},
               {"SHARES", "shares"},
               {"ENTRY", "entry_price"},
               {"EXIT", "exit_price"},
               {"P&L", "pnl"},
               {"FEES", "fees"},
               {"REASON", "exit_reason"},
               {"CLOSED", "exit_time"}},
              "no closed trades");
}
int strategies(const MeshClient& mesh, bool json) {
  if (!json) {
    const auto rules = mesh.get("/api/v1/signals");
    if (!rules) return failed(json, rules.error());
    const auto state = mesh.get("/trading_state.json");
    if (!state) return failed(json, state.error());
    const auto yes_or_no = [](const Json& rule, const char* key) {
      return rule.value(key, false) ? std::string{"yes"} : std::string{"no"};
    };
    std::vector<std::vector<std::string>> rows;
    for (const Json& rule : *rules) rows.push_back({text(rule, "strategy"), yes_or_no(rule, "runs"), yes_or_no(rule, "trades")});
    std::cout << table({"STRATEGY", "RUNS", "TRADES"}, rows) << '\n';
    rows.clear();
    for (const Json& row : (*state)["market_data"])
      if (row.contains("signals"))
        for (const Json& s : row["signals"])
          rows.push_back({text(row, "symbol"), text(s, "strategy"), text(s, "signal"), text(s, "confidence"), text(s, "reason")});
    if (!rows.empty()) std::cout << table({"SYMBOL", "STRATEGY", "SIGNAL", "CONF", "REASON"}, rows) << '\n';
  }
  return list(mesh, json, "/api/v1/strategies",
              {{"STRATEGY", "strategy"},
               {"SYMBOL", "symbol"},
               {"TRADES", "closed_trades"},
               {"KELLY", "kelly_full"},
               {"USED", "kelly_used"},
               {"BOUND", "kelly_bound"}},
              "no trade of a strategy has closed yet");
}
int orders(const MeshClient& mesh, bool json, bool all) {
  return list(mesh, json, all ? "/api/v1/orders?all=true" : "/api/v1/orders",
              {{"CLIENT_ORDER_ID", "client_order_id"},
               {"SYMBOL", "symbol"},
               {"SIDE", "side"},
               {"TYPE", "order_type"},
               {"PURPOSE", "purpose"},
               {"QTY", "quantity"},
               {"FILLED", "filled_qty"},
               {"PRICE", "fill_price"},
               {"STATUS", "status"},
               {"RULE", "rule"},
               {"UPDATED", "updated_at"}},
              "no working orders");
}

int account(const MeshClient& mesh, bool json) {
  auto data = mesh.get("/api/v1/account");
  if (!data) return failed(json, data.error());
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : data->items())
    if (!value.is_array()) rows.push_back({key, text(*data, key.c_str())});
  for (const Json& s : (*data)["symbol_states"]) rows.push_back({text(s, "symbol"), text(s, "state") + " " + text(s, "reason")});
  return done(json, *data, table({"ACCOUNT", ""}, rows));
}

int command(const MeshClient& mesh, const Json& body, bool json) {
  auto answer = mesh.command(body);
  if (!answer) return failed(json, answer.error());
  const std::string said = text(*answer, "text");
  return done(json, *answer, fmt::format("{} {}{}\n", text(*answer, "id"), text(*answer, "outcome"), said.empty() ? "" : ": " + said));
}

int halt(const Config& config, const MeshClient& mesh, bool hard, bool json) {
  const std::string path = config.text("mesh.run_dir") + "/halt";
  {
    std::ofstream file{path + ".new", std::ios::trunc};
    file << (hard ? "hard\n" : "soft\n");
    if (!file.good()) return failed(json, {"unreachable", "mesh.run_dir", "can be written", path});
  }
  std::filesystem::rename(path + ".new", path);
  auto answer = mesh.command({{"verb", "halt"}, {"hard", hard}});
  if (!answer && answer.error().code == "unreachable")
    return done(json, {{"outcome", "done"}, {"text", "by the halt file; api_gateway is away"}},
                "done by the halt file " + path + "; api_gateway is away\n");
  if (!answer) return failed(json, answer.error());
  return done(json, *answer, fmt::format("{} {}: {}\n", text(*answer, "id"), text(*answer, "outcome"), text(*answer, "text")));
}

int resume(const Config& config, const MeshClient& mesh, bool json) {
  std::error_code ignored;
  std::filesystem::remove(config.text("mesh.run_dir") + "/halt", ignored);
  return command(mesh, {{"verb", "resume"}}, json);
}

}  // namespace tickmesh::ctl
