#include "analytics/half_life.hpp"

#include <cmath>

namespace tickmesh {

void HalfLifeWindow::push(std::int64_t twice_mid) {
  if (mids_.size() == 0) anchor_ = twice_mid;
  if (mids_.full()) {
    const std::int64_t first = mids_[0] - anchor_;
    const std::int64_t second = mids_[1] - anchor_;
    sum_ -= first;
    sum_squares_ -= Int128{first} * first;
    sum_products_ -= Int128{first} * second;
  }
  const std::int64_t d = twice_mid - anchor_;
  sum_ += d;
  sum_squares_ += Int128{d} * d;
  if (mids_.size() > 0) sum_products_ += Int128{d} * (mids_.newest() - anchor_);
  mids_.push(twice_mid);
}

void HalfLifeWindow::reset() {
  mids_.reset();
  sum_ = sum_squares_ = sum_products_ = 0;
}

Value HalfLifeWindow::phi() const {
  if (!mids_.full()) return warmup_value();
  const Int128 pairs = static_cast<Int128>(mids_.size()) - 1;
  const Int128 first = mids_.oldest() - anchor_;
  const Int128 last = mids_.newest() - anchor_;
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

void HalfLifeWindow::save(ByteWriter& out) const { mids_.save(out); }

void HalfLifeWindow::load(ByteReader& in) {
  const Ring<std::int64_t> stored = load_mids(in, mids_.capacity());
  reset();
  for (std::size_t i = 0; i < stored.size(); ++i) push(stored[i]);
}

}  // namespace tickmesh
