// The demo mesh says the same, whoever compiled it and whatever was made faster. A hash that changes is reviewed like code.
#include "unit/backtester/mesh_kit.hpp"

namespace tickmesh {
namespace {

using testing::demo_mesh;
using testing::kMarketStart;

backtest::Summary run(const Config::Overrides& overrides, Duration length, backtest::RunOptions options = {}) {
  const auto mesh = demo_mesh(overrides);
  return backtest::SingleThreadMesh{mesh.config, mesh.instruments, kMarketStart, std::move(options)}.run(length);
}

TEST(MeshHash, AQuarterOfAnHourOfTheDemoMarketIsTheOneThatWasReviewed) {
  const auto s = run({}, seconds(900));
  EXPECT_EQ(s.hash.count(Stream::tick), 187'266u);
  EXPECT_EQ(s.hash.of(Stream::tick), 0x46bef234934625dbu);
  EXPECT_EQ(s.hash.of(Stream::bar), 0x323f5f6b7cc2ed5cu);
  EXPECT_EQ(s.hash.of(Stream::metrics), 0x92f32add91b93facu);
  EXPECT_EQ(s.hash.of(Stream::signal), 0xf0a02e5d0e58d461u);
}

TEST(MeshHash, ABusyMinuteWithRawFiltersIsTheOneThatWasReviewed) {
  const auto s = run({{"feed.demo.rate", "5000"}, {"feed.demo.seed", "7"}, {"metrics.filters", "raw"}}, seconds(60));
  EXPECT_EQ(s.hash.of(Stream::tick), 0xc594df0113f0a711u);
  EXPECT_EQ(s.hash.of(Stream::bar), 0x68bc293d4e35826du);
  EXPECT_EQ(s.hash.of(Stream::metrics), 0x74090da5eb3a86cau);
}

TEST(MeshHash, HashingChangesNothing) {
  const auto hashed = run({}, seconds(300));
  const auto plain = run({}, seconds(300), {.hash = false});
  EXPECT_EQ(plain.ticks, hashed.ticks);
  EXPECT_EQ(plain.signals, hashed.signals);
  EXPECT_EQ(plain.fills, hashed.fills);
  EXPECT_EQ(plain.account, hashed.account);
  EXPECT_EQ(plain.trades, hashed.trades);
  EXPECT_GT(hashed.fills, 0u);
  EXPECT_EQ(plain.hash.count(Stream::tick), 0u) << "nothing was encoded";
}

}  // namespace
}  // namespace tickmesh
