#include "tick_ingestor/feeds/replay/layouts.hpp"

namespace tickmesh::replay {

std::span<const Layout> layouts() {
  static constexpr Layout all[] = {
      {"lean", lean_file},
      {"csv", csv_file},
      {"binance", binance_file},
      {"lobster", lobster_file},
  };
  return all;
}

}  // namespace tickmesh::replay
