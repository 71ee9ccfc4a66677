// When a decision is said: on a change of state, or when the confidence has moved.
#pragma once
#include <memory>
#include <optional>

#include "signals/signal_rule.hpp"

namespace tickmesh {

/// One rule on one instrument, and what it said last. State is the action, and within WAIT what kept it from being judged
/// (`is_blocked`), so that "warming up" does not stand there for ever.
class SignalState {
 public:
  static constexpr double kConfidenceStep = 0.05;

  explicit SignalState(std::unique_ptr<SignalRule> rule) : rule_{std::move(rule)} {}
  /// True when WAIT was said, for no obstacle, and the tick changes nothing in that; `metrics` has what the rule glances at.
  bool stays(const Metrics& metrics, const Conditions& conditions) const {
    return said_ == SignalAction::wait && said_blocked_ == Why::none && said_confidence_ == 0 && rule_->stays(metrics, conditions);
  }
  /// Judges one tick; true when the decision is to be said.
  bool update(const Metrics& metrics, const Conditions& conditions);
  /// The last decision as an event: every value it used inside, `valid_until` = now + valid_for (zero when it holds).
  Signal signal(const Metrics& metrics, Timestamp now) const;
  const SignalRule& rule() const { return *rule_; }
  const Decision& decision() const { return decision_; }
  void reset();
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  std::unique_ptr<SignalRule> rule_;
  Decision decision_{};
  SignalAction said_{SignalAction::none};
  Why said_blocked_{Why::none};  ///< none: it could be judged
  double said_confidence_{0};
};

}  // namespace tickmesh
