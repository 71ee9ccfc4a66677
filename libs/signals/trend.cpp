#include "signals/trend.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "signals/parameters.hpp"

namespace tickmesh {
namespace {

using P = TrendParameters;
constexpr std::array<ParameterRow<P>, 8> kTable{{
    {&P::bar_s, {"bar_s", 60, 1, 86'400, "length of the bars, seconds"}},
    {&P::regime, {"regime", 0.60, 0.0, 1.0, "probability of the regime UP (for a short, DOWN) at which to enter"}},
    {&P::cost_multiple, {"cost_multiple", 1.5, 0.0, 100.0, "edge needed, in round-trip costs"}},
    {&P::max_spread_regime, {"max_spread_regime", 2.0, 1.0, 100.0, "current spread over its 100-tick mean"}},
    {&P::stop_atrs, {"stop_atrs", 2.0, 0.1, 100.0, "stop distance in ATR14 of the bars"}},
    {&P::target_atrs, {"target_atrs", 3.0, 0.1, 100.0, "target distance in ATR14 of the bars"}},
    {&P::full_t, {"full_t", 4.0, 0.1, 1000.0, "t-value of the 200-tick slope that gives full confidence"}},
    {&P::valid_s, {"valid_s", 2.0, 0.001, 3600.0, "seconds an entry may be acted upon"}},
}};

Why status_reason(Status status) {
  return status == Status::warmup ? Why::warming_up : status == Status::stale ? Why::inputs_stale : Why::inputs_undefined;
}
struct NamedMetric {
  Value Metrics::* member;
  std::string_view name;
};
constexpr std::array<NamedMetric, 5> kMetrics{{{&Metrics::mid, "mid"},
                                               {&Metrics::spread_regime, "spread regime"},
                                               {&Metrics::trend_t, "200-tick trend"},
                                               {&Metrics::regime_up, "regime UP"},
                                               {&Metrics::regime_down, "regime DOWN"}}};
struct NamedBar {
  Value BarIndicators::* member;
  std::string_view name;
};
constexpr std::array<NamedBar, 4> kBars{{{&BarIndicators::ema_20, "EMA20"},
                                         {&BarIndicators::ema_50, "EMA50"},
                                         {&BarIndicators::macd_histogram, "MACD histogram"},
                                         {&BarIndicators::atr_14, "ATR14"}}};
Price level(double price) { return std::max(Price::from_raw(1), Price::from_double(price)); }
std::string bp(double value) { return number_text(value, 1) + " bp"; }

}  // namespace

Result<std::unique_ptr<SignalRule>> Trend::make(const ParameterValues& values) {
  auto parameters = configured<P>(kTable, values);
  if (!parameters) return std::unexpected(parameters.error());
  return std::make_unique<Trend>(*parameters);
}

std::vector<Parameter> Trend::parameters() { return declared<P>(kTable); }

const BarIndicators* Trend::bars_of(const Metrics& metrics) const {
  for (const BarIndicators& bars : metrics.bars)
    if (bars.length.ns == static_cast<std::int64_t>(p_.bar_s * 1e9)) return &bars;
  return nullptr;
}

Why Trend::blocked(const Metrics& metrics, const BarIndicators* bars) const {
  if (bars == nullptr) return Why::inputs_undefined;
  for (const auto& input : kBars)
    if (const Value& v = bars->*input.member; v.status != Status::ok) return status_reason(v.status);
  for (const auto& input : kMetrics)
    if (const Value& v = metrics.*input.member; v.status != Status::ok) return status_reason(v.status);
  return known_ < 2 ? Why::warming_up : Why::none;
}

Decision Trend::decide(const Metrics& metrics, const Conditions& conditions) {
  Decision d;
  const BarIndicators* bars = bars_of(metrics);
  const bool histogram = bars != nullptr && bars->macd_histogram.status == Status::ok;
  if (histogram && bars->closed != closed_) {
    before_ = histogram_;
    histogram_ = bars->macd_histogram.value;
    closed_ = bars->closed;
    known_ = std::min(known_ + 1, 2U);
    exited_ = false;
  }
  if (metrics.round_trip_bp.has_value) {
    d.cost_bp = metrics.round_trip_bp.value;
    d.limit_bp = p_.cost_multiple * d.cost_bp;
  }
  if (bars != nullptr && bars->atr_14.has_value && metrics.mid.has_value && metrics.mid.value > 0)
    d.edge_bp = 1e4 * bars->atr_14.value / metrics.mid.value;
  if (!conditions.live)
    d.why = Why::not_live;
  else if (!conditions.session_open)
    d.why = Why::session_closed;
  else if (!conditions.quote_fresh)
    d.why = Why::quote_stale;
  if (d.why != Why::none) return d;

  const bool turned = histogram && ((entered_ == Side::buy && histogram_ < 0) || (entered_ == Side::sell && histogram_ > 0));
  if (turned || exited_) {
    entered_ = Side::none;
    exited_ = true;
    d.action = SignalAction::exit;
    d.why = Why::reverted;
    d.confidence = 1;
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
  else if (metrics.spread_regime.value > p_.max_spread_regime)
    d.why = Why::spread_wide;
  else if (t <= 0)
    d.why = Why::against_trend;
  else if (!metrics.round_trip_bp.has_value || metrics.round_trip_bp.status == Status::stale)
    d.why = Why::cost_unknown;
  else if (d.edge_bp < d.limit_bp)
    d.why = Why::edge_small;
  else
    d.why = Why::setup;
  if (d.why != Why::setup) return d;
  entered_ = up ? Side::buy : Side::sell;
  d.action = up ? SignalAction::enter_long : SignalAction::enter_short;
  d.confidence =
      edge_confidence(d.edge_bp, d.limit_bp) * (up ? metrics.regime_up.value : metrics.regime_down.value) * std::min(1.0, t / p_.full_t);
  d.valid_for = nanoseconds(static_cast<std::int64_t>(p_.valid_s * 1e9));
  const double sign = up ? 1 : -1;
  d.stop = level(metrics.mid.value - sign * p_.stop_atrs * bars->atr_14.value);
  d.target = level(metrics.mid.value + sign * p_.target_atrs * bars->atr_14.value);
  return d;
}

std::string Trend::reason(const Decision& d, const Metrics& metrics) const {
  if (auto shared = shared_reason(d.why); !shared.empty()) return shared;
  const BarIndicators* bars = bars_of(metrics);
  const std::string histogram = "MACD histogram " + number_text(histogram_, 4);
  switch (d.why) {
    case Why::warming_up:
    case Why::inputs_stale:
    case Why::inputs_undefined:
      if (bars == nullptr) return "there are no bars of " + number_text(p_.bar_s, 0) + " s";
      for (const auto& input : kBars)
        if (const Value& v = bars->*input.member; v.status != Status::ok)
          return std::string(input.name) + " is " + std::string(to_string(v.status));
      for (const auto& input : kMetrics)
        if (const Value& v = metrics.*input.member; v.status != Status::ok)
          return std::string(input.name) + " is " + std::string(to_string(v.status));
      return "a second bar is needed to see the histogram rise";
    case Why::no_setup: return histogram + " after " + number_text(before_, 4) + ": averages, histogram and regime are not of one mind";
    case Why::holding: return histogram + ": the trend is held";
    case Why::spread_wide:
      return "spread " + number_text(metrics.spread_regime.value, 1) + " times its mean > " + number_text(p_.max_spread_regime, 1);
    case Why::against_trend: return "200-tick slope t " + number_text(metrics.trend_t.value, 1) + " against it";
    case Why::cost_unknown: return "cost at the planned size is " + std::string(to_string(metrics.round_trip_bp.status));
    case Why::edge_small: return "edge " + bp(d.edge_bp) + " < " + bp(d.limit_bp);
    case Why::setup:
      return histogram + " after " + number_text(before_, 4) + ", P " +
             number_text(d.action == SignalAction::enter_long ? metrics.regime_up.value : metrics.regime_down.value, 2) + ", edge " +
             bp(d.edge_bp) + " >= " + bp(d.limit_bp) + (metrics.round_trip_bp.status == Status::undefined ? " at the worst-case cost" : "");
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
