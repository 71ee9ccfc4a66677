// What closed trades let a strategy stake (METRICS.md 1.5) binds its entries from the thirtieth on.
#include "unit/position_manager/harness.hpp"

namespace tickmesh::test {
namespace {

/// Enters at 100.02 and leaves at `exit`; the position is closed, the symbol rested.
void round_trip(Harness& h, const char* exit, const char* exit_ask) {
  h.quote(kAapl, "100.00", "100.02");
  h.enter(kAapl);
  const Intent entry = h.last();
  ASSERT_EQ(entry.purpose, Purpose::entry) << h.outcome();
  h.says(h.filling(entry, entry.quantity, price("100.02")));
  h.quote(kAapl, exit, exit_ask);
  const Intent leave = h.last();
  ASSERT_EQ(leave.purpose, Purpose::exit);
  h.says(h.filling(leave, leave.quantity, price(exit)));
  ASSERT_EQ(h.last_position.kind, PositionEventKind::closed);
  h.pass(seconds(31));
}
void win(Harness& h) { round_trip(h, "101.00", "101.02"); }
void lose(Harness& h) { round_trip(h, "99.00", "99.02"); }

StrategyEvent last_word(Harness& h) {
  const auto said = h.said<StrategyEvent>();
  return said.empty() ? StrategyEvent{} : said.back();
}

TEST(KellySize, BindsNothingBeforeThirtyTradesAndWhatTheEdgeAllowsAfterwards) {
  auto h = Harness{}.ready();
  for (int i = 0; i < 29; ++i) {
    i % 10 == 9 ? lose(h) : win(h);
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
  }
  h.quote(kAapl, "100.00", "100.02");
  h.enter(kAapl);
  EXPECT_EQ(h.last().quantity, units(99)) << "the allocation, as ever";
  h.says(h.filling(h.last(), h.last().quantity, price("100.02")));
  h.quote(kAapl, "101.00", "101.02");
  h.says(h.filling(h.last(), h.last().quantity, price("101.00")));
  const StrategyEvent word = last_word(h);
  EXPECT_EQ(word.strategy, "mean_reversion");
  EXPECT_EQ(word.symbol, kAapl);
  EXPECT_TRUE(word.enabled);
  EXPECT_EQ(word.closed_trades, 30U);
  // Wins and losses are about a hundredth of the stake: the notional caps at a fifth of some 100,000, twice the allocation.
  EXPECT_EQ(word.kelly_bound, KellyBound::cap);
  EXPECT_NEAR(word.kelly_used, 0.20, 1e-12);
  EXPECT_GT(word.kelly_full, 1);
  h.pass(seconds(31));
  h.quote(kAapl, "100.00", "100.02");
  h.enter(kAapl);
  EXPECT_EQ(h.last().quantity, units(99)) << "a cap above the allocation binds nothing";
}

TEST(KellySize, ShrinksAnEntryBelowItsAllocation) {
  auto c = config();
  c.kelly.max_notional = 0.05;
  auto h = Harness{c}.ready();
  for (int i = 0; i < 30; ++i) {
    i % 10 == 9 ? lose(h) : win(h);
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
  }
  h.quote(kAapl, "100.00", "100.02");
  h.enter(kAapl);
  const auto equity = h.core().account().equity;
  EXPECT_EQ(h.last().quantity, units(static_cast<std::int64_t>(equity.to_double() * 0.05 / 100.02)));
  EXPECT_LT(h.last().quantity, units(99));
}

TEST(KellySize, WithoutAnEdgeTheStrategyEntersNoMoreAndAPersonStillDoes) {
  auto h = Harness{}.ready();
  for (int i = 0; i < 30; ++i) {
    i % 2 == 0 ? lose(h) : win(h);
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
  }
  const auto asked = h.intents.size();
  h.quote(kAapl, "100.00", "100.02");
  h.enter(kAapl);
  EXPECT_EQ(h.outcome(), "refused KELLY");
  EXPECT_EQ(h.intents.size(), asked);
  h.quote(kMsft, "100.00", "100.02");
  h.enter(kMsft);
  EXPECT_EQ(h.intents.size(), asked + 1) << "its trades of another symbol are other trades";
  h.open(kAapl, 10);
  EXPECT_EQ(h.intents.size(), asked + 2);
}

TEST(KellySize, IsTheSameAfterARestart) {
  auto h = Harness{}.ready();
  for (int i = 0; i < 30; ++i) {
    i % 2 == 0 ? lose(h) : win(h);
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    if (i == 13) h.reload();
  }
  h.reload();
  h.quote(kAapl, "100.00", "100.02");
  h.enter(kAapl);
  EXPECT_EQ(h.outcome(), "refused KELLY");
}

TEST(KellySize, APersonsTradesAreNoStrategys) {
  auto h = Harness{}.ready();
  h.open(kAapl, 10);
  h.says(h.filling(h.last(), h.last().quantity, price("100.02")));
  h.ask(h.command(Verb::close, kAapl));
  h.says(h.filling(h.last(), h.last().quantity, price("100.00")));
  EXPECT_TRUE(h.said<StrategyEvent>().empty());
}

TEST(EnginePeers, OneSilentInstanceReducesAndOnlyAllOfThemLift) {
  auto h = Harness{}.ready();
  h.give(PeerChanged{"metrics_engine", true, {1, 1}});
  h.give(PeerChanged{"metrics_engine-1", true, {1, 1}});
  EXPECT_EQ(h.core().risk_state(), RiskState::active);
  h.give(PeerChanged{"metrics_engine-1", false, {1, 1}});
  EXPECT_EQ(h.core().risk_state(), RiskState::reducing);
  h.give(PeerChanged{"metrics_engine", false, {1, 1}});
  h.give(PeerChanged{"metrics_engine-1", true, {1, 2}});
  h.reload();
  EXPECT_EQ(h.core().risk_state(), RiskState::reducing);
  h.give(PeerChanged{"metrics_engine", true, {1, 2}});
  EXPECT_EQ(h.core().risk_state(), RiskState::active);
}

}  // namespace
}  // namespace tickmesh::test
