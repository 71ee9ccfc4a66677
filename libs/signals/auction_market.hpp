// `auction_market` (METRICS.md 12): in balance back from the edge of the value area to its middle, out of balance with the side that left.
#pragma once
#include <vector>

#include "signals/rule_kit.hpp"

namespace tickmesh {

/// Defaults and ranges stand in the table of auction_market.cpp; none of them is evidence of profit.
struct AuctionMarketParameters : EntryParameters {
  double bar_s{};                    ///< length of the bars that ATR and closes are of, seconds
  double near_ticks{}, near_atrs{};  ///< what is near: the larger of so many ticks and so many ATR14
  double stop_atrs{};                ///< stop beyond the edge of the value area, or beyond the node
  double target_atrs{};              ///< out of balance, where no node of high volume lies ahead
};

/// In BALANCE: ENTER_LONG while the mid is near VAL, the aggressive flow turned positive since it came there and its momentum is positive;
/// stop ATR below VAL, target POC; EXIT at POC or when the state leaves BALANCE.
/// In IMBALANCE_UP: ENTER_LONG while AGGRESSIVE_BUY stands, the last bar closed outside the value area and the mid is near a node of low
/// volume below, or near VAH and not under it; stop ATR beyond that node or VAH, target the next node of high volume, else 2 ATR, and no
/// entry whose reward is below its risk; EXIT when a bar closes inside the value area or the state leaves. Shorts are the mirror image.
/// A market whose state is UNKNOWN enters nothing. Edge: the distance to the target, in bp of the mid. Confidence: c(edge) x
/// (0.5 + 0.5 aggr).
class AuctionMarket final : public SignalRule {
 public:
  static Result<std::unique_ptr<SignalRule>> make(const ParameterValues& values);
  static std::vector<Parameter> parameters();
  explicit AuctionMarket(const AuctionMarketParameters& parameters) : p_{parameters} {}

  std::string_view name() const override { return "auction_market"; }
  unsigned reads() const override {
    using namespace metric_group;
    return kProfile | kTrades | kBars | kSpread | kCost;
  }
  Decision decide(const Metrics& metrics, const Conditions& conditions) override;
  std::string reason(const Decision& decision, const Metrics& metrics) const override;
  void reset() override;
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;

 private:
  struct Plan {
    Side side{Side::none};
    double stop{0}, target{0};
  };
  void note_touch(const Metrics& metrics, double near);
  Why left(const Metrics& metrics, const BarIndicators& bars) const;
  Plan in_balance(const Metrics& metrics, double atr) const;
  Plan out_of_balance(const Metrics& metrics, const BarIndicators& bars, double near) const;

  AuctionMarketParameters p_;
  Side entered_{Side::none};
  double state_{0};           // the market's, when it was entered
  Side touched_{Side::none};  // buy: the mid is near VAL; sell: near VAH
  bool pressed_{false};       // and the flow pressed against that edge since
};

}  // namespace tickmesh
