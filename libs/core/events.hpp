// Everything that is said in the mesh, and the inputs that never leave a process, as plain structs.
// Commands and intents ask (`Command`, `Intent`), everything else reports what happened.
// libs/bus translates them to tickmesh.v1 once, at the edge; cores never see protobuf.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/fixed.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// What every event but a tick bears. The outbox fills `time` and, unless given, `event_time` and `cause`.
struct Header {
  Timestamp time{};        ///< its publisher's, never decreasing
  Timestamp event_time{};  ///< the source's
  Cause cause{};
  Timestamp tick_time{};  ///< metrics, signals, intents, orders: `time` of the tick that led here; zero: none did
  friend bool operator==(const Header&, const Header&) = default;
};

enum class Side : std::uint8_t { none = 0, buy = 1, sell = 2 };
std::string_view to_string(Side side);  ///< NONE, BUY, SELL
constexpr Side opposite(Side s) { return s == Side::buy ? Side::sell : s == Side::sell ? Side::buy : Side::none; }
enum class FeedKind : std::uint8_t { none = 0, demo = 1, push = 2, replay = 3 };
std::string_view to_string(FeedKind feed);  ///< none, demo, push, replay

// ---- tick_ingestor -------------------------------------------------------------------------------------------------

enum class TickKind : std::uint8_t { none = 0, quote = 1, trade = 2, bust = 3 };
/// One change of the best quote, one print, or the word that an earlier print is void: a bust bears what the print bore. Flat and fixed: it
/// is the hot path.
struct Tick {
  Timestamp time{};
  Timestamp event_time{};
  InstrumentId instrument{};
  TickKind kind{TickKind::none};
  FeedKind feed{FeedKind::none};
  Side aggressor{Side::none};  ///< trades; none when the feed does not say
  bool synthetic{false};
  Price bid{}, ask{};  ///< quotes; zero: that side is missing
  Quantity bid_size{}, ask_size{};
  Price price{};  ///< trades
  Quantity size{};
  std::uint64_t trade_id{0};  ///< the source's id of the print, 0 when it has none
  friend bool operator==(const Tick&, const Tick&) = default;
};
/// The last values of one symbol, at most every 50 ms.
struct Latest {
  Header header{};
  Symbol symbol{};
  FeedKind feed{FeedKind::none};
  bool synthetic{false};
  Price bid{}, ask{};
  Quantity bid_size{}, ask_size{};
  Price last_price{};
  Quantity last_size{};
  friend bool operator==(const Latest&, const Latest&) = default;
};
enum class FeedEventKind : std::uint8_t {
  none = 0,
  session_started = 1,
  session_ended = 2,
  gap = 3,
  halted = 4,
  resumed = 5,
  clock_stepped = 6
};
/// Health of a feed, recorded: sessions, silences, halts. `from`..`to` bound a gap.
struct FeedEvent {
  Header header{};
  FeedEventKind kind{FeedEventKind::none};
  FeedKind feed{FeedKind::none};
  Symbol symbol{};  ///< empty: the whole feed
  Timestamp from{}, to{};
  std::string text{};
  friend bool operator==(const FeedEvent&, const FeedEvent&) = default;
};

enum class DepthKind : std::uint8_t { none = 0, delta = 1, snapshot = 2 };
struct DepthLevel {
  Price price{};
  Quantity size{};  ///< what rests there; in a delta 0: the level is gone
  friend bool operator==(const DepthLevel&, const DepthLevel&) = default;
};
/// What rests at a venue by price level: the whole book, or every change of it after update `previous` up to `last`, by the venue's count.
/// A snapshot's levels are best first, a delta's as the venue told them.
struct DepthUpdate {
  Header header{};
  Symbol symbol{};
  FeedKind feed{FeedKind::none};
  bool synthetic{false};
  DepthKind kind{DepthKind::none};
  std::uint64_t previous{0};  ///< deltas
  std::uint64_t last{0};
  std::vector<DepthLevel> bids{}, asks{};
  friend bool operator==(const DepthUpdate&, const DepthUpdate&) = default;
};

// ---- bar_compressor ------------------------------------------------------------------------------------------------

