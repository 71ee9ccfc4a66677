#include "signals/mean_reversion.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tickmesh {
namespace {

using P = MeanReversionParameters;
constexpr std::array<ParameterRow<P>, 8> kTable{{
    {&P::entry_z, {"entry_z", 2.0, 0.1, 7.0, "deviations from the 50-tick mean at which to enter"}},
    {&P::exit_z, {"exit_z", 0.5, 0.0, 7.0, "deviations at which the mid counts as back"}},
    {&P::trend_t, {"trend_t", 2.0, 0.0, 1000.0, "t-value of the 200-tick slope that forbids entering against it"}},
    {&P::cost_multiple, kCostMultiple},
    {&P::max_spread_regime, kMaxSpreadRegime},
    {&P::stop_sds, {"stop_sds", 3.0, 0.1, 100.0, "stop distance in 50-tick deviations"}},
    {&P::min_spreads, {"min_spreads", 2.0, 0.0, 100.0, "least distance of stop and target, in spreads"}},
    {&P::valid_s, kValid},
}};

// The inputs in the order in which they are looked at, with the words for a person.
constexpr std::array<NamedInput<Metrics>, 6> kInputs{{{&Metrics::z_score, "z-score"},
                                                      {&Metrics::mean, "50-tick mean"},
                                                      {&Metrics::sd, "50-tick deviation"},
                                                      {&Metrics::spread_regime, "spread regime"},
                                                      {&Metrics::trend_t, "200-tick trend"},
                                                      {&Metrics::mid, "mid"}}};

}  // namespace

Result<std::unique_ptr<SignalRule>> MeanReversion::make(const ParameterValues& values) {
  auto parameters = configured<P>(kTable, values);
  if (!parameters) return std::unexpected(parameters.error());
  if (parameters->exit_z >= parameters->entry_z) return bad_value("exit_z", "below entry_z", "an entry would be an exit at once");
  return std::make_unique<MeanReversion>(*parameters);
}

std::vector<Parameter> MeanReversion::parameters() { return declared<P>(kTable); }

void MeanReversion::set_levels(const Metrics& metrics, Decision& decision) const {
  const double mid = metrics.mid.value;
  const double least = p_.min_spreads * (metrics.ask - metrics.bid).to_double();
  const double stop = std::max(p_.stop_sds * metrics.sd.value, least);
  const double target = std::max(std::abs(metrics.mean.value - mid), least);
  const double sign = decision.action == SignalAction::enter_long ? 1 : -1;
  decision.stop = price_level(mid - sign * stop);
  decision.target = price_level(mid + sign * target);
}

Decision MeanReversion::decide(const Metrics& metrics, const Conditions& conditions) {
  Decision d;
  const Value& z = metrics.z_score;
  d.why = common_gate(conditions);
  if (d.why == Why::none && z.status != Status::ok) d.why = status_reason(z.status);
  price_round_trip(metrics, p_, d);
  if (metrics.mid.has_value && metrics.mean.has_value && metrics.mid.value > 0)
    d.edge_bp = 1e4 * std::abs(metrics.mid.value - metrics.mean.value) / metrics.mid.value;
  if (d.why != Why::none) return d;

  const bool near = std::abs(z.value) <= p_.exit_z;
  const bool other_side = (entered_ == Side::buy && z.value > 0) || (entered_ == Side::sell && z.value < 0);
  if ((entered_ != Side::none && (near || other_side)) || (exited_ && near)) {
    entered_ = Side::none;
    exited_ = true;
    leave(near ? Why::reverted : Why::crossed_mean, d);
    return d;
  }
  exited_ = false;

  const Side side = z.value <= -p_.entry_z ? Side::buy : z.value >= p_.entry_z ? Side::sell : Side::none;
  d.why = not_ok<Metrics>(metrics, kInputs);
  if (d.why == Why::none) {
    const double against = side == Side::buy ? -metrics.trend_t.value : metrics.trend_t.value;
    if (side == Side::none)
      d.why = entered_ == Side::none ? Why::no_setup : Why::holding;
    else if (d.why = spread_gate(metrics, p_); d.why == Why::none)
      d.why = against >= p_.trend_t ? Why::against_trend : edge_gate(metrics, d);
  }
  if (d.why != Why::setup) return d;
  enter(side, p_, d);
  d.confidence = edge_confidence(d.edge_bp, d.limit_bp);
  entered_ = side;
  set_levels(metrics, d);
  return d;
}

std::string MeanReversion::reason(const Decision& d, const Metrics& metrics) const {
  if (auto common = common_reason(d, metrics, p_); !common.empty()) return common;
  const std::string z = "z " + number_text(metrics.z_score.value, 2);
  switch (d.why) {
    case Why::warming_up:
    case Why::inputs_stale:
    case Why::inputs_undefined: return not_ok_text<Metrics>(metrics, kInputs);
    case Why::no_setup: return z + " is within +-" + number_text(p_.entry_z, 1);
    case Why::holding: return z + ": on its way back to the mean";
    case Why::against_trend: return z + " against a trend of t " + number_text(metrics.trend_t.value, 1);
    case Why::setup: return z + ", " + edge_reason(d, metrics);
    case Why::reverted: return z + " is back within +-" + number_text(p_.exit_z, 1);
    case Why::crossed_mean: return z + " has crossed the mean";
    default: return {};
  }
}

void MeanReversion::reset() {
  entered_ = Side::none;
  exited_ = false;
}

void MeanReversion::save(ByteWriter& out) const { out.put(entered_), out.put(exited_); }

void MeanReversion::load(ByteReader& in) {
  entered_ = in.get<Side>();
  exited_ = in.get<bool>();
}

}  // namespace tickmesh
