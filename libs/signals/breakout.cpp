#include "signals/breakout.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tickmesh {
namespace {

using P = BreakoutParameters;
constexpr std::array<ParameterRow<P>, 8> kTable{{
    {&P::bar_s, {"bar_s", 60, 1, 86'400, "length of the bars, seconds"}},
    {&P::volume_ratio, {"volume_ratio", 1.5, 0.0, 1000.0, "volume of the bar that an entry needs, in means of the 20 bars before it"}},
    {&P::full_ratio, {"full_ratio", 3.0, 0.1, 1000.0, "volume ratio that gives full confidence"}},
    {&P::cost_multiple, kCostMultiple},
    {&P::max_spread_regime, kMaxSpreadRegime},
    {&P::stop_atrs, {"stop_atrs", 1.0, 0.0, 100.0, "stop beyond the broken level, in ATR14 of the bars"}},
    {&P::target_atrs, {"target_atrs", 2.0, 0.1, 100.0, "target distance in ATR14 of the bars"}},
    {&P::valid_s, kValid},
}};

constexpr std::array<NamedInput<BarIndicators>, 6> kBars{{{&BarIndicators::close, "close"},
                                                          {&BarIndicators::volume, "volume"},
                                                          {&BarIndicators::high_close_20, "highest close of 20 bars"},
                                                          {&BarIndicators::low_close_20, "lowest close of 20 bars"},
                                                          {&BarIndicators::mean_volume_20, "mean volume of 20 bars"},
                                                          {&BarIndicators::atr_14, "ATR14"}}};
constexpr std::array<NamedInput<Metrics>, 3> kMetrics{
    {{&Metrics::mid, "mid"}, {&Metrics::spread_regime, "spread regime"}, {&Metrics::market_state, "market state"}}};

double ratio_of(const BarIndicators& bars) { return bars.mean_volume_20.value > 0 ? bars.volume.value / bars.mean_volume_20.value : 0; }

}  // namespace

Result<std::unique_ptr<SignalRule>> Breakout::make(const ParameterValues& values) {
  auto parameters = configured<P>(kTable, values);
  if (!parameters) return std::unexpected(parameters.error());
  return std::make_unique<Breakout>(*parameters);
}

std::vector<Parameter> Breakout::parameters() { return declared<P>(kTable); }

Decision Breakout::decide(const Metrics& metrics, const Conditions& conditions) {
  Decision d;
  const BarIndicators* bars = bars_of(metrics, p_.bar_s);
  if (bars != nullptr && bars->closed != closed_) {
    closed_ = bars->closed;
    exited_ = false;
  }
  price_round_trip(metrics, p_, d);
  if (bars != nullptr && bars->atr_14.has_value && metrics.mid.has_value && metrics.mid.value > 0)
    d.edge_bp = 1e4 * bars->atr_14.value / metrics.mid.value;
  d.why = common_gate(conditions);
  if (d.why != Why::none) return d;

  const bool back =
      entered_ != Side::none && bars != nullptr && bars->close.status == Status::ok && mirrored(entered_, bars->close.value - level_) < 0;
  if (back || exited_) {
    entered_ = Side::none;
    exited_ = true;
    leave(Why::reverted, d);
    return d;
  }
  d.why = bars == nullptr ? Why::inputs_undefined : not_ok<BarIndicators>(*bars, kBars);
  if (d.why == Why::none) d.why = not_ok<Metrics>(metrics, kMetrics);
  if (d.why != Why::none) return d;

  const Side side = bars->close.value > bars->high_close_20.value  ? Side::buy
                    : bars->close.value < bars->low_close_20.value ? Side::sell
                                                                   : Side::none;
  const double ratio = ratio_of(*bars);
  const double level = side == Side::buy ? bars->high_close_20.value : bars->low_close_20.value;
  const double stop = level - mirrored(side, p_.stop_atrs * bars->atr_14.value);
  const bool setup = side != Side::none && ratio > 0 && ratio >= p_.volume_ratio && metrics.market_state.value != 0 &&
                     mirrored(side, metrics.mid.value - stop) > 0;
  if (!setup)
    d.why = entered_ == Side::none ? Why::no_setup : Why::holding;
  else if (d.why = spread_gate(metrics, p_); d.why == Why::none)
    d.why = edge_gate(metrics, d);
  if (d.why != Why::setup) return d;
  entered_ = side;
  level_ = level;
  enter(side, p_, d);
  d.confidence = edge_confidence(d.edge_bp, d.limit_bp) * std::min(1.0, ratio / p_.full_ratio);
  d.stop = price_level(stop);
  d.target = price_level(metrics.mid.value + mirrored(side, p_.target_atrs * bars->atr_14.value));
  return d;
}

std::string Breakout::reason(const Decision& d, const Metrics& metrics) const {
  if (auto common = common_reason(d, metrics, p_); !common.empty()) return common;
  const BarIndicators* bars = bars_of(metrics, p_.bar_s);
  if (bars == nullptr) return "there are no bars of " + number_text(p_.bar_s, 0) + " s";
  const std::string close = "close " + number_text(bars->close.value, 4);
  const std::string volume = "volume " + number_text(ratio_of(*bars), 1) + " times its mean";
  switch (d.why) {
    case Why::warming_up:
    case Why::inputs_stale:
    case Why::inputs_undefined: {
      auto text = not_ok_text<BarIndicators>(*bars, kBars);
      return text.empty() ? not_ok_text<Metrics>(metrics, kMetrics) : text;
    }
    case Why::no_setup: {
      const bool above = bars->close.value > bars->high_close_20.value;
      if (!above && !(bars->close.value < bars->low_close_20.value))
        return close + " is within " + number_text(bars->low_close_20.value, 4) + " to " + number_text(bars->high_close_20.value, 4);
      if (metrics.market_state.value == 0) return close + (above ? " above" : " below") + " the last 20, but the market is in BALANCE";
      if (ratio_of(*bars) < p_.volume_ratio) return close + (above ? " above" : " below") + " the last 20, but " + volume;
      return close + (above ? " above" : " below") + " the last 20, but the mid is back beyond the stop";
    }
    case Why::holding: return close + " holds beyond " + number_text(level_, 4);
    case Why::setup: return close + " beyond " + number_text(level_, 4) + ", " + volume + ", " + edge_reason(d, metrics);
    case Why::reverted: return close + " is back beyond " + number_text(level_, 4);
    default: return {};
  }
}

void Breakout::reset() {
  entered_ = Side::none;
  level_ = 0;
  exited_ = false;
  closed_ = {};
}

void Breakout::save(ByteWriter& out) const { out.put(entered_), out.put(level_), out.put(exited_), out.put(closed_); }

void Breakout::load(ByteReader& in) {
  entered_ = in.get<Side>();
  level_ = in.get<double>();
  exited_ = in.get<bool>();
  closed_ = in.get<Timestamp>();
  TM_INVARIANT(std::isfinite(level_), "a stored level is a number");
}

}  // namespace tickmesh
