// A paper exchange: orders meet the quotes that were there, never better ones. Deterministic: no clock, no random source.
//
// Rules. An order is at the exchange `latency` after `now` of its submission.
//  market  trades at the opposite quote, up to what that quote still displays; the rest waits for the next quote.
//  limit   trades at the opposite quote when that crosses the limit; also at its limit when a trade prints strictly through
//          it while the limit lies inside the quote, up to the size printed.
//  stop    triggers when the quote it would trade at (ask for a buy) reaches the stop price, and is a market order from then on.
// Nothing trades on a one-sided, crossed, stale or halted book, so every fill lies inside the quote of its time. A quote's
// displayed size is spent once: orders share it in the order they were submitted. Cancels act at once.
// Commission: a rate a unit, with a minimum once an order, charged with the first fill.
//
// State changes only by `apply(PaperFact)`: matching decides facts, and whoever keeps them can build the exchange again.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/events.hpp"
#include "core/instrument_map.hpp"
#include "venue/reasons.hpp"

namespace tickmesh {

struct PaperConfig {
  Duration latency{milliseconds(5)};  ///< of event time
  Duration jitter{};                  ///< up to this much more, drawn from `seed` and the client order id
  std::uint64_t seed{1};
  Money commission_per_unit{Money::from_raw(500'000)};  ///< 0.005
  Money commission_min{Money::from_units(1)};           ///< once an order
  Duration stale_after{seconds(10)};                    ///< a quote older than this fills nothing
  std::size_t keep_closed{2'000};                       ///< closed orders told at a reconciliation; older ones leave only their id's hash
};

enum class PaperFactKind : std::uint8_t {
  none = 0,
  order = 1,    ///< accepted; carries the whole order and when it reaches the book
  trigger = 2,  ///< a stop became a market order
  fill = 3,
  cancel = 4,
  reject = 5,  ///< refused by a check of the exchange; the client order id is spent
  refuse = 6,  ///< a request that changed nothing: a repeated client id, a cancel of an unknown or closed order
  halt = 7,    ///< trading in `symbol` stopped
  resume = 8,  ///< and goes on, from the next quote
};
std::string_view to_string(PaperFactKind kind);

/// What happened at the exchange; also the entry of a ledger.
struct PaperFact {
  PaperFactKind kind{PaperFactKind::none};
  Timestamp time{};
  std::string client_order_id{};
  std::string venue_order_id{};
  Intent order{};         ///< order, reject
  Timestamp active_at{};  ///< order
  Fill fill{};            ///< fill
  Name quote{};           ///< fill, trigger: the tick that quoted
  Symbol symbol{};        ///< halt, resume, fill
  std::string reason{};   ///< reject, refuse
};

enum class PaperStatus : std::uint8_t { none = 0, open = 1, filled = 2, canceled = 3, rejected = 4 };
constexpr PaperStatus last_value(PaperStatus) { return PaperStatus::rejected; }

struct PaperOrder {
  Intent intent{};
  std::uint64_t number{0};  ///< venue order id is `P-<number>`
  Timestamp active_at{};
  bool triggered{false};
  PaperStatus status{PaperStatus::none};
  Quantity filled{};
  Money charged{};
  std::vector<Fill> fills{};  ///< execution ids are `P-<client order id>-<1, 2, …>`
  std::string reason{};
  Timestamp closed_at{};
  std::string venue_order_id() const { return "P-" + std::to_string(number); }
  Quantity remaining() const { return intent.quantity - filled; }
};

class PaperExchange {
 public:
  PaperExchange(Instruments instruments, PaperConfig config);

  /// A known client order id is refused and nothing is created: this venue enforces client ids always.
  void submit(const Intent& intent, Timestamp now, std::vector<PaperFact>& out);
  void cancel(std::string_view client_order_id, Timestamp now, std::vector<PaperFact>& out);
  /// First lets orders due at or before `tick.time` meet the quote before it. `name` is kept to tell which tick a fill used.
  void on_tick(const Tick& tick, const Name& name, std::vector<PaperFact>& out);
  /// Orders whose latency has elapsed at `now` meet the last quote.
  void advance(Timestamp now, std::vector<PaperFact>& out) {
    if (!arriving_.empty() && arriving_.begin()->first <= now) let_in(now, out);
  }
  /// A halt voids the quote; trading goes on with the first quote after the end of the halt.
  void set_halted(const Symbol& symbol, bool halted, Timestamp now, std::vector<PaperFact>& out);
  /// When `advance` has something to do; zero: nothing is on its way.
  Timestamp next_wake() const { return arriving_.empty() ? Timestamp{} : arriving_.begin()->first; }

  /// Builds state from a kept fact. Facts must come in the order they were told.
  void apply(const PaperFact& fact);
  /// Open orders and the last `keep_closed` closed ones, by number.
  const std::map<std::uint64_t, PaperOrder>& orders() const { return orders_; }
  const PaperOrder* find(std::string_view client_order_id) const;
  bool knows(std::string_view client_order_id) const;

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  void let_in(Timestamp now, std::vector<PaperFact>& out);
  struct Book {
    Price bid{}, ask{};
    Quantity bid_left{}, ask_left{};  ///< displayed and not yet spent
    Timestamp quoted{};
    Timestamp clock{};  ///< the latest moment matched here; fills never go back in time
    Name quote{};
    bool halted{false};
    std::vector<std::uint64_t> working{};  ///< numbers, ascending
  };

  bool usable(const Book& book, Timestamp at) const;
  void match(PaperOrder& order, Book& book, Timestamp at, Price print, Quantity& print_left, std::vector<PaperFact>& out);
  void fill(const PaperOrder& order, Price price, Quantity quantity, const Book& book, Timestamp at, std::vector<PaperFact>& out);
  void match_all(Book& book, Timestamp at, Price print, Quantity print_left, std::vector<PaperFact>& out);
  void tell(PaperFact fact, std::vector<PaperFact>& out);
  void close(PaperOrder& order, PaperStatus status, Timestamp at);
  Money commission(const PaperOrder& order, Quantity quantity) const;
  Duration latency_of(std::string_view client_order_id) const;
  std::string why_not(const Intent& intent) const;

  Instruments instruments_;
  PaperConfig config_;
  InstrumentMap<Book> books_;
  std::map<std::uint64_t, PaperOrder> orders_;
  std::map<std::string, std::uint64_t, std::less<>> by_client_;
  std::set<std::pair<Timestamp, std::uint64_t>> arriving_;
  std::deque<std::uint64_t> closed_;      ///< oldest first, at most keep_closed
  std::vector<std::uint64_t> forgotten_;  ///< FNV-1a-64 of older client ids, sorted: 8 bytes an order, for as long as the ledger lives
  std::uint64_t last_number_{0};
};

/// What the exchange's client hears of a fact; kind none for facts it does not hear of (trigger, halt, resume).
VenueReport report_of(const PaperFact& fact, const PaperExchange& exchange);

}  // namespace tickmesh
