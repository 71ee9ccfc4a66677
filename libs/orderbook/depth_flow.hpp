// What depth tells: imbalance over levels and order-flow imbalance level by level (METRICS.md 2.1, 2.2; Cont, Cucuringu & Zhang 2023).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "orderbook/level_book.hpp"

namespace tickmesh {

/// The best five levels of both sides; missing ones have size 0.
struct DepthView {
  static constexpr std::size_t kLevels = 5;
  std::array<BookLevel, kLevels> bids{}, asks{};
  std::size_t bid_levels{0}, ask_levels{0};
};
template <class Book>
DepthView depth_view(const Book& book) {
  DepthView view;
  view.bid_levels = book.top(Side::buy, view.bids);
  view.ask_levels = book.top(Side::sell, view.asks);
  return view;
}

/// sum of w_k (bid size - ask size) / sum of w_k (bid size + ask size), w_k = exp(-k / 2), k = 0 the best; `levels` of 1 to 5. -1 to 1;
/// 0 and UNDEFINED when nothing rests there.
Value depth_imbalance(const DepthView& view, std::size_t levels = DepthView::kLevels);

/// e of every level as of the best quote: bid up +new size, bid down -old size, same bid +change; ask down -new size, ask up +old size,
/// same ask -change. A missing level counts as price unchanged, size 0. Raw units; sizes as a book holds them.
std::array<std::int64_t, DepthView::kLevels> depth_events(const DepthView& before, const DepthView& now);

/// Sums of e a level over the last n changes of the view. Contemporaneous with the price, not a forecast of it. Partial windows have values
/// and say WARMUP; exact integers inside.
class DepthFlow {
 public:
  /// n > 0.
  explicit DepthFlow(std::size_t n = 100) : window_(n) { TM_INVARIANT(n > 0, "a window holds at least one observation"); }
  /// The first after a break has e = 0; a view equal to the last one is no event. A view with a size above 2^56 (720 million units) is left
  /// out, and the next one is a first.
  void push(const DepthView& view);
  /// The book was dropped, or a session begins: what comes next is a first.
  void break_off() { has_last_ = false; }
  void reset();
  std::size_t events() const { return size_; }
  Value level(std::size_t k) const;  ///< units; k < 5, 0 the best
  Value mean() const;                ///< of the five levels, equal weights; units
  Value normalised() const;          ///< mean over the mean depth of a level, (bid size + ask size) / 2
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Entry {
    std::array<std::int64_t, DepthView::kLevels> e{};
    std::int64_t depth{0};  // all levels, both sides
  };
  void take(const Entry& entry);
  Value said(Value value) const;
  std::vector<Entry> window_;
  std::size_t next_{0}, size_{0};
  std::array<Int128, DepthView::kLevels> sums_{};
  Int128 depth_{0};
  bool has_last_{false};
  DepthView last_{};
};

}  // namespace tickmesh
