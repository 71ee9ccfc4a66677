#include "analytics/spread_window.hpp"

#include <algorithm>
#include <cmath>

namespace tickmesh {
namespace {
constexpr std::uint32_t kAnchorEvery = 65'536;
}

double spread_bp(Price bid, Price ask) {
  return 2e4 * static_cast<double>(ask.raw() - bid.raw()) / (static_cast<double>(bid.raw()) + static_cast<double>(ask.raw()));
}

void SpreadWindow::push(double bp) {
  if (!std::isfinite(bp)) return;
  if (spreads_.size() == 0) anchor_ = bp;
  if (spreads_.full()) {
    const double old = spreads_.oldest() - anchor_;
    sum_ -= old;
    sum_squares_ -= old * old;
  }
  const double d = bp - anchor_;
  sum_ += d;
  sum_squares_ += d * d;
  spreads_.push(bp);
  if (++since_anchored_ >= kAnchorEvery) sum_anew();
}

void SpreadWindow::sum_anew() {
  anchor_ += sum_ / static_cast<double>(spreads_.size());
  sum_ = sum_squares_ = 0;
  for (std::size_t i = 0; i < spreads_.size(); ++i) {
    const double d = spreads_[i] - anchor_;
    sum_ += d;
    sum_squares_ += d * d;
  }
  since_anchored_ = 0;
}

void SpreadWindow::reset() {
  spreads_.reset();
  sum_ = sum_squares_ = 0;
  since_anchored_ = 0;
}

Value SpreadWindow::current() const { return spreads_.size() == 0 ? warmup_value() : ok_value(spreads_.newest()); }

Value SpreadWindow::mean() const {
  if (!spreads_.full()) return warmup_value();
  return ok_value(anchor_ + sum_ / static_cast<double>(spreads_.size()));
}

Value SpreadWindow::sd() const {
  if (!spreads_.full()) return warmup_value();
  const double n = static_cast<double>(spreads_.size());
  const double variance = std::max(0.0, (sum_squares_ - sum_ * sum_ / n) / (n - 1));
  const double m = mean().value;
  return ok_value(variance <= 1e-14 * std::max(1.0, m * m) ? 0.0 : std::sqrt(variance));
}

Value SpreadWindow::cv() const {
  const Value m = mean();
  if (m.status != Status::ok) return m;
  return m.value > 1e-12 ? ok_value(sd().value / m.value) : undefined_value();
}

Value SpreadWindow::regime() const {
  const Value m = mean();
  if (m.status != Status::ok) return m;
  return m.value > 1e-12 ? ok_value(spreads_.newest() / m.value) : undefined_value();
}

void SpreadWindow::save(ByteWriter& out) const {
  spreads_.save(out);
  out.put(anchor_), out.put(sum_), out.put(sum_squares_), out.put(since_anchored_);
}

void SpreadWindow::load(ByteReader& in) {
  spreads_.load(in);
  anchor_ = in.get<double>();
  sum_ = in.get<double>();
  sum_squares_ = in.get<double>();
  since_anchored_ = in.get<std::uint32_t>();
}

}  // namespace tickmesh
