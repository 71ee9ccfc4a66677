// Seeded random events of every type, for tests that must hold for any event.
#pragma once
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "core/events.hpp"
#include "core/metric_values.hpp"

namespace tickmesh::testing {

/// SplitMix64: the same numbers everywhere.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_{seed} {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

/// Fills any member an event may have. Small, huge, negative and zero numbers all occur; text may be any UTF-8, or empty.
class Filler {
 public:
  explicit Filler(Rng& rng) : rng_{rng} {}
  std::uint64_t number() {
    if (rng_.chance(15)) return 0;
    return rng_.next() >> rng_.below(64);
  }
  std::int64_t signed_number() { return std::bit_cast<std::int64_t>(rng_.chance(30) ? ~number() : number()); }
  template <class... T>
  void all(T&... values) {
    (fill(values), ...);
  }
  template <class E>
  void choice(E& value, E last) {
    value = static_cast<E>(rng_.below(static_cast<std::uint64_t>(last) + 1));
  }
  void fill(bool& v) { v = rng_.chance(50); }
  void fill(std::uint32_t& v) { v = static_cast<std::uint32_t>(number()); }
  void fill(std::uint64_t& v) { v = number(); }
  void fill(double& v) { v = rng_.chance(15) ? 0 : static_cast<double>(signed_number()) / static_cast<double>(1 + rng_.below(1000)); }
  void fill(Timestamp& v) { v.ns = signed_number(); }
  void fill(Duration& v) { v.ns = signed_number(); }
  template <class Tag>
  void fill(Fixed<Tag>& v) {
    v = Fixed<Tag>::from_raw(signed_number());
  }
  void fill(InstrumentId& v) { v.value = number(); }
  void fill(Partition& v) { v = static_cast<Partition>(rng_.below(kPartitions)); }
  void fill(std::string& v) {
    static constexpr std::string_view pieces[] = {"a", "Z", "0", " ", "\"", "\n", "é", "€", "😀", "T1ABC", "mean_reversion"};
    v.clear();
    if (rng_.chance(20)) return;
    for (auto n = rng_.below(12); n > 0; --n) v += pieces[rng_.below(std::size(pieces))];
  }
  void fill(Symbol& v) {
    static constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:/-";
    std::string text;
    const auto part = [&] {
      for (auto n = 1 + rng_.below(15); n > 0; --n) text += allowed[rng_.below(allowed.size())];
    };
    part();
    text += '.';
    part();
    v = *Symbol::parse(text);
  }
  void maybe(Symbol& v) { rng_.chance(30) ? void(v = Symbol{}) : fill(v); }
  void fill(Stream& v) { choice(v, Stream::book); }
  void fill(Side& v) { choice(v, Side::sell); }
  void fill(FeedKind& v) { choice(v, FeedKind::replay); }
  void fill(TickKind& v) { choice(v, TickKind::bust); }
  void fill(FeedEventKind& v) { choice(v, FeedEventKind::clock_stepped); }
  void fill(BarBasis& v) { choice(v, BarBasis::mid); }
  void fill(BarQuality& v) { choice(v, BarQuality::revised); }
  void fill(SignalAction& v) { choice(v, SignalAction::exit); }
  void fill(OrderType& v) { choice(v, OrderType::stop); }
  void fill(IntentKind& v) { choice(v, IntentKind::cancel); }
  void fill(Purpose& v) { choice(v, Purpose::exit); }
  void fill(PositionEventKind& v) { choice(v, PositionEventKind::closed); }
  void fill(KellyBound& v) { choice(v, KellyBound::cap); }
  void fill(RiskState& v) { choice(v, RiskState::halted); }
  void fill(Outcome& v) { choice(v, Outcome::unknown); }
  void fill(RiskEventKind& v) { choice(v, RiskEventKind::command_answered); }
  void fill(OrderEventKind& v) { choice(v, OrderEventKind::unknown); }
  void fill(VenueEventKind& v) { choice(v, VenueEventKind::state_changed); }
  void fill(Verb& v) { choice(v, Verb::predict); }
  void fill(DepthKind& v) { choice(v, DepthKind::snapshot); }
  void fill(MarketStateKind& v) { choice(v, MarketStateKind::imbalance_down); }
  void fill(LvnChange& v) { choice(v, LvnChange::node_gone); }
  void fill(ProfileEventKind& v) { choice(v, ProfileEventKind::lvn); }
  void fill(DepthLevel& v) { all(v.price, v.size); }
  template <class T>
  void fill(std::vector<T>& v) {
    v.resize(rng_.below(12));
    for (T& one : v) fill(one);
  }
  void fill(Prediction& v) { all(v.side, v.confidence, v.horizon, v.model, v.as_of); }
  void fill(VenueReportKind& v) { choice(v, VenueReportKind::reconcile_end); }
  void fill(Status& v) { v = static_cast<Status>(1 + rng_.below(4)); }
  void fill(Position& v) { all(v.epoch, v.sequence); }
  void fill(Name& v) { all(v.stream, v.partition, v.at); }
  void fill(Cause& v) { all(v.name, v.time); }
  void fill(Token& v) { all(v.epoch, v.incarnation); }
  void fill(Header& v) { rng_.chance(5) ? void(v = Header{}) : all(v.time, v.event_time, v.cause, v.tick_time); }
  void fill(Tick& v) {
    all(v.time, v.event_time, v.instrument, v.kind, v.feed, v.aggressor, v.synthetic, v.bid, v.ask, v.bid_size, v.ask_size, v.price, v.size,
        v.trade_id);
  }
  void fill(Latest& v) { all(v.header, v.symbol, v.feed, v.synthetic, v.bid, v.ask, v.bid_size, v.ask_size, v.last_price, v.last_size); }
  void fill(FeedEvent& v) { all(v.header, v.kind, v.feed, v.from, v.to, v.text), maybe(v.symbol); }
  void fill(Bar& v) {
    all(v.header, v.symbol, v.basis, v.length, v.start, v.open, v.high, v.low, v.close, v.volume, v.count, v.vwap, v.signed_volume,
        v.quality, v.correction);
  }
  void fill(Value& v) { all(v.value, v.status, v.has_value); }
  void fill(BarIndicators& v) {
    all(v.length, v.closed, v.fresh, v.bars);
    for (const auto& one : kBarValues) fill(v.*one.value);
  }
  void fill(Metrics& v) {
    all(v.header, v.symbol, v.feed, v.bid, v.ask);
    for (const auto& one : kMetricValues) fill(v.*one.value);
    v.bars = {};
    for (auto i = rng_.below(Metrics::kMostBarLengths + 1); i > 0; --i) fill(v.bars[i - 1]);
  }
  void fill(ProfileEvent& v) {
    all(v.header, v.symbol, v.feed, v.synthetic, v.kind, v.session_start, v.session_end, v.approx, v.volume_share, v.row_size, v.low,
        v.rows, v.poc, v.val, v.vah, v.volume, v.inside, v.hvn, v.lvn, v.state, v.in_frac, v.efficiency, v.accept_up, v.accept_down, v.cvd,
        v.reason, v.lvn_change, v.lvn_near, v.lvn_ticks, v.lvn_atr, v.vpin);
  }
  void fill(DepthUpdate& v) { all(v.header, v.symbol, v.feed, v.synthetic, v.kind, v.previous, v.last, v.bids, v.asks); }
  void fill(BookTop& v) {
    all(v.header, v.symbol, v.feed, v.synthetic, v.live, v.reason, v.last, v.resyncs, v.bids, v.asks, v.imbalance, v.ofi, v.ofi_normalised);
  }
  void fill(Signal& v) {
    all(v.header, v.symbol, v.strategy, v.action, v.confidence, v.edge_bp, v.cost_bp, v.stop, v.target, v.valid_until, v.reason, v.inputs);
  }
  void fill(Intent& v) {
    all(v.header, v.kind, v.client_order_id, v.side, v.type, v.purpose, v.quantity, v.limit_price, v.stop_price, v.reference_price,
        v.position_id, v.strategy, v.valid_until, v.manager, v.gateway, v.reason);
    maybe(v.symbol);
  }
  void fill(PositionEvent& v) {
    all(v.header, v.kind, v.id, v.symbol, v.side, v.quantity, v.entry_quantity, v.entry_price, v.entry_value, v.stop, v.target,
        v.entry_time, v.exit_time, v.exit_price, v.realized_pnl, v.fees, v.strategy, v.exit_reason);
  }
  void fill(AccountEvent& v) {
    all(v.header, v.currency, v.balance, v.realized_pnl, v.unrealized_pnl, v.equity, v.gross, v.open_positions);
  }
  void fill(RiskEvent& v) { all(v.header, v.kind, v.state, v.rule, v.reason, v.command_id, v.outcome), maybe(v.symbol); }
  void fill(StrategyEvent& v) {
    all(v.header, v.strategy, v.enabled, v.closed_trades, v.kelly_full, v.kelly_used, v.kelly_bound), maybe(v.symbol);
  }
  void fill(Fill& v) { all(v.execution_id, v.price, v.quantity, v.commission, v.time, v.bid, v.ask); }
  void fill(OrderEvent& v) {
    all(v.header, v.kind, v.order, v.venue_order_id, v.attempt, v.filled, v.remaining, v.rule, v.reason);
    if (rng_.chance(50)) fill(v.fill);
  }
  void fill(VenueEvent& v) { all(v.header, v.kind, v.venue, v.gateway, v.state, v.command_id, v.outcome, v.reason); }
  void fill(Command& v) {
    all(v.header, v.id, v.verb, v.quantity, v.limit, v.stop, v.target, v.client_order_id, v.hard, v.issuer, v.note, v.valid_until);
    maybe(v.symbol);
    if (rng_.chance(50)) fill(v.prediction);
  }
  void fill(Started& v) { all(v.token); }
  void fill(WentLive&) {}
  void fill(TimerFired& v) { all(v.timer, v.due); }
  void fill(PeerChanged& v) { all(v.service, v.alive, v.token); }
  void fill(StreamGap& v) { all(v.stream, v.partition, v.from, v.to); }
  void fill(VenueReport& v) { all(v.kind, v.client_order_id, v.venue_order_id, v.fill, v.cumulative, v.open, v.time, v.reason); }
  void fill(DiskChanged& v) { all(v.full, v.reason); }
  void fill(Request& v) { all(v.request_id, v.command); }
  void fill(ClockStepped& v) { all(v.by); }
  void fill(Rebuilt& v) { all(v.order, v.stop, v.target, v.said); }

 private:
  Rng& rng_;
};

inline constexpr std::size_t kEventTypes = std::variant_size_v<Event>;

namespace detail {
template <std::size_t... I>
Event event_of(std::size_t alternative, Rng& rng, std::index_sequence<I...>) {
  Event event;
  const auto make = [&]<std::size_t N>() {
    auto& value = event.emplace<N>();
    Filler{rng}.fill(value);
  };
  ((I == alternative ? make.template operator()<I>() : void(0)), ...);
  return event;
}
}  // namespace detail

/// An event of type `alternative` (< kEventTypes) that any codec must take.
inline Event random_event(std::size_t alternative, Rng& rng) {
  return detail::event_of(alternative, rng, std::make_index_sequence<kEventTypes>{});
}
inline Event random_event(Rng& rng) { return random_event(rng.below(kEventTypes), rng); }

}  // namespace tickmesh::testing
