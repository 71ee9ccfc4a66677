// Drives a PositionCore the way a runner does, and plays the gateway's half of the talk.
#pragma once
#include <algorithm>
#include <map>
#include <memory>

#include "position_manager/core/position_core.hpp"

namespace tickmesh::test {

inline Price price(const char* text) { return *Price::parse(text); }
inline Money money(const char* text) { return *Money::parse(text); }
inline Quantity units(std::int64_t n) { return Quantity::from_units(n); }
inline const Symbol kAapl = *Symbol::parse("AAPL.DEMO");
inline const Symbol kMsft = *Symbol::parse("MSFT.DEMO");
inline const Symbol kZoo = *Symbol::parse("ZOO.DEMO");
inline constexpr Epoch kEpoch = 1'737'376'814'000;

inline PositionConfig config() {
  PositionConfig c;
  std::vector<Instrument> list;
  for (const Symbol& s : {kAapl, kMsft, kZoo}) list.push_back({s, price("0.01"), units(1), units(1), "USD"});
  c.instruments = *Instruments::make(list);
  return c;
}

class Harness {
 public:
  explicit Harness(PositionConfig c = config()) : config_{std::move(c)}, core_{std::make_unique<PositionCore>(config_)} {
    out_.set_epoch(kEpoch);
  }

  /// Started, session opened, live, a first quote of each symbol at 100.00 / 100.02.
  Harness ready() && {
    start();
    session({7, 1});
    give(WentLive{});
    for (const Symbol& s : {kAapl, kMsft, kZoo}) quote(s, "100.00", "100.02");
    return std::move(*this);
  }
  void start() { give(Started{{kEpoch, ++incarnation_}}); }
  void session(Token gateway) {
    VenueEvent e;
    e.kind = VenueEventKind::session_opened;
    e.gateway = gateway;
    give(e, Stream::venue);
  }

  /// Applies one input and forgets what was said before it.
  void give(const Event& event, Stream stream = Stream::local, Partition partition = 0) {
    Name name{stream, partition, {}};
    if (stream != Stream::local) name.at = {9, ++sequences_[{stream, partition}]};
    last_name = name;
    out_.said().clear();
    out_.begin(now, {name, time_of(event)}, tick_time_of(event));
    core_->apply({now, name, event}, out_);
    for (const auto& w : out_.wakes()) {
      if (w.at)
        timers_[w.timer] = w.at;
      else
        timers_.erase(w.timer);
    }
    out_.wakes().clear();
    for (const auto& s : out_.said()) {
      if (const auto* i = std::get_if<Intent>(&s.event)) intents.push_back(*i);
      if (const auto* p = std::get_if<PositionEvent>(&s.event)) last_position = *p;
    }
  }
  /// Lets time pass, firing timers as they fall due.
  void pass(Duration d) {
    const Timestamp until = now + d;
    for (;;) {
      const auto next = std::ranges::min_element(timers_, {}, [](const auto& t) { return std::pair{t.second, t.first}; });
      if (next == timers_.end() || next->second > until) break;
      const auto [timer, due] = *next;
      timers_.erase(next);
      now = std::max(now, due);
      give(TimerFired{timer, due});
      during.insert(during.end(), out_.said().begin(), out_.said().end());
    }
    now = until;
  }

  void quote(const Symbol& s, const char* bid, const char* ask) { quote(s, price(bid), price(ask)); }
  void quote(const Symbol& s, Price bid, Price ask) {
    Tick t;
    t.time = t.event_time = now;
    t.instrument = instrument_id(s);
    t.kind = TickKind::quote;
    t.bid = bid, t.ask = ask;
    t.bid_size = t.ask_size = units(100);
    give(t, Stream::tick, t.instrument.partition());
  }
  Signal signal(const Symbol& s, SignalAction action, const char* stop = "0", const char* target = "0") const {
    Signal e;
    e.header.time = now;
    e.symbol = s;
    e.strategy = "mean_reversion";
    e.action = action;
    e.confidence = 0.6;
    e.stop = price(stop), e.target = price(target);
    e.valid_until = now + seconds(2);
    e.reason = "z";
    return e;
  }
  void signals(const Signal& s) { give(s, Stream::signal); }
  void enter(const Symbol& s, const char* stop = "99.00", const char* target = "101.00") {
    signals(signal(s, SignalAction::enter_long, stop, target));
  }
  Command command(Verb verb, const Symbol& s = {}) {
    Command c;
    c.header.time = now;
    c.id = "C" + std::to_string(++commands_);
    c.verb = verb;
    c.symbol = s;
    c.issuer = "anna";
    c.valid_until = now + seconds(10);
    return c;
  }
  /// Gives the command and returns its id.
  std::string ask(const Command& c) {
    give(c, Stream::control);
    return c.id;
  }
  std::string open(const Symbol& s, std::int64_t n, const char* limit = "0") {
    auto c = command(Verb::open, s);
    c.quantity = units(n);
    c.limit = price(limit);
    return ask(c);
  }

