#include "analytics/mid_window.hpp"

#include <algorithm>
#include <cmath>

namespace tickmesh {

void MidWindow::add(std::int64_t twice_mid) {
  if (mids_.size() == 0) anchor_ = twice_mid;
  if (mids_.full()) {
    const std::int64_t old = mids_.oldest() - anchor_;
    sum_ -= old;
    sum_squares_ -= Int128{old} * old;
  }
  const std::int64_t d = twice_mid - anchor_;
  sum_ += d;
  sum_squares_ += Int128{d} * d;
  mids_.push(twice_mid);
}

void MidWindow::push(std::int64_t twice_mid, Timestamp event_time) {
  add(twice_mid);
  times_.push(event_time.ns);
}

void MidWindow::reset() {
  mids_.reset();
  times_.reset();
  sum_ = sum_squares_ = 0;
}

Int128 MidWindow::scaled_variance() const { return static_cast<Int128>(mids_.size()) * sum_squares_ - sum_ * sum_; }

MidWindow::Reversion MidWindow::reversion() const {
  if (!full()) return {warmup_value(), warmup_value(), warmup_value()};
  const auto n = static_cast<Int128>(mids_.size());
  const double count = static_cast<double>(mids_.size());
  const Int128 variance = scaled_variance();
  const double root = std::sqrt(to_double(variance));
  Reversion r;
  r.mean = ok_value(mid_units(n * anchor_ + sum_, count));
  r.sd = ok_value(root / (count * 2.0 * static_cast<double>(Price::kScale)));
  r.z_score = variance == 0 ? undefined_value(0) : ok_value(to_double(n * (mids_.newest() - anchor_) - sum_) / root);
  return r;
}

Value MidWindow::in_bp(const Value& sd) const {
  if (!full()) return warmup_value();
  return ok_value(1e4 * sd.value / mid_units(mids_.newest()));
}

Value MidWindow::span_seconds() const {
  if (!full()) return warmup_value();
  return ok_value(static_cast<double>(std::max<std::int64_t>(0, times_.newest() - times_.oldest())) / 1e9);
}

void MidWindow::save(ByteWriter& out) const {
  mids_.save(out);
  times_.save(out);
}

void MidWindow::load(ByteReader& in) {
  // The sums are exact and every result is free of the anchor, so summing again gives the same bits.
  const Ring<std::int64_t> stored = load_mids(in, mids_.capacity());
  reset();
  for (std::size_t i = 0; i < stored.size(); ++i) add(stored[i]);
  times_.load(in);
}

}  // namespace tickmesh
