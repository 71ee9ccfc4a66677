#include <set>

#include "checks.hpp"

namespace auditor {
namespace {

constexpr std::int64_t kUnit = 100'000'000;

Int128 value_of(std::int64_t price, std::int64_t quantity, std::int64_t multiplier) {
  return divide_half_even(Int128{price} * quantity * multiplier, Int128{kUnit} * kUnit);
}

/// One symbol's holding, rebuilt fill by fill: rounded half-even once a fill, as the contracts say.
class Book {
 public:
  explicit Book(std::int64_t multiplier) : multiplier_{multiplier} {}
  void fill(unsigned side, const Fill& f) {
    ++fills_;
    realized_ -= f.commission;
    fees_ += f.commission;
    std::int64_t left = f.quantity;
    const std::int64_t sign = side == kBuy ? 1 : -1;
    if (net_ != 0 && (net_ > 0) != (sign > 0)) {
      const std::int64_t held = net_ > 0 ? net_ : -net_;
      const std::int64_t taken = left < held ? left : held;
      const Int128 value = value_of(f.price, taken, multiplier_);
      const Int128 released = taken == held ? held_value_ : divide_half_even(held_value_ * taken, held);
      realized_ += net_ > 0 ? value - released : released - value;
      held_value_ -= released;
      net_ += sign * taken;
      left -= taken;
    }
    if (left == 0) return;
    held_value_ += value_of(f.price, left, multiplier_);
    net_ += sign * left;
  }
  std::int64_t net() const { return net_; }
  Int128 realized() const { return realized_; }
  Int128 fees() const { return fees_; }
  std::uint64_t fills() const { return fills_; }

