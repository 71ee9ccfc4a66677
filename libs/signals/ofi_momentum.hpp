// `ofi_momentum` (METRICS.md 12): order flow, book and trades that lean the same way.
#pragma once
#include <vector>

#include "signals/rule_kit.hpp"

namespace tickmesh {

/// Defaults and ranges stand in the table of ofi_momentum.cpp; none of them is evidence of profit.
struct OfiMomentumParameters : EntryParameters {
  double entry_z{};       ///< enter at |z of OFI| of at least this
  double aggr{};          ///< signed share of the decayed volume that an entry needs
  double hold_s{};        ///< what was entered is left after so many seconds
  double edge_per_z{};    ///< half spreads of edge for each unit of z: not calibrated
  double full_z{};        ///< z at which it no longer lowers the confidence
  double stop_sds{};      ///< stop distance in 50-tick deviations
  double target_stops{};  ///< target distance in stop distances
  double min_spreads{};   ///< the stop is at least this many spreads away
};

/// ENTER_LONG while the z of OFI >= entry_z, the microprice lies above the mid and aggr >= `aggr`; ENTER_SHORT mirrored. Once entered, a z
/// on the other side of 0 or `hold_s` seconds are EXIT; after the one until z is back at 0 or makes an entry of the other side, after the
/// other until z is no entry any more. Edge: edge_per_z x |z| x half the mean spread, in bp; `uncalibrated` stands in every reason that
/// names it. Confidence: c(edge) x min(1, |z| / full_z).
class OfiMomentum final : public SignalRule {
 public:
  static Result<std::unique_ptr<SignalRule>> make(const ParameterValues& values);
  static std::vector<Parameter> parameters();
  explicit OfiMomentum(const OfiMomentumParameters& parameters) : p_{parameters} {}

  std::string_view name() const override { return "ofi_momentum"; }
  unsigned reads() const override {
    using namespace metric_group;
    return kOrderFlow | kTrades | kReversion | kSpread | kCost;
  }
  Decision decide(const Metrics& metrics, const Conditions& conditions) override;
  std::string reason(const Decision& decision, const Metrics& metrics) const override;
  void reset() override;
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;

 private:
  bool stays_out(const Value& z) const;
  OfiMomentumParameters p_;
  Side entered_{Side::none};
  Timestamp entered_at_{};  // event time
  Side left_{Side::none};   // EXIT was said of that side, and its cause is still there
  bool timed_out_{false};   // that cause
};

}  // namespace tickmesh
