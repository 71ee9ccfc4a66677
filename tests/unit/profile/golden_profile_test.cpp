// Profiles against vectors made with other people's code. They lie beside the project; without them: skipped.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "analytics/profile/volume_profile.hpp"
#include "unit/analytics/golden.hpp"

namespace tickmesh {
namespace {

nlohmann::json expected(const std::string& name) { return nlohmann::json::parse(std::ifstream(golden::folder() / name)); }

void expect_as(const VolumeProfile& profile, const nlohmann::json& want) {
  EXPECT_EQ(profile.poc(), want["poc_row"]);
  EXPECT_EQ(static_cast<double>(profile.volume(profile.poc())) / 1e8, want["poc_volume"].get<double>());
  EXPECT_EQ(static_cast<double>(profile.total()) / 1e8, want["total_volume"].get<double>());
  const double share = want["value_area_pct"];
  const ValueArea one = profile.value_area(share, 1), two = profile.value_area(share, 2);
  EXPECT_EQ(one.low, want["one_row_steps"]["val_row"]);
  EXPECT_EQ(one.high, want["one_row_steps"]["vah_row"]);
  EXPECT_EQ(two.low, want["two_row_steps"]["val_row"]);
  EXPECT_EQ(two.high, want["two_row_steps"]["vah_row"]);
  EXPECT_EQ(static_cast<double>(two.volume) / 1e8, want["two_row_steps"]["area_volume"].get<double>());
  const ProfileNodes nodes =
      profile.nodes({.sigma = want["nodes"]["gaussian_sigma_rows"], .prominence = want["nodes"]["prominence_fraction_of_max_smooth"]});
  EXPECT_EQ(nodes.high, want["nodes"]["hvn_rows"].get<std::vector<std::int64_t>>());
  EXPECT_EQ(nodes.low, want["nodes"]["lvn_rows"].get<std::vector<std::int64_t>>());
}

TEST(GoldenProfile, OfAnHourOfIbmTradeByTrade) {
  if (!std::filesystem::exists(golden::folder())) GTEST_SKIP() << "no reference vectors at " << golden::folder();
  const auto want = expected("profile_ibm_out.json");
  VolumeProfile profile{Price::from_raw(5 * 1'000'000)};
  for (const auto& row : golden::read_csv("inputs/ibm_trades.csv"))
    ASSERT_TRUE(profile.add(*Price::parse(row[1]), *Quantity::parse(row[2])));
  expect_as(profile, want);
  for (const auto& row : golden::read_csv("profile_ibm_rows_out.csv"))
    EXPECT_EQ(static_cast<double>(profile.volume(std::stoll(row[0]))) / 1e8, std::stod(row[2])) << row[0];
}

TEST(GoldenProfile, OfADayOfSpyFromItsRows) {
  if (!std::filesystem::exists(golden::folder())) GTEST_SKIP() << "no reference vectors at " << golden::folder();
  const auto want = expected("profile_spy_hist_out.json");
  VolumeProfile profile{Price::from_raw(5 * 1'000'000)};
  for (const auto& row : golden::read_csv("profile_spy_hist_rows_out.csv"))
    if (row[2] != "0") {
      ASSERT_TRUE(profile.add(*Price::parse(row[1]), *Quantity::parse(row[2]))) << row[0];
    }
  expect_as(profile, want);
}

}  // namespace
}  // namespace tickmesh
