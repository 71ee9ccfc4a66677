#include "service/identity.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace tickmesh {
namespace {

constexpr Epoch kEpoch = 1'700'000'000'000;

class IdentityTest : public ::testing::Test {
 protected:
  IdentityTest() {
    std::string pattern = "/tmp/tickmesh-identity-XXXXXX";
    dir = ::mkdtemp(pattern.data());
    std::filesystem::create_directory(dir + "/one");
    std::filesystem::create_directory(dir + "/two");
  }
  ~IdentityTest() override { std::filesystem::remove_all(dir); }
  Identity of(const std::string& copy) const { return {dir, dir + '/' + copy, "broker_gateway-0"}; }
  std::string dir;
};

TEST_F(IdentityTest, WhoHearsALaterStartUnderItsNameStops) {
  auto first = of("one"), second = of("two");
  first.claim({kEpoch, 1});
  EXPECT_NO_THROW(first.check());
  second.claim({kEpoch, 2});
  EXPECT_NO_THROW(second.check());
  EXPECT_THROW(first.check(), Superseded);
  EXPECT_THROW(of("one").claim({kEpoch, 1}), Superseded);
  EXPECT_EQ(second.known(), (Token{kEpoch, 2}));
}

TEST_F(IdentityTest, TheJournalOfAStartThatWasFollowedIsNotStartedAgain) {
  auto first = of("one"), second = of("two");
  first.claim({kEpoch, 1});
  second.claim({kEpoch, 2});
  EXPECT_THROW(first.check(), Superseded);
  const auto again = of("one").may_start({kEpoch, 1});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "superseded");
  EXPECT_TRUE(of("two").may_start({kEpoch, 2}));
  EXPECT_TRUE(of("one").may_start({kEpoch, 2})) << "a journal that has lived on was another copy's";
}

TEST_F(IdentityTest, AnEpochThatWasAskedForIsForgottenOnceItHasBegun) {
  auto identity = of("one");
  EXPECT_FALSE(identity.floor());
  identity.ask_epoch(kEpoch);
  EXPECT_EQ(identity.floor(), kEpoch);
  identity.claim({kEpoch + 1, 1});
  EXPECT_FALSE(identity.floor());
}

}  // namespace
}  // namespace tickmesh