enum class BarBasis : std::uint8_t { none = 0, trade = 1, mid = 2 };
enum class BarQuality : std::uint8_t { none = 0, complete = 1, gap = 2, late = 3, revised = 4 };
std::string_view to_string(BarBasis basis);      ///< trade, mid
std::string_view to_string(BarQuality quality);  ///< complete, gap, late, revised
struct Bar {
  Header header{};
  Symbol symbol{};
  BarBasis basis{BarBasis::none};
  Duration length{};
  Timestamp start{};  ///< covers [start, start + length)
  Price open{}, high{}, low{}, close{};
  Quantity volume{};         ///< traded; 0 for mids
  std::uint64_t count{0};    ///< trades, or quotes for mids
  Price vwap{};              ///< rounded half-even; for mids their plain mean
  Quantity signed_volume{};  ///< buys less sells
  BarQuality quality{BarQuality::none};
  bool correction{false};  ///< replaces an earlier bar of the same key
  friend bool operator==(const Bar&, const Bar&) = default;
};

// ---- metrics_engine ------------------------------------------------------------------------------------------------

/// A number that knows what it is. `value` means nothing when `has_value` is false.
struct Value {
  double value{0};
  Status status{Status::warmup};
  bool has_value{false};
  friend bool operator==(const Value&, const Value&) = default;
};
/// What the closed bars of one length say (METRICS.md sections 4 and 5). Bars are of trades; empty intervals make none.
struct BarIndicators {
  Duration length{};      ///< zero: none
  Timestamp closed{};     ///< end of the last closed bar
  bool fresh{false};      ///< that bar closed since metrics were said last
  std::uint64_t bars{0};  ///< closed so far
  Value sma_20{};         ///< price units; the middle Bollinger band
  Value sma_50{};
  Value ema_12{};
  Value ema_20{};
  Value ema_26{};
  Value ema_50{};
  Value atr_14{};      ///< price units
  Value atr_span_s{};  ///< seconds that the 14 bars span
  Value rsi_14{};      ///< 0 to 100
  Value macd{};        ///< 12, 26, 9; price units
  Value macd_signal{};
  Value macd_histogram{};
  Value bollinger_upper{};  ///< 20 bars, 2 sd
  Value bollinger_lower{};
  Value bollinger_b{};       ///< (close - lower) / (upper - lower)
  Value ewma_volatility{};   ///< lambda 0.94, log returns of closes; a year, as are the next
  Value close_volatility{};  ///< 20 bars
  Value parkinson{};
  Value garman_klass{};
  Value rogers_satchell{};
  Value garman_klass_overnight{};  ///< with the jump from close to open
  Value close{};                   ///< of the last closed bar, price units
  Value volume{};                  ///< its volume, units
  Value high_close_20{};           ///< the highest close of the 20 bars before it
  Value low_close_20{};
  Value mean_volume_20{};  ///< of the same bars, units
  friend bool operator==(const BarIndicators&, const BarIndicators&) = default;
};
/// METRICS.md sections 1, 2, 4 and 5. libs/core/metric_values.hpp lists the values by name.
struct Metrics {
  static constexpr std::size_t kMostBarLengths = 3;
  Header header{};
  Symbol symbol{};
  FeedKind feed{FeedKind::none};
  Price bid{}, ask{};
  Value mid{};            ///< price units
  Value z_score{};        ///< mid against its 50-tick mean
  Value mean{};           ///< the 50-tick mean of mid, price units
  Value sd{};             ///< its population sd, price units
  Value sd_bp{};          ///< the same in bp of mid
  Value half_life{};      ///< ticks, from a rolling AR(1)
  Value window_span_s{};  ///< seconds the 50 ticks span
  Value spread_bp{};
  Value spread_mean_bp{};  ///< 100 ticks
  Value spread_sd_bp{};
  Value spread_cv{};
  Value spread_regime{};  ///< current / mean
  Value trend_slope{};    ///< price units a tick, OLS over 200 ticks
  Value trend_t{};
  Value cost_bp{};  ///< one way, at the planned size
  Value round_trip_bp{};
  Value regime_down{};  ///< probability of the state DOWN; with the next two a law
  Value regime_flat{};
  Value regime_up{};
  Value regime{};             ///< the label: -1 DOWN, 0 FLAT, 1 UP
  Value regime_logc{};        ///< log-likelihood of the last observation
  Value regime_zero_share{};  ///< of the last 200 observations, those that did not move
  Value regime_rate_down{};   ///< share of labels this session
  Value regime_rate_flat{};
  Value regime_rate_up{};
  Value regime_null_down{};  ///< the same shares on a driftless random walk: what a label alone is worth
  Value regime_null_flat{};
  Value regime_null_up{};
  Value regime_disagree{};    ///< share of UP and DOWN labels against the 200-tick slope
  Value ofi{};                ///< order-flow imbalance, units, sum over 100 quote events
  Value ofi_normalised{};     ///< the same over the mean depth of those events
  Value ofi_1s{};             ///< of the last whole second that had events, units
  Value ofi_1s_normalised{};  ///< the same over the mean depth of those events
  Value book_imbalance{};     ///< (bid size - ask size) / (bid size + ask size), -1 to 1
  Value microprice{};         ///< price units
  Value sign_share_venue{};   ///< share of this session's trades whose sign the venue told
  Value sign_share_quote{};   ///< by Lee and Ready, from the quote before the trade
  Value sign_share_tick{};    ///< by the tick rule
  Value sign_share_none{};    ///< by nothing: no price change yet
  Value cvd{};                ///< buys less sells since the session began, units
  Value buy_100{};            ///< units bought in the last 100 trades
  Value sell_100{};
  Value pressure_100{};      ///< (buy - sell) / (buy + sell), -1 to 1
  Value buy_pct_100{};       ///< buy / (buy + sell)
  Value volume_ratio_100{};  ///< buy / sell
  Value buy_60s{};           ///< units bought in the last 60 s
  Value sell_60s{};
  Value pressure_60s{};
  Value buy_pct_60s{};
  Value volume_ratio_60s{};
  Value aggr{};        ///< signed share of the decayed volume, half-life 20 s, -1 to 1
  Value momentum{};    ///< aggr less the same with a half-life of 120 s
  Value intensity{};   ///< volume rate now over its 20-minute mean
  Value aggressive{};  ///< the flag: 1 AGGRESSIVE_BUY, -1 AGGRESSIVE_SELL, 0 neither
  Value vwap{};        ///< session, price units
  Value vwap_lower{};  ///< vwap - 2 sd, volume-weighted
  Value vwap_upper{};
  Value realised_variance{};    ///< sum of squared 5-minute log returns of the mid over an hour
  Value realised_volatility{};  ///< its root, a year
  Value ofi_z{};                ///< ofi against its own mean and sd over the last 2,000 quote events
  Value poc{};                  ///< of the session's developing profile, price units: centre of the row with the most volume
  Value val{};                  ///< lower edge of the value area
  Value vah{};                  ///< upper edge
  Value hvn_above{};            ///< the nearest node of high volume above the last price, price units
  Value hvn_below{};            ///< at or below it
  Value lvn_above{};            ///< the same of low volume
  Value lvn_below{};
  Value lvn_ticks{};             ///< from the last price to the nearest node of low volume, above zero when it lies above
  Value lvn_atr{};               ///< the same in ATR of 1 m bars
  Value market_state{};          ///< the label: 0 BALANCE, 1 IMBALANCE_UP, -1 IMBALANCE_DOWN; UNDEFINED while UNKNOWN
  Value in_frac{};               ///< what the state stands on: share of 30 bars' volume inside the reference area
  Value efficiency{};            ///< |C_N - C_0| / sum |dC| of those bars
  Value accept_up{};             ///< closes above VAH in a row
  Value accept_down{};           ///< closes below VAL in a row
  Value state_cvd{};             ///< change of CVD over those bars, units
  Value profile_share{};         ///< of the market's volume that this feed sees, 0 to 1; UNDEFINED when nobody said
  Value vpin{};                  ///< shown, never traded on
  Value depth_imbalance{};       ///< five levels, weights exp(-k/2), -1 to 1
  Value depth_ofi{};             ///< mean of five levels' order-flow imbalance over 100 changes of the book, units
  Value depth_ofi_normalised{};  ///< the same over the mean depth of a level
  std::array<BarIndicators, kMostBarLengths>
      bars{};  ///< by length, ascending, those that are there first; said: those that closed since metrics were said last
  friend bool operator==(const Metrics&, const Metrics&) = default;
};
enum class MarketStateKind : std::uint8_t { unknown = 0, balance = 1, imbalance_up = 2, imbalance_down = 3 };
std::string_view to_string(MarketStateKind kind);  ///< UNKNOWN, BALANCE, IMBALANCE_UP, IMBALANCE_DOWN
enum class LvnChange : std::uint8_t { none = 0, near = 1, away = 2, node_gone = 3 };
std::string_view to_string(LvnChange change);  ///< none, near, away, node_gone
enum class ProfileEventKind : std::uint8_t { none = 0, developing = 1, completed = 2, state_changed = 3, lvn = 4 };
std::string_view to_string(ProfileEventKind kind);  ///< developing, completed, state_changed, lvn
/// Where one feed's session traded, and what state that makes (METRICS.md 3). The whole of it at every event.
struct ProfileEvent {
  Header header{};
  Symbol symbol{};
  FeedKind feed{FeedKind::none};
  bool synthetic{false};
  ProfileEventKind kind{ProfileEventKind::none};  ///< why it is said
  Timestamp session_start{}, session_end{};       ///< end zero: it develops
  bool approx{false};                             ///< from bars
  double volume_share{0};                         ///< of the market's volume that this feed sees, 0 to 1; 0: nobody said
  Price row_size{};
  Price low{};                      ///< lower edge of the first row
  std::vector<Quantity> rows{};     ///< volume by row, upwards
  Price poc{};                      ///< centre of its row; this and the next two zero without a trade
  Price val{}, vah{};               ///< edges of the value area
  Quantity volume{}, inside{};      ///< in all, and in the value area
  std::vector<Price> hvn{}, lvn{};  ///< centres of the nodes' rows, ascending
  MarketStateKind state{MarketStateKind::unknown};
  Value in_frac{};
  Value efficiency{};
  std::uint32_t accept_up{0}, accept_down{0};
  Quantity cvd{};        ///< change over the state's bars
  std::string reason{};  ///< of the state, in words
  LvnChange lvn_change{LvnChange::none};
  Price lvn_near{};  ///< the node that the price is near; zero: none
  Value lvn_ticks{};
  Value lvn_atr{};
  Value vpin{};  ///< shown, never traded on
  friend bool operator==(const ProfileEvent&, const ProfileEvent&) = default;
};
/// The best of one book, on a grid while it changes, and when it breaks or is whole again.
struct BookTop {
  static constexpr std::size_t kLevels = 10;
  Header header{};
  Symbol symbol{};
  FeedKind feed{FeedKind::none};
  bool synthetic{false};
  bool live{false};                        ///< false: it has no levels until a snapshot joins on
  std::string reason{};                    ///< why it is not live: gap, crossed, emptied, …
  std::uint64_t last{0};                   ///< the venue's update it is at
  std::uint64_t resyncs{0};                ///< how often it broke since the session began
  std::vector<DepthLevel> bids{}, asks{};  ///< best first, kLevels at most
  Value imbalance{};                       ///< as depth_imbalance of Metrics, and so on
  Value ofi{};
  Value ofi_normalised{};
  friend bool operator==(const BookTop&, const BookTop&) = default;
};
enum class SignalAction : std::uint8_t { none = 0, wait = 1, enter_long = 2, enter_short = 3, exit = 4 };
std::string_view to_string(SignalAction action);  ///< WAIT, ENTER_LONG, ENTER_SHORT, EXIT
/// A change of a strategy's state on one symbol, with every value it used.
struct Signal {
  Header header{};
  Symbol symbol{};
  std::string strategy{};
  SignalAction action{SignalAction::none};
  double confidence{0};  ///< a score in [0,1], not a probability
  double edge_bp{0};
  double cost_bp{0};  ///< round trip at the planned size
  Price stop{}, target{};
  Timestamp valid_until{};
  std::string reason{};
  Metrics inputs{};
  friend bool operator==(const Signal&, const Signal&) = default;
};

