#include "unit/venue/paper_exchange_fixture.hpp"

namespace tickmesh {
namespace {

TEST_F(PaperExchangeTest, MarketOrderMeetsTheQuoteInForceWhenItsLatencyHasElapsed) {
  tick(quote(ms(0), "100.00", 50, "100.02", 50));
  submit(order("T1", Side::buy, 10), ms(1));
  tick(quote(ms(4), "100.01", 50, "100.03", 50));  // before 6 ms: this is what it meets
  EXPECT_TRUE(fills().empty());
  EXPECT_EQ(exchange.next_wake(), ms(6));
  exchange.advance(ms(6), facts);
  ASSERT_EQ(fills().size(), 1U);
  EXPECT_EQ(fills()[0].fill.price, px("100.03"));
  EXPECT_EQ(fills()[0].fill.time, ms(6));
  EXPECT_EQ(fills()[0].fill.execution_id, "P-T1-1");
  EXPECT_EQ(exchange.next_wake(), Timestamp{});
}

TEST_F(PaperExchangeTest, AnOrderDueBeforeATickMeetsTheOlderQuoteEvenWhenNobodyWokeIt) {
  tick(quote(ms(0), "100.00", 50, "100.02", 50));
  submit(order("T1", Side::sell, 10), ms(1));
  tick(quote(ms(20), "99.00", 50, "99.02", 50));
  ASSERT_EQ(fills().size(), 1U);
  EXPECT_EQ(fills()[0].fill.price, px("100.00"));
  EXPECT_EQ(fills()[0].fill.time, ms(6));
}

TEST_F(PaperExchangeTest, MarketOrderTakesDisplayedSizeAndWaitsForTheNextQuoteWithTheRest) {
  tick(quote(ms(0), "100.00", 50, "100.02", 30));
  submit(order("T1", Side::buy, 50), ms(1));
  submit(order("T2", Side::buy, 5), ms(1));
  exchange.advance(ms(6), facts);
  ASSERT_EQ(fills().size(), 1U);  // T1 spent the quote, T2 finds nothing
  EXPECT_EQ(fills()[0].fill.quantity, qty(30));
  tick(print(ms(7), "100.02", 100));
  EXPECT_EQ(fills().size(), 1U);  // a print is no quote
  tick(quote(ms(8), "100.00", 50, "100.04", 100));
  ASSERT_EQ(fills().size(), 3U);
  EXPECT_EQ(fills()[1].fill.quantity, qty(20));
  EXPECT_EQ(fills()[1].fill.price, px("100.04"));
  EXPECT_EQ(fills()[2].client_order_id, "T2");
}

TEST_F(PaperExchangeTest, CommissionHasItsMinimumOnceAnOrder) {
  tick(quote(ms(0), "100.00", 50, "100.02", 100));
  submit(order("T1", Side::buy, 400), ms(1));
  exchange.advance(ms(6), facts);                   // 100 by rate 0.50, charged 1.00
  tick(quote(ms(7), "100.00", 50, "100.02", 100));  // 200 by rate 1.00, nothing more
  tick(quote(ms(8), "100.00", 50, "100.02", 200));  // 400 by rate 2.00, 1.00 more
  ASSERT_EQ(fills().size(), 3U);
  EXPECT_EQ(fills()[0].fill.commission, Money::from_units(1));
  EXPECT_EQ(fills()[1].fill.commission, Money{});
  EXPECT_EQ(fills()[2].fill.commission, Money::from_units(1));
}

TEST_F(PaperExchangeTest, LimitTradesWhenTheOppositeQuoteCrossesIt) {
  tick(quote(ms(0), "100.00", 50, "100.02", 50));
  submit(order("T1", Side::buy, 10, OrderType::limit, "100.01"), ms(1));
  tick(quote(ms(10), "100.00", 50, "100.02", 50));
  EXPECT_TRUE(fills().empty());
  tick(quote(ms(11), "99.98", 50, "100.00", 50));
  ASSERT_EQ(fills().size(), 1U);
  EXPECT_EQ(fills()[0].fill.price, px("100.00"));
}

TEST_F(PaperExchangeTest, LimitTradesAtItsPriceWhenAPrintGoesThroughItInsideTheQuote) {
  tick(quote(ms(0), "100.00", 50, "100.04", 50));
  submit(order("T1", Side::buy, 10, OrderType::limit, "100.02"), ms(1));
  tick(print(ms(10), "100.02", 50));
  EXPECT_TRUE(fills().empty()) << "a print at the limit is not through it";
  tick(print(ms(11), "100.01", 4));
  ASSERT_EQ(fills().size(), 1U);
  EXPECT_EQ(fills()[0].fill.price, px("100.02"));
  EXPECT_EQ(fills()[0].fill.quantity, qty(4));
}

TEST_F(PaperExchangeTest, APrintThroughALimitOutsideTheQuoteFillsNothing) {
  tick(quote(ms(0), "100.00", 50, "100.04", 50));
  submit(order("T1", Side::buy, 10, OrderType::limit, "99.98"), ms(1));
  tick(print(ms(11), "99.90", 50));
  EXPECT_TRUE(fills().empty());
}

TEST_F(PaperExchangeTest, StopTriggersOnTheQuoteItWouldTradeAt) {
  tick(quote(ms(0), "100.00", 50, "100.10", 50));
  submit(order("T1", Side::sell, 10, OrderType::stop, "99.95"), ms(1));
  tick(print(ms(10), "99.90", 50));
  tick(quote(ms(11), "99.96", 50, "99.97", 50));
  EXPECT_TRUE(of_kind(PaperFactKind::trigger).empty());
  tick(quote(ms(12), "99.94", 4, "99.97", 50));
  ASSERT_EQ(of_kind(PaperFactKind::trigger).size(), 1U);
  tick(quote(ms(13), "99.99", 50, "100.01", 50));  // a market order by now: back above the stop it still trades
  ASSERT_EQ(fills().size(), 2U);
  EXPECT_EQ(fills()[0].fill.price, px("99.94"));
  EXPECT_EQ(fills()[1].fill.price, px("99.99"));
}

TEST_F(PaperExchangeTest, NothingTradesOnAOneSidedCrossedStaleOrHaltedBook) {
  submit(order("T1", Side::buy, 10), ms(0));
  tick(quote(ms(10), "0", 0, "100.02", 50));
  tick(quote(ms(11), "100.03", 50, "100.02", 50));
  EXPECT_TRUE(fills().empty());
  exchange.set_halted(symbol_of("AAPL.DEMO"), true, ms(12), facts);
  tick(quote(ms(13), "100.00", 50, "100.02", 50));
  EXPECT_TRUE(fills().empty());
  exchange.set_halted(symbol_of("AAPL.DEMO"), false, ms(14), facts);
  tick(print(ms(15), "100.01", 50));
  EXPECT_TRUE(fills().empty()) << "the quote of before the end of the halt is void";
  tick(quote(ms(16), "100.00", 50, "100.02", 50));
  EXPECT_EQ(fills().size(), 1U);
  submit(order("T2", Side::buy, 10), ms(20'000));
  exchange.advance(ms(20'005), facts);
  EXPECT_EQ(fills().size(), 1U) << "twenty seconds old is stale";
}

TEST_F(PaperExchangeTest, AKnownClientIdIsRefusedAndCreatesNothing) {
  submit(order("T1", Side::buy, 10), ms(0));
  submit(order("T1", Side::buy, 10), ms(1));
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(facts[1].kind, PaperFactKind::refuse);
  EXPECT_EQ(facts[1].reason, kDuplicateClientId);
  EXPECT_EQ(exchange.orders().size(), 1U);
  tick(quote(ms(10), "100.00", 50, "100.02", 50));
  EXPECT_EQ(fills().size(), 1U);
}

TEST_F(PaperExchangeTest, AClientIdStaysSpentAfterItsOrderIsForgotten) {
  PaperExchange small{test_instruments(), PaperConfig{.keep_closed = 1}};
  for (const char* id : {"T1", "T2", "T3"}) {
    small.submit(order(id, Side::buy, 1), ms(0), facts);
    small.cancel(id, ms(1), facts);
  }
  EXPECT_EQ(small.orders().size(), 1U);
  facts.clear();
  small.submit(order("T1", Side::buy, 1), ms(2), facts);
  EXPECT_EQ(facts.at(0).kind, PaperFactKind::refuse);
  small.cancel("T1", ms(3), facts);
  EXPECT_EQ(facts.at(1).reason, kOrderClosed);
}

TEST_F(PaperExchangeTest, WhatItCannotTradeIsRejectedWithTheRule) {
  struct {
    const char* id;
    std::function<void(Intent&)> spoil;
    const char* reason;
  } const rows[] = {
      {"A", [](Intent& i) { i.symbol = symbol_of("NONE.DEMO"); }, "unknown symbol"},
      {"B", [](Intent& i) { i.quantity = Quantity::from_raw(1); }, "quantity"},
      {"C", [](Intent& i) { i.side = Side::none; }, "side"},
      {"D", [](Intent& i) { i.type = OrderType::limit, i.limit_price = px("1.005"); }, "limit price"},
      {"E", [](Intent& i) { i.type = OrderType::stop; }, "stop price"},
  };
  for (const auto& row : rows) {
    Intent intent = order(row.id, Side::buy, 1);
    row.spoil(intent);
    submit(intent, ms(0));
    EXPECT_EQ(facts.back().kind, PaperFactKind::reject) << row.id;
    EXPECT_THAT(facts.back().reason, testing::StartsWith(row.reason));
  }
}

TEST_F(PaperExchangeTest, ACancelledOrderTradesNoMore) {
  submit(order("T1", Side::buy, 10), ms(0));
  exchange.cancel("T1", ms(1), facts);
  tick(quote(ms(10), "100.00", 50, "100.02", 50));
  EXPECT_TRUE(fills().empty());
  exchange.cancel("T1", ms(11), facts);
  EXPECT_EQ(facts.back().reason, kOrderClosed);
  exchange.cancel("T9", ms(12), facts);
  EXPECT_EQ(facts.back().reason, kUnknownOrder);
}

}  // namespace
}  // namespace tickmesh
