#include "orderbook/depth_flow.hpp"

#include <algorithm>
#include <cmath>

namespace tickmesh {
namespace {

constexpr double kWeights[] = {1.0, 0.60653065971263342, 0.36787944117144233, 0.22313016014842982, 0.13533528323661270};
constexpr double kUnit = static_cast<double>(Quantity::kScale);
constexpr std::int64_t kMostSize = std::int64_t{1} << 56;

Value ok(double value) { return std::isfinite(value) ? Value{value, Status::ok, true} : Value{0, Status::undefined, false}; }
/// The side's: `better` +1 for bids (higher is better), -1 for asks.
std::int64_t side_event(const BookLevel& before, const BookLevel& now, int better) {
  const std::int64_t was = before.size.raw(), is = now.size.raw();
  if (was == 0 || is == 0 || before.price == now.price) return is - was;
  return (now.price > before.price) == (better > 0) ? is : -was;
}
bool usable(const DepthView& view) {
  const auto fits = [](const BookLevel& l) { return l.size.raw() >= 0 && l.size.raw() <= kMostSize; };
  return std::ranges::all_of(view.bids, fits) && std::ranges::all_of(view.asks, fits);
}
bool same(const DepthView& a, const DepthView& b) { return a.bids == b.bids && a.asks == b.asks; }

}  // namespace

Value depth_imbalance(const DepthView& view, std::size_t levels) {
  TM_INVARIANT(levels > 0 && levels <= DepthView::kLevels, "an imbalance is over 1 to 5 levels");
  double difference = 0, sum = 0;
  for (std::size_t k = 0; k < levels; ++k) {
    const double bid = static_cast<double>(view.bids[k].size.raw()), ask = static_cast<double>(view.asks[k].size.raw());
    difference += kWeights[k] * (bid - ask);
    sum += kWeights[k] * (bid + ask);
  }
  return sum > 0 ? ok(difference / sum) : Value{0, Status::undefined, true};
}

std::array<std::int64_t, DepthView::kLevels> depth_events(const DepthView& before, const DepthView& now) {
  std::array<std::int64_t, DepthView::kLevels> e{};
  for (std::size_t k = 0; k < DepthView::kLevels; ++k)
    e[k] = side_event(before.bids[k], now.bids[k], 1) - side_event(before.asks[k], now.asks[k], -1);
  return e;
}

void DepthFlow::push(const DepthView& view) {
  if (!usable(view)) return break_off();
  if (has_last_ && same(last_, view)) return;
  Entry entry;
  if (has_last_) entry.e = depth_events(last_, view);
  for (std::size_t k = 0; k < DepthView::kLevels; ++k) entry.depth += view.bids[k].size.raw() + view.asks[k].size.raw();
  last_ = view;
  has_last_ = true;
  take(entry);
}

void DepthFlow::take(const Entry& entry) {
  Entry& slot = window_[next_];
  if (size_ == window_.size()) {
    for (std::size_t k = 0; k < DepthView::kLevels; ++k) sums_[k] -= slot.e[k];
    depth_ -= slot.depth;
  } else {
    ++size_;
  }
  slot = entry;
  for (std::size_t k = 0; k < DepthView::kLevels; ++k) sums_[k] += entry.e[k];
  depth_ += entry.depth;
  next_ = next_ + 1 == window_.size() ? 0 : next_ + 1;
}

void DepthFlow::reset() {
  next_ = size_ = 0;
  sums_ = {};
  depth_ = 0;
  has_last_ = false;
  last_ = {};
}

Value DepthFlow::said(Value value) const {
  if (size_ < window_.size() && value.status == Status::ok) value.status = Status::warmup;
  return value;
}

Value DepthFlow::level(std::size_t k) const {
  TM_INVARIANT(k < DepthView::kLevels, "a view has five levels");
  if (size_ == 0) return {};
  return said(ok(static_cast<double>(sums_[k]) / kUnit));
}

Value DepthFlow::mean() const {
  if (size_ == 0) return {};
  Int128 sum = 0;
  for (const Int128 s : sums_) sum += s;
  return said(ok(static_cast<double>(sum) / (kUnit * static_cast<double>(DepthView::kLevels))));
}

Value DepthFlow::normalised() const {
  if (size_ == 0) return {};
  if (depth_ == 0) return {0, Status::undefined, false};
  Int128 sum = 0;
  for (const Int128 s : sums_) sum += s;
  // (sum / 5) / (depth / (2 x 5 x events))
  return said(ok(2 * static_cast<double>(size_) * static_cast<double>(sum) / static_cast<double>(depth_)));
}

void DepthFlow::save(ByteWriter& out) const {
  out.put(static_cast<std::uint32_t>(size_));
  for (std::size_t i = 0; i < size_; ++i) {
    const Entry& entry = window_[(next_ + window_.size() - size_ + i) % window_.size()];
    for (const std::int64_t e : entry.e) out.put(e);
    out.put(entry.depth);
  }
  out.put(has_last_);
  if (!has_last_) return;
  for (const auto* side : {&last_.bids, &last_.asks})
    for (const BookLevel& l : *side) out.put(l.price), out.put(l.size), out.put(l.orders);
}

void DepthFlow::load(ByteReader& in) {
  reset();
  const auto count = in.get<std::uint32_t>();
  TM_INVARIANT(count <= window_.size(), "a stored window fits the window it is loaded into");
  for (std::uint32_t i = 0; i < count; ++i) {
    Entry entry;
    for (std::int64_t& e : entry.e) e = in.get<std::int64_t>();
    entry.depth = in.get<std::int64_t>();
    const auto makes = [](std::int64_t e) { return e >= -2 * kMostSize && e <= 2 * kMostSize; };
    TM_INVARIANT(std::ranges::all_of(entry.e, makes) && entry.depth >= 0 && entry.depth <= 10 * kMostSize,
                 "a stored event is one that a book can make");
    take(entry);
  }
  has_last_ = in.get<bool>();
  if (!has_last_) return;
  for (auto* side : {&last_.bids, &last_.asks})
    for (BookLevel& l : *side) {
      l.price = in.get<Price>();
      l.size = in.get<Quantity>();
      l.orders = in.get<std::uint32_t>();
    }
  TM_INVARIANT(usable(last_), "a stored view is one that sums take");
}

}  // namespace tickmesh
