#include "signals/prediction.hpp"

#include <algorithm>
#include <array>

namespace tickmesh {
namespace {

using P = PredictionParameters;
constexpr std::array<ParameterRow<P>, 7> kTable{{
    {&P::max_age_s, {"max_age_s", 5.0, 0.001, 86'400.0, "seconds since as_of after which a prediction enters nothing"}},
    {&P::max_spread_regime, kMaxSpreadRegime},
    {&P::bar_s, {"bar_s", 60, 1, 86'400, "length of the bars that ATR14 is of, seconds"}},
    {&P::stop_atrs, {"stop_atrs", 3.0, 0.1, 100.0, "stop distance in ATR14 of the bars: a prediction bears none"}},
    {&P::stop_sds, {"stop_sds", 10.0, 0.1, 1000.0, "stop distance in 50-tick deviations while there is no ATR14"}},
    {&P::min_spreads, {"min_spreads", 4.0, 0.0, 1000.0, "least distance of the stop, in spreads"}},
    {&P::valid_s, kValid},
}};

constexpr std::array<NamedInput<Metrics>, 2> kInputs{{{&Metrics::mid, "mid"}, {&Metrics::spread_regime, "spread regime"}}};

double seconds_of(Duration d) { return static_cast<double>(d.ns) / 1e9; }
std::string side_text(Side side) { return side == Side::buy ? "long" : side == Side::sell ? "short" : "flat"; }

}  // namespace

Result<std::unique_ptr<SignalRule>> PredictionRule::make(const ParameterValues& values) {
  auto parameters = configured<P>(kTable, values);
  if (!parameters) return std::unexpected(parameters.error());
  return std::make_unique<PredictionRule>(*parameters);
}

std::vector<Parameter> PredictionRule::parameters() { return declared<P>(kTable); }

double PredictionRule::stop_distance(const Metrics& m) const {
  const BarIndicators* bars = bars_of(m, p_.bar_s);
  const double least = p_.min_spreads * (m.ask - m.bid).to_double();
  if (bars != nullptr && bars->atr_14.status == Status::ok) return std::max(p_.stop_atrs * bars->atr_14.value, least);
  return m.sd.status == Status::ok && m.sd.value > 0 ? std::max(p_.stop_sds * m.sd.value, least) : 0;
}

Decision PredictionRule::decide(const Metrics& metrics, const Conditions& conditions) {
  Decision d;
  if (metrics.round_trip_bp.has_value) d.cost_bp = metrics.round_trip_bp.value;
  if (conditions.prediction != nullptr && heard_ != *conditions.prediction) heard_ = *conditions.prediction;
  now_ = conditions.now;
  if (!conditions.live) {
    d.why = Why::not_live;
    return d;
  }
  const bool expired = heard_.horizon.ns <= 0 || now_ >= expiry(heard_);
  if (entered_ != Side::none && (expired || heard_.side != entered_)) {
    entered_ = Side::none;
    leave(expired ? Why::prediction_expired : Why::model_turned, d);
    return d;
  }
  if (expired || heard_.side == Side::none) {
    d.why = expired ? Why::prediction_expired : Why::no_setup;
    return d;
  }
  d.why = common_gate(conditions);
  if (d.why == Why::none) d.why = not_ok<Metrics>(metrics, kInputs);
  if (d.why != Why::none) return d;
  const double stop = stop_distance(metrics);
  const EntryParameters entry{.cost_multiple = 0, .max_spread_regime = p_.max_spread_regime, .valid_s = p_.valid_s};
  if (seconds_of(now_ - heard_.as_of) > p_.max_age_s)
    d.why = entered_ == Side::none ? Why::prediction_old : Why::holding;
  else if (d.why = spread_gate(metrics, entry); d.why == Why::none)
    d.why = stop > 0 ? Why::setup : Why::stop_unknown;
  if (d.why != Why::setup) return d;
  entered_ = heard_.side;
  enter(entered_, entry, d);
  d.confidence = heard_.confidence;
  d.stop = price_level(metrics.mid.value - mirrored(entered_, stop));
  return d;
}

std::string PredictionRule::reason(const Decision& d, const Metrics& metrics) const {
  const std::string model = "model " + heard_.model;
  std::string says = model + " says " + side_text(heard_.side);
  const EntryParameters entry{.cost_multiple = 0, .max_spread_regime = p_.max_spread_regime, .valid_s = p_.valid_s};
  if (auto common = common_reason(d, metrics, entry); !common.empty()) return says + ", but " + common;
  switch (d.why) {
    case Why::warming_up:
    case Why::inputs_stale:
    case Why::inputs_undefined: return says + ", but " + not_ok_text<Metrics>(metrics, kInputs);
    case Why::no_setup: return says;
    case Why::prediction_expired: return "what " + model + " said has expired";
    case Why::prediction_old: return says + ", but as of " + number_text(seconds_of(now_ - heard_.as_of), 1) + " s ago";
    case Why::stop_unknown: return says + ", but there is nothing yet to set a stop by";
    case Why::holding: return says + " for another " + number_text(seconds_of(expiry(heard_) - now_), 1) + " s";
    case Why::setup:
      return says + ", confidence " + number_text(heard_.confidence, 2) + ", as of " + number_text(seconds_of(now_ - heard_.as_of), 1) +
             " s ago, for " + number_text(seconds_of(heard_.horizon), 1) + " s; no edge claimed";
    case Why::model_turned: return says + " now";
    default: return {};
  }
}

void PredictionRule::reset() {
  entered_ = Side::none;
  heard_ = {};
  now_ = {};
}

// What was heard is given anew with every judgement.
void PredictionRule::save(ByteWriter& out) const { out.put(entered_); }

void PredictionRule::load(ByteReader& in) {
  reset();
  entered_ = in.get<Side>();
}

}  // namespace tickmesh
