// One instrument, one exchange, and the few words the tests speak.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "venue/paper_exchange.hpp"

namespace tickmesh {

inline Price px(const char* text) { return Price::parse(text).value(); }
inline Quantity qty(std::int64_t units) { return Quantity::from_units(units); }
inline Symbol symbol_of(const char* text) { return Symbol::parse(text).value(); }

inline Instruments test_instruments() {
  std::vector<Instrument> list;
  for (const char* name : {"AAPL.DEMO", "MSFT.DEMO"})
    list.push_back({.symbol = symbol_of(name),
                    .tick_size = px("0.01"),
                    .lot = Quantity::from_units(1),
                    .multiplier = Quantity::from_units(1),
                    .currency = "USD",
                    .calendar = "24x7"});
  return Instruments::make(std::move(list)).value();
}

inline Timestamp ms(std::int64_t n) { return {1'700'000'000'000'000'000 + n * 1'000'000}; }

inline Tick quote(Timestamp t, const char* bid, std::int64_t bid_size, const char* ask, std::int64_t ask_size,
                  const char* symbol = "AAPL.DEMO") {
  Tick tick{.time = t, .event_time = t, .instrument = instrument_id(symbol), .kind = TickKind::quote, .feed = FeedKind::demo};
  tick.bid = px(bid);
  tick.ask = px(ask);
  tick.bid_size = qty(bid_size);
  tick.ask_size = qty(ask_size);
  return tick;
}
inline Tick print(Timestamp t, const char* price, std::int64_t size) {
  Tick tick{.time = t, .event_time = t, .instrument = instrument_id("AAPL.DEMO"), .kind = TickKind::trade, .feed = FeedKind::demo};
  tick.price = px(price);
  tick.size = qty(size);
  return tick;
}

inline Intent order(std::string id, Side side, std::int64_t units, OrderType type = OrderType::market, const char* price = "0") {
  Intent intent{.kind = IntentKind::place, .client_order_id = std::move(id), .symbol = symbol_of("AAPL.DEMO"), .side = side, .type = type};
  intent.purpose = Purpose::entry;
  intent.quantity = qty(units);
  if (type == OrderType::limit) intent.limit_price = px(price);
  if (type == OrderType::stop) intent.stop_price = px(price);
  return intent;
}

class PaperExchangeTest : public testing::Test {
 protected:
  PaperExchange exchange{test_instruments(), PaperConfig{}};
  std::vector<PaperFact> facts{};

  void tick(const Tick& t) { exchange.on_tick(t, {}, facts); }
  void submit(const Intent& intent, Timestamp now) { exchange.submit(intent, now, facts); }
  std::vector<PaperFact> of_kind(PaperFactKind kind) const {
    std::vector<PaperFact> out;
    for (const PaperFact& f : facts)
      if (f.kind == kind) out.push_back(f);
    return out;
  }
  std::vector<PaperFact> fills() const { return of_kind(PaperFactKind::fill); }
};

}  // namespace tickmesh
