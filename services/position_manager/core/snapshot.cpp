// The whole state as bytes. A loaded core continues bit for bit.
#include <utility>

#include "position_manager/core/position_core.hpp"

namespace tickmesh {
namespace {

void put(ByteWriter& w, const LastQuote& q) { w.put(q.time), w.put(q.bid), w.put(q.ask), w.put(q.synthetic); }
LastQuote get_quote(ByteReader& r) {
  LastQuote q;
  q.time = r.get<Timestamp>(), q.bid = r.get<Price>(), q.ask = r.get<Price>(), q.synthetic = r.get<bool>();
  return q;
}

void put(ByteWriter& w, const Intent& i) {
  w.put(i.header.time), w.put(i.header.event_time), w.put(i.header.cause);
  w.put(i.kind), w.put(i.client_order_id), w.put(i.symbol), w.put(i.side), w.put(i.type), w.put(i.purpose);
  w.put(i.quantity), w.put(i.limit_price), w.put(i.stop_price), w.put(i.reference_price);
  w.put(i.position_id), w.put(i.strategy), w.put(i.valid_until), w.put(i.manager), w.put(i.gateway), w.put(i.reason);
}
Intent get_intent(ByteReader& r) {
  Intent i;
  i.header.time = r.get<Timestamp>(), i.header.event_time = r.get<Timestamp>(), i.header.cause = r.get<Cause>();
  i.kind = r.get<IntentKind>(), i.client_order_id = r.get<std::string>(), i.symbol = r.get<Symbol>(), i.side = r.get<Side>();
  i.type = r.get<OrderType>(), i.purpose = r.get<Purpose>();
  i.quantity = r.get<Quantity>(), i.limit_price = r.get<Price>(), i.stop_price = r.get<Price>(), i.reference_price = r.get<Price>();
  i.position_id = r.get<std::string>(), i.strategy = r.get<std::string>(), i.valid_until = r.get<Timestamp>();
  i.manager = r.get<Token>(), i.gateway = r.get<Token>(), i.reason = r.get<std::string>();
  return i;
}

void put(ByteWriter& w, const position::Order& o) {
  put(w, o.intent);
  w.put(o.state), w.put(o.filled);
  w.put(static_cast<std::uint32_t>(o.executions.size()));
  for (const auto& id : o.executions) w.put(id);
  w.put(o.stop), w.put(o.target), w.put(o.plan_known), w.put(o.openings);
  w.put(o.cancel_wanted), w.put(o.cancel_said_to), w.put(o.cancel_reason);
}
position::Order get_order(ByteReader& r) {
  position::Order o;
  o.intent = get_intent(r);
  o.state = r.get<OrderEventKind>(), o.filled = r.get<Quantity>();
  for (auto n = r.get<std::uint32_t>(); n > 0; --n) o.executions.push_back(r.get<std::string>());
  o.stop = r.get<Price>(), o.target = r.get<Price>(), o.plan_known = r.get<bool>(), o.openings = r.get<std::uint32_t>();
  o.cancel_wanted = r.get<bool>(), o.cancel_said_to = r.get<Token>(), o.cancel_reason = r.get<std::string>();
  return o;
}

void put(ByteWriter& w, const position::SymbolBook& b) {
  put(w, b.quote);
  w.put(b.position.has_value());
  if (b.position) b.position->save(w);
  w.put(b.wish.kind), w.put(b.wish.reason);
  w.put(b.exits), w.put(b.exit_failures), w.put(b.exit_not_before), w.put(b.rested_since);
  w.put(b.plan.cause), w.put(b.plan.stop), w.put(b.plan.target), w.put(b.adopted);
}
void get_book(ByteReader& r, position::SymbolBook& b) {
  b.quote = get_quote(r);
  b.position.reset();
  if (r.get<bool>()) b.position.emplace().load(r);
  b.wish.kind = r.get<position::Wish::Kind>(), b.wish.reason = r.get<std::string>();
  b.exits = r.get<std::uint32_t>(), b.exit_failures = r.get<std::uint32_t>();
  b.exit_not_before = r.get<Timestamp>(), b.rested_since = r.get<Timestamp>();
  b.plan.cause = r.get<Name>(), b.plan.stop = r.get<Price>(), b.plan.target = r.get<Price>(), b.adopted = r.get<Name>();
}

void put(ByteWriter& w, const position::Pending& p) {
  w.put(p.command), w.put(p.verb), w.put(p.symbol), w.put(p.deadline);
  w.put(static_cast<std::uint32_t>(p.orders.size()));
  for (const auto& id : p.orders) w.put(id);
  w.put(static_cast<std::uint32_t>(p.symbols.size()));
  for (const auto& s : p.symbols) w.put(s);
}
position::Pending get_pending(ByteReader& r) {
  position::Pending p;
  p.command = r.get<std::string>(), p.verb = r.get<Verb>(), p.symbol = r.get<Symbol>(), p.deadline = r.get<Timestamp>();
  for (auto n = r.get<std::uint32_t>(); n > 0; --n) p.orders.push_back(r.get<std::string>());
  for (auto n = r.get<std::uint32_t>(); n > 0; --n) p.symbols.push_back(r.get<Symbol>());
  return p;
}

std::uint32_t count(const auto& container) { return static_cast<std::uint32_t>(container.size()); }

}  // namespace

void PositionCore::save(ByteWriter& w) const {
  w.put(count(books_));
  for (const Book& b : books_) w.put(b.symbol()), put(w, b);
  w.put(count(orders_));
  for (const auto& [id, o] : orders_) put(w, o);
  w.put(count(retired_));
  for (const auto& [id, o] : retired_) put(w, o);
  w.put(count(said_));
  for (const auto& [epoch, sequence] : said_) w.put(epoch), w.put(sequence);
  w.put(count(pending_));
  for (const Pending& p : pending_) put(w, p);
  risk_.save(w);
  w.put(realized_), w.put(own_), w.put(gateway_), w.put(live_);
  w.put(dirty_), w.put(dirty_cause_), w.put(publish_armed_), w.put(published_), w.put(stale_armed_);
  // Since version 3, at the end: what an older version wrote can still be loaded.
  w.put(count(silent_engines_));
  for (const std::string& instance : silent_engines_) w.put(instance);
  for (const Book& b : books_) {
    w.put(b.symbol()), w.put(count(b.trades));
    for (const auto& [strategy, trades] : b.trades) w.put(strategy), trades.save(w);
  }
}

void PositionCore::load(ByteReader& r) {
  *this = PositionCore{std::move(config_)};
  for (auto n = r.get<std::uint32_t>(); n > 0; --n) {
    const auto symbol = r.get<Symbol>();
    Book gone;
    Book* b = book(symbol);
    get_book(r, b == nullptr ? gone : *b);
    TM_INVARIANT(!gone.position, "an instrument with an open position stays configured");
  }
  for (auto n = r.get<std::uint32_t>(); n > 0; --n) {
    Order o = get_order(r);
    TM_INVARIANT(book(o.intent.symbol) != nullptr, "an instrument with a working order stays configured");
    std::string id = o.intent.client_order_id;
    orders_.emplace(std::move(id), std::move(o));
  }
  for (auto n = r.get<std::uint32_t>(); n > 0; --n) {
    Order o = get_order(r);
    if (book(o.intent.symbol) == nullptr) continue;
    std::string id = o.intent.client_order_id;
    retired_.emplace_back(std::move(id), std::move(o));
  }
  for (auto n = r.get<std::uint32_t>(); n > 0; --n) {
    const auto epoch = r.get<Epoch>();
    said_[epoch] = r.get<Sequence>();
  }
  for (auto n = r.get<std::uint32_t>(); n > 0; --n) pending_.push_back(get_pending(r));
  risk_.load(r);
  realized_ = r.get<Money>(), own_ = r.get<Token>(), gateway_ = r.get<Token>(), live_ = r.get<bool>();
  dirty_ = r.get<bool>(), dirty_cause_ = r.get<Cause>(), publish_armed_ = r.get<bool>(), published_ = r.get<Timestamp>();
  stale_armed_ = r.get<bool>();
  if (r.done()) return;  // of a version that kept no trades
  for (auto n = r.get<std::uint32_t>(); n > 0; --n) silent_engines_.insert(r.get<std::string>());
  while (!r.done()) {
    Book gone;
    Book* known = book(r.get<Symbol>());
    Book& b = known == nullptr ? gone : *known;
    for (auto n = r.get<std::uint32_t>(); n > 0; --n) {
      auto strategy = r.get<std::string>();
      b.trades[std::move(strategy)].load(r);
    }
  }
}

}  // namespace tickmesh
