// The gateway's decisions: intents become orders, venue reports become order events.
//
// Says on Stream::order and Stream::venue, partition `slot`. An order's life:
//   sending -> accepted -> partially_filled … -> filled | canceled | rejected;  canceling asks the venue;  unknown awaits it.
// Every place intent is answered: `sending`, `rejected` (a limit; `rule` names it) or `expired` (too late, or not meant for this
// start). Every cancel intent is answered: `canceling` for its order, or `rejected`/`expired` with `order.kind == cancel`,
// which speaks of the cancel and not of the order it names. A repeat of an intent (same name, or same client order id) was
// answered before and is dropped: never sent twice.
//
// At most once, then exactly once: `Started` turns what was left in sending or canceling into `unknown`. The reconciliation
// after `WentLive` tells. Known there: its real state, fills first. Proven absent: an exit, or an entry that is still valid and
// still allowed, is sent again (attempt + 1); else `expired`. Only orders that were unknown when it began are judged by absence.
// What the venue has not answered for `answer_within` is unknown as well, and judged the same way.
// Intents and cancels taken before that is done wait for it, in order, and are then judged at that time.
//
// Header of what it says: an answer to an intent is caused by the intent; what follows from a venue report is caused by the
// order's last `sending`, and bears the venue's time as event time.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "broker_gateway/core/id_table.hpp"
#include "core/core.hpp"
#include "core/instrument_map.hpp"
#include "core/learner.hpp"