// ---- position_manager ----------------------------------------------------------------------------------------------

enum class OrderType : std::uint8_t { none = 0, market = 1, limit = 2, stop = 3 };
std::string_view to_string(OrderType type);  ///< MARKET, LIMIT, STOP
enum class IntentKind : std::uint8_t { none = 0, place = 1, cancel = 2 };
enum class Purpose : std::uint8_t { none = 0, entry = 1, exit = 2 };
std::string_view to_string(Purpose purpose);  ///< ENTRY, EXIT
/// position_manager asks the gateway to place or cancel one order.
struct Intent {
  Header header{};
  IntentKind kind{IntentKind::none};
  std::string client_order_id{};  ///< the order to place, or the one to cancel
  Symbol symbol{};
  Side side{Side::none};
  OrderType type{OrderType::none};
  Purpose purpose{Purpose::none};
  Quantity quantity{};
  Price limit_price{};
  Price stop_price{};
  Price reference_price{};  ///< the opposite quote when it was decided; the gateway's collar is held against it
  std::string position_id{};
  std::string strategy{};
  Timestamp valid_until{};  ///< zero: holds until cancelled
  Token manager{};          ///< who asks
  Token gateway{};          ///< whom it is meant for
  std::string reason{};
  friend bool operator==(const Intent&, const Intent&) = default;
};
enum class PositionEventKind : std::uint8_t { none = 0, opened = 1, changed = 2, closed = 3 };
enum class PositionStatus : std::uint8_t { none = 0, open = 1, closed = 2 };
/// The whole position after the change.
struct PositionEvent {
  Header header{};
  PositionEventKind kind{PositionEventKind::none};
  std::string id{};  ///< derived from the first entry order
  Symbol symbol{};
  Side side{Side::none};  ///< buy: long, sell: short
  Quantity quantity{};    ///< now held, >= 0
  Quantity entry_quantity{};
  Price entry_price{};  ///< mean of entry fills, rounded half-even
  Money entry_value{};
  Price stop{}, target{};  ///< zero: none
  Timestamp entry_time{}, exit_time{};
  Price exit_price{};    ///< mean of exit fills so far
  Money realized_pnl{};  ///< after fees
  Money fees{};
  std::string strategy{};
  std::string exit_reason{};
  friend bool operator==(const PositionEvent&, const PositionEvent&) = default;
};
struct AccountEvent {
  Header header{};
  std::string currency{};
  Money balance{};  ///< cash start + realized
  Money realized_pnl{};
  Money unrealized_pnl{};  ///< at the side it would trade at
  Money equity{};
  Money gross{};  ///< sum of |position value|
  std::uint32_t open_positions{0};
  friend bool operator==(const AccountEvent&, const AccountEvent&) = default;
};
enum class RiskState : std::uint8_t { none = 0, active = 1, reducing = 2, halted = 3 };
std::string_view to_string(RiskState state);  ///< ACTIVE, REDUCING, HALTED
enum class Outcome : std::uint8_t { none = 0, done = 1, refused = 2, expired = 3, unknown = 4 };
std::string_view to_string(Outcome outcome);  ///< done, refused, expired, unknown
enum class RiskEventKind : std::uint8_t { none = 0, state_changed = 1, refused = 2, command_answered = 3 };
/// A change of state, a refusal with the rule, or the answer to a command.
struct RiskEvent {
  Header header{};
  RiskEventKind kind{RiskEventKind::none};
  Symbol symbol{};  ///< empty: the account
  RiskState state{RiskState::none};
  std::string rule{};
  std::string reason{};
  std::string command_id{};
  Outcome outcome{Outcome::none};
  friend bool operator==(const RiskEvent&, const RiskEvent&) = default;
};
/// What bound a Kelly size (METRICS.md 1.5).
enum class KellyBound : std::uint8_t { none = 0, too_few = 1, no_edge = 2, fraction = 3, cap = 4 };
std::string_view to_string(KellyBound bound);  ///< TOO_FEW, EDGE<=0, FRACTION, CAP
/// Whether a strategy trades, and how large its closed trades let it trade.
struct StrategyEvent {
  Header header{};
  std::string strategy{};
  Symbol symbol{};  ///< empty: all
  bool enabled{false};
  std::uint32_t closed_trades{0};
  double kelly_full{0};  ///< notional as a fraction of equity, after the discount for estimation error; 0 while TOO_FEW
  double kelly_used{0};  ///< what an entry may take at most; 0 while TOO_FEW, which binds nothing
  KellyBound kelly_bound{KellyBound::none};
  friend bool operator==(const StrategyEvent&, const StrategyEvent&) = default;
};

