#include "tick_ingestor/feeds/demo_depth.hpp"

#include <algorithm>

namespace tickmesh {

std::optional<DepthUpdate> DemoDepth::after(const DemoMarket& market, std::int64_t offset) {
  const auto count = static_cast<std::int64_t>(market.books());
  const std::int64_t turn = offset / std::max<std::int64_t>(1, kEvery / count);
  if (turn == turn_) return std::nullopt;
  turn_ = turn;
  const auto place = static_cast<std::size_t>(turn % count);
  const Depth depth = market.depth(place);
  if (depth.levels == 0) return std::nullopt;
  DepthUpdate out{.symbol = market.symbol(place), .feed = FeedKind::demo, .synthetic = true, .kind = DepthKind::snapshot};
  out.bids.assign(depth.bids.begin(), depth.bids.begin() + depth.levels);
  out.asks.assign(depth.asks.begin(), depth.asks.begin() + depth.levels);
  return out;
}

}  // namespace tickmesh
