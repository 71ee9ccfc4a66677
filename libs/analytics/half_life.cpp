#include "analytics/half_life.hpp"

#include <cmath>

namespace tickmesh {

void HalfLifeWindow::push(const QuoteHistory& history) {
  const bool full = size_ == n_;
  const std::int64_t before = only_if(size_ > 0, newest_);
  const std::int64_t first = only_if(full, oldest_);
  const std::int64_t second = history.distance(n_ - 1);
  newest_ = history.distance();
  sum_ += newest_ - first;
  sum_squares_ += Int128{newest_} * newest_ - Int128{first} * first;
  sum_products_ += Int128{newest_} * before - Int128{first} * second;
  oldest_ = full ? second : size_ == 0 ? newest_ : oldest_;
  size_ += full ? 0 : 1;
}

void HalfLifeWindow::reset() {
  size_ = 0;
  sum_ = 0;
  sum_squares_ = sum_products_ = 0;
}

Value HalfLifeWindow::phi() const {
  if (size_ < n_) return warmup_value();
  const Int128 pairs = static_cast<Int128>(size_) - 1;
  const Int128 first = oldest_;
  const Int128 last = newest_;
  const Int128 before = sum_ - last;  // sum of m_{t-1}
  const Int128 after = sum_ - first;  // sum of m_t
  const Int128 variance = pairs * (sum_squares_ - last * last) - before * before;
  if (variance == 0) return undefined_value();
  return ok_value(to_double(pairs * sum_products_ - before * after) / to_double(variance));
}

Value HalfLifeWindow::ticks() const {
  const Value p = phi();
  if (p.status != Status::ok) return p;
  if (!(p.value > 0 && p.value < 1)) return undefined_value();
  return ok_value(std::log(2.0) / -std::log(p.value));
}

}  // namespace tickmesh
