// One state rules new risk, for the account and for each symbol (CONTRACTS.md "Risk states").
#pragma once
#include <map>
#include <string>

#include "core/bytes.hpp"
#include "core/events.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// Why risk is restricted. Every cause but a person's leads to REDUCING. The numbers are in snapshots: never renumber.
enum class RiskCause : std::uint8_t {
  none = 0,
  person = 1,          ///< reduce, halt, halt --hard; over by resume
  stale = 2,           ///< the last quote is too old; over with a fresh one
  feed_silent = 3,     ///< tick_ingestor's heartbeats stopped; over when they are back
  metrics_silent = 4,  ///< metrics_engine, the same
  gateway_silent = 5,  ///< broker_gateway, the same
  dead_man = 6,        ///< the gateway has not heard us and cancelled entries; over when it says so
  venue = 7,           ///< the gateway's own state is not ACTIVE; over when it is
  unknown_order = 8,   ///< an order's outcome is unknown; over when it is known
  unprotected = 9,     ///< a position came back without its stop and target; over when they are found or it is closed
  gap = 10,            ///< events of a kept stream are lost; a person looks and resumes
  difference = 11,     ///< fills do not add up; a person looks and resumes
  external = 12,       ///< an order of nobody we know works on the account; a person looks and resumes
  disk = 13,           ///< the journal's disk is full; over when it has room again
  clock = 14,          ///< the machine's clock stepped; a person looks and resumes
  rebuilt = 15,        ///< made anew from the venue and the tables, its journal was lost; a person looks and resumes
};
constexpr RiskCause last_value(RiskCause) { return RiskCause::rebuilt; }
std::string_view to_string(RiskCause cause);
/// Causes that nothing but `resume` ends.
bool latched(RiskCause cause);

/// Causes by scope; a state is the worst of its causes.
class RiskBook {
 public:
  /// Raises `cause` in `scope` (empty: the account). A cause never weakens by being raised again. True when anything changed.
  bool raise(const Symbol& scope, RiskCause cause, RiskState to, std::string reason);
  /// True when it was there.
  bool lift(const Symbol& scope, RiskCause cause);
  /// What a person's `resume` does: lifts what a person set and every latched cause in `scope`. True when anything changed.
  bool resume(const Symbol& scope);

  RiskState account() const { return worst(Symbol{}); }
  /// The worse of the account's and the symbol's; an empty symbol asks for the account.
  RiskState state(const Symbol& symbol) const;
  bool has(const Symbol& scope, RiskCause cause) const;
  /// `stale: quote 5.0 s old; person: halt`, the causes of this scope alone, in the order of their numbers.
  std::string reasons(const Symbol& scope) const;
  /// The worst cause of the account, else of the symbol: the rule a refusal names in its reason.
  std::string why(const Symbol& symbol) const;

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Held {
    RiskState state{RiskState::active};
    std::string reason;
  };
  using Causes = std::map<RiskCause, Held>;
  RiskState worst(const Symbol& scope) const;

  std::map<Symbol, Causes> scopes_;  ///< the account under the empty symbol
};

}  // namespace tickmesh
