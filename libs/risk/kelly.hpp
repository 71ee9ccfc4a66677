// How much of the equity a strategy's own closed trades let it put at stake: METRICS.md 1.5.
#pragma once
#include <cstdint>
#include <span>

#include "core/bytes.hpp"
#include "core/events.hpp"

namespace tickmesh {

/// Kelly (1956) for a bet that wins `win` per unit staked with probability `p`, else loses `loss`: p / loss - (1 - p) / win.
/// `p` in [0, 1], `win`, `loss` > 0. Negative: there is no edge.
constexpr double kelly_binary(double p, double win, double loss) { return p / loss - (1 - p) / win; }

/// The mean of returns a unit staked over their variance, both after costs; `variance` > 0.
constexpr double kelly_mean_variance(double mean, double variance) { return mean / variance; }

/// The fraction that maximises the mean of ln(1 + f r) over past returns a unit staked, by bisection of its slope to 1e-12 of the bound
/// 1 / |worst r|; 0 when their mean is not positive, infinity when none is negative.
double kelly_log_growth(std::span<const double> returns);

/// Lower end of the Wilson score interval of wins / trades (Wilson 1927), `z` standard deviations wide; 0 without trades.
double wilson_lower(std::uint64_t wins, std::uint64_t trades, double z);

struct KellyRules {
  double fraction{0.25};         ///< of full Kelly
  double max_risk{0.02};         ///< of equity lost in a mean losing trade
  double max_notional{0.20};     ///< of equity in one symbol
  std::uint32_t min_trades{30};  ///< fewer bind nothing
  double z{1.6448536269514722};  ///< 90 % interval, both ends
};

struct Kelly {
  double full{0};  ///< notional as a fraction of equity, from the discounted probability; 0 while TOO_FEW
  double used{0};  ///< min(cap, fraction x full), never negative; 0 while TOO_FEW
  KellyBound bound{KellyBound::too_few};
};

/// The closed trades of one strategy on one symbol, live ones only: their number and what they won and lost a unit staked.
class ClosedTrades {
 public:
  /// `pnl` after fees, `staked` > 0: the value entered. A trade of no profit counts as lost.
  void add(Money pnl, Money staked);
  std::uint32_t count() const { return wins_ + losses_; }
  /// Probability: the lower end of the Wilson interval. Payoff: mean win and mean loss a unit staked; as long as nothing was ever lost,
  /// a loss counts as large as a win.
  Kelly size(const KellyRules& rules) const;
  void save(ByteWriter& out) const;
  /// Throws on what no trades add up to.
  void load(ByteReader& in);
  friend bool operator==(const ClosedTrades&, const ClosedTrades&) = default;

 private:
  std::uint32_t wins_{0}, losses_{0};
  double won_{0}, lost_{0};  // sums of returns a unit staked, both >= 0
};

}  // namespace tickmesh
