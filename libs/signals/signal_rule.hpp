// What a signal rule is: metrics in, a decision out. A new rule is one file pair and one line in registry.cpp.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/events.hpp"

namespace tickmesh {

/// What a rule may know beside the metrics.
struct Conditions {
  bool live{false};          ///< WentLive was heard: before, rules learn and enter nothing
  bool quote_fresh{false};   ///< the quote was taken in time and the book is usable
  bool session_open{false};  ///< the instrument's calendar trades
};

/// Why a rule says what it says; worded only when it is said, so that deciding allocates nothing.
enum class Why : std::uint8_t {
  none = 0,
  // Nothing can be judged.
  not_live = 1,
  session_closed = 2,
  quote_stale = 3,
  warming_up = 4,
  inputs_stale = 5,
  inputs_undefined = 6,
  // Judged, and nothing to do.
  no_setup = 16,
  spread_wide = 17,
  against_trend = 18,
  edge_small = 19,
  cost_unknown = 20,
  holding = 21,  ///< entered before, neither exit nor entry
  // Done.
  setup = 32,
  reverted = 33,
  crossed_mean = 34,
};
constexpr Why last_value(Why) { return Why::crossed_mean; }
/// Nothing could be judged: a state of its own, said when it begins and when it ends.
constexpr bool is_blocked(Why why) { return why >= Why::not_live && why <= Why::inputs_undefined; }

struct Decision {
  SignalAction action{SignalAction::wait};
  Why why{Why::none};
  double confidence{0};  ///< [0, 1]; 0 for WAIT, 1 for EXIT
  double edge_bp{0};
  double cost_bp{0};   ///< round trip
  double limit_bp{0};  ///< the edge an entry needs
  Price stop{}, target{};
  Duration valid_for{};  ///< zero: holds until something else is said
};

/// A parameter as its rule declares it. `meaning` names the unit.
struct Parameter {
  std::string_view name;
  double standard{0};
  double least{0}, most{0};  ///< inclusive
  std::string_view meaning;
};
/// Overrides by name, from configuration.
using ParameterValues = std::map<std::string, double, std::less<>>;

/// Values of Metrics that are computed together. Header, symbol, feed, bid, ask and mid are always there.
namespace metric_group {
inline constexpr unsigned kReversion = 1;    ///< z_score, mean, sd
inline constexpr unsigned kShape = 2;        ///< sd_bp, half_life, window_span_s
inline constexpr unsigned kSpread = 4;       ///< spread_bp, spread_mean_bp, spread_regime
inline constexpr unsigned kSpreadSd = 8;     ///< spread_sd_bp, spread_cv
inline constexpr unsigned kTrend = 16;       ///< trend_t
inline constexpr unsigned kTrendSlope = 32;  ///< trend_slope
inline constexpr unsigned kCost = 64;        ///< cost_bp, round_trip_bp
inline constexpr unsigned kRegime = 128;     ///< regime_*
inline constexpr unsigned kOrderFlow = 256;  ///< ofi*, book_imbalance, microprice
inline constexpr unsigned kTrades = 512;     ///< sign_share_* to aggressive, vwap*
inline constexpr unsigned kRealised = 1024;  ///< realised_*
inline constexpr unsigned kBars = 2048;      ///< bars
inline constexpr unsigned kProfile = 4096;   ///< poc to vpin
inline constexpr unsigned kDepth = 8192;     ///< depth_*
inline constexpr unsigned kAll = 16383;
}  // namespace metric_group

/// One rule for one instrument. Deterministic; remembers what it entered.
class SignalRule {
 public:
  virtual ~SignalRule() = default;
  virtual std::string_view name() const = 0;
  /// The groups that `decide` reads; the others may hold anything then, so that no tick pays for what nobody looks at.
  virtual unsigned reads() const { return metric_group::kAll; }
  /// Of `reads` those that `stays` reads.
  virtual unsigned glances() const { return 0; }
  /// True when the tick asks for nothing, so that most ticks pay for a glance alone: `decide`, having said WAIT and been able to judge,
  /// would say WAIT again and remember nothing new. What is not glanced at may have gone stale meanwhile: it is looked at, and told of,
  /// when there is something to decide.
  virtual bool stays(const Metrics& /*metrics*/, const Conditions& /*conditions*/) const { return false; }
  /// Judges one tick. Must be called for every tick in order that does not let the rule stay: a rule remembers.
  virtual Decision decide(const Metrics& metrics, const Conditions& conditions) = 0;
  /// The decision in words, with the numbers that decided. All metrics are there.
  virtual std::string reason(const Decision& decision, const Metrics& metrics) const = 0;
  virtual void reset() = 0;
  virtual void save(ByteWriter& out) const = 0;
  virtual void load(ByteReader& in) = 0;
};

/// c(edge) = 1 - 2^(-edge / limit): 0 without edge, 0.5 at the limit, towards 1 beyond. 0 when the limit is not positive.
double edge_confidence(double edge_bp, double limit_bp);
/// Fixed-point text of a finite number, "undefined" of any other.
std::string number_text(double value, int decimals);
/// The words of reasons that all rules share; empty for those a rule words itself.
std::string shared_reason(Why why);

/// Names of the rules there are, in the order in which they are judged.
std::vector<std::string_view> signal_rule_names();
/// The declared parameters of `rule`; empty when there is no such rule.
std::vector<Parameter> signal_rule_parameters(std::string_view rule);
/// Error: field "signal" or the parameter, rule = the range or the known names.
Result<std::unique_ptr<SignalRule>> make_signal_rule(std::string_view rule, const ParameterValues& values = {});

}  // namespace tickmesh
