// What a user's model says is followed by the rules that ask for it: at once, on every quote after it, and when it expires.
#include "metrics_engine/core/metrics_core.hpp"

namespace tickmesh {

void MetricsCore::on_prediction(const Input& in, const Command& command, Outbox& out) {
  const auto place = config_.instruments.index_of(instrument_id(command.symbol));
  if (place == InstrumentIndex::kNone) {
    ++unlisted_;
    return;
  }
  Cell& cell = cells_[place];
  if (by_prediction_ == 0 || !ours(cell) || !predictions_.take(place, command.prediction, in.now)) return;
  follow(place);
  arm_predictions(in.now, out);
  judge_prediction(cell, in, out);
}

void MetricsCore::follow(std::size_t place) { cells_[place].predicted = predictions_.of(place); }

void MetricsCore::predictions_due(const Input& in, Outbox& out) {
  predictions_armed_ = {};
  for (const auto& [place, prediction] : predictions_.all())
    if (ours(cells_[place])) judge_prediction(cells_[place], in, out);
  arm_predictions(in.now, out);
}

void MetricsCore::judge_prediction(Cell& cell, const Input& in, Outbox& out) {
  const bool fresh = cell.metrics.book_usable() && in.now - cell.heard <= config_.max_quote_age;
  const Conditions now = conditions(cell, in.now, fresh);
  std::uint64_t changed = 0;
  for (std::size_t i = 0; i < cell.signals.size(); ++i) {
    SignalState& signal = cell.signals[i];
    if ((by_prediction_ >> i & 1) != 0 && signal.update(cell.metrics.metrics(signal.rule().reads()), now)) changed |= std::uint64_t{1} << i;
  }
  if (changed != 0) say(cell, in, changed, out);
}

void MetricsCore::arm_predictions(Timestamp now, Outbox& out) {
  const Timestamp next = predictions_.next_expiry(now);
  if (!next || (predictions_armed_ && predictions_armed_ <= next)) return;
  predictions_armed_ = next;
  out.wake_at(next, kPredictionTimer);
}

}  // namespace tickmesh
