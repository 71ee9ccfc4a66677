// The demo market's books, one after the other: each about once a second, so that depth costs the same whatever the rate of ticks.
#pragma once
#include <cstdint>
#include <optional>

#include "core/events.hpp"
#include "market/demo_market.hpp"

namespace tickmesh {

class DemoDepth {
 public:
  static constexpr std::int64_t kEvery = 1'000'000'000;  ///< ns between two looks at one book
  /// After an item of `market` at `offset`: the book whose turn it is, whole and without a number; nothing in between, or where there is
  /// none. Without times.
  std::optional<DepthUpdate> after(const DemoMarket& market, std::int64_t offset);

 private:
  std::int64_t turn_{-1};
};

}  // namespace tickmesh
