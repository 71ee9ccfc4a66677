// `breakout` (METRICS.md 12): a bar that closes beyond the last twenty, on volume, in a market that is not in balance.
#pragma once
#include <vector>

#include "signals/rule_kit.hpp"

namespace tickmesh {

/// Defaults and ranges stand in the table of breakout.cpp; none of them is evidence of profit.
struct BreakoutParameters : EntryParameters {
  double bar_s{};         ///< length of the bars, seconds; one of those that metrics have
  double volume_ratio{};  ///< volume of the bar that an entry needs, in means of the 20 bars before
  double full_ratio{};    ///< volume ratio at which it no longer lowers the confidence
  double stop_atrs{};     ///< stop, ATR14 of the bars on the near side of the level
  double target_atrs{};   ///< target distance in ATR14 of the bars
};

/// ENTER_LONG while the last closed bar closed above the highest of the 20 closes before it (the level), traded `volume_ratio` times their
/// mean volume, the market's state is known and not BALANCE, and the mid has not fallen to the stop; ENTER_SHORT mirrored. Once entered, a
/// bar that closes back on the other side of the level is EXIT until the next one closes. Edge: one ATR14, in bp of the mid. Confidence:
/// c(edge) x min(1, volume ratio / full_ratio).
class Breakout final : public SignalRule {
 public:
  static Result<std::unique_ptr<SignalRule>> make(const ParameterValues& values);
  static std::vector<Parameter> parameters();
  explicit Breakout(const BreakoutParameters& parameters) : p_{parameters} {}

  std::string_view name() const override { return "breakout"; }
  unsigned reads() const override {
    using namespace metric_group;
    return kBars | kProfile | kSpread | kCost;
  }
  Decision decide(const Metrics& metrics, const Conditions& conditions) override;
  std::string reason(const Decision& decision, const Metrics& metrics) const override;
  void reset() override;
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;

 private:
  BreakoutParameters p_;
  Side entered_{Side::none};
  double level_{0};     // that was broken
  bool exited_{false};  // EXIT was said and no bar has closed since
  Timestamp closed_{};  // end of the last bar judged
};

}  // namespace tickmesh
