// The demo mesh in one thread, as `tickmesh-backtester run` builds it.
#pragma once
#include <gtest/gtest.h>

#include "backtester/run.hpp"

namespace tickmesh::testing {

inline constexpr Timestamp kMarketStart{1'735'828'200'000'000'000};  // 2025-01-02T14:30:00Z

struct DemoMesh {
  Config config;
  Instruments instruments;
};

inline DemoMesh demo_mesh(const Config::Overrides& overrides = {}) {
  const std::string root = TICKMESH_SOURCE_DIR;
  Config::Overrides all{{"mesh.instruments", root + "/deploy/config/instruments.toml"}};
  all.insert(all.end(), overrides.begin(), overrides.end());
  auto config = Config::load(root + "/deploy/config/tickmesh.toml", all, nullptr);
  EXPECT_TRUE(config.has_value()) << to_string(config.error());
  auto instruments = load_instruments(config->text("mesh.instruments"));
  EXPECT_TRUE(instruments.has_value()) << to_string(instruments.error());
  return {std::move(*config), std::move(*instruments)};
}

}  // namespace tickmesh::testing
