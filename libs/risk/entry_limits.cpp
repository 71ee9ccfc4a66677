#include "risk/entry_limits.hpp"

namespace tickmesh {

std::optional<Refusal> check_entry(const EntryLimits& limits, const EntryFacts& f) {
  if (f.valid_until && f.now > f.valid_until) return Refusal{"expired", "taken after valid_until"};
  if (!f.live) return Refusal{"not_live", "still catching up"};
  if (!f.gateway_known) return Refusal{"no_gateway", "no gateway has opened a session"};
  if (f.disk_full) return Refusal{"disk", f.state_reason};
  if (f.state != RiskState::active) return Refusal{"risk_state", std::string(to_string(f.state)) + ": " + f.state_reason};
  if (!f.quoted) return Refusal{"no_quote", "no two-sided quote yet"};
  if (f.quote_stale) return Refusal{"stale_quote", "the last quote is too old"};
  if (!f.data_allowed) return Refusal{"synthetic_data", "the account does not trade on synthetic prices"};
  if (f.has_position) return Refusal{"one_position", "the symbol has an open position"};
  if (f.has_entry) return Refusal{"one_entry", "an entry of the symbol is on its way"};
  if (!f.by_person && f.rested_since && f.now - f.rested_since < limits.cooldown)
    return Refusal{"cooldown", "the symbol rests after its last trade"};
  // Written so that a confidence that is not a number is refused.
  if (!f.by_person && !(f.confidence >= limits.min_confidence)) return Refusal{"min_confidence", "confidence too low"};
  if (f.positions >= limits.max_positions) return Refusal{"max_positions", std::to_string(f.positions) + " open or on their way"};
  return std::nullopt;
}

std::optional<Refusal> check_cash(const EntryLimits& limits, const CashFacts& f) {
  const Money free = f.equity - f.gross - f.reserved;
  if (f.cost > free) return Refusal{"free_cash", "needs " + f.cost.str(2) + ", free " + free.str(2)};
  const Money gross = f.gross + f.reserved + f.cost;
  if (gross > limits.max_gross) return Refusal{"gross_limit", gross.str(2) + " would exceed " + limits.max_gross.str(2)};
  return std::nullopt;
}

}  // namespace tickmesh
