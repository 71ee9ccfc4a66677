#include "signals/auction_market.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tickmesh {
namespace {

using P = AuctionMarketParameters;
constexpr std::array<ParameterRow<P>, 8> kTable{{
    {&P::bar_s, {"bar_s", 60, 1, 86'400, "length of the bars that ATR and closes are of, seconds"}},
    {&P::near_ticks, {"near_ticks", 2.0, 0.0, 1000.0, "near an edge or a node is the larger of so many ticks"}},
    {&P::near_atrs, {"near_atrs", 0.25, 0.0, 100.0, "and so many ATR14 of the bars"}},
    {&P::stop_atrs, {"stop_atrs", 1.0, 0.1, 100.0, "stop beyond the edge or the node, in ATR14 of the bars"}},
    {&P::target_atrs, {"target_atrs", 2.0, 0.1, 100.0, "target where no node of high volume lies ahead, in ATR14 of the bars"}},
    {&P::cost_multiple, kCostMultiple},
    {&P::max_spread_regime, kMaxSpreadRegime},
    {&P::valid_s, kValid},
}};

constexpr std::array<NamedInput<Metrics>, 9> kMetrics{{{&Metrics::market_state, "market state"},
                                                       {&Metrics::mid, "mid"},
                                                       {&Metrics::val, "value area low"},
                                                       {&Metrics::vah, "value area high"},
                                                       {&Metrics::poc, "point of control"},
                                                       {&Metrics::aggr, "aggressive flow"},
                                                       {&Metrics::momentum, "its momentum"},
                                                       {&Metrics::aggressive, "its flag"},
                                                       {&Metrics::spread_regime, "spread regime"}}};
constexpr std::array<NamedInput<BarIndicators>, 2> kBars{{{&BarIndicators::atr_14, "ATR14"}, {&BarIndicators::close, "close"}}};

bool usable(const Value& v) { return v.status == Status::ok; }
double near_of(const AuctionMarketParameters& p, const Conditions& conditions, double atr) {
  return std::max(p.near_ticks * conditions.tick_size.to_double(), p.near_atrs * atr);
}
std::string state_text(const Value& state) {
  if (!usable(state)) return "UNKNOWN";
  return state.value > 0 ? "IMBALANCE_UP" : state.value < 0 ? "IMBALANCE_DOWN" : "BALANCE";
}

}  // namespace

Result<std::unique_ptr<SignalRule>> AuctionMarket::make(const ParameterValues& values) {
  auto parameters = configured<P>(kTable, values);
  if (!parameters) return std::unexpected(parameters.error());
  return std::make_unique<AuctionMarket>(*parameters);
}

std::vector<Parameter> AuctionMarket::parameters() { return declared<P>(kTable); }

void AuctionMarket::note_touch(const Metrics& m, double near) {
  const double to_low = std::abs(m.mid.value - m.val.value), to_high = std::abs(m.mid.value - m.vah.value);
  const Side at = std::min(to_low, to_high) > near ? Side::none : to_low <= to_high ? Side::buy : Side::sell;
  if (at != touched_) pressed_ = false;
  touched_ = at;
  if (at != Side::none && mirrored(at, m.aggr.value) <= 0) pressed_ = true;
}

Why AuctionMarket::left(const Metrics& m, const BarIndicators& bars) const {
  const Value& state = m.market_state;
  if (state.status == Status::undefined || (usable(state) && state.value != state_)) return Why::state_left;
  if (state_ == 0)
    return usable(m.poc) && usable(m.mid) && mirrored(entered_, m.mid.value - m.poc.value) >= 0 ? Why::target_reached : Why::none;
  const bool inside =
      usable(bars.close) && usable(m.val) && usable(m.vah) && bars.close.value >= m.val.value && bars.close.value <= m.vah.value;
  return inside ? Why::back_inside : Why::none;
}

AuctionMarket::Plan AuctionMarket::in_balance(const Metrics& m, double atr) const {
  const Side side = touched_;
  if (side == Side::none || !pressed_ || mirrored(side, m.aggr.value) <= 0 || mirrored(side, m.momentum.value) <= 0) return {};
  const double edge = side == Side::buy ? m.val.value : m.vah.value;
  return {side, edge - mirrored(side, p_.stop_atrs * atr), m.poc.value};
}

AuctionMarket::Plan AuctionMarket::out_of_balance(const Metrics& m, const BarIndicators& bars, double near) const {
  const Side side = m.market_state.value > 0 ? Side::buy : Side::sell;
  const bool closed_inside = bars.close.value >= m.val.value && bars.close.value <= m.vah.value;
  if (mirrored(side, m.aggressive.value) <= 0 || closed_inside) return {};
  const Value& node = side == Side::buy ? m.lvn_below : m.lvn_above;
  const double edge = side == Side::buy ? m.vah.value : m.val.value;
  const double past_edge = mirrored(side, m.mid.value - edge);
  const bool at_node = usable(node) && std::abs(m.mid.value - node.value) <= near;
  if (!at_node && !(past_edge >= 0 && past_edge <= near)) return {};
  const double atr = bars.atr_14.value;
  const Value& ahead = side == Side::buy ? m.hvn_above : m.hvn_below;
  const bool aims = usable(ahead) && mirrored(side, ahead.value - m.mid.value) > 0;
  return {side, (at_node ? node.value : edge) - mirrored(side, p_.stop_atrs * atr),
          aims ? ahead.value : m.mid.value + mirrored(side, p_.target_atrs * atr)};
}

Decision AuctionMarket::decide(const Metrics& metrics, const Conditions& conditions) {
  Decision d;
  const BarIndicators* bars = bars_of(metrics, p_.bar_s);
  price_round_trip(metrics, p_, d);
  Why missing = bars == nullptr ? Why::inputs_undefined : not_ok<Metrics>(metrics, kMetrics);
  if (missing == Why::none) missing = not_ok<BarIndicators>(*bars, kBars);
  const double near = missing == Why::none ? near_of(p_, conditions, bars->atr_14.value) : 0;
  if (missing == Why::none) note_touch(metrics, near);
  d.why = common_gate(conditions);
  if (d.why != Why::none) return d;

  if (entered_ != Side::none && bars != nullptr)
    if (const Why why = left(metrics, *bars); why != Why::none) {
      entered_ = Side::none;
      leave(why, d);
      return d;
    }
  d.why = missing;
  if (d.why != Why::none) return d;
  const double mid = metrics.mid.value;
  const Plan plan = metrics.market_state.value == 0 ? in_balance(metrics, bars->atr_14.value) : out_of_balance(metrics, *bars, near);
  const double reward = mirrored(plan.side, plan.target - mid), risk = mirrored(plan.side, mid - plan.stop);
  if (plan.side == Side::none || reward <= 0 || risk <= 0) {
    d.why = entered_ == Side::none ? Why::no_setup : Why::holding;
    return d;
  }
  d.edge_bp = 1e4 * reward / mid;
  if (d.why = spread_gate(metrics, p_); d.why == Why::none)
    d.why = metrics.market_state.value != 0 && reward < risk ? Why::reward_small : edge_gate(metrics, d);
  if (d.why != Why::setup) return d;
  entered_ = plan.side;
  state_ = metrics.market_state.value;
  enter(plan.side, p_, d);
  d.confidence = edge_confidence(d.edge_bp, d.limit_bp) * (0.5 + 0.5 * std::clamp(mirrored(plan.side, metrics.aggr.value), -1.0, 1.0));
  d.stop = price_level(plan.stop);
  d.target = price_level(plan.target);
  return d;
}

std::string AuctionMarket::reason(const Decision& d, const Metrics& metrics) const {
  if (auto common = common_reason(d, metrics, p_); !common.empty()) return common;
  const BarIndicators* bars = bars_of(metrics, p_.bar_s);
  if (bars == nullptr) return "there are no bars of " + number_text(p_.bar_s, 0) + " s";
  const std::string state = state_text(metrics.market_state);
  switch (d.why) {
    case Why::warming_up:
    case Why::inputs_stale:
    case Why::inputs_undefined: {
      auto text = not_ok_text<Metrics>(metrics, kMetrics);
      return text.empty() ? not_ok_text<BarIndicators>(*bars, kBars) : text;
    }
    case Why::no_setup:
      return state + ": nothing to do at " + number_text(metrics.mid.value, 4) + ", value area " + number_text(metrics.val.value, 4) +
             " to " + number_text(metrics.vah.value, 4) + ", aggressive flow " + number_text(metrics.aggr.value, 2);
    case Why::holding: return state + ": on its way";
    case Why::reward_small: return state + ": less to win than to lose, edge " + bp_text(d.edge_bp);
    case Why::setup:
      return state + ", aggressive flow " + number_text(metrics.aggr.value, 2) + ", " +
             (metrics.market_state.value == 0 ? "back from the edge of the value area, " : "with the side that left it, ") +
             edge_reason(d, metrics);
    case Why::target_reached: return "the point of control " + number_text(metrics.poc.value, 4) + " is reached";
    case Why::state_left: return "the market is " + state + " now";
    case Why::back_inside: return "close " + number_text(bars->close.value, 4) + " is back inside the value area";
    default: return {};
  }
}

void AuctionMarket::reset() {
  entered_ = touched_ = Side::none;
  state_ = 0;
  pressed_ = false;
}

void AuctionMarket::save(ByteWriter& out) const { out.put(entered_), out.put(state_), out.put(touched_), out.put(pressed_); }

void AuctionMarket::load(ByteReader& in) {
  entered_ = in.get<Side>();
  state_ = in.get<double>();
  touched_ = in.get<Side>();
  pressed_ = in.get<bool>();
  TM_INVARIANT(state_ == 0 || state_ == 1 || state_ == -1, "a stored market state is a label");
}

}  // namespace tickmesh
