#include "market/sessions.hpp"

#include <gtest/gtest.h>

namespace tickmesh {
namespace {

MarketSession session(std::int64_t open_s, std::int64_t close_s) { return {Timestamp{} + seconds(open_s), Timestamp{} + seconds(close_s)}; }
Timestamp at(std::int64_t s) { return Timestamp{} + seconds(s); }

TEST(SessionTable, IsOpenFromTheOpenUpToButNotAtTheClose) {
  const auto table = *SessionTable::make({session(300, 400), session(100, 200)});
  EXPECT_EQ(table.at(at(99)), nullptr);
  EXPECT_EQ(*table.at(at(100)), session(100, 200));
  EXPECT_EQ(*table.at(at(199)), session(100, 200));
  EXPECT_EQ(table.at(at(200)), nullptr);
  EXPECT_EQ(*table.at(at(399)), session(300, 400));
  EXPECT_EQ(table.at(at(400)), nullptr);
  EXPECT_EQ(*table.next(at(101)), session(300, 400));
  EXPECT_EQ(*table.next(at(300)), session(300, 400));
  EXPECT_EQ(table.next(at(301)), nullptr);
  EXPECT_EQ(table.known_until(), at(400));
}

TEST(SessionTable, RefusesSessionsThatOverlapOrEndBeforeTheyBegin) {
  EXPECT_FALSE(SessionTable::make({session(100, 200), session(199, 300)}).has_value());
  EXPECT_FALSE(SessionTable::make({session(100, 100)}).has_value());
  EXPECT_TRUE(SessionTable::make({session(100, 200), session(200, 300)}).has_value());
  EXPECT_EQ(SessionTable{}.at(at(1)), nullptr);
}

}  // namespace
}  // namespace tickmesh
