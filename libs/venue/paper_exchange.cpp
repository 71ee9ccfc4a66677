#include "venue/paper_exchange.hpp"

#include <algorithm>

namespace tickmesh {

std::string_view to_string(PaperFactKind kind) {
  static constexpr std::string_view names[] = {"", "order", "trigger", "fill", "cancel", "reject", "refuse", "halt", "resume"};
  const auto i = static_cast<std::size_t>(kind);
  return i < std::size(names) ? names[i] : std::string_view{"?"};
}

PaperExchange::PaperExchange(Instruments instruments, PaperConfig config) : instruments_{std::move(instruments)}, config_{config} {
  TM_INVARIANT(config_.latency.ns >= 0 && config_.jitter.ns >= 0, "a latency is not negative");
  TM_INVARIANT(config_.keep_closed > 0, "the order closed last is kept");
  for (const Instrument& i : instruments_.list()) books_[i.id()];
}

const PaperOrder* PaperExchange::find(std::string_view client_order_id) const {
  const auto it = by_client_.find(client_order_id);
  return it == by_client_.end() ? nullptr : &orders_.at(it->second);
}

bool PaperExchange::knows(std::string_view client_order_id) const {
  return by_client_.contains(client_order_id) || std::ranges::binary_search(forgotten_, fnv1a64(client_order_id));
}

Duration PaperExchange::latency_of(std::string_view client_order_id) const {
  if (config_.jitter.ns == 0) return config_.latency;
  // One step of splitmix64 over seed and id: each order's draw is its own, so a rebuilt exchange draws the same.
  std::uint64_t x = fnv1a64(client_order_id) ^ (config_.seed * 0x9E3779B97F4A7C15ULL);
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  x ^= x >> 31;
  return {config_.latency.ns + static_cast<std::int64_t>(x % static_cast<std::uint64_t>(config_.jitter.ns + 1))};
}

std::string PaperExchange::why_not(const Intent& intent) const {
  const Instrument* instrument = instruments_.find(intent.symbol);
  const auto on_tick_size = [&](Price p) { return p.raw() > 0 && p.raw() % instrument->tick_size.raw() == 0; };
  if (intent.client_order_id.empty()) return "client order id is missing";
  if (intent.kind != IntentKind::place) return "not an order";
  if (instrument == nullptr) return "unknown symbol";
  if (intent.side == Side::none) return "side is missing";
  if (intent.quantity.raw() <= 0 || intent.quantity.raw() % instrument->lot.raw() != 0) return "quantity is a positive multiple of the lot";
  if (intent.type == OrderType::none) return "order type is missing";
  if (intent.type == OrderType::limit && !on_tick_size(intent.limit_price)) return "limit price is a positive multiple of the tick size";
  if (intent.type == OrderType::stop && !on_tick_size(intent.stop_price)) return "stop price is a positive multiple of the tick size";
  return {};
}

void PaperExchange::tell(PaperFact fact, std::vector<PaperFact>& out) {
  apply(fact);
  out.push_back(std::move(fact));
}

void PaperExchange::submit(const Intent& intent, Timestamp now, std::vector<PaperFact>& out) {
  PaperFact fact{.time = now, .client_order_id = intent.client_order_id};
  if (knows(intent.client_order_id)) {
    fact.kind = PaperFactKind::refuse;
    fact.reason = kDuplicateClientId;
    return tell(std::move(fact), out);
  }
  fact.reason = why_not(intent);
  fact.kind = fact.reason.empty() ? PaperFactKind::order : PaperFactKind::reject;
  fact.order = intent;
  fact.venue_order_id = "P-" + std::to_string(last_number_ + 1);
  if (fact.kind == PaperFactKind::order) fact.active_at = now + latency_of(intent.client_order_id);
  tell(std::move(fact), out);
}

void PaperExchange::cancel(std::string_view client_order_id, Timestamp now, std::vector<PaperFact>& out) {
  PaperFact fact{.kind = PaperFactKind::refuse, .time = now, .client_order_id = std::string(client_order_id)};
  const PaperOrder* order = find(client_order_id);
  if (order == nullptr) {
    fact.reason = knows(client_order_id) ? kOrderClosed : kUnknownOrder;
  } else {
    fact.venue_order_id = order->venue_order_id();
    if (order->status == PaperStatus::open)
      fact.kind = PaperFactKind::cancel;
    else
      fact.reason = kOrderClosed;
  }
  tell(std::move(fact), out);
}

void PaperExchange::set_halted(const Symbol& symbol, bool halted, Timestamp now, std::vector<PaperFact>& out) {
  const Book* book = books_.find(instrument_id(symbol));
  if (book == nullptr || book->halted == halted) return;
  tell({.kind = halted ? PaperFactKind::halt : PaperFactKind::resume, .time = now, .symbol = symbol}, out);
}

void PaperExchange::let_in(Timestamp now, std::vector<PaperFact>& out) {
  while (!arriving_.empty() && arriving_.begin()->first <= now) {
    const auto [at, number] = *arriving_.begin();
    arriving_.erase(arriving_.begin());
    PaperOrder& order = orders_.at(number);
    Book& book = books_.at(instrument_id(order.intent.symbol));
    book.working.insert(std::ranges::lower_bound(book.working, number), number);
    book.clock = std::max(book.clock, at);
    Quantity no_print{};
    match(order, book, book.clock, Price{}, no_print, out);
    if (order.status != PaperStatus::open) std::erase(book.working, number);
  }
}

void PaperExchange::on_tick(const Tick& tick, const Name& name, std::vector<PaperFact>& out) {
  advance(tick.time, out);
  Book* const found = books_.find(tick.instrument);
  if (found == nullptr) return;
  Book& book = *found;
  book.clock = std::max(book.clock, tick.time);
  if (tick.kind == TickKind::quote) {
    book.bid = tick.bid;
    book.ask = tick.ask;
    book.bid_left = tick.bid_size;
    book.ask_left = tick.ask_size;
    book.quoted = tick.time;
    book.quote = name;
    match_all(book, book.clock, Price{}, Quantity{}, out);
  } else if (tick.kind == TickKind::trade) {
    match_all(book, book.clock, tick.price, tick.size, out);
  }
}

void PaperExchange::match_all(Book& book, Timestamp at, Price print, Quantity print_left, std::vector<PaperFact>& out) {
  if (book.working.empty() || !usable(book, at)) return;
  for (const std::uint64_t number : book.working) match(orders_.at(number), book, at, print, print_left, out);
  std::erase_if(book.working, [this](std::uint64_t number) {
    const auto it = orders_.find(number);
    return it == orders_.end() || it->second.status != PaperStatus::open;
  });
}

bool PaperExchange::usable(const Book& book, Timestamp at) const {
  return !book.halted && book.bid.raw() > 0 && book.ask.raw() > 0 && book.bid <= book.ask && at - book.quoted <= config_.stale_after;
}

void PaperExchange::match(PaperOrder& order, Book& book, Timestamp at, Price print, Quantity& print_left, std::vector<PaperFact>& out) {
  const Intent& intent = order.intent;
  const Instrument* instrument = instruments_.find(intent.symbol);
  if (instrument == nullptr || !usable(book, at)) return;
  const bool buy = intent.side == Side::buy;
  const Price price = buy ? book.ask : book.bid;
  Quantity& displayed = buy ? book.ask_left : book.bid_left;
  const std::int64_t lot = instrument->lot.raw();
  // Parts are whole lots; what completes the order is one by itself.
  const auto part = [&](Quantity available) {
    const Quantity most = std::min(order.remaining(), available);
    return Quantity::from_raw(most.raw() - most.raw() % lot);
  };

  if (intent.type == OrderType::stop && !order.triggered && (buy ? price >= intent.stop_price : price <= intent.stop_price))
    tell({.kind = PaperFactKind::trigger,
          .time = at,
          .client_order_id = intent.client_order_id,
          .venue_order_id = order.venue_order_id(),
          .quote = book.quote},
         out);
  const bool crosses = intent.type == OrderType::limit && (buy ? price <= intent.limit_price : price >= intent.limit_price);
  if (intent.type == OrderType::market || order.triggered || crosses) {
    const Quantity quantity = part(displayed);
    if (quantity.raw() > 0) {
      displayed -= quantity;
      fill(order, price, quantity, book, at, out);
    }
  }
  if (order.status != PaperStatus::open || intent.type != OrderType::limit || print.raw() == 0) return;
  const bool through = buy ? print < intent.limit_price : print > intent.limit_price;
  const bool inside = book.bid <= intent.limit_price && intent.limit_price <= book.ask;
  if (!through || !inside) return;
  const Quantity quantity = part(print_left);
  if (quantity.raw() <= 0) return;
  print_left -= quantity;
  fill(order, intent.limit_price, quantity, book, at, out);
}

Money PaperExchange::commission(const PaperOrder& order, Quantity quantity) const {
  const Quantity total = order.filled + quantity;
  const Money by_rate = Money::from_raw(mul_div_half_even(config_.commission_per_unit.raw(), total.raw(), Quantity::kScale));
  return std::max(std::max(by_rate, config_.commission_min) - order.charged, Money{});
}

void PaperExchange::fill(const PaperOrder& order, Price price, Quantity quantity, const Book& book, Timestamp at,
                         std::vector<PaperFact>& out) {
  TM_INVARIANT(book.bid <= price && price <= book.ask, "every fill lies inside the quote of its time");
  PaperFact fact{.kind = PaperFactKind::fill,
                 .time = at,
                 .client_order_id = order.intent.client_order_id,
                 .venue_order_id = order.venue_order_id(),
                 .quote = book.quote,
                 .symbol = order.intent.symbol};
  fact.fill = {.execution_id = "P-" + order.intent.client_order_id + '-' + std::to_string(order.fills.size() + 1),
               .price = price,
               .quantity = quantity,
               .commission = commission(order, quantity),
               .time = at,
               .bid = book.bid,
               .ask = book.ask};
  tell(std::move(fact), out);
}

void PaperExchange::apply(const PaperFact& fact) {
  const auto known = [&]() -> PaperOrder& {
    const auto it = by_client_.find(fact.client_order_id);
    TM_INVARIANT(it != by_client_.end(), "a fact about an order follows the order");
    return orders_.at(it->second);
  };
  switch (fact.kind) {
    case PaperFactKind::order:
    case PaperFactKind::reject: {
      TM_INVARIANT(!knows(fact.client_order_id), "a client order id is used once");
      const std::uint64_t number = ++last_number_;
      PaperOrder& order = orders_[number];
      order.intent = fact.order;
      order.number = number;
      order.active_at = fact.active_at;
      by_client_.emplace(fact.client_order_id, number);
      if (fact.kind == PaperFactKind::order) {
        order.status = PaperStatus::open;
        arriving_.emplace(order.active_at, number);
        books_[instrument_id(order.intent.symbol)];  // a kept order may outlive its instrument's configuration
      } else {
        order.reason = fact.reason;
        close(order, PaperStatus::rejected, fact.time);
      }
      break;
    }
    case PaperFactKind::trigger: known().triggered = true; break;
    case PaperFactKind::fill: {
      PaperOrder& order = known();
      TM_INVARIANT(order.status == PaperStatus::open && fact.fill.quantity.raw() > 0, "a fill moves a positive quantity of an open order");
      order.filled += fact.fill.quantity;
      order.charged += fact.fill.commission;
      order.fills.push_back(fact.fill);
      TM_INVARIANT(order.remaining().raw() >= 0, "an order is filled no further than its quantity");
      if (order.remaining().is_zero()) close(order, PaperStatus::filled, fact.time);
      break;
    }
    case PaperFactKind::cancel: {
      PaperOrder& order = known();
      TM_INVARIANT(order.status == PaperStatus::open, "an open order is cancelled");
      std::erase(books_.at(instrument_id(order.intent.symbol)).working, order.number);
      close(order, PaperStatus::canceled, fact.time);
      break;
    }
    case PaperFactKind::halt:
    case PaperFactKind::resume: {
      Book* book = books_.find(instrument_id(fact.symbol));
      if (book == nullptr) break;  // an instrument that is no longer configured
      book->halted = fact.kind == PaperFactKind::halt;
      book->bid = book->ask = Price{};
      break;
    }
    case PaperFactKind::none:
    case PaperFactKind::refuse: break;
  }
}

// A closed order stays in the working list until its book has been walked: match_all holds an iterator there.
void PaperExchange::close(PaperOrder& order, PaperStatus status, Timestamp at) {
  order.status = status;
  order.closed_at = at;
  arriving_.erase({order.active_at, order.number});
  closed_.push_back(order.number);
  if (closed_.size() <= config_.keep_closed) return;
  const auto oldest = orders_.find(closed_.front());
  closed_.pop_front();
  const std::uint64_t hash = fnv1a64(oldest->second.intent.client_order_id);
  forgotten_.insert(std::ranges::lower_bound(forgotten_, hash), hash);
  by_client_.erase(oldest->second.intent.client_order_id);
  orders_.erase(oldest);
}

VenueReport report_of(const PaperFact& fact, const PaperExchange& exchange) {
  VenueReport report{
      .client_order_id = fact.client_order_id, .venue_order_id = fact.venue_order_id, .time = fact.time, .reason = fact.reason};
  switch (fact.kind) {
    case PaperFactKind::order: report.kind = VenueReportKind::accepted; break;
    case PaperFactKind::fill:
      report.kind = VenueReportKind::filled;
      report.fill = fact.fill;
      break;
    case PaperFactKind::cancel: report.kind = VenueReportKind::canceled; break;
    case PaperFactKind::reject:
    case PaperFactKind::refuse: report.kind = VenueReportKind::rejected; break;
    default: return {};
  }
  if (const PaperOrder* order = exchange.find(fact.client_order_id)) report.cumulative = order->filled;
  return report;
}

}  // namespace tickmesh
