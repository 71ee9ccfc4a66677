// What the rules have in common: which inputs must be OK, the gate before an entry, the entry itself, and the words for them.
#pragma once
#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "signals/parameters.hpp"
#include "signals/signal_rule.hpp"

namespace tickmesh {

/// What every rule asks of an entry.
struct EntryParameters {
  double cost_multiple{};      ///< the edge an entry needs, in round-trip costs
  double max_spread_regime{};  ///< no entry while the spread is more than this many times its mean
  double valid_s{};            ///< seconds an entry may be acted upon
};
/// Their rows for the table of a rule whose parameters derive from them.
inline constexpr Parameter kCostMultiple{"cost_multiple", 1.5, 0.0, 100.0, "edge needed, in round-trip costs"};
inline constexpr Parameter kMaxSpreadRegime{"max_spread_regime", 2.0, 1.0, 100.0, "current spread over its 100-tick mean"};
inline constexpr Parameter kValid{"valid_s", 2.0, 0.001, 3600.0, "seconds an entry may be acted upon"};

/// An input of T (Metrics, BarIndicators) with the words for a person.
template <class T>
struct NamedInput {
  Value T::* member;
  std::string_view name;
};
/// Why an input of that status cannot be used; `status` is not OK.
Why status_reason(Status status);
/// Of the first input that is not OK, in the order of `inputs`; none: all are.
template <class T>
Why not_ok(const T& from, std::span<const NamedInput<T>> inputs) {
  for (const auto& input : inputs)
    if (const Value& v = from.*input.member; v.status != Status::ok) return status_reason(v.status);
  return Why::none;
}
/// "50-tick mean is WARMUP"; empty when all are OK.
template <class T>
std::string not_ok_text(const T& from, std::span<const NamedInput<T>> inputs) {
  for (const auto& input : inputs)
    if (const Value& v = from.*input.member; v.status != Status::ok)
      return std::string(input.name) + " is " + std::string(to_string(v.status));
  return {};
}

/// The indicators of bars of that many seconds; null: there are none.
const BarIndicators* bars_of(const Metrics& metrics, double seconds);

/// A price of a stop or target, at least the least there is.
Price price_level(double price);
/// "8.7 bp"
std::string bp_text(double value);
/// `a` of a long, its mirror image of a short.
constexpr double mirrored(Side side, double value) { return side == Side::sell ? -value : value; }

/// Why nothing can be judged at all; none: it can.
Why common_gate(const Conditions& conditions);
/// The round trip and the edge that an entry needs, where the cost is known.
void price_round_trip(const Metrics& metrics, const EntryParameters& p, Decision& decision);
/// spread_wide, or none.
Why spread_gate(const Metrics& metrics, const EntryParameters& p);
/// cost_unknown, edge_small, or setup.
Why edge_gate(const Metrics& metrics, const Decision& decision);
/// Makes the decision an entry: action, why, valid_for. Confidence, stop and target are the rule's.
void enter(Side side, const EntryParameters& p, Decision& decision);
/// Makes the decision the end of what was entered.
void leave(Why why, Decision& decision);

/// The words of decisions that all rules share; empty for those a rule words itself.
std::string common_reason(const Decision& decision, const Metrics& metrics, const EntryParameters& p);
/// "edge 10.0 bp >= 8.7 bp", and whether the cost is the worst case.
std::string edge_reason(const Decision& decision, const Metrics& metrics);

}  // namespace tickmesh