// ---- broker_gateway ------------------------------------------------------------------------------------------------

enum class OrderEventKind : std::uint8_t {
  none = 0,
  sending = 1,  ///< durable before the venue hears of it
  accepted = 2,
  partially_filled = 3,
  filled = 4,
  canceling = 5,  ///< durable before the venue hears of it
  canceled = 6,
  rejected = 7,  ///< by a limit of ours or by the venue; `rule` says which
  expired = 8,   ///< taken after `valid_until`, or meant for an earlier gateway: never sent
  unknown = 9,   ///< left in sending and the venue has not yet told
};
std::string_view to_string(OrderEventKind kind);  ///< SENDING, ACCEPTED, …
struct Fill {
  std::string execution_id{};  ///< the venue's; the key for dropping repeats
  Price price{};
  Quantity quantity{};
  Money commission{};
  Timestamp time{};    ///< the venue's
  Price bid{}, ask{};  ///< the quote it was filled against
  friend bool operator==(const Fill&, const Fill&) = default;
};
/// What happened to an order; carries the whole order, so that an intent lost in a power cut comes back with it.
struct OrderEvent {
  Header header{};
  OrderEventKind kind{OrderEventKind::none};
  Intent order{};
  std::string venue_order_id{};
  std::uint32_t attempt{0};
  Quantity filled{};  ///< in all
  Quantity remaining{};
  Fill fill{};  ///< of this event, when it is one
  std::string rule{};
  std::string reason{};
  friend bool operator==(const OrderEvent&, const OrderEvent&) = default;
};
enum class VenueEventKind : std::uint8_t {
  none = 0,
  session_opened = 1,  ///< a gateway of this token takes intents for this account
  reconciled = 2,
  dead_man = 3,  ///< position_manager is silent: working entries are cancelled
  dead_man_over = 4,
  command_answered = 5,
  state_changed = 6,  ///< the gateway's own risk state
};
struct VenueEvent {
  Header header{};
  VenueEventKind kind{VenueEventKind::none};
  std::string venue{};
  Token gateway{};
  RiskState state{RiskState::none};
  std::string command_id{};
  Outcome outcome{Outcome::none};
  std::string reason{};
  friend bool operator==(const VenueEvent&, const VenueEvent&) = default;
};

