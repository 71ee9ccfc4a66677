// profile: volume by price, a print at a time, and the value area of a whole session.
#include <fmt/format.h>

#include <map>
#include <random>

#include "analytics/profile/volume_profile.hpp"
#include "bench/harness/benchmark.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"

namespace tickmesh::bench {
namespace {

constexpr std::int64_t kRows = 200;
struct Print {
  Price price;
  Quantity size;
};

/// A walk of cents through 200 rows of 5 cents.
std::vector<Print> make_prints(std::size_t count) {
  std::mt19937_64 dice{1};
  std::vector<Print> prints;
  std::int64_t cents = 18'000;
  for (std::size_t i = 0; i < count; ++i) {
    cents += static_cast<std::int64_t>(dice() % 9) - 4;
    if (cents < 17'500 || cents >= 17'500 + kRows * 5) cents = 18'000;
    prints.push_back({Price::from_raw(cents * 1'000'000), Quantity::from_units(1 + static_cast<std::int64_t>(dice() % 900))});
  }
  return prints;
}

class Profile final : public Benchmark {
 public:
  explicit Profile(int rounds) : rounds_{rounds}, prints_{make_prints(1'000'000)} {}
  std::vector<RowName> rows() const override { return {{"profile.add", "prints/s"}, {"profile.value_area", "us"}}; }
  Turn turn() override {
    const auto floor = in_child("map", [&] {
      std::map<std::int64_t, std::int64_t> plain;
      const std::int64_t begin = now_ns();
      for (const Print& p : prints_) plain[p.price.raw() / 5'000'000] += p.size.raw();
      return std::vector{static_cast<double>(prints_.size()) * 1e9 / static_cast<double>(now_ns() - begin),
                         static_cast<double>(plain.size())};
    });
    const auto ours = in_child("profile", [&] {
      VolumeProfile profile{Price::from_raw(5'000'000)};
      std::uint64_t good = 0;
      const auto pass = [&] {
        for (const Print& p : prints_) good += profile.add(p.price, p.size) ? 1 : 0;
      };
      pass();  // warm
      std::int64_t begin = now_ns();
      for (int i = 0; i < rounds_; ++i) pass();
      const double rate = static_cast<double>(prints_.size()) * rounds_ * 1e9 / static_cast<double>(now_ns() - begin);
      TM_INVARIANT(good == prints_.size() * static_cast<std::uint64_t>(rounds_ + 1), "every print fits the profile");
      constexpr int kAreas = 20'000;
      std::int64_t sum = 0;
      begin = now_ns();
      for (int i = 0; i < kAreas; ++i) {
        profile.add(prints_[static_cast<std::size_t>(i)].price, prints_[static_cast<std::size_t>(i)].size);
        sum += profile.value_area().high;
      }
      const double us = static_cast<double>(now_ns() - begin) / 1e3 / kAreas;
      TM_INVARIANT(sum > 0, "an area has a top");
      return std::vector{rate, us, static_cast<double>(profile.highest() - profile.lowest() + 1)};
    });
    rows_ = ours.at(2);
    return {{floor.at(0), ours.at(1)}, {ours.at(0), ours.at(1)}};
  }
  std::vector<std::string> notes() const override {
    return {fmt::format("{:.0f} rows; the area has no floor: it stands beside itself", rows_)};
  }

 private:
  int rounds_;
  std::vector<Print> prints_;
  double rows_{0};
};

}  // namespace

void add_profile(Benchmarks& all, const Settings& settings) { all.push_back(std::make_unique<Profile>(settings.quick ? 10 : 100)); }

}  // namespace tickmesh::bench
