#include "venue/intent_bytes.hpp"
#include "venue/paper_exchange.hpp"

namespace tickmesh {

void put_intent(ByteWriter& out, const Intent& intent) {
  out.put(intent.header.time);
  out.put(intent.header.event_time);
  out.put(intent.header.cause);
  out.put(intent.kind);
  out.put(intent.client_order_id);
  out.put(intent.symbol);
  out.put(intent.side);
  out.put(intent.type);
  out.put(intent.purpose);
  out.put(intent.quantity);
  out.put(intent.limit_price);
  out.put(intent.stop_price);
  out.put(intent.reference_price);
  out.put(intent.position_id);
  out.put(intent.strategy);
  out.put(intent.valid_until);
  out.put(intent.manager);
  out.put(intent.gateway);
  out.put(intent.reason);
}

Intent get_intent(ByteReader& in) {
  Intent i;
  i.header.time = in.get<Timestamp>();
  i.header.event_time = in.get<Timestamp>();
  i.header.cause = in.get<Cause>();
  i.kind = in.get<IntentKind>();
  i.client_order_id = in.get<std::string>();
  i.symbol = in.get<Symbol>();
  i.side = in.get<Side>();
  i.type = in.get<OrderType>();
  i.purpose = in.get<Purpose>();
  i.quantity = in.get<Quantity>();
  i.limit_price = in.get<Price>();
  i.stop_price = in.get<Price>();
  i.reference_price = in.get<Price>();
  i.position_id = in.get<std::string>();
  i.strategy = in.get<std::string>();
  i.valid_until = in.get<Timestamp>();
  i.manager = in.get<Token>();
  i.gateway = in.get<Token>();
  i.reason = in.get<std::string>();
  return i;
}

void put_fill(ByteWriter& out, const Fill& fill) {
  out.put(fill.execution_id);
  out.put(fill.price);
  out.put(fill.quantity);
  out.put(fill.commission);
  out.put(fill.time);
  out.put(fill.bid);
  out.put(fill.ask);
}

Fill get_fill(ByteReader& in) {
  Fill f;
  f.execution_id = in.get<std::string>();
  f.price = in.get<Price>();
  f.quantity = in.get<Quantity>();
  f.commission = in.get<Money>();
  f.time = in.get<Timestamp>();
  f.bid = in.get<Price>();
  f.ask = in.get<Price>();
  return f;
}

void PaperExchange::save(ByteWriter& out) const {
  out.put(last_number_);
  out.put(orders_.size());
  for (const auto& [number, o] : orders_) {
    out.put(number);
    put_intent(out, o.intent);
    out.put(o.active_at);
    out.put(o.triggered);
    out.put(o.status);
    out.put(o.filled);
    out.put(o.charged);
    out.put(o.fills.size());
    for (const Fill& f : o.fills) put_fill(out, f);
    out.put(o.reason);
    out.put(o.closed_at);
  }
  out.put(books_.size());
  for (const auto* entry : books_.sorted()) {
    const auto& [id, b] = *entry;
    out.put(id);
    out.put(b.bid);
    out.put(b.ask);
    out.put(b.bid_left);
    out.put(b.ask_left);
    out.put(b.quoted);
    out.put(b.clock);
    out.put(b.quote);
    out.put(b.halted);
    out.put(b.working.size());
    for (const auto number : b.working) out.put(number);
  }
  out.put(arriving_.size());
  for (const auto& [at, number] : arriving_) {
    out.put(at);
    out.put(number);
  }
  out.put(closed_.size());
  for (const auto number : closed_) out.put(number);
  out.put(forgotten_.size());
  for (const auto hash : forgotten_) out.put(hash);
}

void PaperExchange::load(ByteReader& in) {
  books_ = {};
  orders_.clear();
  by_client_.clear();
  arriving_.clear();
  closed_.clear();
  forgotten_.clear();
  last_number_ = in.get<std::uint64_t>();
  for (auto n = in.get<std::size_t>(); n > 0; --n) {
    PaperOrder o;
    o.number = in.get<std::uint64_t>();
    o.intent = get_intent(in);
    o.active_at = in.get<Timestamp>();
    o.triggered = in.get<bool>();
    o.status = in.get<PaperStatus>();
    o.filled = in.get<Quantity>();
    o.charged = in.get<Money>();
    for (auto f = in.get<std::size_t>(); f > 0; --f) o.fills.push_back(get_fill(in));
    o.reason = in.get<std::string>();
    o.closed_at = in.get<Timestamp>();
    by_client_.emplace(o.intent.client_order_id, o.number);
    orders_.emplace(o.number, std::move(o));
  }
  for (auto n = in.get<std::size_t>(); n > 0; --n) {
    Book& b = books_[in.get<InstrumentId>()];
    b.bid = in.get<Price>();
    b.ask = in.get<Price>();
    b.bid_left = in.get<Quantity>();
    b.ask_left = in.get<Quantity>();
    b.quoted = in.get<Timestamp>();
    b.clock = in.get<Timestamp>();
    b.quote = in.get<Name>();
    b.halted = in.get<bool>();
    for (auto w = in.get<std::size_t>(); w > 0; --w) b.working.push_back(in.get<std::uint64_t>());
  }
  for (auto n = in.get<std::size_t>(); n > 0; --n) {
    const auto at = in.get<Timestamp>();
    arriving_.emplace(at, in.get<std::uint64_t>());
  }
  for (auto n = in.get<std::size_t>(); n > 0; --n) closed_.push_back(in.get<std::uint64_t>());
  for (auto n = in.get<std::size_t>(); n > 0; --n) forgotten_.push_back(in.get<std::uint64_t>());
  for (const Instrument& i : instruments_.list()) books_[i.id()];
}

}  // namespace tickmesh
