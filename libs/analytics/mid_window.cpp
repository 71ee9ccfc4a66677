#include "analytics/mid_window.hpp"

#include <algorithm>
#include <cmath>

namespace tickmesh {

void MidWindow::add(std::int64_t twice_mid) {
  if (mids_.size() == 0) anchor_ = twice_mid;
  if (mids_.full()) {
    const Int128 old = mids_.oldest() - anchor_;
    sum_ -= old;
    sum_squares_ -= old * old;
  }
  const Int128 d = twice_mid - anchor_;
  sum_ += d;
  sum_squares_ += d * d;
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

Value MidWindow::mean() const {
  if (!full()) return warmup_value();
  const auto n = static_cast<Int128>(mids_.size());
  return ok_value(mid_units(n * anchor_ + sum_, static_cast<double>(mids_.size())));
}

Value MidWindow::sd() const {
  if (!full()) return warmup_value();
  const double n = static_cast<double>(mids_.size());
  return ok_value(std::sqrt(static_cast<double>(scaled_variance())) / (n * 2.0 * static_cast<double>(Price::kScale)));
}

Value MidWindow::sd_bp() const {
  if (!full()) return warmup_value();
  return ok_value(1e4 * sd().value / mid_units(mids_.newest()));
}

Value MidWindow::z_score() const {
  if (!full()) return warmup_value();
  const Int128 variance = scaled_variance();
  if (variance == 0) return undefined_value(0);
  const Int128 distance = static_cast<Int128>(mids_.size()) * (mids_.newest() - anchor_) - sum_;
  return ok_value(static_cast<double>(distance) / std::sqrt(static_cast<double>(variance)));
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
  Ring<std::int64_t> stored{mids_.capacity()};
  stored.load(in);
  reset();
  for (std::size_t i = 0; i < stored.size(); ++i) add(stored[i]);
  times_.load(in);
}

}  // namespace tickmesh
