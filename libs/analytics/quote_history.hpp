// What the windows over mids and spreads look back on: one ring for all of them, so that a tick touches one line of it for each window
// that something leaves, and one where the tick goes.
#pragma once
#include <cstddef>
#include <cstdint>

#include "analytics/ring.hpp"

namespace tickmesh {

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
  /// 0: the newest; `ago` < size().
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