 private:
  std::int64_t multiplier_;
  std::int64_t net_{0};
  Int128 held_value_{0}, realized_{0}, fees_{0};
  std::uint64_t fills_{0};
};

using Multipliers = std::map<std::string, std::int64_t>;
using Books = std::map<std::string, Book>;

Book& book(Books& books, const Multipliers& multipliers, const std::string& symbol) {
  const auto it = multipliers.find(symbol);
  return books.try_emplace(symbol, it == multipliers.end() ? kUnit : it->second).first->second;
}

/// What is held by symbol, the last event of each position summed.
struct Held {
  std::int64_t net{0};
  Int128 realized{0}, fees{0};
};

/// One position's own cash, by the orders that name it.
struct Cash {
  Int128 in{0}, out{0}, fees{0};
  std::int64_t bought{0}, sold{0};
  std::uint64_t fills{0};
};

void check_closed(const PositionEvent& p, const Cash& cash, Report& report) {
  const auto where = [&] { return to_string(p.name) + " (" + p.id + ' ' + p.symbol + "): "; };
  report.expect(p.quantity == 0 && cash.bought == cash.sold, "closed positions are flat", [&] {
    return where() + "bought " + decimal(cash.bought) + ", sold " + decimal(cash.sold) + ", quantity " + decimal(p.quantity);
  });
  const Int128 pnl = cash.in - cash.out - cash.fees;
  const Int128 off = pnl > p.realized ? pnl - p.realized : p.realized - pnl;
  report.expect(off <= static_cast<Int128>(cash.fills) && cash.fees == p.fees, "closed positions are their cash", [&] {
    return where() + "P&L " + decimal(p.realized) + ", and its fills brought " + decimal(pnl) + ", fees " + decimal(cash.fees);
  });
}

void check_account(const MeshData& mesh, const Books& books, std::uint64_t open, Report& report) {
  std::int64_t start = 0;
  bool begun = false;
  for (const Event& event : mesh.said(kAccount)) {
    const auto a = account_of(event);
    if (!begun) start = a.balance - a.realized;
    begun = true;
    report.expect(a.balance - a.realized == start && a.equity == a.balance + a.unrealized, "account adds up", [&] {
      return to_string(event.name) + ": balance " + decimal(a.balance) + ", realized " + decimal(a.realized) + ", unrealized " +
             decimal(a.unrealized) + ", equity " + decimal(a.equity) + ", it began with " + decimal(start);
    });
  }
  if (mesh.said(kAccount).empty()) return;
  const auto last = account_of(mesh.said(kAccount).back());
  Int128 realized = 0;
  for (const auto& [symbol, b] : books) realized += b.realized();
  report.expect(realized == last.realized, "account is the sum of fills",
                [&] { return to_string(last.name) + " realized " + decimal(last.realized) + ", and the fills make " + decimal(realized); });
  report.expect(last.open_positions == open, "account is the sum of fills", [&] {
    return to_string(last.name) + " tells of " + std::to_string(last.open_positions) + " open positions, held are " + std::to_string(open);
  });
}

}  // namespace

void check_positions(const MeshData& mesh, const Ledger& ledger, Database& database, Report& report) {
  Multipliers multipliers;
  database.each("select symbol, (multiplier * 100000000)::bigint::text from tick_ingestor.symbols",
                [&](const Row& row) { multipliers[row[0].value_or("")] = std::stoll(row[1].value_or("0")); });
  Books books;
  std::map<std::string, Cash> cash;
  std::set<std::pair<std::string, std::string>> counted;
  for (const Event& event : mesh.said(kOrder)) {
    const auto e = order_of(event);
    if (e.fill.execution_id.empty() || !counted.emplace(e.order.client_order_id, e.fill.execution_id).second) continue;
    Book& b = book(books, multipliers, e.order.symbol);
    b.fill(e.order.side, e.fill);
    Cash& c = cash[e.order.position_id];
    const auto multiplier = multipliers.contains(e.order.symbol) ? multipliers.at(e.order.symbol) : kUnit;
    const Int128 value = value_of(e.fill.price, e.fill.quantity, multiplier);
    (e.order.side == kBuy ? c.out : c.in) += value;
    (e.order.side == kBuy ? c.bought : c.sold) += e.fill.quantity;
    c.fees += e.fill.commission;
    ++c.fills;
  }

  std::map<std::string, PositionEvent> last;
  for (const Event& event : mesh.said(kPosition)) {
    auto p = position_of(event);
    const auto it = last.find(p.id);
    report.expect(it == last.end() ? p.kind == 1 : it->second.kind != 3 && p.kind != 1, "positions open once and close once", [&] {
      return to_string(p.name) + " (" + p.id + ") follows " + (it == last.end() ? "nothing" : to_string(it->second.name));
    });
    last[p.id] = std::move(p);
  }
  std::map<std::string, Held> held;
  std::uint64_t open = 0;
  for (const auto& [id, p] : last) {
    Held& h = held[p.symbol];
    h.net += p.side == kBuy ? p.quantity : -p.quantity;
    h.realized += p.realized;
    h.fees += p.fees;
    open += p.quantity != 0;
    if (p.kind == 3) check_closed(p, cash[id], report);
  }
  for (const auto& [symbol, b] : books) {
    const Held& h = held[symbol];
    report.expect(h.net == b.net(), "positions are the sum of fills", [&] {
      return symbol + ": positions hold " + decimal(h.net) + ", " + std::to_string(b.fills()) + " fills make " + decimal(b.net());
    });
    report.expect(h.realized == b.realized() && h.fees == b.fees(), "P&L is the sum of fills", [&] {
      return symbol + ": positions earned " + decimal(h.realized) + " after fees " + decimal(h.fees) + ", the fills make " +
             decimal(b.realized()) + " after " + decimal(b.fees());
    });
  }
  for (const auto& [symbol, h] : held)
    report.expect(books.contains(symbol), "positions are the sum of fills", [&] { return symbol + ": a position without a fill"; });
  check_account(mesh, books, open, report);

  // From one end to the other: what the tables hold against what the venue executed.
  std::map<std::string, std::int64_t> venue, tables;
  for (const LedgerFill& f : ledger.fills()) {
    const auto it = ledger.orders().find(f.client_order_id);
    if (it != ledger.orders().end()) venue[f.symbol] += it->second.side == kBuy ? f.fill.quantity : -f.fill.quantity;
  }
  database.each(
      "select symbol, (sum(case side when 'LONG' then quantity else -quantity end) * 100000000)::bigint::text from "
      "position_manager.positions group by symbol",
      [&](const Row& row) { tables[row[0].value_or("")] = std::stoll(row[1].value_or("0")); });
  for (const auto& [symbol, net] : venue)
    report.expect(tables[symbol] == net, "tables hold what the venue executed",
                  [&] { return symbol + ": positions hold " + decimal(tables[symbol]) + ", the venue executed " + decimal(net); });
  for (const auto& [symbol, net] : tables)
    report.expect(net == 0 || venue.contains(symbol), "tables hold what the venue executed",
                  [&] { return symbol + ": nothing was ever executed"; });
  report.figure("positions", last.size());
  report.figure("positions open at the end", open);
}

}  // namespace auditor
