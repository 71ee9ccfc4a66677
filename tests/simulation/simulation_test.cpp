// That the simulation is what it claims: the same run for the same seed, and able to fail.
#include <gtest/gtest.h>

#include "simulation/setting.hpp"

namespace tickmesh::simulation {
namespace {

const Setting& with() {
  static const Setting setting = std::move(load_setting(TICKMESH_SOURCE_DIR).value());
  return setting;
}

TEST(Simulation, TheSameSeedIsTheSameRunByteForByte) {
  for (const std::uint64_t seed : {7u, 11u}) {
    std::uint64_t hashes[2], steps[2];
    for (int i = 0; i < 2; ++i) {
      Mesh mesh{with(), seed, Plant::none, false};
      mesh.run();
      hashes[i] = mesh.hash();
      steps[i] = mesh.timeline.steps();
    }
    EXPECT_EQ(hashes[0], hashes[1]) << "seed " << seed;
    EXPECT_EQ(steps[0], steps[1]) << "seed " << seed;
  }
}

TEST(Simulation, SomeDozenSeedsHold) {
  std::uint64_t fills = 0, kills = 0, power_cuts = 0, lost = 0;
  for (std::uint64_t seed = 1'000'000; seed < 1'000'024; ++seed) {
    Mesh mesh{with(), seed, Plant::none, false};
    mesh.run();
    for (const std::string& problem : mesh.verdict.problems()) ADD_FAILURE() << "tickmesh-simulate --seed " << seed << " -v: " << problem;
    fills += mesh.venue->fills(), kills += mesh.counts.kills, power_cuts += mesh.counts.power_cuts, lost += mesh.counts.lost;
  }
  EXPECT_GT(fills, 200u) << "there was something to lose";
  EXPECT_GT(kills, 50u);
  EXPECT_GT(power_cuts, 5u);
  EXPECT_GT(lost, 1'000u);
}

class Planted : public ::testing::TestWithParam<PlantName> {};

TEST_P(Planted, IsFoundWithinAHundredSeeds) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Mesh mesh{with(), seed, GetParam().plant, false};
    mesh.run();
    if (!mesh.verdict.good()) {
      RecordProperty("seed", static_cast<int>(seed));
      RecordProperty("problem", mesh.verdict.problems().front());
      return;
    }
  }
  FAIL() << GetParam().name << " was not found";
}
INSTANTIATE_TEST_SUITE_P(Mistakes, Planted, ::testing::ValuesIn(kPlants), [](const auto& test) {
  std::string name{test.param.name};
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace tickmesh::simulation
