#include "analytics/mid_window.hpp"

#include <algorithm>
#include <cmath>

namespace tickmesh {

void MidWindow::push(const QuoteHistory& history, Timestamp event_time) {
  const std::int64_t old = only_if(full(), history.distance(n_));
  size_ += full() ? 0 : 1;
  anchor_ = history.anchor();
  newest_ = history.distance();
  sum_ += newest_ - old;
  sum_squares_ += Int128{newest_} * newest_ - Int128{old} * old;
  times_.push(event_time.ns);
}

void MidWindow::reset() {
  times_.reset();
  size_ = 0;
  sum_ = 0;
  sum_squares_ = 0;
}

Int128 MidWindow::scaled_variance() const { return static_cast<Int128>(size_) * sum_squares_ - Int128{sum_} * sum_; }

MidWindow::Reversion MidWindow::reversion() const {
  if (!full()) return {warmup_value(), warmup_value(), warmup_value()};
  const auto n = static_cast<Int128>(size_);
  const double count = static_cast<double>(size_);
  const Int128 variance = scaled_variance();
  const double root = std::sqrt(to_double(variance));
  Reversion r;
  r.mean = ok_value(mid_units(n * anchor_ + sum_, count));
  r.sd = ok_value(root / (count * 2.0 * static_cast<double>(Price::kScale)));
  r.z_score = variance == 0 ? undefined_value(0) : ok_value(to_double(n * newest_ - sum_) / root);
  return r;
}

Value MidWindow::in_bp(const Value& sd) const {
  if (!full()) return warmup_value();
  return ok_value(1e4 * sd.value / mid_units(anchor_ + newest_));
}

Value MidWindow::span_seconds() const {
  if (!full()) return warmup_value();
  return ok_value(static_cast<double>(std::max<std::int64_t>(0, times_.newest() - times_.oldest())) / 1e9);
}

void MidWindow::load_times(ByteReader& in) {
  times_.load(in);
  TM_INVARIANT(times_.size() == size_, "a stored window has a time for every mid");
}

}  // namespace tickmesh
