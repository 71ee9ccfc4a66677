// Positions and the orders that make them. Everything it does follows from its inputs; `now` comes with them.
//
// Takes: tick, signal, order, venue, control, and the local inputs Started, WentLive, TimerFired, PeerChanged, StreamGap,
// ClockStepped, Rebuilt.
// Says: intent, position, account, risk, strategy; all on partition `kAccountSlot`.
//
// What is never broken: a position is the sum of its fills; one position a symbol; one entry and one exit on their way a symbol;
// nothing is asked of a gateway before WentLive, nor before a gateway has opened a session.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/core.hpp"
#include "core/instrument.hpp"
#include "core/learner.hpp"
#include "position_manager/core/state.hpp"
#include "risk/entry_limits.hpp"
#include "risk/kelly.hpp"
#include "risk/risk_book.hpp"
#include "trading/sizing.hpp"

namespace tickmesh {

/// The partition of every stream said here: one account, one slot.
inline constexpr Partition kAccountSlot = 0;

struct PositionConfig {
  Instruments instruments{};
  std::string mesh_id{"A"};  ///< exactly one of [0-9A-Z]; part of every client order id
  std::string currency{"USD"};
  Money balance{Money::from_units(100'000)};  ///< cash at the start, before any realized P&L
  Allocation allocation{};                    ///< of entries by signal
  EntryLimits limits{};
  KellyRules kelly{};
  Duration entry_validity{seconds(2)};       ///< an entry the gateway takes later is answered `expired`
  Duration command_validity{seconds(10)};    ///< of a command that bears no valid_until
  Duration stale_after{seconds(5)};          ///< age at which a quote is no price any more
  Duration exit_backoff{milliseconds(500)};  ///< after a failed exit; doubles with each failure in a row, up to 16 times
  Duration publish_every{seconds(1)};        ///< of the account while prices move
  /// Strategies whose entries become orders; not given: all. What one of them holds is left whether it is listed or not.
  std::optional<std::set<std::string>> traded{};
  bool synthetic{true};  ///< whether entries on quotes labelled synthetic are taken
};

class PositionCore final : public Core, public Learner {
 public:
  /// Breaks an invariant when `config.mesh_id` is not one of [0-9A-Z] or a duration is not positive.
  explicit PositionCore(PositionConfig config);
  // A copy would look into the instruments of the original.
  PositionCore(const PositionCore&) = delete;
  PositionCore& operator=(const PositionCore&) = delete;
  PositionCore(PositionCore&&) = default;
  PositionCore& operator=(PositionCore&&) = default;

  static constexpr std::uint32_t kVersion = 3;
  std::uint32_t version() const override { return kVersion; }
  void apply(const Input& in, Outbox& out) override;
  void save(ByteWriter& out) const override;
  /// Breaks an invariant when an instrument with a position or a working order is no longer configured.
  void load(ByteReader& in) override;
  // What was asked of a gateway depends on quotes; what became of it follows from what is copied.
  void learn(const Name& name, const Event& said) override;
  void unlearn(const Name& name, const Event& unsaid) override;

  // What the shell shows.
  RiskState risk_state() const { return risk_.account(); }
  std::string risk_reason() const { return risk_.reasons(Symbol{}); }
  RiskState risk_state(const Symbol& symbol) const { return risk_.state(symbol); }
  bool live() const { return live_; }
  AccountEvent account() const;
  std::vector<PositionEvent> positions() const;  ///< those open, by symbol; header and kind unset
  std::size_t working_orders() const { return orders_.size(); }

 private:
  using Book = position::SymbolBook;
  using Order = position::Order;
  using Pending = position::Pending;
  using Wish = position::Wish;
  /// The input being applied.
  struct Turn {
    Timestamp now;
    Name name;
    Cause cause;
    Outbox& out;
  };

  // position_core.cpp: inputs and the account
  void on_tick(const Tick& tick, const Input& in, Outbox& out);
  void on_price(Book& b, bool moved, Turn& t);  ///< a quote that may change something
  void on_started(const Started& started);
  void on_live(Turn& t);
  void on_timer(const TimerFired& timer, Turn& t);
  void publish_account(Turn& t, const Cause& cause);
  void account_moved(Turn& t);
  Book* book(const Symbol& symbol);
  bool fresh(const Book& b, Timestamp now) const { return !is_stale(now, b.quote.time, config_.stale_after); }

  // entries.cpp
  void on_signal(const Signal& signal, Turn& t);
  std::optional<Refusal> enter(Book& b, const position::Ask& ask, Turn& t, std::string* order_id);
  /// Shrinks `quantity` to what the strategy's closed trades allow; refused: rule KELLY, or KELLY_BELOW_MINIMUM.
  std::optional<Refusal> bind_by_kelly(const Book& b, const position::Ask& ask, Price reference, Money equity, Quantity& quantity) const;
  Money reserved() const;
  std::uint32_t positions_and_entries() const;

  // exits.cpp
  void judge(Book& b, Turn& t);  // stop, target, standing wishes
  void wish_exit(Book& b, Wish::Kind kind, const std::string& reason, Turn& t);
  void try_exit(Book& b, Turn& t);
  void exit_failed(Book& b, Timestamp now);

  // orders.cpp
  std::string say_intent(Intent intent, Turn& t);  // fills tokens, says, returns the order's id
  Order* order(std::string_view id);
  bool working(const Symbol& symbol, Purpose purpose) const;
  void want_cancel(Order& o, const std::string& reason, Turn& t);
  void cancel_entries(const Symbol& scope, const std::string& reason, Turn& t);  // empty scope: all
  void say_cancels(Turn& t);                                                     // those not yet said to this gateway
  void on_order(const OrderEvent& e, Turn& t);
  void advance(Order& o, const OrderEvent& e, Turn& t);
  void retire(const std::string& id, const OrderEvent& e, Turn& t);
  Order* retired(std::string_view id);
  Order* adopt(const OrderEvent& e, Turn& t);
  void on_venue(const VenueEvent& e, Turn& t);
  void on_rebuilt(const Rebuilt& r, Turn& t);

  // fills.cpp
  PositionEventKind take_fill(Order& o, const OrderEvent& e, bool over, Turn& t);  // none: no fill, or a repeat
  PositionEventKind fill(Book& b, Order& o, const Fill& f, Turn& t);
  void open_by(Book& b, Order& o, const Execution& x, bool planned);
  void difference(const std::string& what, Turn& t);
  void settle(Book& b, PositionEventKind what, Turn& t);  // says the position; closes it when it is over
  void closed(Book& b, Turn& t);                          // says the position's end and learns from its result
  void say_position(const Book& b, PositionEventKind kind, Turn& t);
  void learn_plan(Book& b, const position::Plan& plan, Turn& t);  // of an order that came back

  // commands.cpp, answers.cpp: exactly one answer a command
  void on_command(const Command& c, Turn& t);
  bool came_back(const Book& b, const Name& cause) const;
  void do_open(const Command& c, Turn& t);
  void do_close(const Command& c, Turn& t);
  void do_cancel(const Command& c, Turn& t);
  void do_state(const Command& c, Turn& t);
  void answer(const std::string& command, const Symbol& symbol, Outcome outcome, const std::string& rule, const std::string& reason,
              Turn& t);
  void wait(Pending p, Turn& t);
  void order_progressed(const std::string& id, const Order& o, const OrderEvent& e, bool over, Turn& t);
  void symbol_is_flat(const Symbol& symbol, Turn& t);
  void pending_due(Turn& t);
  void arm_pending(Turn& t);

  // risk.cpp
  void raise(const Symbol& scope, RiskCause cause, RiskState to, const std::string& reason, Turn& t);
  void lift(const Symbol& scope, RiskCause cause, Turn& t);
  void say_state(const Symbol& scope, RiskCause cause, Turn& t);
  void refuse(const Symbol& symbol, const Refusal& refusal, Turn& t);
  void on_peer(const PeerChanged& peer, Turn& t);
  void on_disk(const DiskChanged& disk, Turn& t);
  void on_gap(const StreamGap& gap, Turn& t);
  void check_stale(Turn& t);
  void unknown_orders(const Symbol& symbol, Turn& t);

  PositionConfig config_;
  std::vector<Book> books_;                           // one an instrument, in the order of config_.instruments.list()
  std::map<std::string, Order, std::less<>> orders_;  // not yet over
  // Over: the last kRetired of them, so that a late fill still finds its order. What is forgotten is told from what is unknown by said_.
  std::deque<std::pair<std::string, Order>> retired_;
  std::map<Epoch, Sequence> said_;  // highest intent said by epoch, the last kEpochs of them
  std::vector<Pending> pending_;
  RiskBook risk_;
  std::set<std::string> silent_engines_;  // instances of metrics_engine that were heard and are not any more
  Money realized_{};
  Token own_{};
  Token gateway_{};
  bool live_{false};
  // A publication is due: prices moved since the last, because of dirty_cause_.
  bool dirty_{false};
  Cause dirty_cause_{};
  bool publish_armed_{false};
  Timestamp published_{};
  bool stale_armed_{false};
};

}  // namespace tickmesh
