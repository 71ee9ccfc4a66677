// What the windows over mids and spreads look back on: one ring for all of them, so that a tick touches one line of it for each window
// that something leaves, and one where the tick goes.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

#include "analytics/ring.hpp"

namespace tickmesh {

/// `value` or 0, without a branch: whether a window is full nobody can guess of thousands of instruments, and what is not there yet may be
/// read, as long as it counts for nothing.
constexpr std::int64_t only_if(bool yes, std::int64_t value) { return value & -static_cast<std::int64_t>(yes); }
constexpr double only_if(bool yes, double value) { return std::bit_cast<double>(only_if(yes, std::bit_cast<std::int64_t>(value))); }

struct QuotePoint {
  std::int64_t twice_mid{0};  ///< raw units
  double spread_bp{0};
};

/// Windows are told of a tick after it was pushed here; what leaves a window of n lies n ticks back.
class QuoteHistory {
 public:
  /// `longest`: the longest of the windows.
  explicit QuoteHistory(std::size_t longest) : points_{longest + 1} {}
  void push(const QuotePoint& point) {
    if (points_.size() == 0) anchor_ = point.twice_mid;
    points_.push(point);
  }
  void reset() { points_.reset(); }
  std::size_t size() const { return points_.size(); }
  /// 0: the newest; `ago` < size(), or at most the longest window for what is used for nothing.
  const QuotePoint& back(std::size_t ago) const { return points_.back(ago); }
  /// What sums are taken about: the first mid since the reset. No result depends on it.
  std::int64_t anchor() const { return anchor_; }
  std::int64_t distance(std::size_t ago) const { return back(ago).twice_mid - anchor_; }
  /// Where a tick will be written, and where what leaves a window of n will be read.
  const void* place() const { return points_.place(); }
  const void* place(std::size_t n) const { return points_.place(n); }

 private:
  Ring<QuotePoint> points_;
  std::int64_t anchor_{0};
};

}  // namespace tickmesh
