// What one interval has gathered, exact.
#pragma once
#include <algorithm>
#include <cstdint>

#include "core/bytes.hpp"
#include "core/events.hpp"

namespace tickmesh {

/// One observation of a series. Values are in `unit` parts of 10^-8: trades bring their price (unit 1), quotes bid + ask (unit 2).
struct BarPoint {
  Timestamp time{};
  std::int64_t value{0};
  std::int64_t size{0};    ///< traded, 10^-8; zero for quotes
  std::int64_t weight{0};  ///< of the value in the mean: its size for trades, 1 for quotes
  Side aggressor{Side::none};
};

/// First and last are by event time, so that a late trade lands where it belongs; at equal times the order of arrival decides.
/// 96 bytes: a few hundred of them are kept of every instrument.
class BarCell {
 public:
  static constexpr std::uint64_t kMostCount = (std::uint64_t{1} << 47) - 1;
  BarCell() = default;
  explicit BarCell(Timestamp start) : start_{start} {}

  Timestamp start() const { return start_; }
  std::uint64_t count() const { return count_; }
  bool gap() const { return gap_; }
  void mark_gap() { gap_ = true; }
  /// Whether the bar of the length of this index, in which the cell lies, was said.
  bool said(std::size_t length) const { return (said_ >> length & 1) != 0; }
  void mark_said(std::size_t length) { said_ = static_cast<std::uint16_t>(said_ | 1u << length); }

  /// False, and nothing changed, when the volume would exceed `most`, which leaves room for a whole long bar.
  bool add(const BarPoint& point, std::int64_t most);
  /// Takes back a trade that `add` added, but for the prices, which stay as they are. False, and nothing changed, when it cannot have been
  /// added.
  bool subtract(const BarPoint& point);
  /// Appends a later cell; an empty one brings its gap, and its prices while there are none.
  void append(const BarCell& later);
  /// Fills prices, volumes and count. VWAP is rounded half-even; the plain mean where nothing is ever traded (mids); the last price where
  /// all trades had size zero.
  void fill(Bar& bar, int unit) const;

  void save(ByteWriter& out) const;
  /// Throws when the bytes are not a cell of trades (unit 1) or mids (unit 2) that `add` makes with `most`.
  void load(ByteReader& in, int unit, std::int64_t most);

 private:
  Timestamp start_{};
  Timestamp open_time_{}, close_time_{};
  std::int64_t open_{0}, high_{0}, low_{0}, close_{0};
  std::int64_t volume_{0}, signed_volume_{0};
  std::uint64_t count_ : 47 {0};
  bool gap_ : 1 {false};
  std::uint16_t said_ : 16 {0};  // by length
  Int128 weighted_{0};           // sum of value x weight
};
static_assert(sizeof(BarCell) <= 96);

// For every tick, so it is here.
inline bool BarCell::add(const BarPoint& point, std::int64_t most) {
  if (point.size > most - volume_) return false;
  volume_ += point.size;  // |signed volume| never exceeds it, and volume x highest price fits 128 bits
  if (point.aggressor == Side::buy) signed_volume_ += point.size;
  if (point.aggressor == Side::sell) signed_volume_ -= point.size;
  if (count_ == 0) {
    open_ = high_ = low_ = close_ = point.value;
    open_time_ = close_time_ = point.time;
  } else {
    if (point.time < open_time_) open_ = point.value, open_time_ = point.time;
    if (point.time >= close_time_) close_ = point.value, close_time_ = point.time;
    high_ = std::max(high_, point.value);
    low_ = std::min(low_, point.value);
  }
  weighted_ += Int128{point.value} * point.weight;
  count_ = (count_ + 1) & kMostCount;
  return true;
}

}  // namespace tickmesh
