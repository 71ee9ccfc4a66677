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

Vwap::Reading Vwap::read() const {
  if (overflowed_ || volume_ == 0) return {any(), any()};
  const double volume = to_double(volume_);
  const double mean = to_double(moved_) / volume;  // from the anchor
  const double variance = std::max(0.0, to_double(squares_) / volume - mean * mean);
  const auto unit = static_cast<double>(Price::kScale);
  return {ok_value(anchor_.to_double() + mean / unit), ok_value(std::sqrt(variance) / unit)};
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
