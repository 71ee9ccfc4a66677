// What one interval has gathered, exact.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "core/events.hpp"

namespace tickmesh {

/// One observation of a series. Values are in `unit` parts of 10^-8: trades bring their price (unit 1), quotes bid + ask (unit 2).
struct BarPoint {
  Timestamp time{};
  std::int64_t value{0};
  Quantity size{};  ///< zero for quotes
  Side aggressor{Side::none};
};

/// First and last are by event time, so that a late trade lands where it belongs; at equal times the order of arrival decides.
class BarCell {
 public:
  BarCell() = default;
  explicit BarCell(Timestamp start) : start_{start} {}

  Timestamp start() const { return start_; }
  std::uint64_t count() const { return count_; }
  bool gap() const { return gap_; }
  void mark_gap() { gap_ = true; }
  /// False, and nothing changed, when the volume would exceed `most`, which leaves room for a whole long bar.
  bool add(const BarPoint& point, Quantity most);
  /// Appends a later cell.
  void append(const BarCell& later);
  /// Fills prices, volumes and count. VWAP is rounded half-even; the plain mean where nothing was traded (mids); the last price where
  /// all trades had size zero.
  void fill(Bar& bar, int unit) const;

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  Timestamp start_{};
  Timestamp open_time_{}, close_time_{};
  std::int64_t open_{0}, high_{0}, low_{0}, close_{0};
  std::int64_t volume_{0}, signed_volume_{0};
  std::uint64_t count_{0};
  Int128 weighted_{0};  // trades: sum of value x size
  Int128 sum_{0};       // sum of values
  bool gap_{false};
};

}  // namespace tickmesh
