#include "signals/trend.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tickmesh {
namespace {

using P = TrendParameters;
constexpr std::array<ParameterRow<P>, 8> kTable{{
    {&P::bar_s, {"bar_s", 60, 1, 86'400, "length of the bars, seconds"}},
    {&P::regime, {"regime", 0.60, 0.0, 1.0, "probability of the regime UP (for a short, DOWN) at which to enter"}},
    {&P::cost_multiple, kCostMultiple},
    {&P::max_spread_regime, kMaxSpreadRegime},
    {&P::stop_atrs, {"stop_atrs", 2.0, 0.1, 100.0, "stop distance in ATR14 of the bars"}},
    {&P::target_atrs, {"target_atrs", 3.0, 0.1, 100.0, "target distance in ATR14 of the bars"}},
    {&P::full_t, {"full_t", 4.0, 0.1, 1000.0, "t-value of the 200-tick slope that gives full confidence"}},
    {&P::valid_s, kValid},
}};

constexpr std::array<NamedInput<Metrics>, 5> kMetrics{{{&Metrics::mid, "mid"},
                                                       {&Metrics::spread_regime, "spread regime"},
                                                       {&Metrics::trend_t, "200-tick trend"},
                                                       {&Metrics::regime_up, "regime UP"},
                                                       {&Metrics::regime_down, "regime DOWN"}}};
constexpr std::array<NamedInput<BarIndicators>, 4> kBars{{{&BarIndicators::ema_20, "EMA20"},
                                                          {&BarIndicators::ema_50, "EMA50"},
                                                          {&BarIndicators::macd_histogram, "MACD histogram"},
                                                          {&BarIndicators::atr_14, "ATR14"}}};

}  // namespace

Result<std::unique_ptr<SignalRule>> Trend::make(const ParameterValues& values) {
  auto parameters = configured<P>(kTable, values);
  if (!parameters) return std::unexpected(parameters.error());
  return std::make_unique<Trend>(*parameters);
}

std::vector<Parameter> Trend::parameters() { return declared<P>(kTable); }

Why Trend::blocked(const Metrics& metrics, const BarIndicators* bars) const {
  if (bars == nullptr) return Why::inputs_undefined;
  if (const Why why = not_ok<BarIndicators>(*bars, kBars); why != Why::none) return why;
  if (const Why why = not_ok<Metrics>(metrics, kMetrics); why != Why::none) return why;
  return known_ < 2 ? Why::warming_up : Why::none;
}

Decision Trend::decide(const Metrics& metrics, const Conditions& conditions) {
  Decision d;
  const BarIndicators* bars = bars_of(metrics, p_.bar_s);
  const bool histogram = bars != nullptr && bars->macd_histogram.status == Status::ok;
  if (histogram && bars->closed != closed_) {
    before_ = histogram_;
    histogram_ = bars->macd_histogram.value;
    closed_ = bars->closed;
    known_ = std::min(known_ + 1, 2U);
    exited_ = false;
  }
  price_round_trip(metrics, p_, d);
  if (bars != nullptr && bars->atr_14.has_value && metrics.mid.has_value && metrics.mid.value > 0)
    d.edge_bp = 1e4 * bars->atr_14.value / metrics.mid.value;
  d.why = common_gate(conditions);
  if (d.why != Why::none) return d;

  const bool turned = histogram && ((entered_ == Side::buy && histogram_ < 0) || (entered_ == Side::sell && histogram_ > 0));
  if (turned || exited_) {
    entered_ = Side::none;
    exited_ = true;
    leave(Why::reverted, d);
    return d;
  }
  d.why = blocked(metrics, bars);
  if (d.why != Why::none) return d;
  const bool up = bars->ema_20.value > bars->ema_50.value && histogram_ > 0 && histogram_ > before_ && metrics.regime_up.value >= p_.regime;
  const bool down =
      bars->ema_20.value < bars->ema_50.value && histogram_ < 0 && histogram_ < before_ && metrics.regime_down.value >= p_.regime;
  const double t = up ? metrics.trend_t.value : -metrics.trend_t.value;
  if (!up && !down)
    d.why = entered_ == Side::none ? Why::no_setup : Why::holding;
  else if (d.why = spread_gate(metrics, p_); d.why == Why::none)
    d.why = t <= 0 ? Why::against_trend : edge_gate(metrics, d);
  if (d.why != Why::setup) return d;
  entered_ = up ? Side::buy : Side::sell;
  enter(entered_, p_, d);
  d.confidence =
      edge_confidence(d.edge_bp, d.limit_bp) * (up ? metrics.regime_up.value : metrics.regime_down.value) * std::min(1.0, t / p_.full_t);
  const double sign = up ? 1 : -1;
  d.stop = price_level(metrics.mid.value - sign * p_.stop_atrs * bars->atr_14.value);
  d.target = price_level(metrics.mid.value + sign * p_.target_atrs * bars->atr_14.value);
  return d;
}

std::string Trend::reason(const Decision& d, const Metrics& metrics) const {
  if (auto common = common_reason(d, metrics, p_); !common.empty()) return common;
  const BarIndicators* bars = bars_of(metrics, p_.bar_s);
  const std::string histogram = "MACD histogram " + number_text(histogram_, 4);
  switch (d.why) {
    case Why::warming_up:
    case Why::inputs_stale:
    case Why::inputs_undefined:
      if (bars == nullptr) return "there are no bars of " + number_text(p_.bar_s, 0) + " s";
      if (auto text = not_ok_text<BarIndicators>(*bars, kBars); !text.empty()) return text;
      if (auto text = not_ok_text<Metrics>(metrics, kMetrics); !text.empty()) return text;
      return "a second bar is needed to see the histogram rise";
    case Why::no_setup: return histogram + " after " + number_text(before_, 4) + ": averages, histogram and regime are not of one mind";
    case Why::holding: return histogram + ": the trend is held";
    case Why::against_trend: return "200-tick slope t " + number_text(metrics.trend_t.value, 1) + " against it";
    case Why::setup:
      return histogram + " after " + number_text(before_, 4) + ", P " +
             number_text(d.action == SignalAction::enter_long ? metrics.regime_up.value : metrics.regime_down.value, 2) + ", " +
             edge_reason(d, metrics);
    case Why::reverted: return histogram + " has changed sign";
    default: return {};
  }
}

void Trend::reset() {
  entered_ = Side::none;
  exited_ = false;
  closed_ = {};
  histogram_ = before_ = 0;
  known_ = 0;
}

void Trend::save(ByteWriter& out) const {
  out.put(entered_), out.put(exited_), out.put(closed_), out.put(histogram_), out.put(before_), out.put(known_);
}

void Trend::load(ByteReader& in) {
  entered_ = in.get<Side>();
  exited_ = in.get<bool>();
  closed_ = in.get<Timestamp>();
  histogram_ = in.get<double>();
  before_ = in.get<double>();
  known_ = in.get<unsigned>();
  TM_INVARIANT(std::isfinite(histogram_) && std::isfinite(before_) && known_ <= 2, "stored histograms are numbers");
}

}  // namespace tickmesh
