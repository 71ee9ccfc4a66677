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

void SpreadWindow::push(const QuoteHistory& history) {
  newest_ = history.newest().spread_bp;
  if (size_ == 0) sums_.anchor = newest_;
  const double old = only_if(size_ == n_, history.back(n_).spread_bp - sums_.anchor);
  sums_.sum -= old;
  sums_.squares -= old * old;
  size_ += size_ == n_ ? 0 : 1;
  const double d = newest_ - sums_.anchor;
  sums_.sum += d;
  sums_.squares += d * d;
  if (++sums_.since_anchored >= kAnchorEvery) sum_anew(history);
}

void SpreadWindow::sum_anew(const QuoteHistory& history) {
  sums_.anchor += sums_.sum / static_cast<double>(size_);
  sums_.sum = sums_.squares = 0;
  for (std::size_t ago = size_; ago-- > 0;) {
    const double d = history.back(ago).spread_bp - sums_.anchor;
    sums_.sum += d;
    sums_.squares += d * d;
  }
  sums_.since_anchored = 0;
}

void SpreadWindow::reset() {
  size_ = 0;
  sums_.sum = sums_.squares = 0;
  sums_.since_anchored = 0;
}

Value SpreadWindow::current() const { return size_ == 0 ? warmup_value() : ok_value(newest_); }

Value SpreadWindow::mean() const {
  if (size_ < n_) return warmup_value();
  return ok_value(sums_.anchor + sums_.sum / static_cast<double>(size_));
}

Value SpreadWindow::sd() const {
  if (size_ < n_) return warmup_value();
  const double n = static_cast<double>(size_);
  const double variance = std::max(0.0, (sums_.squares - sums_.sum * sums_.sum / n) / (n - 1));
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
  return m.value > 1e-12 ? ok_value(newest_ / m.value) : undefined_value();
}

SpreadWindow::Sums SpreadWindow::load_sums(ByteReader& in) {
  Sums sums;
  for (double* one : {&sums.anchor, &sums.sum, &sums.squares}) *one = in.get<double>();
  sums.since_anchored = in.get<std::uint32_t>();
  return sums;
}

}  // namespace tickmesh
