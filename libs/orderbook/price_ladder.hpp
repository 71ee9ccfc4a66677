// The levels of one side of a book, best first: a dense window of ticks at the touch, where nearly every look goes, and a hash table of
// the levels far from it, where most of a venue's updates go.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/error.hpp"

namespace tickmesh {

/// Keys to values that are never T{}, which stands for "nothing there". Open addressing, linear probing, removal by shifting back. Grows
/// when half full; allocates at no other time. Nothing that leaves it depends on the order of its slots.
template <class T>
class FarLevels {
 public:
  explicit FarLevels(std::size_t capacity = 1'024) : slots_(std::bit_ceil(capacity)) {}
  std::size_t size() const { return size_; }
  T get(std::int64_t key) const {
    for (std::size_t i = home(key);; i = (i + 1) & mask())
      if (slots_[i].value == T{} || slots_[i].key == key) return slots_[i].value;
  }
  /// `value` is not T{}.
  void set(std::int64_t key, T value) {
    std::size_t i = home(key);
    while (slots_[i].value != T{} && slots_[i].key != key) i = (i + 1) & mask();
    const bool fresh = slots_[i].value == T{};
    slots_[i] = {key, value};
    if (fresh && ++size_ * 2 > slots_.size()) grow();
  }
  /// False: it was not there.
  bool erase(std::int64_t key) {
    std::size_t i = home(key);
    while (slots_[i].value != T{} && slots_[i].key != key) i = (i + 1) & mask();
    if (slots_[i].value == T{}) return false;
    for (std::size_t next = (i + 1) & mask(); slots_[next].value != T{}; next = (next + 1) & mask()) {
      // Moves into the hole what would not be found beyond it: whose home does not lie between hole and place.
      if (((next - home(slots_[next].key)) & mask()) >= ((next - i) & mask())) {
        slots_[i] = slots_[next];
        i = next;
      }
    }
    slots_[i].value = T{};
    --size_;
    return true;
  }
  void clear() {
    std::ranges::fill(slots_, Slot{});
    size_ = 0;
  }
  /// In no order.
  template <class F>
  void each(F&& f) const {
    for (const Slot& slot : slots_)
      if (slot.value != T{}) f(slot.key, slot.value);
  }

 private:
  struct Slot {
    std::int64_t key{0};
    T value{};
  };
  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t home(std::int64_t key) const {
    return static_cast<std::size_t>((static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15ULL) >> 32) & mask();
  }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    size_ = 0;
    for (const Slot& slot : old)
      if (slot.value != T{}) set(slot.key, slot.value);
  }
  std::vector<Slot> slots_;
  std::size_t size_{0};
};

/// From key to value; the lowest key is the best: ticks for asks, ticks below zero for bids. The best level always lies in the window:
/// where it leaves it, the window moves, which costs a walk over all levels and comes once in thousands of updates.
template <class T>
class PriceLadder {
 public:
  static constexpr std::int64_t kWindow = 64 * 64;  // ticks; one word tells which words have levels
  static constexpr std::int64_t kAhead = kWindow / 4;

