#include "analytics/trend_window.hpp"

#include <cmath>

namespace tickmesh {
namespace {

// n x sum of (k - mean k)^2 for k = 0..n-1, a whole number: n^2 (n^2 - 1) / 12.
Int128 scaled_rank_variance(Int128 n) { return n * n * (n * n - 1) / 12; }

bool within_bits(Int128 value, int bits) { return (value < 0 ? -value : value) < (static_cast<Int128>(1) << bits); }

}  // namespace

void TrendWindow::push(std::int64_t twice_mid) {
  if (mids_.size() == 0) anchor_ = twice_mid;
  const Int128 d = twice_mid - anchor_;
  const auto rank = static_cast<Int128>(mids_.full() ? mids_.size() - 1 : mids_.size());
  if (mids_.full()) {
    const Int128 old = mids_.oldest() - anchor_;
    sum_ -= old;
    sum_squares_ -= old * old;
    sum_ranked_ -= sum_;  // everything that stays moves one rank down
  }
  sum_ += d;
  sum_squares_ += d * d;
  sum_ranked_ += rank * d;
  mids_.push(twice_mid);
}

void TrendWindow::reset() {
  mids_.reset();
  sum_ = sum_squares_ = sum_ranked_ = 0;
}

Int128 TrendWindow::slope_numerator() const {
  const auto n = static_cast<Int128>(mids_.size());
  return n * sum_ranked_ - n * (n - 1) / 2 * sum_;
}

Value TrendWindow::slope() const {
  if (!mids_.full()) return warmup_value();
  const auto n = static_cast<Int128>(mids_.size());
  return ok_value(mid_units(slope_numerator(), static_cast<double>(scaled_rank_variance(n))));
}

Value TrendWindow::t_value() const {
  if (!mids_.full()) return warmup_value();
  // With a = slope numerator, r = n x rank variance, v = n x mid variance: t = a sqrt(n-2) / sqrt(r v - a^2), whatever the units.
  const auto n = static_cast<Int128>(mids_.size());
  const Int128 a = slope_numerator();
  const Int128 r = scaled_rank_variance(n);
  const Int128 v = n * sum_squares_ - sum_ * sum_;
  if (v == 0) return undefined_value(0);
  double residual = 0;
  if (within_bits(a, 63) && within_bits(v, 126 - 30)) {  // r < 2^30 for n <= 256: exact
    residual = static_cast<double>(r * v - a * a);
  } else {  // moves of more than about a thousand units inside one window
    residual = static_cast<double>(r) * static_cast<double>(v) - static_cast<double>(a) * static_cast<double>(a);
  }
  if (!(residual > 0)) return undefined_value();
  return ok_value(static_cast<double>(a) * std::sqrt(static_cast<double>(n - 2)) / std::sqrt(residual));
}

void TrendWindow::save(ByteWriter& out) const { mids_.save(out); }

void TrendWindow::load(ByteReader& in) {
  Ring<std::int64_t> stored{mids_.capacity()};
  stored.load(in);
  reset();
  for (std::size_t i = 0; i < stored.size(); ++i) push(stored[i]);
}

}  // namespace tickmesh
