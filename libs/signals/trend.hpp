// `trend` (METRICS.md 12): averages, MACD and regime of one mind on 1 m bars.
#pragma once
#include <vector>

#include "signals/rule_kit.hpp"

namespace tickmesh {

/// Defaults and ranges stand in the table of trend.cpp; none of them is evidence of profit.
struct TrendParameters : EntryParameters {
  double bar_s{};   ///< length of the bars, seconds; one of those that metrics have
  double regime{};  ///< probability of the regime that an entry needs
  double stop_atrs{}, target_atrs{};
  double full_t{};  ///< t-value of the 200-tick slope at which it no longer lowers the confidence
};

/// ENTER_LONG while EMA20 > EMA50, the MACD histogram is above 0 and higher than a bar before, P(UP) >= regime and the 200-tick slope does
/// not fall; ENTER_SHORT mirrored. Once entered, a histogram on the other side of 0 is EXIT until the next bar closes; nothing else
/// gets in its way. Edge: one ATR14, in bp of the mid. Confidence: c(edge) x P x min(1, t / full_t).
class Trend final : public SignalRule {
 public:
  static Result<std::unique_ptr<SignalRule>> make(const ParameterValues& values);
  static std::vector<Parameter> parameters();
  explicit Trend(const TrendParameters& parameters) : p_{parameters} {}

  std::string_view name() const override { return "trend"; }
  unsigned reads() const override {
    return metric_group::kBars | metric_group::kRegime | metric_group::kTrend | metric_group::kSpread | metric_group::kCost;
  }
  Decision decide(const Metrics& metrics, const Conditions& conditions) override;
  std::string reason(const Decision& decision, const Metrics& metrics) const override;
  void reset() override;
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;

 private:
  Why blocked(const Metrics& metrics, const BarIndicators* bars) const;
  TrendParameters p_;
  Side entered_{Side::none};
  bool exited_{false};   // EXIT was said and no bar has closed since
  Timestamp closed_{};   // end of the bar that `histogram_` is of
  double histogram_{0};  // of the last closed bar
  double before_{0};     // of the one before it
  unsigned known_{0};    // how many of the two there are
};

}  // namespace tickmesh
