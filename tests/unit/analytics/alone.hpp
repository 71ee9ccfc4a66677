// One window with a history of its own, as QuoteWindows shares one between several.
#pragma once
#include "analytics/quote_windows.hpp"

namespace tickmesh::testing_ticks {

/// Saved as the mids or spreads it holds; the times of a MidWindow are not told.
template <class Window>
class Alone : public Window {
 public:
  explicit Alone(std::size_t n = Window{}.length()) : Window{n}, history_{n} {}
  void push(std::int64_t twice_mid, Timestamp time = {}) {
    history_.push({twice_mid, 0});
    if constexpr (requires(Window w) { w.push(history_, time); })
      Window::push(history_, time);
    else
      Window::push(history_);
  }
  void push_bp(double bp) {
    history_.push({0, bp});
    Window::push(history_);
  }
  void reset() {
    history_.reset();
    Window::reset();
  }

 private:
  QuoteHistory history_;
};
using MidAlone = Alone<MidWindow>;
using HalfLifeAlone = Alone<HalfLifeWindow>;
using TrendAlone = Alone<TrendWindow>;
using SpreadAlone = Alone<SpreadWindow>;

}  // namespace tickmesh::testing_ticks
