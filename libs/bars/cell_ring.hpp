// The last cells of one length, ascending by start. Room is made once; a new last cell forgets the oldest when there is none left.
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

#include "bars/bar_cell.hpp"

namespace tickmesh {

class CellRing {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  explicit CellRing(std::size_t most) : most_{most} { cells_.reserve(most); }

  std::size_t size() const { return cells_.size(); }
  std::size_t most() const { return most_; }
  bool empty() const { return cells_.empty(); }
  /// 0: the oldest.
  BarCell& operator[](std::size_t i) { return cells_[place(i)]; }
  const BarCell& operator[](std::size_t i) const { return cells_[place(i)]; }
  BarCell& back() { return (*this)[size() - 1]; }
  const BarCell& back() const { return (*this)[size() - 1]; }
  /// Whether all there was from `start` on is held.
  bool knows(Timestamp start) const { return start >= forgotten_; }

  /// Place of the first cell that starts at or after `start`; looked for from the back, where it nearly always is.
  std::size_t first_from(Timestamp start) const {
    std::size_t i = size();
    while (i > 0 && (*this)[i - 1].start() >= start) --i;
    return i;
  }
  /// Makes an empty cell at `i`, which first_from(start) gave, where none starts at `start`. Returns its place; kNone when it would be
  /// the oldest and there is no room for it.
  std::size_t insert(std::size_t i, Timestamp start) {
    if (!knows(start)) return kNone;
    if (cells_.size() < most_) {
      cells_.emplace_back();  // nothing was forgotten yet: head_ is 0
    } else {
      forgotten_ = Timestamp{std::max(i == 0 ? start : (*this)[0].start(), forgotten_).ns + 1};
      if (i == 0) return kNone;
      head_ = head_ + 1 == most_ ? 0 : head_ + 1;
      --i;
    }
    for (std::size_t k = size() - 1; k > i; --k) (*this)[k] = (*this)[k - 1];
    (*this)[i] = BarCell{start};
    return i;
  }

  /// Nothing is held any more, and of what was before `start` nothing is known.
  void forget_before(Timestamp start) {
    cells_.clear();
    head_ = 0;
    forgotten_ = start;
  }

  void save(ByteWriter& out) const {
    out.put(forgotten_), out.put(static_cast<std::uint32_t>(size()));
    for (std::size_t i = 0; i < size(); ++i) (*this)[i].save(out);
  }
  /// Throws when there are too many, or they do not ascend.
  void load(ByteReader& in, int unit, std::int64_t most_volume) {
    forgotten_ = in.get<Timestamp>();
    const auto n = in.get<std::uint32_t>();
    TM_INVARIANT(n <= most_, "a stored instrument keeps no more bars than this one");
    cells_.clear();
    head_ = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      BarCell cell;
      cell.load(in, unit, most_volume);
      TM_INVARIANT(cell.start() >= forgotten_ && (i == 0 || cell.start() > cells_.back().start()), "stored bars ascend");
      cells_.push_back(cell);
    }
  }

 private:
  std::size_t place(std::size_t i) const {
    const std::size_t at = head_ + i;
    return at < cells_.size() ? at : at - cells_.size();
  }
  std::size_t most_;
  std::size_t head_{0};
  Timestamp forgotten_{};
  std::vector<BarCell> cells_;
};

}  // namespace tickmesh
