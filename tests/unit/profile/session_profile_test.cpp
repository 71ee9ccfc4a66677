#include "analytics/profile/session_profile.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "analytics/profile/lvn_alert.hpp"
#include "analytics/profile/vpin.hpp"

namespace tickmesh {
namespace {

Price cents(std::int64_t n) { return Price::from_raw(n * 1'000'000); }
Quantity units(std::int64_t n) { return Quantity::from_units(n); }
constexpr Timestamp kOpen{1'381'152'600'000'000'000};
template <class T>
Bytes saved(const T& part) {
  Bytes bytes;
  ByteWriter out{bytes};
  part.save(out);
  return bytes;
}

TEST(SessionProfile, CompletesASessionWhenTheNextBeginsAndKeepsTheLatest) {
  SessionProfile sessions{cents(1), {.kept = 2}};
  for (std::int64_t day = 0; day < 4; ++day) {
    const Timestamp open = kOpen + seconds(day * 86'400);
    sessions.begin(open);
    EXPECT_EQ(sessions.developing(open).status, Status::undefined) << "no trade yet";
    sessions.add(open + seconds(5), cents(100 + day), units(10));
    sessions.add(open + seconds(9), cents(101 + day), units(1));
  }
  ASSERT_EQ(sessions.completed().size(), 2U);
  const ProfileReading& last = sessions.completed().back();
  EXPECT_EQ(last.start, kOpen + seconds(2 * 86'400));
  EXPECT_EQ(last.end, last.start + seconds(9));
  EXPECT_EQ(last.poc, Price::from_raw(102'500'000)) << "the centre of its row";
  EXPECT_EQ(last.val, cents(102));
  EXPECT_EQ(last.vah, cents(103));
  EXPECT_EQ(last.volume, 11);
  EXPECT_EQ(last.inside, 10);
}

TEST(SessionProfile, RefreshesOnceASecondOrWithEnoughNewVolume) {
  SessionProfile sessions{cents(1), {.refresh_volume = 0.5}};
  sessions.begin(kOpen);
  sessions.add(kOpen, cents(100), units(10));
  EXPECT_EQ(sessions.developing(kOpen).volume, 10);
  sessions.add(kOpen, cents(100), units(5));
  EXPECT_EQ(sessions.developing(kOpen + milliseconds(999)).volume, 10) << "neither a second nor half of the volume";
  EXPECT_EQ(sessions.developing(kOpen + seconds(1)).volume, 15);
  sessions.add(kOpen, cents(100), units(15));
  EXPECT_EQ(sessions.developing(kOpen + milliseconds(1'001)).volume, 30);
  EXPECT_TRUE(sessions.take_back(cents(100), units(15)));
  EXPECT_EQ(sessions.developing(kOpen + milliseconds(1'002)).volume, 15) << "a bust shows at once";
}

TEST(SessionProfile, SaysWhatMustStandBesideTheNumbers) {
  SessionProfile all{cents(1)};
  all.begin(kOpen);
  EXPECT_EQ(all.note(), "");
  all.add_bar(kOpen, cents(100), cents(102), units(9));
  EXPECT_EQ(all.note(), "APPROX, from bars");
  EXPECT_TRUE(all.developing(kOpen).approx);
  SessionProfile part{cents(1), {.volume_share = 0.025}};
  part.begin(kOpen);
  EXPECT_EQ(part.note(), "this feed sees 2.5 % of the volume");
  part.add_bar(kOpen, cents(100), cents(102), units(9));
  EXPECT_EQ(part.note(), "APPROX, from bars; this feed sees 2.5 % of the volume");
}

TEST(SessionProfile, GoesOnBitForBitFromASnapshotAtAnyPoint) {
  std::mt19937_64 dice{6};
  const auto below = [&](std::int64_t n) { return static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(n)); };
  SessionProfile whole{cents(5)};
  auto cut = std::make_unique<SessionProfile>(cents(5));
  Timestamp now = kOpen;
  std::int64_t price = 10'000;
  for (int i = 0; i < 8'000; ++i) {
    now = now + milliseconds(below(400));
    price += below(15) - 7;
    const Quantity size = units(1 + below(500));
    for (SessionProfile* one : {&whole, cut.get()}) {
      if (i % 2'500 == 0) one->begin(now);
      one->add(now, cents(price), size);
    }
    if (below(3) == 0) {
      ASSERT_EQ(whole.developing(now), cut->developing(now));
    }
    if (below(9) == 0) {
      ASSERT_EQ(whole.nodes(now), cut->nodes(now));
    }
    if (below(200) == 0) {
      const Bytes bytes = saved(*cut);
      cut = std::make_unique<SessionProfile>(cents(5));
      ByteReader in{bytes};
      cut->load(in);
      ASSERT_TRUE(in.done());
      ASSERT_EQ(saved(*cut), saved(whole));
    }
  }
  EXPECT_EQ(whole.completed().size(), 3U);
}

TEST(LvnAlert, IsNearWithinAQuarterAtrAndOffBeyondOneAndAHalfOfIt) {
  LvnAlert alert{cents(1)};
  const std::vector<Price> nodes{cents(1'000), cents(2'000)};
  const Value atr{0.40, Status::ok, true};  // a quarter: 10 ticks
  EXPECT_EQ(alert.update(cents(1'011), nodes, atr), LvnChange::none);
  EXPECT_EQ(alert.ticks().value, -11);
  EXPECT_NEAR(alert.atrs().value, -0.275, 1e-12);
  EXPECT_EQ(alert.update(cents(1'010), nodes, atr), LvnChange::near);
  EXPECT_EQ(alert.node(), cents(1'000));
  EXPECT_EQ(alert.update(cents(1'015), nodes, atr), LvnChange::none) << "held to 15 ticks";
  EXPECT_TRUE(alert.near());
  EXPECT_EQ(alert.update(cents(1'016), nodes, atr), LvnChange::away);
  EXPECT_EQ(alert.update(cents(1'995), nodes, atr), LvnChange::near);
  EXPECT_EQ(alert.update(cents(1'995), std::vector<Price>{cents(1'000)}, atr), LvnChange::node_gone);
  EXPECT_EQ(alert.update(cents(1'995), {}, atr), LvnChange::none);
  EXPECT_EQ(alert.ticks().status, Status::undefined);
}

TEST(LvnAlert, WithoutAnAtrTwoTicksDecide) {
  LvnAlert alert{cents(1)};
  const std::vector<Price> nodes{cents(1'000)};
  EXPECT_EQ(alert.update(cents(1'003), nodes, warmup_value()), LvnChange::none);
  EXPECT_EQ(alert.update(cents(998), nodes, warmup_value()), LvnChange::near);
  EXPECT_EQ(alert.atrs().status, Status::undefined);
  EXPECT_EQ(alert.update(cents(1'003), nodes, {std::nan(""), Status::ok, true}), LvnChange::none) << "3 ticks are 1.5 times 2";
  EXPECT_EQ(alert.update(cents(1'004), nodes, warmup_value()), LvnChange::away);
}

TEST(Vpin, SplitsATradeThatStraddlesBucketsAndKeepsTheLast) {
  Vpin vpin{units(10), 3};
  EXPECT_FALSE(vpin.value().has_value);
  vpin.push(units(6), 1);
  vpin.push(units(8), -1);  // 4 fill the first: |6 - 4| = 2; 4 in the second
  EXPECT_DOUBLE_EQ(vpin.value().value, 0.2);
  EXPECT_EQ(vpin.value().status, Status::warmup);
  vpin.push(units(26), 1);  // second |6 - 4| = 2, third 10, fourth 10 (full); the first goes
  EXPECT_DOUBLE_EQ(vpin.value().value, (2 + 10 + 10) / 30.0);
  EXPECT_EQ(vpin.value().status, Status::ok);
  Bytes bytes = saved(vpin);
  Vpin other{units(10), 3};
  ByteReader in{bytes};
  other.load(in);
  EXPECT_EQ(saved(other), bytes);
  EXPECT_EQ(other.value(), vpin.value());
  vpin.push(units(100'000'000), 1);
  EXPECT_EQ(saved(vpin), bytes) << "a size beyond sense is left out";
}

}  // namespace
}  // namespace tickmesh
