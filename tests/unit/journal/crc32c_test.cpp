#include "journal/crc32c.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace tickmesh {
namespace {

TEST(Crc32c, GivesTheValuesOfRfc3720) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
  EXPECT_EQ(crc32c(Bytes(32, std::byte{0})), 0x8A9136AAu);
  EXPECT_EQ(crc32c(Bytes(32, std::byte{0xFF})), 0x62A8AB43u);
  EXPECT_EQ(crc32c_portable(as_bytes("123456789")), 0xE3069283u);
}

TEST(Crc32c, TablesAndInstructionAgreeAtEveryLengthAndCut) {
  std::mt19937 random(1);
  Bytes bytes(300);
  for (auto& b : bytes) b = static_cast<std::byte>(random());
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto all = ByteView(bytes).first(size);
    const auto whole = crc32c_portable(all);
    EXPECT_EQ(crc32c(all), whole);
    const auto cut = size / 3;
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), whole);
    EXPECT_EQ(crc32c_portable(all.subspan(cut), crc32c_portable(all.first(cut))), whole);
  }
}

TEST(Crc32c, StretchesSideBySideGiveTheSameAsOneAfterTheOther) {
  std::mt19937 random(2);
  Bytes bytes(100'000);
  for (auto& b : bytes) b = static_cast<std::byte>(random());
  for (const std::size_t size : {767u, 768u, 769u, 3'000u, 24'575u, 24'576u, 24'583u, 65'536u, 100'000u})
    for (const std::size_t from : {0u, 1u, 7u}) {
      const auto part = ByteView(bytes).subspan(from, size - from);
      EXPECT_EQ(crc32c(part), crc32c_portable(part)) << size << " from " << from;
    }
}

}  // namespace
}  // namespace tickmesh
