#include "bars/bar_cell.hpp"

#include <algorithm>

namespace tickmesh {
namespace {

template <class Int>
std::int64_t divide(Int numerator, Int denominator) {
  Int quotient = numerator / denominator;
  const Int rest = numerator - quotient * denominator;  // prices are positive
  const Int missing = denominator - rest;
  if (rest > missing || (rest == missing && (quotient & 1) != 0)) ++quotient;
  return static_cast<std::int64_t>(quotient);
}

std::int64_t divide_half_even(Int128 numerator, Int128 denominator) {
  const auto n = static_cast<std::int64_t>(numerator), d = static_cast<std::int64_t>(denominator);
  return n == numerator && d == denominator ? divide(n, d) : divide(numerator, denominator);
}

void put(ByteWriter& out, Int128 value) {
  out.put(static_cast<std::uint64_t>(value));
  out.put(static_cast<std::int64_t>(value >> 64));
}

Int128 get_wide(ByteReader& in) {
  const auto low = in.get<std::uint64_t>();
  return (static_cast<Int128>(in.get<std::int64_t>()) << 64) | static_cast<Int128>(low);
}

}  // namespace

bool BarCell::add(const BarPoint& point, Quantity most) {
  if (point.size.raw() > most.raw() - volume_) return false;
  volume_ += point.size.raw();  // |signed volume| never exceeds it, and volume x highest price fits 128 bits
  if (point.aggressor == Side::buy) signed_volume_ += point.size.raw();
  if (point.aggressor == Side::sell) signed_volume_ -= point.size.raw();
  if (count_ == 0) {
    open_ = high_ = low_ = close_ = point.value;
    open_time_ = close_time_ = point.time;
  } else {
    if (point.time < open_time_) open_ = point.value, open_time_ = point.time;
    if (point.time >= close_time_) close_ = point.value, close_time_ = point.time;
    high_ = std::max(high_, point.value);
    low_ = std::min(low_, point.value);
  }
  weighted_ += Int128{point.value} * point.size.raw();
  sum_ += point.value;
  ++count_;
  return true;
}

void BarCell::append(const BarCell& later) {
  if (later.count_ == 0) return;
  TM_INVARIANT(!__builtin_add_overflow(volume_, later.volume_, &volume_), "a bar's volume fits 64 bits");
  signed_volume_ += later.signed_volume_;
  if (count_ == 0) {
    open_ = later.open_, open_time_ = later.open_time_;
    high_ = later.high_, low_ = later.low_;
  }
  high_ = std::max(high_, later.high_);
  low_ = std::min(low_, later.low_);
  close_ = later.close_;
  close_time_ = later.close_time_;
  weighted_ += later.weighted_;
  sum_ += later.sum_;
  count_ += later.count_;
  gap_ = gap_ || later.gap_;
}

void BarCell::fill(Bar& bar, int unit) const {
  const auto price = [&](std::int64_t value) { return Price::from_raw(divide_half_even(value, unit)); };
  bar.start = start_;
  bar.open = price(open_);
  bar.high = price(high_);
  bar.low = price(low_);
  bar.close = price(close_);
  bar.volume = Quantity::from_raw(volume_);
  bar.signed_volume = Quantity::from_raw(signed_volume_);
  bar.count = count_;
  if (volume_ > 0)
    bar.vwap = Price::from_raw(divide_half_even(weighted_, static_cast<Int128>(volume_) * unit));
  else if (bar.basis == BarBasis::mid)
    bar.vwap = Price::from_raw(divide_half_even(sum_, static_cast<Int128>(count_) * unit));
  else
    bar.vwap = bar.close;
}

void BarCell::save(ByteWriter& out) const {
  out.put(start_), out.put(open_time_), out.put(close_time_), out.put(open_), out.put(high_), out.put(low_), out.put(close_);
  out.put(volume_), out.put(signed_volume_), out.put(count_), put(out, weighted_), put(out, sum_), out.put(gap_);
}

void BarCell::load(ByteReader& in) {
  start_ = in.get<Timestamp>();
  open_time_ = in.get<Timestamp>();
  close_time_ = in.get<Timestamp>();
  for (auto* value : {&open_, &high_, &low_, &close_, &volume_, &signed_volume_}) *value = in.get<std::int64_t>();
  count_ = in.get<std::uint64_t>();
  weighted_ = get_wide(in);
  sum_ = get_wide(in);
  gap_ = in.get<bool>();
}

}  // namespace tickmesh
