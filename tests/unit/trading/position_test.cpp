#include "trading/position.hpp"

#include <algorithm>
#include <random>

namespace tickmesh {
namespace {

Symbol symbol() { return *Symbol::parse("AAPL.DEMO"); }
Price price(const char* text) { return *Price::parse(text); }
Money money(const char* text) { return *Money::parse(text); }
Quantity units(std::int64_t n) { return Quantity::from_units(n); }
Execution at(const char* p, std::int64_t n, const char* fee = "0") { return {price(p), units(n), money(fee), Timestamp{5}}; }
PositionState opened(Side side, const Execution& first) {
  PositionState p{"P1", symbol(), side, units(1)};
  p.enlarge(first);
  return p;
}

TEST(PositionState, MeanEntryIsRoundedHalfEven) {
  EXPECT_EQ(mean_price(Int128{5}, Quantity::from_raw(2)), Price::from_raw(2));
  EXPECT_EQ(mean_price(Int128{7}, Quantity::from_raw(2)), Price::from_raw(4));
  EXPECT_EQ(mean_price(Int128{8}, Quantity::from_raw(3)), Price::from_raw(3));
  EXPECT_EQ(mean_price(Int128{7}, Quantity::from_raw(3)), Price::from_raw(2));
  EXPECT_EQ(mean_price(Int128{7}, Quantity{}), Price{});
  auto p = opened(Side::buy, at("100.00", 1));
  p.enlarge(at("100.01", 2));
  EXPECT_EQ(p.entry_price(), price("100.00666667"));
}

TEST(PositionState, LongEarnsTheRiseLessFees) {
  auto p = opened(Side::buy, at("201.28", 49, "1.00"));
  EXPECT_EQ(p.held_value(), money("9862.72"));
  EXPECT_EQ(p.realized(), money("-1"));
  const LastQuote q{Timestamp{9}, price("201.30"), price("201.32"), false};
  EXPECT_EQ(p.unrealized(q), money("0.98"));
  EXPECT_EQ(p.reduce(at("202.00", 49, "1.00")), money("34.28"));
  EXPECT_TRUE(p.flat());
  EXPECT_EQ(p.realized(), money("33.28"));
  EXPECT_EQ(p.fees(), money("2"));
  EXPECT_EQ(p.exit_price(), price("202"));
}

TEST(PositionState, ShortEarnsTheFallAndIsMarkedAtTheAsk) {
  auto p = opened(Side::sell, at("50.00", 10));
  const LastQuote q{Timestamp{9}, price("49.00"), price("49.50"), false};
  EXPECT_EQ(p.unrealized(q), money("5"));
  EXPECT_EQ(p.value(q), money("495"));
  EXPECT_EQ(p.reduce(at("51.00", 10)), money("-10"));
}

TEST(PositionState, WithoutAQuoteItIsWorthWhatItCost) {
  const auto p = opened(Side::buy, at("10", 3));
  EXPECT_EQ(p.value(LastQuote{}), money("30"));
  EXPECT_EQ(p.unrealized(LastQuote{}), Money{});
}

TEST(PositionState, MultiplierScalesMoneyNotPrices) {
  PositionState p{"P1", symbol(), Side::buy, units(50)};
  p.enlarge(at("10", 2));
  EXPECT_EQ(p.held_value(), money("1000"));
  EXPECT_EQ(p.entry_price(), price("10"));
}

TEST(PositionState, TakesNoMoreThanItHolds) {
  auto p = opened(Side::buy, at("10", 3));
  EXPECT_THROW(p.reduce(at("10", 4)), InvariantError);
  EXPECT_THROW(p.enlarge(at("10", 0)), InvariantError);
}

TEST(PositionState, OnceFlatRealizedIsSellsLessBuysLessFees) {
  std::mt19937_64 random{11};
  for (int run = 0; run < 300; ++run) {
    const Side side = random() % 2 == 0 ? Side::buy : Side::sell;
    PositionState p{"P1", symbol(), side, units(1)};
    Money cash{};
    Quantity held{};
    const auto trade = [&](Side s, Quantity q) {
      const Execution x{Price::from_raw(1 + static_cast<std::int64_t>(random() % 50'000'000'000)), q,
                        Money::from_raw(static_cast<std::int64_t>(random() % 300'000'000)), Timestamp{1}};
      cash += s == Side::buy ? -notional(x.price, x.quantity) : notional(x.price, x.quantity);
      cash -= x.commission;
      if (s == side) {
        p.enlarge(x);
        held += q;
      } else {
        p.reduce(x);
        held -= q;
      }
      ASSERT_EQ(p.quantity(), held);
      // At any time what is missing in cash is what the position holds.
      ASSERT_EQ(cash, p.realized() - (side == Side::buy ? p.held_value() : -p.held_value()));
    };
    for (int i = 0; i < 20; ++i) {
      if (held.is_zero() || random() % 3 > 0)
        trade(side, Quantity::from_raw(1 + static_cast<std::int64_t>(random() % 90'000'000'000)));
      else
        trade(opposite(side), Quantity::from_raw(1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(held.raw()))));
    }
    if (!held.is_zero()) trade(opposite(side), held);
    EXPECT_EQ(p.realized(), cash);
    EXPECT_EQ(p.held_value(), Money{});
  }
}

TEST(PositionState, ComesBackFromASnapshot) {
  auto p = opened(Side::sell, at("10.5", 7, "1"));
  p.reduce(at("9.75", 3, "1"));
  p.stop = price("11"), p.strategy = "mean_reversion";
  Bytes bytes;
  ByteWriter w{bytes};
  p.save(w);
  PositionState back;
  ByteReader r{bytes};
  back.load(r);
  EXPECT_TRUE(r.done());
  EXPECT_EQ(back, p);
}

}  // namespace
}  // namespace tickmesh
