#include "signals/signal_state.hpp"

#include <cmath>

namespace tickmesh {

bool SignalState::update(const Metrics& metrics, const Conditions& conditions) {
  decision_ = rule_->decide(metrics, conditions);
  const Why blocked = is_blocked(decision_.why) ? decision_.why : Why::none;  // another obstacle is another thing to say
  const bool changed = decision_.action != said_ || blocked != said_blocked_;
  // Half a unit of the ninth decimal: a move of exactly 0.05 counts, however its doubles were rounded.
  const bool moved = std::abs(decision_.confidence - said_confidence_) >= kConfidenceStep - 5e-10;
  if (!changed && !moved) return false;
  said_ = decision_.action;
  said_blocked_ = blocked;
  said_confidence_ = decision_.confidence;
  return true;
}

Signal SignalState::signal(const Metrics& metrics, Timestamp now) const {
  Signal s;
  s.header.event_time = metrics.header.event_time;
  s.symbol = metrics.symbol;
  s.strategy = std::string(rule_->name());
  s.action = decision_.action;
  s.confidence = decision_.confidence;
  s.edge_bp = decision_.edge_bp;
  s.cost_bp = decision_.cost_bp;
  s.stop = decision_.stop;
  s.target = decision_.target;
  if (decision_.valid_for.ns > 0) s.valid_until = now + decision_.valid_for;
  s.reason = rule_->reason(decision_, metrics);
  s.inputs = metrics;
  return s;
}

void SignalState::reset() {
  rule_->reset();
  decision_ = {};
  said_ = SignalAction::none;
  said_blocked_ = Why::none;
  said_confidence_ = 0;
}

// The decision itself is made anew on every tick before it is looked at.
void SignalState::save(ByteWriter& out) const {
  out.put(said_), out.put(said_blocked_), out.put(said_confidence_);
  rule_->save(out);
}

void SignalState::load(ByteReader& in) {
  said_ = in.get<SignalAction>();
  said_blocked_ = in.get<Why>();
  said_confidence_ = in.get<double>();
  rule_->load(in);
}

}  // namespace tickmesh