// ---- api_gateway ---------------------------------------------------------------------------------------------------

enum class Verb : std::uint8_t {
  none = 0,
  open = 1,
  close = 2,
  cancel = 3,
  cancel_all = 4,
  reduce = 5,
  halt = 6,
  resume = 7,
  flatten = 8,
  predict = 9
};
std::string_view to_string(Verb verb);
/// What a user's own model says of a symbol.
struct Prediction {
  Side side{Side::none};  ///< none: flat
  double confidence{0};   ///< a score in [0,1]
  Duration horizon{};     ///< it holds until as_of + horizon
  std::string model{};    ///< who says it
  Timestamp as_of{};      ///< the moment it knows the market at
  friend bool operator==(const Prediction&, const Prediction&) = default;
};
/// A person's or a program's order to the mesh. Its id is derived from its place in api_gateway's journal.
struct Command {
  Header header{};
  std::string id{};
  Verb verb{Verb::none};
  Symbol symbol{};
  Quantity quantity{};  ///< signed: negative sells short
  Price limit{}, stop{}, target{};
  std::string client_order_id{};  ///< cancel
  bool hard{false};               ///< halt --hard
  std::string issuer{};
  std::string note{};
  Timestamp valid_until{};
  Prediction prediction{};  ///< predict
  friend bool operator==(const Command&, const Command&) = default;
};

