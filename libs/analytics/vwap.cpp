#include "analytics/vwap.hpp"

#include <algorithm>
#include <cmath>

#include "analytics/mid_window.hpp"

namespace tickmesh {

void Vwap::push(Price price, Quantity size) {
  if (!seen_) anchor_ = price;
  seen_ = true;
  const Int128 d = static_cast<Int128>(price.raw()) - anchor_.raw();
  Int128 square = 0;
  const Int128 moved = d * size.raw();
  overflowed_ |= __builtin_mul_overflow(moved, d, &square);
  overflowed_ |= __builtin_add_overflow(moved_, moved, &moved_);
  overflowed_ |= __builtin_add_overflow(squares_, square, &squares_);
  overflowed_ |= __builtin_add_overflow(volume_, static_cast<Int128>(size.raw()), &volume_);
}

Value Vwap::any() const { return !seen_ ? warmup_value() : undefined_value(); }

Value Vwap::value() const {
  if (overflowed_ || volume_ == 0) return any();
  return ok_value(anchor_.to_double() + to_double(moved_) / to_double(volume_) / static_cast<double>(Price::kScale));
}

Value Vwap::sd() const {
  if (overflowed_ || volume_ == 0) return any();
  const double mean = to_double(moved_) / to_double(volume_);
  const double variance = std::max(0.0, to_double(squares_) / to_double(volume_) - mean * mean);
  return ok_value(std::sqrt(variance) / static_cast<double>(Price::kScale));
}

void Vwap::save(ByteWriter& out) const {
  out.put(anchor_), put(out, volume_), put(out, moved_), put(out, squares_), out.put(seen_), out.put(overflowed_);
}

void Vwap::load(ByteReader& in) {
  anchor_ = in.get<Price>();
  volume_ = get_int128(in);
  moved_ = get_int128(in);
  squares_ = get_int128(in);
  seen_ = in.get<bool>();
  overflowed_ = in.get<bool>();
  TM_INVARIANT(anchor_.raw() >= 0 && anchor_.raw() <= kMaxWindowPrice && volume_ >= 0 && squares_ >= 0, "a stored VWAP is of trades");
}

}  // namespace tickmesh
