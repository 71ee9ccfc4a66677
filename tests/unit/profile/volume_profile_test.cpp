#include "analytics/profile/volume_profile.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <random>

namespace tickmesh {
namespace {

Price cents(std::int64_t n) { return Price::from_raw(n * 1'000'000); }
Quantity lots(std::int64_t n) { return Quantity::from_raw(n); }

/// Rows in a map, everything looked up again every time.
struct Twin {
  std::map<std::int64_t, std::int64_t> rows;
  std::int64_t at(std::int64_t row) const { return rows.contains(row) ? rows.at(row) : 0; }
  std::int64_t total() const {
    std::int64_t sum = 0;
    for (const auto& [row, volume] : rows) sum += volume;
    return sum;
  }
  void add(std::int64_t row, std::int64_t volume) {
    rows[row] += volume;
    if (rows[row] == 0) rows.erase(row);
  }
  std::int64_t poc() const {
    const double middle = static_cast<double>(rows.begin()->first + rows.rbegin()->first) / 2;
    std::int64_t best = rows.begin()->first;
    for (const auto& [row, volume] : rows) {
      const double d = std::abs(static_cast<double>(row) - middle), b = std::abs(static_cast<double>(best) - middle);
      if (volume > at(best) || (volume == at(best) && d < b)) best = row;
    }
    return best;
  }
  ValueArea area(double share, int steps) const {
    const std::int64_t first = rows.begin()->first, last = rows.rbegin()->first;
    ValueArea a{poc(), poc(), at(poc())};
    while (static_cast<double>(a.volume) < share * static_cast<double>(total())) {
      std::int64_t above = 0, below = 0, up = 0, down = 0;
      for (; up < steps && a.high + up < last; ++up) above += at(a.high + up + 1);
      for (; down < steps && a.low - down > first; ++down) below += at(a.low - down - 1);
      if (up == 0 && down == 0) break;
      if (down == 0 || (up > 0 && above >= below))
        a.high += up, a.volume += above;
      else
        a.low -= down, a.volume += below;
    }
    return a;
  }
};
Bytes saved(const VolumeProfile& profile) {
  Bytes bytes;
  ByteWriter out{bytes};
  profile.save(out);
  return bytes;
}
void expect_equal(const VolumeProfile& profile, const Twin& twin) {
  ASSERT_EQ(static_cast<std::int64_t>(profile.total()), twin.total());
  ASSERT_EQ(profile.lowest(), twin.rows.begin()->first);
  ASSERT_EQ(profile.highest(), twin.rows.rbegin()->first);
  ASSERT_EQ(profile.poc(), twin.poc());
  for (const int steps : {1, 2})
    for (const double share : {0.3, 0.7, 1.0})
      ASSERT_EQ(profile.value_area(share, steps), twin.area(share, steps)) << steps << ' ' << share;
}

TEST(RowDivider, DividesAsTheMachineDoes) {
  std::mt19937_64 dice{1};
  for (int i = 0; i < 200'000; ++i) {
    const std::int64_t d = 1 + static_cast<std::int64_t>(dice() >> (3 + dice() % 60));
    const RowDivider divider{std::min(d, (std::int64_t{1} << 62) - 1)};
    std::int64_t n = static_cast<std::int64_t>(dice() >> (1 + dice() % 63));
    if (i % 3 == 0) n = n / d * d;
    if (i % 3 == 1) n = std::max<std::int64_t>(0, n / d * d - 1);
    ASSERT_EQ(divider.divide(n), n / std::min(d, (std::int64_t{1} << 62) - 1)) << n << " / " << d;
  }
}

TEST(VolumeProfile, AgreesWithAMapOnRandomTradesBarsAndBustsAndGoesOnFromASnapshot) {
  for (const unsigned seed : {1U, 2U, 3U, 4U}) {
    std::mt19937_64 dice{seed};
    const auto below = [&](std::int64_t n) { return static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(n)); };
    VolumeProfile profile{cents(5)};
    auto cut = std::make_unique<VolumeProfile>(cents(5));
    Twin twin;
    std::vector<std::pair<std::int64_t, std::int64_t>> trades;
    std::int64_t price = 18'000;
    for (int i = 0; i < 6'000; ++i) {
      price = std::max<std::int64_t>(5, price + below(9) - 4 + (below(1'500) == 0 ? below(2'001) - 1'000 : 0));
      const std::int64_t size = 1 + below(seed % 2 == 0 ? 2 : 900);  // small ones tie
      if (below(30) == 0 && !trades.empty()) {
        const auto [p, s] = trades[static_cast<std::size_t>(below(static_cast<std::int64_t>(trades.size())))];
        const bool there = twin.at(p / 5) >= s && twin.total() > s;
        if (twin.total() > s) {
          ASSERT_EQ(profile.take_back(cents(p), lots(s)), there);
          ASSERT_EQ(cut->take_back(cents(p), lots(s)), there);
          if (there) twin.add(p / 5, -s);
        }
      } else if (below(40) == 0) {
        const std::int64_t high = price + below(40), rows = high / 5 - price / 5 + 1;
        ASSERT_TRUE(profile.add_bar(cents(price), cents(high), lots(size)));
        ASSERT_TRUE(cut->add_bar(cents(price), cents(high), lots(size)));
        for (std::int64_t r = 0; r < rows; ++r)
          if (const std::int64_t part = size / rows + (r < size % rows ? 1 : 0); part > 0) twin.add(price / 5 + r, part);
      } else {
        ASSERT_TRUE(profile.add(cents(price), lots(size)));
        ASSERT_TRUE(cut->add(cents(price), lots(size)));
        twin.add(price / 5, size);
        trades.emplace_back(price, size);
      }
      if (below(25) == 0) {
        ASSERT_NO_FATAL_FAILURE(expect_equal(profile, twin)) << seed << ' ' << i;
        ASSERT_EQ(profile.nodes(), cut->nodes());
      }
      if (below(300) == 0) {
        const Bytes bytes = saved(*cut);
        cut = std::make_unique<VolumeProfile>(cents(5));
        ByteReader in{bytes};
        cut->load(in);
        ASSERT_TRUE(in.done());
        ASSERT_EQ(saved(*cut), saved(profile));
      }
    }
    EXPECT_TRUE(profile.approx());
  }
}

TEST(VolumeProfile, OneRowIsItsOwnPointOfControlAndArea) {
  VolumeProfile profile{cents(1)};
  EXPECT_TRUE(profile.empty());
  profile.add(cents(100), lots(7));
  EXPECT_EQ(profile.poc(), 100);
  EXPECT_EQ(profile.value_area(), (ValueArea{100, 100, 7}));
  EXPECT_EQ(profile.lower_edge(100), cents(100));
  EXPECT_EQ(profile.upper_edge(100), cents(101));
  profile.reset();
  EXPECT_TRUE(profile.empty());
  EXPECT_TRUE(profile.nodes().high.empty());
  EXPECT_EQ(profile.volume(100), 0);
}

TEST(VolumeProfile, OfEqualRowsTheOneNearestTheMiddleIsThePointOfControlThenTheLower) {
  VolumeProfile profile{cents(1)};
  for (const std::int64_t row : {100, 103, 106, 108}) profile.add(cents(row), lots(5));
  EXPECT_EQ(profile.poc(), 103) << "the middle of 100 to 108 is 104";
  profile.add(cents(102), lots(4));
  profile.add(cents(98), lots(1));
  EXPECT_EQ(profile.poc(), 103) << "98 to 108: exactly";
  profile.add(cents(106), lots(1));
  EXPECT_EQ(profile.poc(), 106);
  EXPECT_TRUE(profile.take_back(cents(106), lots(1)));
  EXPECT_EQ(profile.poc(), 103);
  VolumeProfile even{cents(1)};
  even.add(cents(10), lots(3));
  even.add(cents(11), lots(3));
  EXPECT_EQ(even.poc(), 10) << "both half a row from the middle";
}

TEST(VolumeProfile, RefusesWhatIsNoTradeAndWhatLiesABlunderAway) {
  VolumeProfile profile{cents(1)};
  EXPECT_TRUE(profile.add(cents(100), lots(1)));
  const Bytes before = saved(profile);
  EXPECT_FALSE(profile.add(Price{}, lots(1)));
  EXPECT_FALSE(profile.add(cents(-1), lots(1)));
  EXPECT_FALSE(profile.add(cents(100), lots(0)));
  EXPECT_FALSE(profile.add(cents(100), lots(-5)));
  EXPECT_FALSE(profile.add(cents(100'000'000), lots(1)));
  EXPECT_FALSE(profile.add_bar(cents(101), cents(100), lots(1)));
  EXPECT_FALSE(profile.add_bar(cents(100), cents(100'000'000), lots(1)));
  EXPECT_FALSE(profile.take_back(cents(100), lots(2)));
  EXPECT_FALSE(profile.take_back(cents(200), lots(1)));
  EXPECT_EQ(saved(profile), before);
  EXPECT_FALSE(profile.approx());
}

TEST(VolumeProfile, AnEmptyRowBetweenTwoPeaksIsANodeOfLowVolume) {
  VolumeProfile profile{cents(1)};
  for (std::int64_t i = -4; i <= 4; ++i) {
    profile.add(cents(100 + i), lots(1'000 - 200 * std::abs(i)));
    profile.add(cents(120 + i), lots(1'000 - 200 * std::abs(i)));
  }
  const ProfileNodes nodes = profile.nodes();
  EXPECT_EQ(nodes.high, (std::vector<std::int64_t>{100, 120}));
  EXPECT_EQ(nodes.low, (std::vector<std::int64_t>{110}));
}

TEST(VolumeProfile, RefusesASnapshotThatNoProfileMakes) {
  VolumeProfile profile{cents(1)};
  for (std::int64_t i = 0; i < 9; ++i) profile.add(cents(100 + i), lots(i + 1));
  const Bytes good = saved(profile);
  const auto load = [](const Bytes& bytes, Price row) {
    VolumeProfile other{row};
    ByteReader in{bytes};
    other.load(in);
  };
  EXPECT_NO_THROW(load(good, cents(1)));
  EXPECT_THROW(load(good, cents(2)), InvariantError);
  for (std::size_t end = 0; end < good.size(); ++end)
    EXPECT_THROW(load(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(end)), cents(1)), InvariantError);
  Bytes negative = good;
  negative[8 + 1 + 4 + 8 + 15] = std::byte{0xff};
  EXPECT_THROW(load(negative, cents(1)), InvariantError);
}

}  // namespace
}  // namespace tickmesh
