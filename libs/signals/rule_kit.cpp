#include "signals/rule_kit.hpp"

namespace tickmesh {

Why status_reason(Status status) {
  return status == Status::warmup ? Why::warming_up : status == Status::stale ? Why::inputs_stale : Why::inputs_undefined;
}

const BarIndicators* bars_of(const Metrics& metrics, double seconds) {
  for (const BarIndicators& bars : metrics.bars)
    if (bars.length.ns == static_cast<std::int64_t>(seconds * 1e9)) return &bars;
  return nullptr;
}

Price price_level(double price) { return std::max(Price::from_raw(1), Price::from_double(price)); }

std::string bp_text(double value) { return number_text(value, 1) + " bp"; }

Why common_gate(const Conditions& conditions) {
  if (!conditions.live) return Why::not_live;
  if (!conditions.session_open) return Why::session_closed;
  return conditions.quote_fresh ? Why::none : Why::quote_stale;
}

void price_round_trip(const Metrics& metrics, const EntryParameters& p, Decision& decision) {
  if (!metrics.round_trip_bp.has_value) return;
  decision.cost_bp = metrics.round_trip_bp.value;
  decision.limit_bp = p.cost_multiple * decision.cost_bp;
}

Why spread_gate(const Metrics& metrics, const EntryParameters& p) {
  return metrics.spread_regime.value > p.max_spread_regime ? Why::spread_wide : Why::none;
}

Why edge_gate(const Metrics& metrics, const Decision& decision) {
  if (!metrics.round_trip_bp.has_value || metrics.round_trip_bp.status == Status::stale) return Why::cost_unknown;
  return decision.edge_bp < decision.limit_bp ? Why::edge_small : Why::setup;
}

void enter(Side side, const EntryParameters& p, Decision& decision) {
  decision.why = Why::setup;
  decision.action = side == Side::buy ? SignalAction::enter_long : SignalAction::enter_short;
  decision.valid_for = nanoseconds(static_cast<std::int64_t>(p.valid_s * 1e9));
}

void leave(Why why, Decision& decision) {
  decision.why = why;
  decision.action = SignalAction::exit;
  decision.confidence = 1;
}

std::string common_reason(const Decision& d, const Metrics& metrics, const EntryParameters& p) {
  switch (d.why) {
    case Why::not_live: return "catching up, not live yet";
    case Why::session_closed: return "the session is closed";
    case Why::quote_stale: return "the quote is stale";
    case Why::spread_wide:
      return "spread " + number_text(metrics.spread_regime.value, 1) + " times its mean > " + number_text(p.max_spread_regime, 1);
    case Why::cost_unknown: return "cost at the planned size is " + std::string(to_string(metrics.round_trip_bp.status));
    case Why::edge_small: return "edge " + bp_text(d.edge_bp) + " < " + bp_text(d.limit_bp);
    default: return {};
  }
}

std::string edge_reason(const Decision& d, const Metrics& metrics) {
  return "edge " + bp_text(d.edge_bp) + " >= " + bp_text(d.limit_bp) +
         (metrics.round_trip_bp.status == Status::undefined ? " at the worst-case cost" : "");
}

}  // namespace tickmesh
