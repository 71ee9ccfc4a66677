#include "analytics/trend_window.hpp"

#include <cmath>

namespace tickmesh {
namespace {

bool within_bits(Int128 value, int bits) { return (value < 0 ? -value : value) < (static_cast<Int128>(1) << bits); }

}  // namespace

TrendWindow::TrendWindow(std::size_t n) : n_{static_cast<std::uint32_t>(n)}, root_freedom_{std::sqrt(static_cast<double>(n - 2))} {
  TM_INVARIANT(n >= 3 && n <= 256, "a trend window has 3 to 256 ticks");
  const auto whole = static_cast<std::int64_t>(n);
  rank_variance_ = whole * whole * (whole * whole - 1) / 12;
}

void TrendWindow::push(const QuoteHistory& history) {
  const bool full = size_ == n_;
  const std::int64_t d = history.distance();
  const std::int64_t old = only_if(full, history.distance(n_));
  size_ += full ? 0 : 1;
  const std::int64_t staying = sum_ - old;
  sum_ = staying + d;
  sum_squares_ += Int128{d} * d - Int128{old} * old;
  // Of a full window everything that stays moves one rank down.
  sum_ranked_ += Int128{size_ - 1} * d - only_if(full, staying);
}

void TrendWindow::reset() {
  size_ = 0;
  sum_ = 0;
  sum_squares_ = sum_ranked_ = 0;
}

Int128 TrendWindow::slope_numerator() const {
  const Int128 n = size_;
  return n * sum_ranked_ - n * (n - 1) / 2 * sum_;
}

Value TrendWindow::slope() const {
  if (size_ < n_) return warmup_value();
  return ok_value(mid_units(slope_numerator(), static_cast<double>(rank_variance_)));
}

Value TrendWindow::t_value() const {
  if (size_ < n_) return warmup_value();
  // With a = slope numerator, r = n x rank variance, v = n x mid variance: t = a sqrt(n-2) / sqrt(r v - a^2), whatever the units.
  const auto n = static_cast<Int128>(size_);
  const Int128 a = slope_numerator();
  const Int128 r = rank_variance_;
  const Int128 v = n * sum_squares_ - Int128{sum_} * sum_;
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

}  // namespace tickmesh
