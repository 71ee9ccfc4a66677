#include "signals/mean_reversion.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "signals/parameters.hpp"

namespace tickmesh {
namespace {

using P = MeanReversionParameters;
constexpr std::array<ParameterRow<P>, 8> kTable{{
    {&P::entry_z, {"entry_z", 2.0, 0.1, 7.0, "deviations from the 50-tick mean at which to enter"}},
    {&P::exit_z, {"exit_z", 0.5, 0.0, 7.0, "deviations at which the mid counts as back"}},
    {&P::trend_t, {"trend_t", 2.0, 0.0, 1000.0, "t-value of the 200-tick slope that forbids entering against it"}},
    {&P::cost_multiple, {"cost_multiple", 1.5, 0.0, 100.0, "edge needed, in round-trip costs"}},
    {&P::max_spread_regime, {"max_spread_regime", 2.0, 1.0, 100.0, "current spread over its 100-tick mean"}},
    {&P::stop_sds, {"stop_sds", 3.0, 0.1, 100.0, "stop distance in 50-tick deviations"}},
    {&P::min_spreads, {"min_spreads", 2.0, 0.0, 100.0, "least distance of stop and target, in spreads"}},
    {&P::valid_s, {"valid_s", 2.0, 0.001, 3600.0, "seconds an entry may be acted upon"}},
}};

Why status_reason(Status status) {
  return status == Status::warmup ? Why::warming_up : status == Status::stale ? Why::inputs_stale : Why::inputs_undefined;
}

// The inputs in the order in which they are looked at, with the words for a person.
struct NamedInput {
  Value Metrics::* member;
  std::string_view name;
};
constexpr std::array<NamedInput, 6> kInputs{{{&Metrics::z_score, "z-score"},
                                             {&Metrics::mean, "50-tick mean"},
                                             {&Metrics::sd, "50-tick deviation"},
                                             {&Metrics::spread_regime, "spread regime"},
                                             {&Metrics::trend_t, "200-tick trend"},
                                             {&Metrics::mid, "mid"}}};

Price level(double price) { return std::max(Price::from_raw(1), Price::from_double(price)); }

std::string bp(double value) { return number_text(value, 1) + " bp"; }

}  // namespace

Result<std::unique_ptr<SignalRule>> MeanReversion::make(const ParameterValues& values) {
  auto parameters = configured<P>(kTable, values);
  if (!parameters) return std::unexpected(parameters.error());
  if (parameters->exit_z >= parameters->entry_z) return bad_value("exit_z", "below entry_z", "an entry would be an exit at once");
  return std::make_unique<MeanReversion>(*parameters);
}

std::vector<Parameter> MeanReversion::parameters() { return declared<P>(kTable); }

Why MeanReversion::entry_blocked(const Metrics& metrics) const {
  for (const auto& input : kInputs)
    if (const Value& v = metrics.*input.member; v.status != Status::ok) return status_reason(v.status);
  return Why::none;
}

void MeanReversion::set_levels(const Metrics& metrics, Decision& decision) const {
  const double mid = metrics.mid.value;
  const double least = p_.min_spreads * (metrics.ask - metrics.bid).to_double();
  const double stop = std::max(p_.stop_sds * metrics.sd.value, least);
  const double target = std::max(std::abs(metrics.mean.value - mid), least);
  const double sign = decision.action == SignalAction::enter_long ? 1 : -1;
  decision.stop = level(mid - sign * stop);
  decision.target = level(mid + sign * target);
}

Decision MeanReversion::decide(const Metrics& metrics, const Conditions& conditions) {
  Decision d;
  const Value& z = metrics.z_score;
  if (!conditions.live)
    d.why = Why::not_live;
  else if (!conditions.session_open)
    d.why = Why::session_closed;
  else if (!conditions.quote_fresh)
    d.why = Why::quote_stale;
  else if (z.status != Status::ok)
    d.why = status_reason(z.status);
  if (metrics.round_trip_bp.has_value) {
    d.cost_bp = metrics.round_trip_bp.value;
    d.limit_bp = p_.cost_multiple * d.cost_bp;
  }
  if (metrics.mid.has_value && metrics.mean.has_value && metrics.mid.value > 0)
    d.edge_bp = 1e4 * std::abs(metrics.mid.value - metrics.mean.value) / metrics.mid.value;
  if (d.why != Why::none) return d;

  const bool near = std::abs(z.value) <= p_.exit_z;
  const bool other_side = (entered_ == Side::buy && z.value > 0) || (entered_ == Side::sell && z.value < 0);
  if ((entered_ != Side::none && (near || other_side)) || (exited_ && near)) {
    entered_ = Side::none;
    exited_ = true;
    d.action = SignalAction::exit;
    d.why = near ? Why::reverted : Why::crossed_mean;
    d.confidence = 1;
    return d;
  }
  exited_ = false;

  const Side side = z.value <= -p_.entry_z ? Side::buy : z.value >= p_.entry_z ? Side::sell : Side::none;
  d.why = entry_blocked(metrics);
  if (d.why == Why::none) {
    const double against = side == Side::buy ? -metrics.trend_t.value : metrics.trend_t.value;
    if (side == Side::none)
      d.why = entered_ == Side::none ? Why::no_setup : Why::holding;
    else if (metrics.spread_regime.value > p_.max_spread_regime)
      d.why = Why::spread_wide;
    else if (against >= p_.trend_t)
      d.why = Why::against_trend;
    else if (!metrics.round_trip_bp.has_value || metrics.round_trip_bp.status == Status::stale)
      d.why = Why::cost_unknown;
    else if (d.edge_bp < d.limit_bp)
      d.why = Why::edge_small;
    else
      d.why = Why::setup;
  }
  if (d.why != Why::setup) return d;
  d.action = side == Side::buy ? SignalAction::enter_long : SignalAction::enter_short;
  d.confidence = edge_confidence(d.edge_bp, d.limit_bp);
  d.valid_for = nanoseconds(static_cast<std::int64_t>(p_.valid_s * 1e9));
  entered_ = side;
  set_levels(metrics, d);
  return d;
}

std::string MeanReversion::reason(const Decision& d, const Metrics& metrics) const {
  if (auto shared = shared_reason(d.why); !shared.empty()) return shared;
  const std::string z = "z " + number_text(metrics.z_score.value, 2);
  switch (d.why) {
    case Why::warming_up:
    case Why::inputs_stale:
    case Why::inputs_undefined:
      for (const auto& input : kInputs)
        if (const Value& v = metrics.*input.member; v.status != Status::ok && status_reason(v.status) == d.why)
          return std::string(input.name) + " is " + std::string(to_string(v.status));
      return "inputs are not there";
    case Why::no_setup: return z + " is within +-" + number_text(p_.entry_z, 1);
    case Why::holding: return z + ": on its way back to the mean";
    case Why::spread_wide:
      return "spread " + number_text(metrics.spread_regime.value, 1) + " times its mean > " + number_text(p_.max_spread_regime, 1);
    case Why::against_trend: return z + " against a trend of t " + number_text(metrics.trend_t.value, 1);
    case Why::cost_unknown: return "cost at the planned size is " + std::string(to_string(metrics.round_trip_bp.status));
    case Why::edge_small: return "edge " + bp(d.edge_bp) + " < " + bp(d.limit_bp);
    case Why::setup:
      return z + ", edge " + bp(d.edge_bp) + " >= " + bp(d.limit_bp) +
             (metrics.round_trip_bp.status == Status::undefined ? " at the worst-case cost" : "");
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
