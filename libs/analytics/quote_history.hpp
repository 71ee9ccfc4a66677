// What the windows over mids and spreads look back on: one ring for all of them.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/bytes.hpp"

namespace tickmesh {

/// `value` or 0, without a branch: whether a window is full nobody can guess of thousands of instruments, and what is not there yet may be
/// read, as long as it counts for nothing.
constexpr std::int64_t only_if(bool yes, std::int64_t value) { return value & -static_cast<std::int64_t>(yes); }
constexpr double only_if(bool yes, double value) { return std::bit_cast<double>(only_if(yes, std::bit_cast<std::int64_t>(value))); }

struct QuotePoint {
  std::int64_t twice_mid{0};  ///< raw units
  double spread_bp{0};
};

/// Windows are told of a tick after it was pushed here; what leaves a window of n lies n ticks back. Four ticks that are a quarter of the
/// longest window apart share a line of memory: where windows halve one another (50, 100, 200), what leaves them lies in the very line that
/// is written.
class QuoteHistory {
 public:
  /// `longest`: the longest of the windows.
  explicit QuoteHistory(std::size_t longest)
      : quarter_{static_cast<std::uint32_t>((longest + 3) / 4)}, columns_{std::make_unique<Column[]>(std::size_t{quarter_})} {
    TM_INVARIANT(longest > 0 && longest <= (std::size_t{1} << 24), "a window holds at least one observation");
  }
  void push(const QuotePoint& point) {
    if (size_ == 0) anchor_ = point.twice_mid;
    newest_ = place_;
    left_ = *newest_;
    *newest_ = point;
    next_ = next_ + 1 == capacity() ? 0 : next_ + 1;
    place_ = &at(next_);
    size_ += size_ < capacity() ? 1 : 0;
  }
  void reset() { size_ = 0; }
  std::size_t size() const { return size_; }
  /// 0: the newest; `ago` < size(), or at most the longest window for what is used for nothing.
  const QuotePoint& back(std::size_t ago) const { return ago == capacity() ? left_ : at(before(static_cast<std::uint32_t>(ago))); }
  const QuotePoint& newest() const { return *newest_; }
  /// What sums are taken about: the first mid since the reset. No result depends on it.
  std::int64_t anchor() const { return anchor_; }
  std::int64_t distance(std::size_t ago) const { return back(ago).twice_mid - anchor_; }
  std::int64_t distance() const { return newest_->twice_mid - anchor_; }  ///< of the newest
  /// Where a tick will be written; what will leave a window of n once it is.
  const void* place() const { return place_; }
  const void* place(std::size_t n) const { return &at(before(static_cast<std::uint32_t>(n - 1))); }

 private:
  struct alignas(64) Column {
    std::array<QuotePoint, 4> ticks;
  };
  std::uint32_t capacity() const { return 4 * quarter_; }
  std::uint32_t before(std::uint32_t ago) const {
    const auto place = static_cast<std::int32_t>(next_ - 1 - ago);
    return static_cast<std::uint32_t>(place) + (capacity() & static_cast<std::uint32_t>(place >> 31));
  }
  QuotePoint& at(std::uint32_t place) const {
    const std::uint32_t row = (place >= quarter_ ? 1 : 0) + (place >= 2 * quarter_ ? 1 : 0) + (place >= 3 * quarter_ ? 1 : 0);
    return columns_[place - row * quarter_].ticks[row];
  }
  std::uint32_t quarter_;
  std::uint32_t next_{0};
  std::uint32_t size_{0};
  std::unique_ptr<Column[]> columns_;
  QuotePoint* place_{columns_[0].ticks.data()};  // of next_
  QuotePoint* newest_{nullptr};
  QuotePoint left_{};  // which the newest took the place of
  std::int64_t anchor_{0};
};

}  // namespace tickmesh
