// `prediction` (METRICS.md 12): what a user's own model says, held against time and the market's own gate.
#pragma once
#include <vector>

#include "signals/rule_kit.hpp"

namespace tickmesh {

/// Defaults and ranges stand in the table of prediction.cpp.
struct PredictionParameters {
  double max_age_s{};          ///< a prediction whose as_of is older enters nothing
  double max_spread_regime{};  ///< no entry while the spread is more than this many times its mean
  double bar_s{};              ///< length of the bars that ATR14 is of, seconds
  double stop_atrs{};          ///< stop distance in ATR14
  double stop_sds{};           ///< where there is no ATR: in 50-tick deviations
  double min_spreads{};        ///< the stop is at least this many spreads away
  double valid_s{};            ///< seconds an entry may be acted upon
};

/// When a prediction no longer holds.
constexpr Timestamp expiry(const Prediction& prediction) { return prediction.as_of + prediction.horizon; }

/// ENTER while the model says long or short, its as_of is fresh and it has not expired, with its own confidence; EXIT when it says flat or
/// the other side, or expires. It claims no edge, so none is asked for (edge 0, cost shown). It bears no stop: one of `stop_atrs` ATR14
/// of 1 m bars stands in, of `stop_sds` deviations where there are no bars, and without either nothing is entered. No target. An EXIT asks
/// for live data alone: a stale quote keeps nobody in.
class PredictionRule final : public SignalRule {
 public:
  static Result<std::unique_ptr<SignalRule>> make(const ParameterValues& values);
  static std::vector<Parameter> parameters();
  explicit PredictionRule(const PredictionParameters& parameters) : p_{parameters} {}

  std::string_view name() const override { return "prediction"; }
  unsigned reads() const override {
    using namespace metric_group;
    return kReversion | kSpread | kCost | kBars;
  }
  bool by_prediction() const override { return true; }
  Decision decide(const Metrics& metrics, const Conditions& conditions) override;
  std::string reason(const Decision& decision, const Metrics& metrics) const override;
  void reset() override;
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;

 private:
  double stop_distance(const Metrics& metrics) const;
  PredictionParameters p_;
  Side entered_{Side::none};
  Prediction heard_{};  // the last one judged, for the words
  Timestamp now_{};     // when
};

}  // namespace tickmesh
