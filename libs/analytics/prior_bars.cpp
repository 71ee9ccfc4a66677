#include "analytics/prior_bars.hpp"

#include <algorithm>

#include "analytics/mid_window.hpp"

namespace tickmesh {

Value PriorBars::high_close() const {
  if (!bars_.full()) return warmup_value();
  Price highest = bars_.oldest().close;
  for (std::size_t i = 1; i + 1 < bars_.size(); ++i) highest = std::max(highest, bars_[i].close);
  return ok_value(highest.to_double());
}

Value PriorBars::low_close() const {
  if (!bars_.full()) return warmup_value();
  Price lowest = bars_.oldest().close;
  for (std::size_t i = 1; i + 1 < bars_.size(); ++i) lowest = std::min(lowest, bars_[i].close);
  return ok_value(lowest.to_double());
}

Value PriorBars::mean_volume() const {
  if (!bars_.full()) return warmup_value();
  Int128 sum = 0;
  for (std::size_t i = 0; i + 1 < bars_.size(); ++i) sum += bars_[i].volume.raw();
  return ok_value(to_double(sum) / static_cast<double>(bars_.size() - 1) / static_cast<double>(Quantity::kScale));
}

void PriorBars::save(ByteWriter& out) const {
  out.put(static_cast<std::uint32_t>(bars_.size()));
  for (std::size_t i = 0; i < bars_.size(); ++i) out.put(bars_[i].close), out.put(bars_[i].volume);
}

void PriorBars::load(ByteReader& in) {
  const auto count = in.get<std::uint32_t>();
  TM_INVARIANT(count <= bars_.capacity(), "a stored window fits the window it is loaded into");
  reset();
  for (std::uint32_t i = 0; i < count; ++i) {
    Bar bar;
    bar.close = in.get<Price>();
    bar.volume = in.get<Quantity>();
    TM_INVARIANT(bar.close.raw() > 0 && bar.close.raw() <= kMaxWindowPrice && bar.volume.raw() >= 0,
                 "a stored bar is one that trades can make");
    bars_.push(bar);
  }
}

}  // namespace tickmesh
