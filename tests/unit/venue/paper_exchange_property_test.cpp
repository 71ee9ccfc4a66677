// Random streams from seeds: what must hold of every one of them. The rules are stated here again, without the exchange's code.
#include <random>

#include "unit/venue/paper_exchange_fixture.hpp"

namespace tickmesh {
namespace {

struct Step {
  Tick tick{};
  bool is_tick{false};
  bool is_cancel{false};
  Intent intent{};
  Timestamp at{};
};

std::vector<Step> random_steps(std::uint64_t seed, int n) {
  std::mt19937_64 rng{seed};
  const auto pick = [&](std::int64_t lo, std::int64_t hi) {
    return lo + static_cast<std::int64_t>(rng() % static_cast<std::uint64_t>(hi - lo + 1));
  };
  std::vector<Step> steps;
  std::int64_t mid = 10'000, now = 0;
  int id = 0;
  for (int k = 0; k < n; ++k) {
    now += pick(0, 8);
    Step s{.at = ms(now)};
    const auto what = pick(0, 9);
    if (what < 7) {
      s.is_tick = true;
      mid += pick(-3, 3);
      const auto spread = pick(-1, 4);  // now and then crossed
      s.tick = quote(s.at, "1", pick(0, 40), "1", pick(0, 40));
      s.tick.bid = pick(0, 30) == 0 ? Price{} : Price::from_raw(mid * 1'000'000);
      s.tick.ask = Price::from_raw((mid + spread) * 1'000'000);
      if (what == 0) {
        s.tick = print(s.at, "1", pick(1, 30));
        s.tick.price = Price::from_raw((mid + pick(-3, 3)) * 1'000'000);
      }
    } else if (what < 9) {
      s.intent = order("T" + std::to_string(++id), pick(0, 1) == 0 ? Side::buy : Side::sell, pick(1, 60));
      s.intent.type = static_cast<OrderType>(pick(1, 3));
      s.intent.limit_price = s.intent.stop_price = Price::from_raw((mid + pick(-6, 6)) * 1'000'000);
    } else {
      s.is_cancel = true;
      s.intent.client_order_id = "T" + std::to_string(pick(1, id + 2));
    }
    steps.push_back(std::move(s));
  }
  return steps;
}

void feed(PaperExchange& exchange, const Step& s, std::vector<PaperFact>& facts) {
  if (s.is_tick)
    exchange.on_tick(s.tick, {}, facts);
  else if (s.is_cancel)
    exchange.cancel(s.intent.client_order_id, s.at, facts);
  else
    exchange.submit(s.intent, s.at, facts);
}

std::string text_of(const std::vector<PaperFact>& facts) {
  std::string out;
  for (const PaperFact& f : facts)
    out += std::string(to_string(f.kind)) + ' ' + f.client_order_id + ' ' + f.venue_order_id + ' ' + f.fill.execution_id + ' ' +
           f.fill.price.str() + ' ' + f.fill.quantity.str() + ' ' + std::to_string(f.time.ns) + '\n';
  return out;
}

Bytes snapshot(const PaperExchange& exchange) {
  Bytes bytes;
  ByteWriter writer{bytes};
  exchange.save(writer);
  return bytes;
}

class PaperExchangeProperty : public testing::TestWithParam<std::uint64_t> {};

TEST_P(PaperExchangeProperty, EveryFillLiesInsideTheQuoteOfItsTimeAndKeepsItsOrdersTerms) {
  const auto steps = random_steps(GetParam(), 3'000);
  PaperExchange exchange{test_instruments(), PaperConfig{}};
  std::map<std::string, Intent> orders;
  std::map<std::string, Timestamp> sent;
  std::map<std::string, Quantity> filled;
  Tick before{}, now{};
  std::size_t n = 0;
  for (const Step& s : steps) {
    std::vector<PaperFact> facts;
    if (!s.is_tick && !s.is_cancel) orders[s.intent.client_order_id] = s.intent, sent[s.intent.client_order_id] = s.at;
    before = now;
    if (s.is_tick && s.tick.kind == TickKind::quote) now = s.tick;
    feed(exchange, s, facts);
    for (const PaperFact& f : facts) {
      if (f.kind != PaperFactKind::fill) continue;
      ++n;
      const Intent& o = orders.at(f.client_order_id);
      // An order that came due before this tick met the quote before it.
      const Tick& q = f.fill.bid == now.bid && f.fill.ask == now.ask && f.fill.time >= now.time ? now : before;
      EXPECT_EQ(f.fill.bid, q.bid);
      EXPECT_EQ(f.fill.ask, q.ask);
      EXPECT_LE(q.time, f.fill.time);
      EXPECT_GT(f.fill.bid.raw(), 0);
      EXPECT_LE(f.fill.bid, f.fill.price);
      EXPECT_LE(f.fill.price, f.fill.ask);
      EXPECT_GE(f.fill.time, sent.at(f.client_order_id) + milliseconds(5));
      const bool buy = o.side == Side::buy;
      if (o.type == OrderType::limit)
        EXPECT_TRUE(buy ? f.fill.price <= o.limit_price : f.fill.price >= o.limit_price);
      else
        EXPECT_EQ(f.fill.price, buy ? f.fill.ask : f.fill.bid);
      filled[f.client_order_id] += f.fill.quantity;
      EXPECT_LE(filled[f.client_order_id], o.quantity);
    }
  }
  EXPECT_GT(n, 100U) << "the stream should trade, seed " << GetParam();
}

TEST_P(PaperExchangeProperty, SameInputsGiveTheSameFacts) {
  const auto steps = random_steps(GetParam(), 1'000);
  std::vector<PaperFact> a, b;
  PaperExchange one{test_instruments(), PaperConfig{.jitter = milliseconds(9), .seed = GetParam()}};
  PaperExchange two{test_instruments(), PaperConfig{.jitter = milliseconds(9), .seed = GetParam()}};
  PaperExchange other{test_instruments(), PaperConfig{.jitter = milliseconds(9), .seed = GetParam() + 1}};
  std::vector<PaperFact> c;
  for (const Step& s : steps) feed(one, s, a), feed(two, s, b), feed(other, s, c);
  EXPECT_EQ(text_of(a), text_of(b));
  EXPECT_NE(text_of(a), text_of(c)) << "the seed draws the jitter";
}

TEST_P(PaperExchangeProperty, ALoadedExchangeContinuesAsTheSavedOneWould) {
  const auto steps = random_steps(GetParam(), 1'000);
  PaperExchange one{test_instruments(), PaperConfig{.keep_closed = 20}};
  std::vector<PaperFact> a, b;
  for (std::size_t i = 0; i < 500; ++i) feed(one, steps[i], a);
  const Bytes bytes = snapshot(one);
  PaperExchange two{test_instruments(), PaperConfig{.keep_closed = 20}};
  ByteReader reader{bytes};
  two.load(reader);
  EXPECT_TRUE(reader.done());
  a.clear();
  for (std::size_t i = 500; i < steps.size(); ++i) feed(one, steps[i], a), feed(two, steps[i], b);
  EXPECT_EQ(text_of(a), text_of(b));
  EXPECT_EQ(snapshot(one), snapshot(two));
}

TEST_P(PaperExchangeProperty, FactsAloneRebuildEveryOrder) {
  const auto steps = random_steps(GetParam(), 1'000);
  PaperExchange one{test_instruments(), PaperConfig{}}, two{test_instruments(), PaperConfig{}};
  std::vector<PaperFact> facts;
  for (const Step& s : steps) feed(one, s, facts);
  for (const PaperFact& f : facts) two.apply(f);
  ASSERT_EQ(one.orders().size(), two.orders().size());
  for (const auto& [number, order] : one.orders()) {
    const PaperOrder& other = two.orders().at(number);
    EXPECT_EQ(order.intent, other.intent);
    EXPECT_EQ(order.status, other.status);
    EXPECT_EQ(order.triggered, other.triggered);
    EXPECT_EQ(order.fills, other.fills);
    EXPECT_EQ(order.charged, other.charged);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PaperExchangeProperty, testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace tickmesh
