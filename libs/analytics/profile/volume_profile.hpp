// Volume by price (METRICS.md 3.1): where a session traded, its point of control, its value area (CBOT Market Profile; Dalton), the nodes
// of high and low volume.
#pragma once
#include <bit>
#include <cstdint>
#include <vector>

#include "core/bytes.hpp"
#include "core/fixed.hpp"

namespace tickmesh {

/// floor(n / d) for 0 <= n < 2^63 and 0 < d < 2^62 by a product, with a multiplier of 65 bits of which the first is always 1 (Granlund &
/// Montgomery 1994, figure 4.1).
class RowDivider {
 public:
  explicit RowDivider(std::int64_t divisor) {
    const auto d = static_cast<std::uint64_t>(divisor);
    shift_ = static_cast<int>(std::bit_width(d - 1));
    const Int128 two_64 = static_cast<Int128>(1) << 64;
    multiplier_ = static_cast<std::uint64_t>(two_64 * static_cast<Int128>((std::uint64_t{1} << shift_) - d) / static_cast<Int128>(d) + 1);
  }
  std::int64_t divide(std::int64_t n) const {
    const auto high = static_cast<std::uint64_t>((static_cast<Int128>(n) * static_cast<Int128>(multiplier_)) >> 64);
    return static_cast<std::int64_t>((high + static_cast<std::uint64_t>(n)) >> shift_);
  }

 private:
  std::uint64_t multiplier_{0};
  int shift_{0};
};

/// Row numbers: row r holds prices of [r, r + 1) row sizes. Edges of an area: the lower one of its lowest row, the upper one of its
/// highest.
struct ValueArea {
  std::int64_t low{0}, high{0};
  Int128 volume{0};  ///< raw, inside
  friend bool operator==(const ValueArea&, const ValueArea&) = default;
};
struct ProfileNodes {
  std::vector<std::int64_t> high{}, low{};  ///< rows, ascending
  friend bool operator==(const ProfileNodes&, const ProfileNodes&) = default;
};
struct NodeSettings {
  double sigma{1.5};        ///< rows; 0.5 to 8. The smoothing's
  double prominence{0.05};  ///< of the highest smoothed value; 0 to 1
};

class VolumeProfile {
 public:
  static constexpr std::int64_t kMostRows = 1 << 20;
  static constexpr std::int64_t kFirst = 256;  ///< rows that the array begins with: a usual session has no more
  static constexpr std::int64_t kChunk = 64;   ///< rows that it grows by, at least

  /// `row` > 0: the height of a row, a whole number of ticks, of which a usual session has 40 to 200. From the lowest to the highest row
  /// that traded there are no more than `most_rows`, 1 to kMostRows; the array takes at most twice as many.
  explicit VolumeProfile(Price row, std::int64_t most_rows = kMostRows)
      : row_size_{row.raw()}, most_rows_{most_rows}, divider_{checked(row)} {
    TM_INVARIANT(most_rows > 0 && most_rows <= kMostRows, "a profile has some rows");
  }
  Price row_size() const { return Price::from_raw(row_size_); }
  std::int64_t row_of(Price price) const { return divider_.divide(price.raw()); }
  Price lower_edge(std::int64_t row) const { return Price::from_raw(row * row_size_); }
  Price upper_edge(std::int64_t row) const { return Price::from_raw((row + 1) * row_size_); }

  /// A print. False, and nothing changes: price or size not above 0, or so far away that there would be more rows than may be.
  bool add(Price price, Quantity size) {
    if (price.raw() <= 0 || size.raw() <= 0) [[unlikely]]
      return false;
    const std::int64_t row = divider_.divide(price.raw());
    if (static_cast<std::uint64_t>(row - first_ - low_) >= static_cast<std::uint64_t>(high_ - low_ + 1)) [[unlikely]] {
      if (!fits(row, row)) return false;
      reach(row);
    }
    put(row - first_, size.raw());
    return true;
  }
  /// Asks for the memory of the row that holds `price`, and of the rows about the one with the most volume. (Inlined: see prefetch_lines.)
  [[gnu::always_inline]] void prefetch(Price price) const {
    if (price.raw() <= 0) return;
    const auto place = static_cast<std::uint64_t>(divider_.divide(price.raw()) - first_);
    if (place >= rows_.size()) return;
    __builtin_prefetch(&rows_[place], 1);
    __builtin_prefetch(&rows_[static_cast<std::size_t>(top_)], 1);
  }
  /// A bar's volume, spread evenly over the rows from low to high, what does not divide on the lower rows first: the profile is APPROX from
  /// now on. False as above, or high below low.
  bool add_bar(Price low, Price high, Quantity volume);
  /// A print that turned out void. False, and nothing changes: so much is not there.
  bool take_back(Price price, Quantity size);
  void reset();

  bool empty() const { return total_ == 0; }
  bool approx() const { return approx_; }
  Int128 total() const { return total_; }  ///< raw
  /// Of the traded range. Not of an empty profile.
  std::int64_t lowest() const { return first_ + low_; }
  std::int64_t highest() const { return first_ + high_; }
  Int128 volume(std::int64_t row) const;  ///< raw; 0 outside
  /// The row with the most volume; of several the one nearest the middle of the traded range, then the lower. Not of an empty profile.
  std::int64_t poc() const;
  /// From the point of control outwards, `steps` rows a time to the side that has more in its next `steps` (above where they are equal),
  /// until it holds `share` of the volume; 0 < share <= 1, steps 1 or 2. Not of an empty profile.
  ValueArea value_area(double share = 0.70, int steps = 2) const;
  /// Peaks of the smoothed rows and the valleys that lie between two of them. O(rows x sigma).
  ProfileNodes nodes(const NodeSettings& settings = {}) const {
    ProfileNodes out;
    find_nodes(settings, out);
    return out;
  }
  /// The same, into what is there: its memory is used again.
  void find_nodes(const NodeSettings& settings, ProfileNodes& out) const;

  /// Equal profiles give equal bytes. `load` throws InvariantError for another row size and for what no profile holds.
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  static std::int64_t checked(Price row) {
    TM_INVARIANT(row.raw() > 0 && row.raw() < std::int64_t{1} << 62, "a row has a height");
    return row.raw();
  }
  /// Of a place within the traded range.
  void put(std::int64_t place, std::int64_t size) {
    Int128& row = rows_[static_cast<std::size_t>(place)];
    row += size;
    total_ += size;
    if (row > most_) {
      most_ = row;
      top_ = place;
      tie_ = false;
    } else if (row == most_ && place != top_) {
      tie_ = true;
    }
  }
  /// The traded range with these rows is no longer than may be: of what was traded alone, so that a loaded profile refuses the same.
  bool fits(std::int64_t from, std::int64_t to) const;
  /// The traded range is to hold `row`, which fits.
  void reach(std::int64_t row);
  void find_range_and_top();

  std::int64_t row_size_;
  std::int64_t most_rows_;
  RowDivider divider_;
  std::vector<Int128> rows_;
  std::int64_t first_{0};           // the row of rows_[0]
  std::int64_t low_{0}, high_{-1};  // places; of an empty profile these
  Int128 total_{0}, most_{0};
  std::int64_t top_{0};  // a place that holds most_
  bool tie_{false};      // perhaps not the only one
  bool approx_{false};
};

}  // namespace tickmesh
