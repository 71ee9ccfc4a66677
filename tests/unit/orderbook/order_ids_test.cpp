#include "orderbook/order_ids.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tickmesh {
namespace {

/// Ids and a map beside it: places are given anew, ids are known to whoever owns the places.
class Owner {
 public:
  explicit Owner(std::size_t ids) : ids_{ids} {}
  void put(std::uint64_t id) {
    if (twin_.contains(id)) return;
    of_place_.push_back(id);
    const auto place = static_cast<std::uint32_t>(of_place_.size() - 1);
    ids_.put(id, place);
    twin_[id] = place;
  }
  void erase(std::uint64_t id) {
    const auto known = twin_.find(id);
    if (known == twin_.end()) return;
    ids_.erase(id, known->second);
    twin_.erase(known);
  }
  std::uint32_t found(std::uint64_t id) const {
    return ids_.find(id, [this](std::uint32_t place) { return of_place_[place]; });
  }
  std::uint32_t meant(std::uint64_t id) const { return twin_.contains(id) ? twin_.at(id) : 0; }
  bool agrees() const {
    for (const auto& [id, place] : twin_)
      if (found(id) != place) return false;
    return true;
  }
  const std::map<std::uint64_t, std::uint32_t>& all() const { return twin_; }

 private:
  OrderIds ids_;
  std::vector<std::uint64_t> of_place_{0};
  std::map<std::uint64_t, std::uint32_t> twin_;
};

TEST(OrderIds, FindsIdsThatCountUpHoweverLongTheyLive) {
  Owner ids{64};
  std::mt19937_64 dice{1};
  for (std::uint64_t id = 1; id <= 300'000; ++id) {
    ids.put(id);
    if (id % 10 != 0) ids.erase(id - dice() % std::min<std::uint64_t>(id, 3'000));
    const std::uint64_t other = id - dice() % id;
    ASSERT_EQ(ids.found(other), ids.meant(other)) << id;
  }
  EXPECT_TRUE(ids.agrees());
}

TEST(OrderIds, FindsIdsInAnyOrder) {
  for (const std::uint64_t seed : {1ULL, 2ULL, 3ULL}) {
    Owner ids{16};
    std::mt19937_64 dice{seed};
    std::uint64_t last = dice();
    for (int i = 0; i < 60'000; ++i) {
      // Counted up, far ahead, behind, anywhere, and at both ends of what an id can be.
      switch (dice() % 8) {
        case 0: last += dice() % 200'000; break;
        case 1: last -= dice() % 200'000; break;
        case 2: last = dice(); break;
        case 3: last = dice() % 2 == 0 ? dice() % 3 : ~(dice() % 3); break;
        default: ++last; break;
      }
      ids.put(last);
      const std::uint64_t other = dice() % 2 == 0 || ids.all().empty() ? last - dice() % 100 : ids.all().begin()->first;
      ASSERT_EQ(ids.found(other), ids.meant(other)) << i;
      if (dice() % 3 != 0) ids.erase(dice() % 4 == 0 ? last : other);
      // Now and then all go, and the ring begins anew elsewhere.
      if (dice() % 10'000 == 0)
        while (!ids.all().empty()) ids.erase(ids.all().begin()->first);
    }
    EXPECT_TRUE(ids.agrees());
  }
}

}  // namespace
}  // namespace tickmesh
