#include "trading/client_order_id.hpp"

#include <random>

namespace tickmesh {
namespace {

TEST(ClientOrderId, AnyIdComesBackAsItWas) {
  std::mt19937_64 random{7};
  for (int i = 0; i < 20'000; ++i) {
    ClientOrderId id;
    id.mesh = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[random() % 36];
    id.epoch = random() >> (random() % 64);
    id.sequence = random() % (kMaxOrderSequence + 1);
    id.leg = static_cast<unsigned>(random() % 36);
    id.revision = static_cast<unsigned>(random() % 36);
    const std::string text = encode(id);
    ASSERT_EQ(text.size(), kClientOrderIdSize);
    ASSERT_EQ(text.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), std::string::npos) << text;
    const auto back = decode_client_order_id(text);
    ASSERT_TRUE(back.has_value()) << text;
    ASSERT_EQ(*back, id) << text;
  }
}

TEST(ClientOrderId, ReadsAsWritten) {
  EXPECT_EQ(encode({'A', 1'737'376'814'000, 42, 1, 3}), "TA00000M651APBK000001613");
  EXPECT_EQ(encode({'A', ~0ULL, kMaxOrderSequence, 35, 35}), "TA3W5E11264SGSFZZZZZZZZZ");
}

TEST(ClientOrderId, WhatIsNotOursIsExternal) {
  for (const char* text : {"", "T", "O1", "XA00000M651APBK000001613", "TA00000M651APBK00000161", "TA00000M651APBK0000016130",
                           "TA00000m651APBK000001613", "TA-0000M651APBK000001613", "TAZZZZZZZZZZZZZ000001613"})
    EXPECT_FALSE(decode_client_order_id(text).has_value()) << text;
}

TEST(ClientOrderId, PartsOutOfRangeAreRefused) {
  EXPECT_THROW(encode({'a', 1, 1, 0, 0}), InvariantError);
  EXPECT_THROW(encode({'A', 1, kMaxOrderSequence + 1, 0, 0}), InvariantError);
  EXPECT_THROW(encode({'A', 1, 1, 36, 0}), InvariantError);
  EXPECT_THROW(encode({'A', 1, 1, 0, 36}), InvariantError);
}

TEST(PositionId, IsDerivedFromTheOrderThatOpenedIt) {
  const std::string id = encode({'A', 5, 9, 0, 0});
  EXPECT_EQ(position_id_of(id), "P" + id.substr(1, 21));
  EXPECT_EQ(position_id_of(id, 1), position_id_of(id) + "1");
  EXPECT_THROW(position_id_of("T1"), InvariantError);
}

}  // namespace
}  // namespace tickmesh