  OrderEvent heard(const Intent& order, OrderEventKind kind) {
    OrderEvent e;
    e.header.time = now;
    e.kind = kind;
    e.order = order;
    e.filled = filled_[order.client_order_id];
    e.remaining = order.quantity - e.filled;
    return e;
  }
  OrderEvent filling(const Intent& order, Quantity quantity, Price at, Money fee = {}) {
    filled_[order.client_order_id] += quantity;
    OrderEvent e = heard(order, OrderEventKind::partially_filled);
    if (e.remaining.raw() <= 0) e.kind = OrderEventKind::filled;
    e.fill = {"X" + std::to_string(++executions_), at, quantity, fee, now, {}, {}};
    return e;
  }
  void says(const OrderEvent& e) { give(e, Stream::order); }
  void says(const Intent& order, OrderEventKind kind) { says(heard(order, kind)); }
  void fills(const Intent& order, std::int64_t n, const char* at, const char* fee = "0") {
    says(filling(order, units(n), price(at), money(fee)));
  }

  template <class T>
  std::vector<T> said() {
    std::vector<T> all;
    for (const auto& s : out_.said())
      if (const auto* e = std::get_if<T>(&s.event)) all.push_back(*e);
    return all;
  }
  const Intent& last() const { return intents.back(); }
  /// `done`, `refused cooldown`, … of the answer or refusal just said; empty: none.
  std::string outcome() {
    for (const auto& r : said<RiskEvent>())
      if (r.kind != RiskEventKind::state_changed) return std::string(to_string(r.outcome)) + (r.rule.empty() ? "" : " " + r.rule);
    return "";
  }
  Quantity held(const Symbol& s) const {
    for (const auto& p : core_->positions())
      if (p.symbol == s) return p.side == Side::sell ? -p.quantity : p.quantity;
    return {};
  }
  Bytes saved() const {
    Bytes bytes;
    ByteWriter w{bytes};
    core_->save(w);
    return bytes;
  }
  /// Puts a fresh core in the place of the old one, from its snapshot.
  /// Goes on from what another harness, of another configuration perhaps, had.
  void load(const Bytes& bytes) {
    ByteReader r{bytes};
    core_->load(r);
  }
  void reload() {
    const Bytes bytes = saved();
    core_ = std::make_unique<PositionCore>(config_);
    ByteReader r{bytes};
    core_->load(r);
    EXPECT_TRUE(r.done());
    EXPECT_EQ(saved(), bytes);
  }
  /// A core that has forgotten everything, in a new epoch: the journal's tail is lost.
  void lose_journal() {
    core_ = std::make_unique<PositionCore>(config_);
    out_ = Outbox{};
    out_.set_epoch(kEpoch + 1);
    timers_.clear();
  }
  PositionCore& core() { return *core_; }
  std::vector<Outbox::Said>& outbox() { return out_.said(); }

  Timestamp now{kEpoch * 1'000'000};
  Name last_name{};
  std::vector<Intent> intents;
  PositionEvent last_position{};
  std::vector<Outbox::Said> during;  ///< said by timers in pass()

 private:
  PositionConfig config_;
  std::unique_ptr<PositionCore> core_;
  Outbox out_;
  std::map<std::pair<Stream, Partition>, Sequence> sequences_;
  std::map<std::uint64_t, Timestamp> timers_;
  std::map<std::string, Quantity> filled_;
  std::uint32_t incarnation_{0};
  std::uint64_t executions_{0};
  std::uint64_t commands_{0};
};

}  // namespace tickmesh::test
