// `mean_reversion` (METRICS.md 12): a mid far from its 50-tick mean is expected back, when that pays for the round trip.
#pragma once
#include <vector>

#include "signals/signal_rule.hpp"

namespace tickmesh {

/// Defaults and ranges stand in the table of mean_reversion.cpp; none of them is evidence of profit.
struct MeanReversionParameters {
  double entry_z{};            ///< enter at |z| of at least this
  double exit_z{};             ///< exit at |z| of at most this
  double trend_t{};            ///< no entry against a 200-tick trend whose |t| is at least this
  double cost_multiple{};      ///< the edge an entry needs, in round-trip costs
  double max_spread_regime{};  ///< no entry while the spread is more than this many times its mean
  double stop_sds{};           ///< stop distance in 50-tick deviations
  double min_spreads{};        ///< stop and target are at least this many spreads away
  double valid_s{};            ///< seconds an entry may be acted upon
};

/// ENTER_LONG at z <= -entry_z unless the trend falls (t <= -trend_t); ENTER_SHORT mirrored. Stop and target are those of an
/// entry now: 3 deviations from the mid and the mean, both at least two spreads away. While an entry condition holds the action stays
/// ENTER; after it, WAIT until the mid is back (|z| <= exit_z, or z on the other side), which is EXIT, once; only then may the other side
/// be entered. An exit asks for a usable z alone: a wide spread, an unknown cost or a missing trend keep nobody in.
class MeanReversion final : public SignalRule {
 public:
  static Result<std::unique_ptr<SignalRule>> make(const ParameterValues& values);
  static std::vector<Parameter> parameters();
  explicit MeanReversion(const MeanReversionParameters& parameters) : p_{parameters} {}

  std::string_view name() const override { return "mean_reversion"; }
  unsigned reads() const override { return metric_group::kReversion | metric_group::kSpread | metric_group::kTrend | metric_group::kCost; }
  unsigned glances() const override { return metric_group::kReversion; }
  bool stays(const Metrics& metrics, const Conditions& conditions) const override {
    const Value& z = metrics.z_score;
    return entered_ == Side::none && !exited_ && z.status == Status::ok && z.value < p_.entry_z && z.value > -p_.entry_z &&
           conditions.live && conditions.session_open && conditions.quote_fresh;
  }
  Decision decide(const Metrics& metrics, const Conditions& conditions) override;
  std::string reason(const Decision& decision, const Metrics& metrics) const override;
  void reset() override;
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;

 private:
  Why entry_blocked(const Metrics& metrics) const;
  void set_levels(const Metrics& metrics, Decision& decision) const;
  MeanReversionParameters p_;
  Side entered_{Side::none};
  bool exited_{false};  // EXIT was said and the mid is still near its mean
};

}  // namespace tickmesh
