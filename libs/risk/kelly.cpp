#include "risk/kelly.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tickmesh {

double wilson_lower(std::uint64_t wins, std::uint64_t trades, double z) {
  if (trades == 0) return 0;
  const auto n = static_cast<double>(trades);
  const double p = static_cast<double>(wins) / n;
  const double middle = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return std::max(0.0, (middle - half) / (1 + z * z / n));
}

double kelly_log_growth(std::span<const double> returns) {
  double sum = 0, worst = 0;
  for (const double r : returns) sum += r, worst = std::min(worst, r);
  if (sum <= 0) return 0;
  if (worst == 0) return std::numeric_limits<double>::infinity();
  // The slope falls all the way: positive at 0, minus infinity at the bound.
  double low = 0, high = -1 / worst;
  for (const double close = 1e-12 * high; high - low > close;) {
    const double f = (low + high) / 2;
    double slope = 0;
    for (const double r : returns) slope += r / (1 + f * r);
    (slope > 0 ? low : high) = f;
  }
  return (low + high) / 2;
}

void ClosedTrades::add(Money pnl, Money staked) {
  if (staked.raw() <= 0) return;
  const double result = static_cast<double>(pnl.raw()) / static_cast<double>(staked.raw());
  if (pnl.raw() > 0)
    ++wins_, won_ += result;
  else
    ++losses_, lost_ -= result;
}

Kelly ClosedTrades::size(const KellyRules& rules) const {
  if (count() < rules.min_trades || count() == 0) return {};
  Kelly kelly{.bound = KellyBound::no_edge};
  if (wins_ == 0) return kelly;
  const double win = won_ / wins_;
  const double loss = lost_ > 0 ? lost_ / losses_ : win;
  kelly.full = kelly_binary(wilson_lower(wins_, count(), rules.z), win, loss);
  if (kelly.full <= 0) return kelly;
  const double cap = std::min(rules.max_notional, rules.max_risk / loss);
  kelly.used = std::min(cap, rules.fraction * kelly.full);
  kelly.bound = cap < rules.fraction * kelly.full ? KellyBound::cap : KellyBound::fraction;
  return kelly;
}

void ClosedTrades::save(ByteWriter& out) const { out.put(wins_), out.put(losses_), out.put(won_), out.put(lost_); }

void ClosedTrades::load(ByteReader& in) {
  wins_ = in.get<std::uint32_t>();
  losses_ = in.get<std::uint32_t>();
  won_ = in.get<double>();
  lost_ = in.get<double>();
  TM_INVARIANT(wins_ < 1U << 30 && losses_ < 1U << 30 && std::isfinite(won_) && std::isfinite(lost_) && won_ >= 0 && lost_ >= 0,
               "stored trades are ones that were closed");
}

}  // namespace tickmesh
