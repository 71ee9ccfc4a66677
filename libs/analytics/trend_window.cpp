#include "analytics/trend_window.hpp"

#include <cmath>

namespace tickmesh {
namespace {

bool within_bits(Int128 value, int bits) { return (value < 0 ? -value : value) < (static_cast<Int128>(1) << bits); }

}  // namespace

TrendWindow::TrendWindow(std::size_t n) : mids_{n}, root_freedom_{std::sqrt(static_cast<double>(n - 2))} {
  TM_INVARIANT(n >= 3 && n <= 256, "a trend window has 3 to 256 ticks");
  const auto whole = static_cast<std::int64_t>(n);
  rank_variance_ = whole * whole * (whole * whole - 1) / 12;
}

void TrendWindow::push(std::int64_t twice_mid) {
  if (mids_.size() == 0) anchor_ = twice_mid;
  const std::int64_t d = twice_mid - anchor_;
  const auto rank = static_cast<std::int64_t>(mids_.full() ? mids_.size() - 1 : mids_.size());
  if (mids_.full()) {
    const std::int64_t old = mids_.oldest() - anchor_;
    sum_ -= old;
    sum_squares_ -= Int128{old} * old;
    sum_ranked_ -= sum_;  // everything that stays moves one rank down
  }
  sum_ += d;
  sum_squares_ += Int128{d} * d;
  sum_ranked_ += Int128{rank} * d;
  mids_.push(twice_mid);
}

void TrendWindow::reset() {
  mids_.reset();
  sum_ = sum_squares_ = sum_ranked_ = 0;
}

Int128 TrendWindow::slope_numerator() const {
  const auto n = static_cast<Int128>(mids_.size());
  return n * sum_ranked_ - static_cast<std::int64_t>(mids_.size() * (mids_.size() - 1) / 2) * sum_;
}

Value TrendWindow::slope() const {
  if (!mids_.full()) return warmup_value();
  return ok_value(mid_units(slope_numerator(), static_cast<double>(rank_variance_)));
}

Value TrendWindow::t_value() const {
  if (!mids_.full()) return warmup_value();
  // With a = slope numerator, r = n x rank variance, v = n x mid variance: t = a sqrt(n-2) / sqrt(r v - a^2), whatever the units.
  const auto n = static_cast<Int128>(mids_.size());
  const Int128 a = slope_numerator();
  const Int128 r = rank_variance_;
  const Int128 v = n * sum_squares_ - sum_ * sum_;
  if (v == 0) return undefined_value(0);
  double residual = 0;
  if (within_bits(a, 63) && within_bits(v, 126 - 30)) {  // r < 2^30 for n <= 256: exact
    residual = to_double(r * v - a * a);
  } else {  // moves of more than about a thousand units inside one window
    residual = to_double(r) * to_double(v) - to_double(a) * to_double(a);
  }
  if (!(residual > 0)) return undefined_value();
  return ok_value(to_double(a) * root_freedom_ / std::sqrt(residual));
}

void TrendWindow::save(ByteWriter& out) const { mids_.save(out); }

void TrendWindow::load(ByteReader& in) {
  const Ring<std::int64_t> stored = load_mids(in, mids_.capacity());
  reset();
  for (std::size_t i = 0; i < stored.size(); ++i) push(stored[i]);
}

}  // namespace tickmesh
