#include "signals/ofi_momentum.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tickmesh {
namespace {

using P = OfiMomentumParameters;
constexpr std::array<ParameterRow<P>, 11> kTable{{
    {&P::entry_z, {"entry_z", 2.0, 0.1, 40.0, "deviations of OFI(100) from its mean over 2,000 quote events at which to enter"}},
    {&P::aggr, {"aggr", 0.30, 0.0, 1.0, "signed share of the volume of the last 20 s that an entry needs"}},
    {&P::hold_s, {"hold_s", 30.0, 0.1, 86'400.0, "seconds after which what was entered is left"}},
    {&P::edge_per_z, {"edge_per_z", 0.5, 0.0, 100.0, "edge in half mean spreads for each unit of z; not calibrated out of sample"}},
    {&P::full_z, {"full_z", 4.0, 0.1, 1000.0, "z that gives full confidence"}},
    {&P::cost_multiple, kCostMultiple},
    {&P::max_spread_regime, kMaxSpreadRegime},
    {&P::stop_sds, {"stop_sds", 4.0, 0.1, 100.0, "stop distance in 50-tick deviations"}},
    {&P::target_stops, {"target_stops", 1.5, 0.1, 100.0, "target distance in stop distances"}},
    {&P::min_spreads, {"min_spreads", 2.0, 0.0, 100.0, "least distance of the stop, in spreads"}},
    {&P::valid_s, kValid},
}};

constexpr std::array<NamedInput<Metrics>, 7> kInputs{{{&Metrics::ofi_z, "z of OFI"},
                                                      {&Metrics::mid, "mid"},
                                                      {&Metrics::microprice, "microprice"},
                                                      {&Metrics::aggr, "aggressive flow"},
                                                      {&Metrics::sd, "50-tick deviation"},
                                                      {&Metrics::spread_mean_bp, "mean spread"},
                                                      {&Metrics::spread_regime, "spread regime"}}};

}  // namespace

Result<std::unique_ptr<SignalRule>> OfiMomentum::make(const ParameterValues& values) {
  auto parameters = configured<P>(kTable, values);
  if (!parameters) return std::unexpected(parameters.error());
  return std::make_unique<OfiMomentum>(*parameters);
}

std::vector<Parameter> OfiMomentum::parameters() { return declared<P>(kTable); }

bool OfiMomentum::stays_out(const Value& z) const {
  if (left_ == Side::none || z.status != Status::ok) return false;
  const double toward = mirrored(left_, z.value);
  return timed_out_ ? toward >= p_.entry_z : toward < 0 && toward > -p_.entry_z;
}

Decision OfiMomentum::decide(const Metrics& metrics, const Conditions& conditions) {
  Decision d;
  const Value& z = metrics.ofi_z;
  price_round_trip(metrics, p_, d);
  if (z.has_value && metrics.spread_mean_bp.has_value) d.edge_bp = p_.edge_per_z * std::abs(z.value) * metrics.spread_mean_bp.value / 2;
  d.why = common_gate(conditions);
  if (d.why != Why::none) return d;

  if (entered_ != Side::none) {
    const bool crossed = z.status == Status::ok && mirrored(entered_, z.value) < 0;
    const bool late = metrics.header.event_time - entered_at_ >= nanoseconds(static_cast<std::int64_t>(p_.hold_s * 1e9));
    if (crossed || late) {
      left_ = entered_;
      timed_out_ = !crossed;
      entered_ = Side::none;
      leave(crossed ? Why::crossed_mean : Why::timed_out, d);
      return d;
    }
  } else if (stays_out(z)) {
    leave(timed_out_ ? Why::timed_out : Why::crossed_mean, d);
    return d;
  }
  left_ = Side::none;
  d.why = not_ok<Metrics>(metrics, kInputs);
  if (d.why != Why::none) return d;

  const Side side = z.value >= p_.entry_z ? Side::buy : z.value <= -p_.entry_z ? Side::sell : Side::none;
  const bool setup = side != Side::none && mirrored(side, metrics.microprice.value - metrics.mid.value) > 0 &&
                     mirrored(side, metrics.aggr.value) >= p_.aggr;
  if (!setup)
    d.why = entered_ == Side::none ? Why::no_setup : Why::holding;
  else if (d.why = spread_gate(metrics, p_); d.why == Why::none)
    d.why = edge_gate(metrics, d);
  if (d.why != Why::setup) return d;
  if (entered_ == Side::none) entered_at_ = metrics.header.event_time;
  entered_ = side;
  enter(side, p_, d);
  d.confidence = edge_confidence(d.edge_bp, d.limit_bp) * std::min(1.0, std::abs(z.value) / p_.full_z);
  const double stop = std::max(p_.stop_sds * metrics.sd.value, p_.min_spreads * (metrics.ask - metrics.bid).to_double());
  d.stop = price_level(metrics.mid.value - mirrored(side, stop));
  d.target = price_level(metrics.mid.value + mirrored(side, p_.target_stops * stop));
  return d;
}

std::string OfiMomentum::reason(const Decision& d, const Metrics& metrics) const {
  if (auto common = common_reason(d, metrics, p_); !common.empty()) return common + (d.why == Why::edge_small ? ", uncalibrated" : "");
  const std::string z = "z of OFI " + number_text(metrics.ofi_z.value, 2);
  switch (d.why) {
    case Why::warming_up:
    case Why::inputs_stale:
    case Why::inputs_undefined: return not_ok_text<Metrics>(metrics, kInputs);
    case Why::no_setup:
      return std::abs(metrics.ofi_z.value) < p_.entry_z
                 ? z + " is within +-" + number_text(p_.entry_z, 1)
                 : z + ": microprice " + number_text(metrics.microprice.value - metrics.mid.value, 4) +
                       " from the mid and aggressive flow " + number_text(metrics.aggr.value, 2) + " do not agree";
    case Why::holding: return z + ": the flow has not turned";
    case Why::setup:
      return z + ", aggressive flow " + number_text(metrics.aggr.value, 2) + ", " + edge_reason(d, metrics) + ", uncalibrated";
    case Why::crossed_mean: return z + " has crossed 0";
    case Why::timed_out: return "held for " + number_text(p_.hold_s, 0) + " s";
    default: return {};
  }
}

void OfiMomentum::reset() {
  entered_ = left_ = Side::none;
  entered_at_ = {};
  timed_out_ = false;
}

void OfiMomentum::save(ByteWriter& out) const { out.put(entered_), out.put(entered_at_), out.put(left_), out.put(timed_out_); }

void OfiMomentum::load(ByteReader& in) {
  entered_ = in.get<Side>();
  entered_at_ = in.get<Timestamp>();
  left_ = in.get<Side>();
  timed_out_ = in.get<bool>();
}

}  // namespace tickmesh