namespace tickmesh {

/// Hard limits of the gateway's own, whatever position_manager thinks. Money is compared in each instrument's own currency.
/// Entries are held to all of them. Exits are held to `max_exit_units` and to the instrument (listed, lot, tick size) alone.
struct GatewayLimits {
  Money max_order_notional{Money::from_units(25'000)};
  Quantity max_units{Quantity::from_units(10'000)};
  Quantity max_exit_units{Quantity::from_units(100'000)};  ///< against a slip of the decimal point, not a risk limit
  std::int64_t collar_bp{500};          ///< the price it would trade at against the intent's reference price and the own quote
  std::uint32_t orders_per_second{10};  ///< over the last second; exits count but are not refused
  Money gross{Money::from_units(200'000)};
  Duration stale_after{seconds(10)};  ///< an entry needs a two-sided quote younger than this
};

struct GatewayConfig {
  Instruments instruments{};
  std::string venue{"paper"};
  Partition slot{0};
  GatewayLimits limits{};
  Duration answer_within{seconds(5)};  ///< a venue that has not answered for so long may never have heard: a reconciliation tells
  Duration dead_man{seconds(10)};      ///< counted from PeerChanged{alive = false}, or from Started; zero: off (event-time replay)
  std::string manager_service{"position_manager"};
  /// Closed orders remembered, to drop repeated intents and fills; more than the venue tells of at a reconciliation. The repeat of
  /// an older one is still caught: its name is not beyond the last taken, and its gateway token or the venue's own memory refuses it.
  std::size_t keep_closed{4'096};
  std::size_t keep_waiting{1'024};  ///< intents and commands held while catching up; beyond it they are answered expired
};

/// What the shell does at the venue once an order event is durable: submit `event.order` (latency counts from
/// `event.header.time`), or cancel `event.order.client_order_id`.
enum class Effect : std::uint8_t { none = 0, submit = 1, cancel = 2 };
Effect effect_of(const OrderEvent& event);

/// Rules that `expired`, `rejected` and refused commands name.
namespace gateway_rule {
inline constexpr std::string_view kTooLate = "valid_until";
inline constexpr std::string_view kOtherGateway = "meant for this start of the gateway";
inline constexpr std::string_view kOtherManager = "from the latest position_manager";
inline constexpr std::string_view kWaiting = "waiting intents";
inline constexpr std::string_view kWorking = "a working order";
inline constexpr std::string_view kState = "risk state ACTIVE";
inline constexpr std::string_view kDeadMan = "position_manager is heard";
inline constexpr std::string_view kBlocked = "symbol without unexplained orders";
inline constexpr std::string_view kHalted = "trading is not halted";
inline constexpr std::string_view kVenue = "venue";
inline constexpr std::string_view kDisk = "disk";
}  // namespace gateway_rule

class GatewayCore final : public Core, public Learner {
 public:
  explicit GatewayCore(GatewayConfig config);
  std::uint32_t version() const override { return 2; }
  void apply(const Input& in, Outbox& out) override;
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;
  // Whether an intent was sent or refused depends on quotes; all else about an order follows from what is copied.
  void learn(const Name& name, const Event& said) override;
  void unlearn(const Name& name, const Event& unsaid) override;

  // For health pages and tests.
  bool open() const { return open_; }
  /// What rules: a person's word, and REDUCING while the disk is full.
  RiskState state() const { return disk_full() ? std::max(state_, RiskState::reducing) : state_; }
  bool disk_full() const { return blocked_.contains(Symbol{}); }
  const std::string& state_reason() const { return state_reason_; }
  bool dead_man() const { return dead_man_; }
  std::size_t working() const { return orders_.size(); }
  std::map<OrderEventKind, std::size_t> orders_by_state() const;
  std::size_t waiting() const { return waiting_.size(); }
  Quantity net(const Symbol& symbol) const;

 private:
  struct Order {
    Intent intent{};
    OrderEventKind state{OrderEventKind::none};
    std::string venue_order_id{};
    std::uint32_t attempt{0};
    Quantity filled{};
    bool cancel_wanted{false};
    Cause sending{};                     ///< its last `sending` event
    std::set<std::string> executions{};  ///< ids of fills taken
    Quantity remaining() const { return intent.quantity - filled; }
  };
  struct Closed {
    std::set<std::string> executions{};
    std::optional<Order> order{};  ///< as it ended; none for what was never sent. Its own `executions` are empty
  };
  struct Quote {
    Price bid{}, ask{};
    Timestamp time{};
  };
  struct Holding {
    Quantity net{};
    Price last{};  ///< of the last fill, where no quote is known
  };
  struct Waiting {
    std::variant<Intent, Command> what{};
    Cause cause{};
  };
  /// What a reconciliation has told of one order.
  struct Known {
    bool open{false};
    Quantity cumulative{};
  };
  struct Context {
    Timestamp now{};
    Outbox& out;
  };
  using Orders = std::map<std::string, Order, std::less<>>;

  // gateway_core.cpp
  bool repeated(const Name& name);
  void on_tick(const Tick& tick);
  void on_feed(const FeedEvent& event);
  void on_started(const Started& started, Context& c);
  void on_clock(const ClockStepped& step, Context& c);
  void on_live(Context& c);
  void on_peer(const PeerChanged& peer, Context& c);
  void on_disk(const DiskChanged& disk, Context& c);
  void on_timer(const TimerFired& timer, Context& c);
  void on_command(const Command& command, const Cause& cause, Context& c);
  void decide_command(const Command& command, const Cause& cause, Context& c);
  void open_session(Context& c);
  void answer(const Command& command, Outcome outcome, std::string reason, const Cause& cause, Context& c);
  void set_state(RiskState state, std::string reason, const Cause& cause, Context& c);
  void say_venue(VenueEventKind kind, std::string reason, const Cause& cause, Context& c);
  bool wait(std::variant<Intent, Command> what, const Cause& cause);

  // gateway_orders.cpp
  void on_intent(const Intent& intent, const Cause& cause, Context& c);
  void decide_intent(const Intent& intent, const Cause& cause, Context& c);
  void decide_cancel(const Intent& intent, const Cause& cause, Context& c);
  void refuse(const Intent& intent, OrderEventKind kind, std::string_view rule, std::string reason, const Cause& cause, Context& c);
  void send(Order& order, const Cause& cause, Context& c);
  void ask_cancel(Order& order, const Cause& cause, std::string reason, Context& c);
  std::size_t cancel_working(bool entries_only, const Symbol& symbol, const Cause& cause, const std::string& reason, Context& c);
  OrderEvent event_of(const Order& order, OrderEventKind kind) const;
  void finish(Orders::iterator order, OrderEvent event, Context& c);
  void remember_closed(const std::string& client_order_id, std::set<std::string> executions, Order* order = nullptr);

  // gateway_limits.cpp
  struct Refusal {
    std::string rule{};
    std::string reason{};
  };
  Refusal check(const Intent& intent, Timestamp now) const;  ///< empty rule: it may be sent
  Refusal check_shape(const Intent& intent, const Instrument*& instrument) const;
  Refusal check_entry(const Intent& intent, const Instrument& instrument, Timestamp now) const;
  Money gross() const;

  // gateway_reports.cpp
  void on_report(const VenueReport& report, Context& c);
  void on_fill(const VenueReport& report, Context& c);
  void on_late_fill(const VenueReport& report, Context& c);
  void on_reconcile_begin(const VenueReport& report, Context& c);
  void on_accepted(Order& order, const VenueReport& report, Context& c);
  void on_known(const VenueReport& report, Context& c);
  void on_rejected(Orders::iterator it, const VenueReport& report, Context& c);
  void on_reconciled(Context& c);
  void on_absent(Orders::iterator it, Context& c);
  void on_unexplained(Order& order, std::string reason, Context& c);
  void take_fill(Order& order, const Fill& fill);

  // gateway_rebuild.cpp
  void on_rebuilt(const Rebuilt& r, Context& c);

  GatewayConfig config_;
  Token token_{};
  Token manager_{};
  bool live_{false};
  bool open_{false};  ///< live and reconciled since: intents are acted on
  RiskState state_{RiskState::active};
  std::string state_reason_{};
  Timestamp silent_since_{};  ///< position_manager; zero: it is heard
  bool dead_man_{false};
  bool reconciling_{false};
  bool cancel_entries_at_open_{false};
  InstrumentMap<Quote> quotes_{};
  std::set<Symbol> halted_{};
  std::map<Symbol, std::string>
      blocked_{};    ///< REDUCING for one symbol, and why; a person's resume lifts it. Of all symbols under the empty one: the disk is full
  Orders orders_{};  ///< working
  IdTable<Closed> closed_{};                ///< thousands, looked up at every intent and fill; nothing depends on its order
  std::deque<std::string> closed_order_{};  ///< oldest first
  std::deque<Waiting> waiting_{};
  std::map<Symbol, Holding> holdings_{};
  std::deque<Timestamp> sent_{};  ///< within the last second
  std::map<std::string, Known, std::less<>> known_{};
  std::set<std::string, std::less<>> doubtful_{};  ///< unknown when the reconciliation began
  std::map<std::pair<Stream, Partition>, Position> taken_{};
};

}  // namespace tickmesh
