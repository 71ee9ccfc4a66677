// Orders on their way: said, heard of, over, or come back.
#include <algorithm>

#include "position_manager/core/position_core.hpp"
#include "position_manager/core/timers.hpp"
#include "trading/client_order_id.hpp"

namespace tickmesh {
namespace {

bool is_over(OrderEventKind kind) {
  return kind == OrderEventKind::filled || kind == OrderEventKind::canceled || kind == OrderEventKind::rejected ||
         kind == OrderEventKind::expired;
}

}  // namespace

std::string PositionCore::say_intent(Intent intent, Turn& t) {
  TM_INVARIANT(live_ && gateway_ != Token{}, "an intent goes out only while live and to a known gateway");
  const Name name = t.out.next_name(Stream::intent, kAccountSlot);
  intent.manager = own_;
  intent.gateway = gateway_;
  intent.header = {};
  if (intent.kind == IntentKind::place) {
    const bool entry = intent.purpose == Purpose::entry;
    Book& b = *book(intent.symbol);
    const unsigned revision = entry ? 0 : b.exits++ % 36;
    intent.client_order_id = encode({config_.mesh_id[0], name.at.epoch, name.at.sequence, entry ? 0U : 1U, revision});
    if (entry) intent.position_id = position_id_of(intent.client_order_id);
    Order o;
    o.intent = intent;
    o.intent.header.cause = t.cause;
    orders_.emplace(intent.client_order_id, std::move(o));
  }
  said_[name.at.epoch] = name.at.sequence;
  if (said_.size() > kEpochs) said_.erase(said_.begin());
  std::string id = intent.client_order_id;
  t.out.emit(Stream::intent, kAccountSlot, std::move(intent));
  return id;
}

PositionCore::Order* PositionCore::order(std::string_view id) {
  const auto it = orders_.find(id);
  return it == orders_.end() ? nullptr : &it->second;
}

PositionCore::Order* PositionCore::retired(std::string_view id) {
  const auto it = std::ranges::find(retired_, id, &std::pair<std::string, Order>::first);
  return it == retired_.end() ? nullptr : &it->second;
}

bool PositionCore::working(const Symbol& symbol, Purpose purpose) const {
  return std::ranges::any_of(orders_,
                             [&](const auto& o) { return o.second.intent.symbol == symbol && o.second.intent.purpose == purpose; });
}

void PositionCore::want_cancel(Order& o, const std::string& reason, Turn& t) {
  if (!o.cancel_wanted) o.cancel_reason = reason;
  o.cancel_wanted = true;
  say_cancels(t);
}

void PositionCore::cancel_entries(const Symbol& scope, const std::string& reason, Turn& t) {
  for (auto& [id, o] : orders_)
    if (o.intent.purpose == Purpose::entry && (scope.empty() || o.intent.symbol == scope)) want_cancel(o, reason, t);
}

/// A cancel meant for a gateway that is gone is never acted on: it is said again to the next.
void PositionCore::say_cancels(Turn& t) {
  if (!live_ || gateway_ == Token{}) return;
  for (auto& [id, o] : orders_) {
    if (!o.cancel_wanted || o.cancel_said_to == gateway_) continue;
    o.cancel_said_to = gateway_;
    Intent cancel = o.intent;
    cancel.kind = IntentKind::cancel;
    cancel.valid_until = {};
    cancel.reason = o.cancel_reason;
    say_intent(std::move(cancel), t);
  }
}

void PositionCore::on_venue(const VenueEvent& e, Turn& t) {
  switch (e.kind) {
    case VenueEventKind::session_opened:
      if (e.gateway <= gateway_) return;  // a gateway that was followed has nothing to say
      gateway_ = e.gateway;
      lift(Symbol{}, RiskCause::dead_man, t);
      say_cancels(t);
      break;
    case VenueEventKind::dead_man: raise(Symbol{}, RiskCause::dead_man, RiskState::reducing, e.reason, t); break;
    case VenueEventKind::dead_man_over: lift(Symbol{}, RiskCause::dead_man, t); break;
    case VenueEventKind::state_changed:
      if (e.state == RiskState::active) return lift(Symbol{}, RiskCause::venue, t);
      raise(Symbol{}, RiskCause::venue, RiskState::reducing, "gateway " + std::string(to_string(e.state)) + ": " + e.reason, t);
      break;
    default: break;
  }
}

void PositionCore::on_order(const OrderEvent& e, Turn& t) {
  const std::string id = e.order.client_order_id;
  // What became of a cancel itself; what became of the order is said of the order.
  if (e.order.kind == IntentKind::cancel &&
      (e.kind == OrderEventKind::rejected || e.kind == OrderEventKind::expired || e.kind == OrderEventKind::unknown))
    return;
  Order* o = order(id);
  if (o == nullptr) {
    if (Order* past = retired(id)) {
      if (const auto what = take_fill(*past, e, true, t); what != PositionEventKind::none) {
        settle(*book(past->intent.symbol), what, t);
        publish_account(t, t.cause);
      }
      return;
    }
    o = adopt(e, t);
    if (o == nullptr) return;
  }
  advance(*o, e, t);
}

void PositionCore::advance(Order& o, const OrderEvent& e, Turn& t) {
  const std::string id = o.intent.client_order_id;
  const Symbol symbol = o.intent.symbol;
  Book& b = *book(symbol);
  const auto what = take_fill(o, e, false, t);
  const bool was_unknown = o.state == OrderEventKind::unknown;
  o.state = e.kind;
  if (e.filled > o.filled) difference(id + ": the venue filled " + e.filled.str() + ", we know of " + o.filled.str(), t);
  if (o.filled > o.intent.quantity) difference(id + ": filled " + o.filled.str() + " of " + o.intent.quantity.str(), t);
  const bool over = is_over(e.kind);
  Order seen = o;
  if (over) retire(id, e, t);
  if (was_unknown || e.kind == OrderEventKind::unknown) unknown_orders(symbol, t);
  settle(b, what, t);
  if (what != PositionEventKind::none) publish_account(t, t.cause);
  order_progressed(id, seen, e, over, t);
}

void PositionCore::retire(const std::string& id, const OrderEvent& e, Turn& t) {
  auto node = orders_.extract(id);
  Order& o = node.mapped();
  Book& b = *book(o.intent.symbol);
  if (o.intent.purpose == Purpose::entry) {
    if (o.filled.is_zero()) b.rested_since = t.now;
  } else if (e.kind == OrderEventKind::filled) {
    b.exit_failures = 0;
  } else {
    exit_failed(b, t.now);
  }
  o.executions = {};
  retired_.emplace_back(id, std::move(o));
  if (retired_.size() > kRetired) retired_.pop_front();
}

/// An order we do not hold: lost with a journal's tail (it comes back), long over (it is left alone), or nobody's we know.
PositionCore::Order* PositionCore::adopt(const OrderEvent& e, Turn& t) {
  const auto id = decode_client_order_id(e.order.client_order_id);
  if (!id || id->mesh != config_.mesh_id[0]) {
    raise(Symbol{}, RiskCause::external, RiskState::reducing, "order " + e.order.client_order_id + " is not of this mesh", t);
    return nullptr;
  }
  const auto said = said_.find(id->epoch);
  const bool long_over = said != said_.end() ? id->sequence <= said->second : said_.size() == kEpochs && id->epoch < said_.begin()->first;
  Book* b = book(e.order.symbol);
  if (long_over || b == nullptr || (e.order.side != Side::buy && e.order.side != Side::sell)) {
    if (e.fill.quantity.raw() > 0) difference(e.order.client_order_id + ": a fill of an order that is over or unreadable", t);
    return nullptr;
  }
  Order o;
  o.intent = e.order;
  o.intent.kind = IntentKind::place;
  if (o.intent.purpose != Purpose::exit) {
    o.intent.purpose = Purpose::entry;
    o.plan_known = b->plan.cause == o.intent.header.cause.name && b->plan.cause != Name{};
    if (o.plan_known) o.stop = b->plan.stop, o.target = b->plan.target;
  }
  return &orders_.emplace(e.order.client_order_id, std::move(o)).first->second;
}

/// A journal was lost: what the venue executed makes the positions again, order by order, and the tables give stops and targets.
void PositionCore::on_rebuilt(const Rebuilt& r, Turn& t) {
  const OrderEvent& e = r.order;
  if (e.kind == OrderEventKind::none)
    return raise(Symbol{}, RiskCause::rebuilt, RiskState::reducing, "the journal was lost, this is made from venue and tables", t);
  const bool known = order(e.order.client_order_id) != nullptr || retired(e.order.client_order_id) != nullptr;
  if (!known) {
    Order* o = adopt(e, t);
    if (o == nullptr) return;
    const bool planned = !r.stop.is_zero() || !r.target.is_zero();
    if (planned) o->plan_known = true, o->stop = r.stop, o->target = r.target;
    // Never said again under this name, and told from what is unknown once it is forgotten.
    const auto id = decode_client_order_id(e.order.client_order_id);
    Sequence& last = said_[id->epoch];
    last = std::max(last, id->sequence);
    if (said_.size() > kEpochs) said_.erase(said_.begin());
  }
  on_order(e, t);
}

void PositionCore::learn(const Name& name, const Event& said) {
  const auto* intent = std::get_if<Intent>(&said);
  if (intent == nullptr) return;
  said_[name.at.epoch] = std::max(said_[name.at.epoch], name.at.sequence);
  Book* b = book(intent->symbol);
  if (intent->kind != IntentKind::place || b == nullptr || order(intent->client_order_id) != nullptr) return;
  Order o;
  o.intent = *intent;
  if (intent->purpose == Purpose::entry) {
    o.plan_known = b->plan.cause == intent->header.cause.name && b->plan.cause != Name{};
    if (o.plan_known) o.stop = b->plan.stop, o.target = b->plan.target;
  } else {
    ++b->exits;
  }
  orders_.emplace(intent->client_order_id, std::move(o));
}

void PositionCore::unlearn(const Name&, const Event& unsaid) {
  const auto* intent = std::get_if<Intent>(&unsaid);
  if (intent == nullptr || intent->kind != IntentKind::place) return;
  orders_.erase(intent->client_order_id);
  if (Book* b = book(intent->symbol); b != nullptr && intent->purpose == Purpose::exit && b->exits > 0) --b->exits;
}

}  // namespace tickmesh
