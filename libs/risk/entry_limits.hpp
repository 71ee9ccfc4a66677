// What an entry is held against before it becomes an order. Every refusal names its rule.
#pragma once
#include <optional>
#include <string>

#include "core/events.hpp"
#include "core/fixed.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// Older than `limit` (> 0) at `now`, or never set. A time ahead of `now` is fresh.
constexpr bool is_stale(Timestamp now, Timestamp quoted, Duration limit) { return !quoted || now - quoted > limit; }

struct EntryLimits {
  std::uint32_t max_positions{10};              ///< open ones and entries on their way, together
  Duration cooldown{seconds(30)};               ///< a symbol rests after a position closed or an entry failed
  Money max_gross{Money::from_units(200'000)};  ///< sum of |position value| and entries on their way
  double min_confidence{0.5};                   ///< of a signal; a person's entry is not held against it
};

/// All that the rules look at, as it stands when the entry is judged.
struct EntryFacts {
  Timestamp now{};
  Timestamp valid_until{};  ///< of what asks; zero: no end
  bool live{false};
  bool gateway_known{false};
  RiskState state{RiskState::active};
  std::string state_reason{};
  bool disk_full{false};  ///< a restriction of its own, so that the refusal names it
  bool quoted{false};
  bool quote_stale{false};
  bool data_allowed{true};  ///< false: synthetic prices on an account that takes none
  bool has_position{false};
  bool has_entry{false};
  Timestamp rested_since{};  ///< last close or failed entry of the symbol; zero: never
  std::uint32_t positions{0};
  double confidence{1};
  bool by_person{false};
};
struct Refusal {
  std::string rule;
  std::string reason;
};

/// Rules in order: expired, not_live, no_gateway, disk, risk_state, no_quote, stale_quote, synthetic_data, one_position, one_entry,
/// cooldown (not for a person), min_confidence (not for a person), max_positions.
std::optional<Refusal> check_entry(const EntryLimits& limits, const EntryFacts& facts);

/// The rules that need the size: free_cash (no leverage, shorts bind their whole value), gross_limit.
struct CashFacts {
  Money cost{};  ///< of the entry
  Money equity{};
  Money gross{};     ///< of positions held
  Money reserved{};  ///< of entries on their way
};
std::optional<Refusal> check_cash(const EntryLimits& limits, const CashFacts& facts);

}  // namespace tickmesh
