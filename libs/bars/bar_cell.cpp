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

bool BarCell::subtract(const BarPoint& point) {
  const Int128 rest = weighted_ - Int128{point.value} * point.weight;
  const std::int64_t volume = volume_ - point.size;
  std::int64_t signed_volume = signed_volume_;
  if (point.aggressor == Side::buy) signed_volume -= point.size;
  if (point.aggressor == Side::sell) signed_volume += point.size;
  if (count_ == 0 || volume < 0 || signed_volume > volume || signed_volume < -volume) return false;
  if (point.value < low_ || point.value > high_ || (count_ == 1 && volume != 0)) return false;
  if (rest < Int128{low_} * volume || rest > Int128{high_} * volume) return false;
  volume_ = volume;
  signed_volume_ = signed_volume;
  weighted_ = rest;
  count_ = (count_ - 1) & BarCell::kMostCount;
  return true;
}

void BarCell::append(const BarCell& later) {
  gap_ = gap_ || later.gap_;
  if (later.count_ == 0) {
    if (open_ == 0) open_ = later.open_, high_ = later.high_, low_ = later.low_, close_ = later.close_;
    return;
  }
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
  count_ = (count_ + later.count_) & BarCell::kMostCount;
}

void BarCell::fill(Bar& bar, int unit) const {
  const auto price = [&](std::int64_t value) { return Price::from_raw(unit == 1 ? value : divide_half_even(value, unit)); };
  bar.start = start_;
  bar.open = price(open_);
  bar.high = price(high_);
  bar.low = price(low_);
  bar.close = price(close_);
  bar.volume = Quantity::from_raw(volume_);
  bar.signed_volume = Quantity::from_raw(signed_volume_);
  bar.count = count_;
  const Int128 weight = bar.basis == BarBasis::mid ? static_cast<Int128>(count_) : static_cast<Int128>(volume_);
  bar.vwap = weight > 0 ? Price::from_raw(divide_half_even(weighted_, weight * unit)) : bar.close;
}

void BarCell::save(ByteWriter& out) const {
  out.put(start_), out.put(open_time_), out.put(close_time_), out.put(open_), out.put(high_), out.put(low_), out.put(close_);
  out.put(volume_), out.put(signed_volume_), out.put(std::uint64_t{count_}), out.put(std::uint16_t{said_}), out.put(bool{gap_});
  put(out, weighted_);
}

void BarCell::load(ByteReader& in, int unit, std::int64_t most) {
  start_ = in.get<Timestamp>();
  open_time_ = in.get<Timestamp>();
  close_time_ = in.get<Timestamp>();
  for (auto* value : {&open_, &high_, &low_, &close_, &volume_, &signed_volume_}) *value = in.get<std::int64_t>();
  const auto count = in.get<std::uint64_t>();
  said_ = in.get<std::uint16_t>();
  gap_ = in.get<bool>();
  weighted_ = get_wide(in);
  TM_INVARIANT(count < std::uint64_t{1} << 40 && volume_ >= 0 && volume_ <= most && signed_volume_ <= volume_ && signed_volume_ >= -volume_,
               "a stored bar's volumes are ones that trades make");
  const Int128 weight = unit == 1 ? static_cast<Int128>(volume_) : static_cast<Int128>(count);
  TM_INVARIANT(low_ > 0 && low_ <= open_ && low_ <= close_ && high_ >= open_ && high_ >= close_ && open_time_ <= close_time_ &&
                   open_time_ >= start_ && weighted_ >= low_ * weight && weighted_ <= high_ * weight && (count > 0 || weight == 0),
               "a stored bar's prices are ones that trades make");
  count_ = count & BarCell::kMostCount;
}

}  // namespace tickmesh
