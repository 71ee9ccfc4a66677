// Two instruments, and one of everything the mesh says about them.
#pragma once
#include <gtest/gtest.h>

#include "api_gateway/core/api_core.hpp"
#include "bus/codec.hpp"
#include "core/instrument.hpp"

namespace tickmesh::testing {

inline const ProtoCodec kCodec;
inline constexpr Timestamp kNow{1'737'376'814'000'000'000};  // 2025-01-20T12:40:14Z
inline const Symbol kApple = *Symbol::parse("AAPL.DEMO");
inline const Symbol kSpy = *Symbol::parse("SPY.DEMO");

inline Instruments instruments() {
  std::vector<Instrument> list;
  for (const Symbol& symbol : {kApple, kSpy}) {
    Instrument i;
    i.symbol = symbol;
    i.tick_size = *Price::parse("0.01");
    i.lot = i.multiplier = Quantity::from_units(1);
    list.push_back(i);
  }
  return *Instruments::make(std::move(list));
}
inline Price price(const char* text) { return *Price::parse(text); }

/// Gives `event` to the core as said on `stream`.
inline void tell(ApiCore& core, Stream stream, const Event& event) {
  Outbox out;
  out.begin(kNow, {});
  core.apply({kNow, {stream, 0, {1, 1}}, event}, out);
  EXPECT_TRUE(out.said().empty()) << "what the mesh says is learned, not answered";
}
inline Latest quote(const Symbol& symbol) {
  return {.header = {kNow, kNow, {}},
          .symbol = symbol,
          .feed = FeedKind::demo,
          .synthetic = true,
          .bid = price("201.27"),
          .ask = price("201.29")};
}
inline BookTop book() {
  BookTop b{.header = {kNow, kNow, {}}, .symbol = kApple, .feed = FeedKind::replay, .live = true, .last = 77, .resyncs = 2};
  b.bids = {{price("201.27"), Quantity::from_units(5)}, {price("201.26"), Quantity::from_units(9)}};
  b.asks = {{price("201.29"), Quantity::from_units(4)}};
  b.imbalance = {0.25, Status::ok, true};
  return b;
}
inline PositionEvent position(const std::string& id, PositionEventKind kind = PositionEventKind::opened) {
  PositionEvent p;
  p.header = {kNow, kNow, {}};
  p.kind = kind;
  p.id = id;
  p.symbol = kApple;
  p.side = Side::buy;
  p.quantity = kind == PositionEventKind::closed ? Quantity{} : Quantity::from_units(49);
  p.entry_quantity = Quantity::from_units(49);
  p.entry_price = price("201.28");
  p.entry_value = *Money::parse("9862.72");
  p.stop = price("200.10");
  p.target = price("202.00");
  p.entry_time = kNow;
  if (kind == PositionEventKind::closed) {
    p.exit_time = kNow + seconds(5);
    p.exit_price = price("202.00");
    p.realized_pnl = *Money::parse("33.28");
    p.exit_reason = "target";
  }
  return p;
}
inline OrderEvent order(const std::string& id, OrderEventKind kind) {
  OrderEvent o;
  o.header = {kNow, kNow, {}};
  o.kind = kind;
  o.order.client_order_id = id;
  o.order.symbol = kApple;
  o.order.side = Side::buy;
  o.order.type = OrderType::market;
  o.order.quantity = Quantity::from_units(49);
  return o;
}

/// A core that has heard of everything.
inline void fill(ApiCore& core) {
  tell(core, Stream::latest, quote(kApple));
  tell(core, Stream::latest, quote(kSpy));
  Metrics metrics{.header = {kNow, kNow, {}}, .symbol = kApple, .feed = FeedKind::demo, .bid = price("201.27"), .ask = price("201.29")};
  metrics.z_score = {-2.5, Status::ok, true};
  tell(core, Stream::metrics, metrics);
  tell(core, Stream::book, book());
  Signal signal{.header = {kNow, kNow, {}},
                .symbol = kApple,
                .strategy = "mean_reversion",
                .action = SignalAction::wait,
                .reason = "edge 3.1 bp < 8.7 bp"};
  signal.inputs = metrics;
  tell(core, Stream::signal, signal);
  tell(core, Stream::strategy, StrategyEvent{.header = {kNow, kNow, {}}, .strategy = "other", .symbol = kSpy, .enabled = true});
  tell(core, Stream::position, position("P1"));
  tell(core, Stream::position, position("P0", PositionEventKind::closed));
  tell(core, Stream::order, order("O1", OrderEventKind::accepted));
  tell(core, Stream::order, order("O0", OrderEventKind::filled));
  tell(core, Stream::account,
       AccountEvent{
           .header = {kNow, kNow, {}}, .currency = "USD", .balance = Money::from_units(100'000), .equity = Money::from_units(100'000)});
  tell(core, Stream::risk,
       RiskEvent{.header = {kNow, kNow, {}}, .kind = RiskEventKind::state_changed, .state = RiskState::active, .reason = "live"});
  tell(core, Stream::risk,
       RiskEvent{.header = {kNow, kNow, {}},
                 .kind = RiskEventKind::state_changed,
                 .symbol = kSpy,
                 .state = RiskState::reducing,
                 .reason = "stale"});
  tell(core, Stream::venue,
       VenueEvent{.header = {kNow, kNow, {}}, .kind = VenueEventKind::session_opened, .venue = "paper", .state = RiskState::active});
}

}  // namespace tickmesh::testing
