#include "broker_gateway/core/id_table.hpp"

#include <map>

#include "gtest/gtest.h"

namespace tickmesh {
namespace {

/// Few ids, so that each is put in, found, taken out and put in again, many side by side in the table.
TEST(IdTable, HoldsWhatAMapWouldWhateverIsPutInAndTakenOut) {
  IdTable<int> table;
  std::map<std::string, int> truth;
  std::uint64_t draw = 1;
  const auto below = [&](std::uint64_t n) {
    draw = draw * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return (draw >> 33) % n;
  };
  for (int round = 0; round < 200'000; ++round) {
    const std::string id = "T" + std::to_string(below(3'000));
    switch (below(3)) {
      case 0: table.at(id) = truth[id] = round; break;
      case 1:
        table.erase(id);
        truth.erase(id);
        break;
      default: {
        const auto known = truth.find(id);
        const int* found = table.find(id);
        ASSERT_EQ(found != nullptr, known != truth.end());
        ASSERT_EQ(table.contains(id), known != truth.end());
        if (found != nullptr) {
          ASSERT_EQ(*found, known->second);
        }
      }
    }
    ASSERT_EQ(table.size(), truth.size());
  }
  std::map<std::string, int> all;
  table.each([&](const std::string& id, int value) { all.emplace(id, value); });
  EXPECT_EQ(all, truth);
  EXPECT_GT(all.size(), 500U);
}

TEST(IdTable, GivesWhoComesBackNothingOfWhatWasThere) {
  IdTable<std::string> table;
  table.at("A") = "old";
  table.erase("A");
  EXPECT_FALSE(table.contains("A"));
  EXPECT_EQ(table.at("B"), "");
  EXPECT_EQ(table.at("A"), "");
}

}  // namespace
}  // namespace tickmesh