  bool empty() const { return words_ == 0; }
  std::size_t size() const { return near_ + far_.size(); }
  /// Not of an empty ladder.
  std::int64_t best() const {
    const int word = std::countr_zero(words_);
    return base_ + word * 64 + std::countr_zero(bits_[static_cast<std::size_t>(word)]);
  }
  T get(std::int64_t key) const {
    const auto place = static_cast<std::uint64_t>(key - base_);
    return place < kWindow ? cells_[place] : far_.get(key);
  }
  /// In the window; T{} outside.
  T get_near(std::int64_t key) const {
    const auto place = static_cast<std::uint64_t>(key - base_);
    return place < kWindow ? cells_[place] : T{};
  }
  void prefetch(std::int64_t key) const {
    if (const auto place = static_cast<std::uint64_t>(key - base_); place < kWindow) __builtin_prefetch(&cells_[place]);
  }
  /// T{}: the level goes.
  void set(std::int64_t key, T value) {
    const auto place = static_cast<std::uint64_t>(key - base_);
    if (place < kWindow) return set_near(place, value);
    if (value == T{}) {
      if (key > base_) far_.erase(key);
    } else if (words_ != 0 && key > base_) {
      far_.set(key, value);
    } else {
      move_to(key);
      set_near(static_cast<std::uint64_t>(key - base_), value);
    }
  }
  void clear() {
    cells_.assign(cells_.size(), T{});
    bits_ = {};
    words_ = 0;
    near_ = 0;
    far_.clear();
  }
  /// f(key, value), best first, at most `count` times. Beyond the window the far levels are looked through once a level, and sorted (which
  /// allocates) where more than 16 are asked for.
  template <class F>
  void first(std::size_t count, F&& f) const {
    for (std::uint64_t words = words_; words != 0; words &= words - 1) {
      const auto word = static_cast<std::size_t>(std::countr_zero(words));
      for (std::uint64_t bits = bits_[word]; bits != 0; bits &= bits - 1) {
        if (count-- == 0) return;
        const auto place = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        f(base_ + static_cast<std::int64_t>(place), cells_[place]);
      }
    }
    if (count > 16) return rest(count, f);
    std::int64_t after = base_;
    for (std::size_t left = std::min(count, far_.size()); left > 0; --left) {
      std::int64_t key = 0;
      T value{};
      far_.each([&](std::int64_t k, T v) {
        if (k > after && (value == T{} || k < key)) key = k, value = v;
      });
      f(key, value);
      after = key;
    }
  }
  template <class F>
  void each(F&& f) const {
    first(size(), f);
  }

 private:
  void set_near(std::uint64_t place, T value) {
    T& cell = cells_[place];
    const bool was = cell != T{}, is = value != T{};
    cell = value;
    if (was == is) return;
    const std::uint64_t word = place / 64;
    bits_[word] ^= std::uint64_t{1} << (place % 64);
    if (is) {
      ++near_;
      words_ |= std::uint64_t{1} << word;
      return;
    }
    --near_;
    if (bits_[word] != 0) return;
    words_ &= ~(std::uint64_t{1} << word);
    if (words_ == 0 && far_.size() > 0) move_to(lowest_far());
  }
  std::int64_t lowest_far() const {
    bool any = false;
    std::int64_t lowest = 0;
    far_.each([&](std::int64_t key, T) {
      if (!any || key < lowest) lowest = key;
      any = true;
    });
    return lowest;
  }
  /// `key` becomes the best; there is room for better ones ahead of it.
  void move_to(std::int64_t key) {
    each_near([&](std::int64_t k, T v) { far_.set(k, v); });
    cells_.assign(cells_.size(), T{});
    bits_ = {};
    words_ = 0;
    near_ = 0;
    base_ = key - kAhead;
    moved_.clear();
    far_.each([&](std::int64_t k, T v) {
      if (k < base_ + kWindow) moved_.push_back({k, v});
    });
    for (const Moved& m : moved_) {
      far_.erase(m.key);
      set_near(static_cast<std::uint64_t>(m.key - base_), m.value);
    }
  }
  template <class F>
  void each_near(F&& f) const {
    for (std::size_t place = 0; place < cells_.size(); ++place)
      if (cells_[place] != T{}) f(base_ + static_cast<std::int64_t>(place), cells_[place]);
  }
  template <class F>
  void rest(std::size_t count, F&& f) const {
    std::vector<Moved> all;
    far_.each([&](std::int64_t k, T v) { all.push_back({k, v}); });
    std::ranges::sort(all, {}, &Moved::key);
    for (std::size_t i = 0; i < std::min(count, all.size()); ++i) f(all[i].key, all[i].value);
  }

  struct Moved {
    std::int64_t key;
    T value;
  };
  std::int64_t base_{0};
  std::vector<T> cells_ = std::vector<T>(static_cast<std::size_t>(kWindow));
  std::uint64_t words_{0};  // which of bits_ are not 0
  std::size_t near_{0};
  std::array<std::uint64_t, 64> bits_{};  // which of cells_ are levels
  FarLevels<T> far_;
  std::vector<Moved> moved_;
};

}  // namespace tickmesh