// ---- inputs that never travel (Stream::local) -------------------------------------------------------------------------

/// This start. A core acts on nothing until WentLive.
struct Started {
  Token token{};
  friend bool operator==(const Started&, const Started&) = default;
};
/// Every stream it reads is healed up to what its publisher has said.
struct WentLive {
  friend bool operator==(const WentLive&, const WentLive&) = default;
};
struct TimerFired {
  std::uint64_t timer{0};
  Timestamp due{};
  friend bool operator==(const TimerFired&, const TimerFired&) = default;
};
/// A publisher fell silent or is back (its heartbeats tell), with the token it speaks under.
struct PeerChanged {
  std::string service{};
  bool alive{false};
  Token token{};
  friend bool operator==(const PeerChanged&, const PeerChanged&) = default;
};
/// A reader lost [from, to] of a stream for good, or its epoch changed.
struct StreamGap {
  Stream stream{Stream::local};
  Partition partition{0};
  Position from{}, to{};
  friend bool operator==(const StreamGap&, const StreamGap&) = default;
};
enum class VenueReportKind : std::uint8_t {
  none = 0,
  accepted = 1,
  filled = 2,
  canceled = 3,
  rejected = 4,
  reconcile_begin = 5,
  known_order = 6,
  reconcile_end = 7
};
/// What a venue said, raw: recorded before it is believed.
struct VenueReport {
  VenueReportKind kind{VenueReportKind::none};
  std::string client_order_id{};
  std::string venue_order_id{};
  Fill fill{};
  Quantity cumulative{};  ///< known_order: filled in all
  bool open{false};       ///< known_order: still working
  Timestamp time{};
  std::string reason{};
  friend bool operator==(const VenueReport&, const VenueReport&) = default;
};
/// An accepted HTTP request, before it becomes a `control` event.
struct Request {
  std::string request_id{};  ///< chosen by the shell, to find the waiting connection again
  Command command{};
  friend bool operator==(const Request&, const Request&) = default;
};

