#include "api_gateway/json.hpp"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include "core/metric_values.hpp"
#include "signals/signal_rule.hpp"

namespace tickmesh {
namespace {

/// Whose signal and Kelly size stand beside a symbol's metrics.
const std::string kStrategy = "mean_reversion";

Json value_json(const Value& value) {
  return {{"value", value.has_value && std::isfinite(value.value) ? Json(value.value) : Json(nullptr)},
          {"status", std::string(to_string(value.status))}};
}
/// BALANCE, IMBALANCE_UP, IMBALANCE_DOWN; UNKNOWN where the label is none.
std::string market_state_text(const Value& label) {
  if (label.status != Status::ok) return "UNKNOWN";
  return label.value > 0 ? "IMBALANCE_UP" : label.value < 0 ? "IMBALANCE_DOWN" : "BALANCE";
}
Json metric_values(const Metrics& metrics) {
  Json out = Json::object();
  for (const auto& [name, member] : kMetricValues) out[name] = value_json(metrics.*member);
  return out;
}
/// {"10s":{"closed":"…Z","bars":12,"sma_20":{"value":…,"status":…},…},…}
Json bar_values(const Metrics& metrics) {
  Json out = Json::object();
  for (const BarIndicators& bar : metrics.bars) {
    if (bar.length == Duration{}) break;
    Json& one = out[fmt::format("{}s", bar.length.ns / 1'000'000'000)];
    one = {{"closed", iso_time(bar.closed)}, {"bars", bar.bars}};
    for (const auto& [name, member] : kBarValues) one[name] = value_json(bar.*member);
  }
  return out;
}
/// What the closed trades of a strategy on the symbol let it stake, a fraction of equity.
Json kelly_json(const MeshView& view, const Symbol& symbol, const std::string& strategy) {
  const auto found = view.strategies.find({symbol, strategy});
  if (found == view.strategies.end() || found->second.kelly_bound == KellyBound::none || found->second.kelly_bound == KellyBound::too_few)
    return {{"value", nullptr}, {"status", "WARMUP"}};
  const StrategyEvent& s = found->second;
  return {{"value", s.kelly_used},
          {"status", "OK"},
          {"full", s.kelly_full},
          {"bound", std::string(to_string(s.kelly_bound))},
          {"trades", s.closed_trades}};
}

/// The price a position could be left at now; zero when no quote is known.
Price exit_price_now(const PositionEvent& position, const MeshView& view) {
  const auto it = view.latest.find(position.symbol);
  if (it == view.latest.end()) return {};
  return position.side == Side::buy ? it->second.bid : it->second.ask;
}
Money unrealized(const PositionEvent& position, Price at, const Instruments& instruments) {
  if (at.is_zero()) return {};
  const Instrument* instrument = instruments.find(position.symbol);
  const Quantity multiplier = instrument != nullptr ? instrument->multiplier : Quantity::from_units(1);
  const Money difference = notional(at - position.entry_price, position.quantity, multiplier);
  return position.side == Side::buy ? difference : -difference;
}
std::string side_name(Side side) { return side == Side::buy ? "LONG" : side == Side::sell ? "SHORT" : ""; }
std::string text_or_empty(Price p) { return p.is_zero() ? "" : p.str(2); }

double rounded(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}

Json state_position(const PositionEvent& p, const MeshView& view, const Instruments& instruments) {
  const Instrument* instrument = instruments.find(p.symbol);
  const int decimals = instrument != nullptr ? instrument->price_decimals : 2;
  const auto price = [&](Price v) { return v.is_zero() ? Json(nullptr) : Json(rounded(v.to_double(), decimals)); };
  const bool closed = p.kind == PositionEventKind::closed;
  const Quantity shares = closed ? p.entry_quantity : p.quantity;
  Json out{{"id", p.id},
           {"symbol", p.symbol.str()},
           {"side", side_name(p.side)},
           {"shares", shares.to_double()},
           {"position_size", rounded(notional(p.entry_price, shares).to_double(), 2)},
           {"entry_time", iso_time(p.entry_time)},
           {"entry_price", price(p.entry_price)},
           {"stop_loss", price(p.stop)},
           {"take_profit", price(p.target)}};
  if (closed) {
    out["last_price"] = price(p.exit_price);
    out["unrealized_pnl"] = 0.0;
    out["status"] = "CLOSED";
    out["exit_time"] = iso_time(p.exit_time);
    out["exit_price"] = price(p.exit_price);
    out["pnl"] = rounded(p.realized_pnl.to_double(), 2);
    out["exit_reason"] = p.exit_reason;
  } else {
    const Price last = exit_price_now(p, view);
    out["last_price"] = price(last);
    out["unrealized_pnl"] = rounded(unrealized(p, last, instruments).to_double(), 2);
    out["status"] = "OPEN";
  }
  return out;
}

}  // namespace

std::string iso_time(Timestamp t) {
  if (!t) return "";
  return date::format("%FT%TZ", date::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{t.ns}});
}

Json trading_state(const MeshView& view, const Instruments& instruments, Timestamp now) {
  bool synthetic = false, recorded = false;
  for (const auto& [symbol, latest] : view.latest) {
    synthetic |= latest.synthetic;
    recorded |= latest.feed == FeedKind::replay;
  }
  // Valued at the quotes shown beside it, so that the page adds up; position_manager's own valuation comes once a second.
  AccountEvent a = view.account;
  a.unrealized_pnl = {};
  for (const auto& [id, p] : view.open_positions) a.unrealized_pnl += unrealized(p, exit_price_now(p, view), instruments);
  a.equity = a.balance + a.unrealized_pnl;
  Json out{{"timestamp", now.ns / 1'000'000'000},
           {"time", iso_time(now)},
           {"mode", "PAPER"},
           {"data", synthetic  ? "SYNTHETIC"
                    : recorded ? "RECORDED"
                               : "LIVE"},
           {"risk_state", view.risk.kind == RiskEventKind::none ? "REDUCING" : std::string(to_string(view.risk.state))},
           {"account",
            {{"balance", rounded(a.balance.to_double(), 2)},
             {"realized_pnl", rounded(a.realized_pnl.to_double(), 2)},
             {"unrealized_pnl", rounded(a.unrealized_pnl.to_double(), 2)},
             {"equity", rounded(a.equity.to_double(), 2)},
             {"currency", a.currency}}},
           {"open_positions", Json::array()},
           {"market_data", Json::array()},
           {"closed_trades", Json::array()}};
  for (const auto& [id, p] : view.open_positions) out["open_positions"].push_back(state_position(p, view, instruments));
  for (const auto& [symbol, latest] : view.latest) {
    const Instrument* instrument = instruments.find(symbol);
    const int decimals = instrument != nullptr ? instrument->price_decimals : 2;
    Json row{{"symbol", symbol.str()},
             {"feed", std::string(to_string(latest.feed))},
             {"time", iso_time(latest.header.event_time)},
             {"bid", rounded(latest.bid.to_double(), decimals)},
             {"ask", rounded(latest.ask.to_double(), decimals)}};
    const auto metrics = view.metrics.find(symbol);
    row["metrics"] = metrics != view.metrics.end() ? metric_values(metrics->second) : Json::object();
    row["indicators"] = metrics != view.metrics.end() ? bar_values(metrics->second) : Json::object();
    row["metrics"]["kelly"] = kelly_json(view, symbol, kStrategy);
    const auto signal = view.signals.find({symbol, kStrategy});
    const bool has = signal != view.signals.end();
    row["signal"] = has ? std::string(to_string(signal->second.action)) : "WAIT";
    row["confidence"] = has ? rounded(signal->second.confidence, 3) : 0.0;
    row["reason"] = has ? signal->second.reason : "no signal yet";
    row["state"] = market_state_text(metrics != view.metrics.end() ? metrics->second.market_state : Value{});
    row["signals"] = Json::array();  // of every rule that runs
    for (auto one = view.signals.lower_bound({symbol, ""}); one != view.signals.end() && one->first.first == symbol; ++one)
      row["signals"].push_back({{"strategy", one->first.second},
                                {"signal", std::string(to_string(one->second.action))},
                                {"confidence", rounded(one->second.confidence, 3)},
                                {"reason", one->second.reason}});
    out["market_data"].push_back(std::move(row));
  }
  const std::size_t first = view.closed_positions.size() > 100 ? view.closed_positions.size() - 100 : 0;
  for (std::size_t i = first; i < view.closed_positions.size(); ++i)
    out["closed_trades"].push_back(state_position(view.closed_positions[i], view, instruments));
  return out;
}

Json position_json(const PositionEvent& p, const MeshView& view, const Instruments& instruments) {
  const bool closed = p.kind == PositionEventKind::closed;
  Json out{{"id", p.id},
           {"symbol", p.symbol.str()},
           {"side", side_name(p.side)},
           {"status", closed ? "CLOSED" : "OPEN"},
           {"shares", (closed ? p.entry_quantity : p.quantity).str()},
           {"position_size", p.entry_value.str(2)},
           {"entry_time", iso_time(p.entry_time)},
           {"entry_price", p.entry_price.str(2)},
           {"stop_loss", text_or_empty(p.stop)},
           {"take_profit", text_or_empty(p.target)},
           {"strategy", p.strategy},
           {"fees", p.fees.str(2)},
           {"realized_pnl", p.realized_pnl.str(2)}};
  if (closed) {
    out["exit_time"] = iso_time(p.exit_time);
    out["exit_price"] = p.exit_price.str(2);
    out["pnl"] = p.realized_pnl.str(2);
    out["exit_reason"] = p.exit_reason;
  } else {
    const Price last = exit_price_now(p, view);
    out["last_price"] = text_or_empty(last);
    out["unrealized_pnl"] = unrealized(p, last, instruments).str(2);
  }
  return out;
}

Json order_json(const OrderEvent& o) {
  return {{"client_order_id", o.order.client_order_id},
          {"order_id", o.venue_order_id},
          {"symbol", o.order.symbol.str()},
          {"side", std::string(to_string(o.order.side))},
          {"order_type", std::string(to_string(o.order.type))},
          {"purpose", std::string(to_string(o.order.purpose))},
          {"quantity", o.order.quantity.str()},
          {"limit_price", text_or_empty(o.order.limit_price)},
          {"stop_price", text_or_empty(o.order.stop_price)},
          {"status", std::string(to_string(o.kind))},
          {"filled_qty", o.filled.str()},
          {"remaining_qty", o.remaining.str()},
          {"fill_price", text_or_empty(o.fill.price)},
          {"rule", o.rule},
          {"reason", o.reason},
          {"position_id", o.order.position_id},
          {"updated_at", iso_time(o.header.time)}};
}

Json account_json(const MeshView& view) {
  const AccountEvent& a = view.account;
  Json states = Json::array();
  for (const auto& [symbol, risk] : view.symbol_risk)
    states.push_back({{"symbol", symbol.str()}, {"state", std::string(to_string(risk.state))}, {"reason", risk.reason}});
  return {{"currency", a.currency},
          {"balance", a.balance.str(2)},
          {"realized_pnl", a.realized_pnl.str(2)},
          {"unrealized_pnl", a.unrealized_pnl.str(2)},
          {"equity", a.equity.str(2)},
          {"gross", a.gross.str(2)},
          {"open_positions", a.open_positions},
          {"risk_state", std::string(to_string(view.risk.state))},
          {"risk_reason", view.risk.reason},
          {"gateway_state", std::string(to_string(view.venue.state))},
          {"gateway_reason", view.venue.reason},
          {"symbol_states", states},
          {"time", iso_time(a.header.time)}};
}

Json metrics_json(const Metrics& m, const MeshView& view) {
  Json out{{"symbol", m.symbol.str()}, {"time", iso_time(m.header.event_time)}, {"bid", m.bid.str(2)}, {"ask", m.ask.str(2)}};
  out["metrics"] = metric_values(m);
  out["indicators"] = bar_values(m);
  out["metrics"]["kelly"] = kelly_json(view, m.symbol, kStrategy);
  return out;
}

Json signal_json(const Signal& s) {
  return {{"symbol", s.symbol.str()},
          {"strategy", s.strategy},
          {"signal", std::string(to_string(s.action))},
          {"confidence", s.confidence},
          {"edge_bp", s.edge_bp},
          {"cost_bp", s.cost_bp},
          {"stop", text_or_empty(s.stop)},
          {"target", text_or_empty(s.target)},
          {"reason", s.reason},
          {"valid_until", iso_time(s.valid_until)},
          {"time", iso_time(s.header.event_time)}};
}

namespace {

template <class T>
Json texts(const std::vector<T>& values) {
  Json out = Json::array();
  for (const T& value : values) out.push_back(value.str());
  return out;
}

Json one_profile(const ProfileEvent& e) {
  return {{"feed", std::string(to_string(e.feed))},
          {"synthetic", e.synthetic},
          {"time", iso_time(e.header.event_time)},
          {"session_start", iso_time(e.session_start)},
          {"session_end", iso_time(e.session_end)},
          {"approx", e.approx},
          {"volume_share", e.volume_share > 0 ? Json(e.volume_share) : Json(nullptr)},
          {"note", profile_note(e.approx, e.volume_share)},
          {"poc", text_or_empty(e.poc)},
          {"val", e.rows.empty() ? "" : e.val.str(2)},
          {"vah", text_or_empty(e.vah)},
          {"volume", e.volume.str()},
          {"inside", e.inside.str()},
          {"row_size", e.row_size.str(2)},
          {"low", e.rows.empty() ? "" : e.low.str(2)},
          {"rows", texts(e.rows)},
          {"hvn", texts(e.hvn)},
          {"lvn", texts(e.lvn)},
          {"state",
           {{"state", std::string(to_string(e.state))},
            {"reason", e.reason},
            {"in_frac", value_json(e.in_frac)},
            {"efficiency", value_json(e.efficiency)},
            {"accept_up", e.accept_up},
            {"accept_down", e.accept_down},
            {"cvd", e.cvd.str()}}},
          {"lvn_proximity", {{"near", text_or_empty(e.lvn_near)}, {"ticks", value_json(e.lvn_ticks)}, {"atr", value_json(e.lvn_atr)}}},
          {"vpin", value_json(e.vpin)}};
}

}  // namespace

Json profile_json(const MeshView& view, const Symbol& symbol) {
  Json out{{"symbol", symbol.str()}, {"developing", nullptr}, {"completed", Json::array()}};
  if (const auto it = view.profiles.find(symbol); it != view.profiles.end()) out["developing"] = one_profile(it->second);
  if (const auto it = view.completed_profiles.find(symbol); it != view.completed_profiles.end())
    for (const ProfileEvent& e : it->second) out["completed"].push_back(one_profile(e));
  return out;
}

Json rules_json(const Config& config) {
  const auto listed = [&](const char* key, std::string_view rule) {
    const auto all = config.list(key);
    return std::ranges::find(all, rule) != all.end();
  };
  Json out = Json::array();
  for (const auto rule : signal_rule_names()) {
    Json parameters = Json::array();
    for (const Parameter& p : signal_rule_parameters(rule))
      parameters.push_back({{"name", std::string(p.name)},
                            {"value", config.number("signals." + std::string(rule) + "." + std::string(p.name))},
                            {"default", p.standard},
                            {"min", p.least},
                            {"max", p.most},
                            {"meaning", std::string(p.meaning)}});
    out.push_back({{"strategy", std::string(rule)},
                   {"runs", listed("signals.rules", rule)},
                   {"trades", listed("signals.rules", rule) && listed("signals.traded", rule)},
                   {"parameters", std::move(parameters)}});
  }
  return out;
}

Json strategy_json(const StrategyEvent& s) {
  return {{"strategy", s.strategy},
          {"symbol", s.symbol.empty() ? "*" : s.symbol.str()},
          {"enabled", s.enabled},
          {"closed_trades", s.closed_trades},
          {"kelly_full", s.kelly_full},
          {"kelly_used", s.kelly_used},
          {"kelly_bound", std::string(to_string(s.kelly_bound))},
          {"time", iso_time(s.header.time)}};
}

Json latest_json(const Latest& l) {
  return {{"symbol", l.symbol.str()},
          {"feed", std::string(to_string(l.feed))},
          {"synthetic", l.synthetic},
          {"bid", l.bid.str(2)},
          {"ask", l.ask.str(2)},
          {"bid_size", l.bid_size.str()},
          {"ask_size", l.ask_size.str()},
          {"last_price", text_or_empty(l.last_price)},
          {"last_size", l.last_size.str()},
          {"time", iso_time(l.header.event_time)}};
}

Json book_json(const BookTop& b, Timestamp now) {
  const auto levels = [](const std::vector<DepthLevel>& from) {
    Json out = Json::array();
    for (const DepthLevel& level : from) out.push_back({level.price.str(), level.size.str()});
    return out;
  };
  return {{"symbol", b.symbol.str()},
          {"feed", std::string(to_string(b.feed))},
          {"synthetic", b.synthetic},
          {"live", b.live},
          {"reason", b.reason},
          {"bids", levels(b.bids)},
          {"asks", levels(b.asks)},
          {"imbalance", value_json(b.imbalance)},
          {"ofi", value_json(b.ofi)},
          {"ofi_normalised", value_json(b.ofi_normalised)},
          {"last_update", b.last},
          {"resyncs", b.resyncs},
          {"time", iso_time(b.header.event_time)},
          {"age_s", static_cast<double>((now - b.header.event_time).ns) / 1e9}};
}

Json command_json(const Command& c) {
  return {{"id", c.id},
          {"verb", std::string(to_string(c.verb))},
          {"symbol", c.symbol.str()},
          {"quantity", c.quantity.str()},
          {"valid_until", iso_time(c.valid_until)}};
}

}  // namespace tickmesh
