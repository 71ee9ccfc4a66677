#include <algorithm>
#include <set>

#include "checks.hpp"

namespace auditor {
namespace {

/// What was said of one order, in order.
using Life = std::vector<OrderEvent>;
using Lives = std::map<std::string, Life>;

constexpr unsigned kPlace = 1;

/// Which event may follow which of the same order; 0: the first.
bool may_follow(unsigned before, const OrderEvent& e) {
  if (is_final(before)) return false;
  switch (e.kind) {
    case kSending: return before == 0 || before == kUnknown;
    case kAccepted: return before == kSending || before == kUnknown;
    case kPartiallyFilled:
    case kFilled: return before != 0 && before != kSending;
    case kCanceling:
    case kCanceled: return before != 0;
    case kRejected: return before == 0 || before == kSending || before == kUnknown || before == kCanceling;
    case kExpired: return before == 0 || before == kUnknown;
    case kUnknown: return before != 0 && before != kUnknown;
    default: return false;
  }
}

void check_life(const std::string& id, const Life& life, Report& report) {
  unsigned before = 0;
  std::uint64_t attempts = 0;
  std::int64_t filled = 0;
  for (const OrderEvent& e : life) {
    const auto where = [&] { return to_string(e.name) + " (" + id + ' ' + order_kind(e.kind) + "): "; };
    report.expect(may_follow(before, e), "order life", [&] { return where() + "after " + (before == 0 ? "nothing" : order_kind(before)); });
    if (e.kind == kSending) ++attempts;
    report.expect(e.attempt == attempts, "order life: one sending an attempt", [&] {
      return where() + "attempt " + std::to_string(e.attempt) + ", and `sending` was said " + std::to_string(attempts) + " times";
    });
    const bool fill = e.kind == kPartiallyFilled || e.kind == kFilled;
    report.expect(fill == !e.fill.execution_id.empty(), "order life: fills", [&] { return where() + "kind and execution do not agree"; });
    filled += e.fill.quantity;
    report.expect(
        e.filled == filled && e.remaining == e.order.quantity - filled && e.remaining >= 0 && (e.kind != kFilled || e.remaining == 0),
        "order life: fills", [&] {
          return where() + "filled " + decimal(e.filled) + " of " + decimal(e.order.quantity) + ", remaining " + decimal(e.remaining) +
                 ", and the fills sum to " + decimal(filled);
        });
    const Intent& first = life.front().order;
    report.expect(
        e.order.symbol == first.symbol && e.order.side == first.side && e.order.quantity == first.quantity && e.order.type == first.type,
        "order life", [&] { return where() + "another order under its id"; });
    if (e.kind == kSending && e.order.purpose == 1 && e.order.valid_until != 0)
      report.expect(e.header.time <= e.order.valid_until, "nothing stale is sent", [&] {
        return where() + "sent " + std::to_string((e.header.time - e.order.valid_until) / 1'000'000) + " ms after valid_until";
      });
    // A cancel asked for again says `canceling` again; the state is the same.
    before = e.kind;
  }
}

void check_intents(const MeshData& mesh, const Lives& lives, Report& report) {
  std::set<std::string> placed;
  std::map<Name, unsigned> answers;
  for (const Event& event : mesh.said(kOrder)) {
    const Header h = header_of(event);
    if (h.cause.stream == kIntent) ++answers[h.cause];
  }
  for (const Event& event : mesh.said(kIntent)) {
    const Intent intent = intent_of(Message{event.bytes});
    if (intent.kind != kPlace) continue;
    report.expect(placed.insert(intent.client_order_id).second, "intents",
                  [&] { return to_string(event.name) + " places " + intent.client_order_id + " again"; });
    const auto it = lives.find(intent.client_order_id);
    if (!report.expect(it != lives.end(), "intents are answered",
                       [&] { return to_string(event.name) + " (" + intent.client_order_id + ") by no order event"; }))
      continue;
    const OrderEvent& first = it->second.front();
    report.expect(first.header.cause == event.name, "intents are answered", [&] {
      return to_string(event.name) + " (" + intent.client_order_id + "): its first order event " + to_string(first.name) +
             " names another cause";
    });
    report.expect(first.order.symbol == intent.symbol && first.order.side == intent.side && first.order.quantity == intent.quantity &&
                      first.order.type == intent.type && first.order.limit_price == intent.limit_price,
                  "intents are answered", [&] { return to_string(event.name) + ": " + to_string(first.name) + " carries another order"; });
  }
  for (const auto& [id, life] : lives)
    report.expect(placed.contains(id), "orders were asked for",
                  [&] { return to_string(life.front().name) + ": no intent ever placed " + id; });
}

using FillKey = std::pair<std::string, std::string>;  // client order id, execution id

void check_fills(const Lives& lives, const MeshData& mesh, const Ledger& ledger, Report& report) {
  std::map<FillKey, const OrderEvent*> said;
  for (const auto& [id, life] : lives)
    for (const OrderEvent& e : life)
      if (!e.fill.execution_id.empty()) {
        const auto [it, fresh] = said.emplace(FillKey{id, e.fill.execution_id}, &e);
        report.expect(fresh, "fills once", [&] {
          return to_string(e.name) + ": execution " + e.fill.execution_id + " was said by " + to_string(it->second->name);
        });
      }
  std::set<FillKey> known;
  for (const LedgerFill& f : ledger.fills()) {
    const auto where = [&] {
      return "ledger line " + std::to_string(f.line) + ", execution " + f.fill.execution_id + " of " + f.client_order_id;
    };
    report.expect(known.emplace(f.client_order_id, f.fill.execution_id).second, "ledger: a fill once",
                  [&] { return where() + " is there twice"; });
    const auto it = said.find({f.client_order_id, f.fill.execution_id});
    if (!report.expect(it != said.end(), "no fill lost", [&] { return where() + " became no order event"; })) continue;
    report.expect(it->second->fill == f.fill && it->second->order.symbol == f.symbol, "fills as the venue has them",
                  [&] { return where() + " differs from " + to_string(it->second->name); });
    report.expect(f.fill.price >= f.fill.bid && f.fill.price <= f.fill.ask, "fills lie inside the quote",
                  [&] { return where() + ": " + decimal(f.fill.price) + " against " + decimal(f.fill.bid) + " / " + decimal(f.fill.ask); });
    const auto quote = mesh.find(f.quote);
    if (!report.expect(quote.data() != nullptr, "fills trade on a quote that was said",
                       [&] { return where() + " names " + to_string(f.quote); }))
      continue;
    const Message tick{quote};
    report.expect(tick.i(8) == f.fill.bid && tick.i(9) == f.fill.ask, "fills trade on a quote that was said",
                  [&] { return where() + ": " + to_string(f.quote) + " was another quote"; });
  }
  for (const auto& [key, e] : said)
    report.expect(known.contains(key), "no fill made up", [&] { return to_string(e->name) + ": the venue never executed " + key.second; });
}

void check_ledger(const Lives& lives, const Ledger& ledger, Report& report) {
  std::map<std::string, std::int64_t> filled;
  for (const LedgerFill& f : ledger.fills()) filled[f.client_order_id] += f.fill.quantity;
  for (const auto& [id, o] : ledger.orders()) {
    const auto where = [&] { return "ledger line " + std::to_string(o.line) + ", order " + id; };
    const auto it = lives.find(id);
    const bool sent = it != lives.end() &&
                      std::ranges::any_of(it->second, [&](const OrderEvent& e) { return e.kind == kSending && e.header.time <= o.time; });
    if (!report.expect(sent, "nothing is sent unsaid", [&] { return where() + " came without `sending`"; })) continue;
    const Intent& order = it->second.front().order;
    report.expect(o.symbol == order.symbol && o.side == order.side && o.type == order.type && o.quantity == order.quantity &&
                      o.purpose == order.purpose && o.limit_price == order.limit_price && o.stop_price == order.stop_price,
                  "the venue has the order that was sent", [&] { return where() + " differs from " + to_string(it->second.front().name); });
    const bool over_there = o.rejected || o.canceled || filled[id] == o.quantity;
    const unsigned last = it->second.back().kind;
    report.expect(over_there == is_final(last), "orders end here and there", [&] {
      return where() + (over_there ? " is over" : " still works") + " at the venue, and " + to_string(it->second.back().name) + " says " +
             order_kind(last);
    });
  }
  for (const auto& [id, life] : lives)
    if (std::ranges::any_of(life, [](const OrderEvent& e) { return e.kind == kAccepted || !e.fill.execution_id.empty(); }))
      report.expect(ledger.orders().contains(id), "no order made up",
                    [&] { return to_string(life.front().name) + ": the venue has no " + id; });
}

}  // namespace

void check_orders(const MeshData& mesh, const Ledger& ledger, Report& report) {
  Lives lives;
  std::uint64_t expired = 0, resent = 0, unknown = 0;
  for (const Event& event : mesh.said(kOrder)) {
    OrderEvent e = order_of(event);
    if (e.order.kind != kPlace) continue;  // an answer to a cancel says nothing of the order it meant
    expired += e.kind == kExpired;
    resent += e.kind == kSending && e.attempt > 1;
    unknown += e.kind == kUnknown;
    // A cancel is asked for by an intent of its own; what it carries is the order.
    lives[e.order.client_order_id].push_back(std::move(e));
  }
  for (const auto& [id, life] : lives) check_life(id, life, report);
  check_intents(mesh, lives, report);
  check_fills(lives, mesh, ledger, report);
  check_ledger(lives, ledger, report);
  report.figure("orders", lives.size());
  report.figure("orders expired", expired);
  report.figure("orders sent again", resent);
  report.figure("orders unknown for a while", unknown);
  report.figure("orders at the venue", ledger.orders().size());
  report.figure("fills at the venue", ledger.fills().size());
}

}  // namespace auditor
