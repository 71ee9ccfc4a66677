#include <algorithm>

#include "broker_gateway/core/gateway_core.hpp"
#include "venue/intent_bytes.hpp"

namespace tickmesh {
namespace {

void put_command(ByteWriter& out, const Command& command) {
  out.put(command.header.time);
  out.put(command.header.event_time);
  out.put(command.header.cause);
  out.put(command.id);
  out.put(command.verb);
  out.put(command.symbol);
  out.put(command.quantity);
  out.put(command.limit);
  out.put(command.stop);
  out.put(command.target);
  out.put(command.client_order_id);
  out.put(command.hard);
  out.put(command.issuer);
  out.put(command.note);
  out.put(command.valid_until);
}

Command get_command(ByteReader& in) {
  Command c;
  c.header.time = in.get<Timestamp>();
  c.header.event_time = in.get<Timestamp>();
  c.header.cause = in.get<Cause>();
  c.id = in.get<std::string>();
  c.verb = in.get<Verb>();
  c.symbol = in.get<Symbol>();
  c.quantity = in.get<Quantity>();
  c.limit = in.get<Price>();
  c.stop = in.get<Price>();
  c.target = in.get<Price>();
  c.client_order_id = in.get<std::string>();
  c.hard = in.get<bool>();
  c.issuer = in.get<std::string>();
  c.note = in.get<std::string>();
  c.valid_until = in.get<Timestamp>();
  return c;
}

template <class Texts>
void put_texts(ByteWriter& out, const Texts& texts) {
  out.put(texts.size());
  for (const std::string& text : texts) out.put(text);
}

template <class Texts>
void get_texts(ByteReader& in, Texts& texts) {
  texts.clear();
  for (auto n = in.get<std::size_t>(); n > 0; --n) texts.insert(texts.end(), in.get<std::string>());
}

}  // namespace

void GatewayCore::save(ByteWriter& out) const {
  out.put(token_);
  out.put(manager_);
  out.put(live_);
  out.put(open_);
  out.put(state_);
  out.put(state_reason_);
  out.put(silent_since_);
  out.put(dead_man_);
  out.put(reconciling_);
  out.put(cancel_entries_at_open_);
  out.put(quotes_.size());
  for (const auto* entry : quotes_.sorted()) {
    const auto& [id, q] = *entry;
    out.put(id);
    out.put(q.bid);
    out.put(q.ask);
    out.put(q.time);
  }
  out.put(halted_.size());
  for (const Symbol& symbol : halted_) out.put(symbol);
  out.put(blocked_.size());
  for (const auto& [symbol, why] : blocked_) {
    out.put(symbol);
    out.put(why);
  }
  out.put(orders_.size());
  const auto put_order = [&](std::string_view id, const Order& o) {
    out.put(id);
    put_intent(out, o.intent);
    out.put(o.state);
    out.put(o.venue_order_id);
    out.put(o.attempt);
    out.put(o.filled);
    out.put(o.cancel_wanted);
    out.put(o.sending);
    put_texts(out, o.executions);
  };
  for (const auto& [id, o] : orders_) put_order(id, o);
  std::map<std::string_view, const Closed*> closed_by_id;
  closed_.each([&](const std::string& id, const Closed& closed) { closed_by_id.emplace(id, &closed); });
  out.put(closed_by_id.size());
  for (const auto& [id, closed] : closed_by_id) {
    out.put(id);
    put_texts(out, closed->executions);
  }
  put_texts(out, closed_order_);
  out.put(waiting_.size());
  for (const Waiting& w : waiting_) {
    const auto* intent = std::get_if<Intent>(&w.what);
    out.put(intent != nullptr);
    if (intent != nullptr)
      put_intent(out, *intent);
    else
      put_command(out, std::get<Command>(w.what));
    out.put(w.cause);
  }
  out.put(holdings_.size());
  for (const auto& [symbol, h] : holdings_) {
    out.put(symbol);
    out.put(h.net);
    out.put(h.last);
  }
  out.put(sent_.size());
  for (const Timestamp t : sent_) out.put(t);
  out.put(known_.size());
  for (const auto& [id, k] : known_) {
    out.put(id);
    out.put(k.open);
    out.put(k.cumulative);
  }
  put_texts(out, doubtful_);
  out.put(taken_.size());
  for (const auto& [key, at] : taken_) out.put(Name{key.first, key.second, at});
  out.put(static_cast<std::uint64_t>(std::ranges::count_if(closed_by_id, [](const auto& c) { return c.second->order.has_value(); })));
  for (const auto& [id, closed] : closed_by_id)
    if (closed->order) put_order(id, *closed->order);
}

void GatewayCore::load(ByteReader& in) {
  GatewayConfig config = std::move(config_);
  *this = GatewayCore(std::move(config));
  token_ = in.get<Token>();
  manager_ = in.get<Token>();
  live_ = in.get<bool>();
  open_ = in.get<bool>();
  state_ = in.get<RiskState>();
  state_reason_ = in.get<std::string>();
  silent_since_ = in.get<Timestamp>();
  dead_man_ = in.get<bool>();
  reconciling_ = in.get<bool>();
  cancel_entries_at_open_ = in.get<bool>();
  for (auto n = in.get<std::size_t>(); n > 0; --n) {
    Quote& q = quotes_[in.get<InstrumentId>()];
    q.bid = in.get<Price>();
    q.ask = in.get<Price>();
    q.time = in.get<Timestamp>();
  }
  for (auto n = in.get<std::size_t>(); n > 0; --n) halted_.insert(in.get<Symbol>());
  for (auto n = in.get<std::size_t>(); n > 0; --n) {
    const auto symbol = in.get<Symbol>();
    blocked_[symbol] = in.get<std::string>();
  }
  const auto get_order = [&](Order& o) {
    o.intent = get_intent(in);
    o.state = in.get<OrderEventKind>();
    o.venue_order_id = in.get<std::string>();
    o.attempt = in.get<std::uint32_t>();
    o.filled = in.get<Quantity>();
    o.cancel_wanted = in.get<bool>();
    o.sending = in.get<Cause>();
    get_texts(in, o.executions);
  };
  for (auto n = in.get<std::size_t>(); n > 0; --n) {
    Order& o = orders_[in.get<std::string>()];
    get_order(o);
  }
  for (auto n = in.get<std::size_t>(); n > 0; --n) get_texts(in, closed_.at(in.get<std::string>()).executions);
  get_texts(in, closed_order_);
  for (auto n = in.get<std::size_t>(); n > 0; --n) {
    Waiting w;
    if (in.get<bool>())
      w.what = get_intent(in);
    else
      w.what = get_command(in);
    w.cause = in.get<Cause>();
    waiting_.push_back(std::move(w));
  }
  for (auto n = in.get<std::size_t>(); n > 0; --n) {
    Holding& h = holdings_[in.get<Symbol>()];
    h.net = in.get<Quantity>();
    h.last = in.get<Price>();
  }
  for (auto n = in.get<std::size_t>(); n > 0; --n) sent_.push_back(in.get<Timestamp>());
  for (auto n = in.get<std::size_t>(); n > 0; --n) {
    Known& k = known_[in.get<std::string>()];
    k.open = in.get<bool>();
    k.cumulative = in.get<Quantity>();
  }
  get_texts(in, doubtful_);
  for (auto n = in.get<std::size_t>(); n > 0; --n) {
    const Name name = in.get<Name>();
    taken_[{name.stream, name.partition}] = name.at;
  }
  if (in.done()) return;  // of version 1, which did not keep orders that are over
  for (auto n = in.get<std::uint64_t>(); n > 0; --n) {
    auto& order = closed_.at(in.get<std::string>()).order;
    order = Order{};
    get_order(*order);
  }
}

}  // namespace tickmesh
