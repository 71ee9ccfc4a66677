// A file of what a model said, through the whole mesh in one thread.
#include "backtester/predictions.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "unit/backtester/mesh_kit.hpp"

namespace tickmesh::testing {
namespace {

/// A file that goes with the object.
struct TextFile {
  explicit TextFile(const std::string& text) : path{"/tmp/tickmesh-predictions-" + std::to_string(::getpid())} {
    std::ofstream{path} << text;
  }
  ~TextFile() { std::filesystem::remove(path); }
  std::string path;
};
std::string row(const char* side, std::int64_t second) {
  return R"({"symbol":"AAPL.DEMO","side":")" + std::string(side) + R"(","confidence":0.7,"horizon_s":60,"model":"filed","as_of":)" +
         std::to_string(kMarketStart.ns + second * 1'000'000'000) + "}\n";
}

TEST(FiledPredictions, TradeOnceTheUserSaysSoAndAreLeftWhenTheyExpireOrTurn) {
  const TextFile file{row("short", 400) + "\n" + row("long", 200) + row("flat", 230)};
  const DemoMesh demo = demo_mesh({{"signals.traded", "prediction"}});
  const auto said = backtest::read_predictions(file.path, demo.instruments);
  ASSERT_TRUE(said) << to_string(said.error());
  ASSERT_EQ(said->size(), 3U);
  EXPECT_EQ(said->front().prediction.side, Side::buy) << "in the order of as_of";
  std::uint64_t all = 0;
  for (int again = 0; again < 2; ++again) {
    backtest::SingleThreadMesh mesh{demo.config, demo.instruments, kMarketStart, {.predictions = *said}};
    const auto done = mesh.run(seconds(600));
    ASSERT_EQ(done.trades.size(), 2U);
    EXPECT_EQ(done.trades[0].strategy, "prediction");
    EXPECT_EQ(done.trades[0].side, Side::buy);
    EXPECT_NEAR(static_cast<double>((done.trades[0].exit_time - kMarketStart).ns) / 1e9, 230, 5) << done.trades[0].exit_reason;
    EXPECT_EQ(done.trades[1].side, Side::sell);
    EXPECT_LE(static_cast<double>((done.trades[1].exit_time - kMarketStart).ns) / 1e9, 465) << done.trades[1].exit_reason;
    if (again == 0) all = done.hash.all();
    EXPECT_EQ(done.hash.all(), all) << "the same bytes every time";
  }
  const DemoMesh shown = demo_mesh();
  backtest::SingleThreadMesh mesh{shown.config, shown.instruments, kMarketStart, {.hash = false, .predictions = *said}};
  for (const PositionEvent& trade : mesh.run(seconds(600)).trades) EXPECT_NE(trade.strategy, "prediction");
}

TEST(FiledPredictions, ARowThatBreaksARuleIsNamedWithItsLine) {
  const TextFile file{row("long", 200) + row("up", 300)};
  const auto said = backtest::read_predictions(file.path, demo_mesh().instruments);
  ASSERT_FALSE(said);
  EXPECT_NE(said.error().field.find(":2: side"), std::string::npos) << said.error().field;
  EXPECT_FALSE(backtest::read_predictions("/nowhere", demo_mesh().instruments));
}

}  // namespace
}  // namespace tickmesh::testing
