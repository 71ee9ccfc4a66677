// Profile and market state the slow, obvious way: every print kept, everything counted anew.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/events.hpp"

namespace tickmesh::testing_ticks {

/// One session from its prints alone.
struct TwinArea {
  std::int64_t poc{0}, low{0}, high{0};
  std::int64_t inside{0}, total{0};
};
class ProfileTwin {
 public:
  explicit ProfileTwin(std::int64_t row) : row_{row} {}
  void begin(Timestamp open) {
    if (!volume_.empty()) previous_ = area();
    has_previous_ = has_previous_ || !volume_.empty();
    open_ = open;
    volume_.clear();
    bars_.clear();
    reference_ = has_previous_ ? std::optional{previous_} : std::nullopt;
    bar_ = {};
    shown_.reset();
    up_ = down_ = 0;
    state_ = MarketStateKind::unknown;
  }
  void advance(Timestamp now) {
    last_ = nullptr;
    if (bar_.volume > 0 && now >= bar_.end) close();
    if (shown_ && now - shown_at_ >= seconds(1) && area().total != shown_->total) show(now);
  }
  void trade(const Tick& t, int sign) {
    if (t.size.raw() <= 0) return;
    last_ = &t;
    const std::int64_t row = t.price.raw() / row_;
    volume_[row] += t.size.raw();
    if (bar_.volume == 0) bar_.end = Timestamp{(t.event_time.ns / 60'000'000'000 + 1) * 60'000'000'000};
    bar_.volume += t.size.raw();
    bar_.flow += sign * t.size.raw();
    bar_.close = t.price.raw();
    if (reference_ && t.price.raw() >= reference_->low * row_ && t.price.raw() <= (reference_->high + 1) * row_)
      bar_.inside += t.size.raw();
    const std::int64_t total = area().total;
    if (!shown_ ||
        (t.event_time - shown_at_ >= milliseconds(100) && total != shown_->total &&
         (t.event_time - shown_at_ >= seconds(1) || static_cast<double>(total - shown_->total) >= 0.001 * static_cast<double>(total))))
      show(t.event_time);
  }
  TwinArea area() const {
    TwinArea a;
    std::int64_t most = 0;
    for (const auto& [row, v] : volume_) a.total += v, most = std::max(most, v);
    if (volume_.empty()) return a;
    const std::int64_t first = volume_.begin()->first, last = volume_.rbegin()->first;
    std::int64_t nearest = -1;
    for (const auto& [row, v] : volume_) {
      const std::int64_t off = std::abs(2 * row - first - last);
      if (v == most && (nearest < 0 || off < nearest)) nearest = off, a.poc = row;
    }
    a.low = a.high = a.poc;
    a.inside = most;
    const auto two = [&](std::int64_t row, std::int64_t step) {
      std::int64_t sum = 0;
      for (std::int64_t i = 1; i <= 2; ++i)
        if (const auto it = volume_.find(row + i * step); it != volume_.end()) sum += it->second;
      return sum;
    };
    while (static_cast<double>(a.inside) < 0.70 * static_cast<double>(a.total)) {
      const std::int64_t above = a.high < last ? two(a.high, 1) : -1, below = a.low > first ? two(a.low, -1) : -1;
      if (above < 0 && below < 0) break;
      if (above >= below)
        a.inside += above, a.high = std::min(last, a.high + 2);
      else
        a.inside += below, a.low = std::max(first, a.low - 2);
    }
    return a;
  }
  /// The session is over: what is shown is all of it.
  void settle() {
    if (shown_) shown_ = area();
  }
  /// What fell due before this tick's trade was added is said without it.
  void compare(const ProfileEvent& e) {
    ASSERT_FALSE(volume_.empty());
    if (last_ != nullptr && area().total == e.volume.raw() + last_->size.raw() && e.volume.raw() > 0) {
      ProfileTwin before = *this;
      const auto row = before.volume_.find(last_->price.raw() / row_);
      row->second -= last_->size.raw();
      if (row->second == 0) before.volume_.erase(row);
      before.last_ = nullptr;
      before.compare(e);
      shown_ = before.shown_;
      shown_at_ = before.shown_at_;
      return;
    }
    const TwinArea a = area();
    if (e.kind == ProfileEventKind::developing) show(e.header.event_time);  // the area is found with the nodes
    ASSERT_EQ(e.low.raw(), volume_.begin()->first * row_);
    ASSERT_EQ(static_cast<std::int64_t>(e.rows.size()), volume_.rbegin()->first - volume_.begin()->first + 1);
    for (std::size_t i = 0; i < e.rows.size(); ++i) {
      const auto it = volume_.find(volume_.begin()->first + static_cast<std::int64_t>(i));
      ASSERT_EQ(e.rows[i].raw(), it == volume_.end() ? 0 : it->second);
    }
    EXPECT_EQ(e.poc.raw(), a.poc * row_ + row_ / 2);
    EXPECT_EQ(e.val.raw(), a.low * row_);
    EXPECT_EQ(e.vah.raw(), (a.high + 1) * row_);
    EXPECT_EQ(e.volume.raw(), a.total);
    EXPECT_EQ(e.inside.raw(), a.inside);
    EXPECT_EQ(e.state, state_);
    std::int64_t flow = 0;
    for (const Bar& b : window()) flow += b.flow;
    EXPECT_EQ(e.cvd.raw(), flow);
    EXPECT_EQ(e.accept_up, up_);
    EXPECT_EQ(e.accept_down, down_);
  }
  void compare(const Metrics& m) const {
    if (!shown_) {
      EXPECT_EQ(m.poc.status, Status::undefined);
      return;
    }
    const auto at = [](std::int64_t raw) { return static_cast<double>(raw) / 1e8; };
    EXPECT_DOUBLE_EQ(m.poc.value, at(shown_->poc * row_ + row_ / 2));
    EXPECT_DOUBLE_EQ(m.val.value, at(shown_->low * row_));
    EXPECT_DOUBLE_EQ(m.vah.value, at((shown_->high + 1) * row_));
    if (bars_.empty()) {
      EXPECT_EQ(m.in_frac.status, Status::warmup);
      return;
    }
    EXPECT_NEAR(m.in_frac.value, in_frac(), 1e-12);
    EXPECT_NEAR(m.efficiency.value, efficiency(), 1e-12);
    EXPECT_EQ(m.market_state.has_value, state_ != MarketStateKind::unknown);
  }

 private:
  struct Bar {
    Timestamp end{};
    std::int64_t close{0}, volume{0}, inside{0}, flow{0};
  };
  std::vector<Bar> window() const { return {bars_.size() > 30 ? bars_.end() - 30 : bars_.begin(), bars_.end()}; }
  double in_frac() const {
    double inside = 0, volume = 0;
    for (const Bar& b : window()) inside += static_cast<double>(b.inside), volume += static_cast<double>(b.volume);
    return inside / volume;
  }
  double efficiency() const {
    const auto w = window();
    double path = 0;
    for (std::size_t i = 1; i < w.size(); ++i) path += std::abs(static_cast<double>(w[i].close - w[i - 1].close));
    return path > 0 ? std::abs(static_cast<double>(w.back().close - w.front().close)) / path : 0;
  }
  void close() {
    const Bar bar = std::exchange(bar_, {});
    bars_.push_back(bar);
    up_ = reference_ && bar.close > (reference_->high + 1) * row_ ? up_ + 1 : 0;
    down_ = reference_ && bar.close < reference_->low * row_ ? down_ + 1 : 0;
    if (bars_.size() >= 10 && reference_) {
      std::int64_t flow = 0;
      for (const Bar& b : window()) flow += b.flow;
      const bool directed = efficiency() >= 0.30;
      if (up_ >= 3 && directed && flow > 0)
        state_ = MarketStateKind::imbalance_up;
      else if (down_ >= 3 && directed && flow < 0)
        state_ = MarketStateKind::imbalance_down;
      else if (!directed && in_frac() >= 0.60)
        state_ = MarketStateKind::balance;
    }
    reference_ = has_previous_ && bar.end - open_ < seconds(1'800) ? previous_ : area();
  }
  void show(Timestamp now) {
    shown_ = area();
    shown_at_ = now;
  }

  std::int64_t row_;
  Timestamp open_{};
  std::map<std::int64_t, std::int64_t> volume_;
  std::vector<Bar> bars_;
  Bar bar_{};
  const Tick* last_{nullptr};  // this tick's trade
  bool has_previous_{false};
  TwinArea previous_{};
  std::optional<TwinArea> reference_, shown_;
  Timestamp shown_at_{};
  std::uint32_t up_{0}, down_{0};
  MarketStateKind state_{MarketStateKind::unknown};
};

}  // namespace tickmesh::testing_ticks