// What is read from stored bytes is not above these.
constexpr Side last_value(Side) { return Side::sell; }
constexpr FeedKind last_value(FeedKind) { return FeedKind::replay; }
constexpr TickKind last_value(TickKind) { return TickKind::bust; }
constexpr FeedEventKind last_value(FeedEventKind) { return FeedEventKind::clock_stepped; }
constexpr BarBasis last_value(BarBasis) { return BarBasis::mid; }
constexpr BarQuality last_value(BarQuality) { return BarQuality::revised; }
constexpr DepthKind last_value(DepthKind) { return DepthKind::snapshot; }
constexpr MarketStateKind last_value(MarketStateKind) { return MarketStateKind::imbalance_down; }
constexpr LvnChange last_value(LvnChange) { return LvnChange::node_gone; }
constexpr ProfileEventKind last_value(ProfileEventKind) { return ProfileEventKind::lvn; }
constexpr SignalAction last_value(SignalAction) { return SignalAction::exit; }
constexpr OrderType last_value(OrderType) { return OrderType::stop; }
constexpr IntentKind last_value(IntentKind) { return IntentKind::cancel; }
constexpr Purpose last_value(Purpose) { return Purpose::exit; }
constexpr PositionEventKind last_value(PositionEventKind) { return PositionEventKind::closed; }
constexpr PositionStatus last_value(PositionStatus) { return PositionStatus::closed; }
constexpr RiskState last_value(RiskState) { return RiskState::halted; }
constexpr Outcome last_value(Outcome) { return Outcome::unknown; }
constexpr RiskEventKind last_value(RiskEventKind) { return RiskEventKind::command_answered; }
constexpr KellyBound last_value(KellyBound) { return KellyBound::cap; }
constexpr OrderEventKind last_value(OrderEventKind) { return OrderEventKind::unknown; }
constexpr VenueEventKind last_value(VenueEventKind) { return VenueEventKind::state_changed; }
constexpr Verb last_value(Verb) { return Verb::predict; }
constexpr VenueReportKind last_value(VenueReportKind) { return VenueReportKind::reconcile_end; }

/// The disk of the journal has room for no other segment, or has it again. Told once after every start, then when it changes.
struct DiskChanged {
  bool full{false};
  std::string reason{};
  friend bool operator==(const DiskChanged&, const DiskChanged&) = default;
};

/// The machine's clock stepped by more than 250 ms: until a person has looked, ages and deadlines mean little.
struct ClockStepped {
  Duration by{};  ///< positive: forward
  friend bool operator==(const ClockStepped&, const ClockStepped&) = default;
};

/// What venue and tables tell a service whose journal was lost: the next thing that happened to an order, in the venue's order.
struct Rebuilt {
  OrderEvent order{};      ///< kind none: that was all
  Price stop{}, target{};  ///< of the position it opens, where the tables know them
  bool said{false};        ///< the tables hold it: it was said before the journal was lost
  friend bool operator==(const Rebuilt&, const Rebuilt&) = default;
};

using Event = std::variant<Tick, Latest, FeedEvent, Bar, Metrics, Signal, Intent, PositionEvent, AccountEvent, RiskEvent, StrategyEvent,
                           OrderEvent, VenueEvent, Command, Started, WentLive, TimerFired, PeerChanged, StreamGap, VenueReport, Request,
                           DiskChanged, ClockStepped, Rebuilt, ProfileEvent, DepthUpdate, BookTop>;

}  // namespace tickmesh
