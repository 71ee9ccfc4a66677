#include "metrics_engine/core/symbol_metrics.hpp"

#include <algorithm>
#include <limits>

#include "core/foresight.hpp"
#include "signals/signal_rule.hpp"

namespace tickmesh {
namespace {

constexpr std::int64_t kDayNs = 86'400'000'000'000;
// These depend on the time as well as on the state, or change without a counted quote: they are computed when they are asked for.
constexpr unsigned kNeverKept = metric_group::kRegime | metric_group::kOrderFlow | metric_group::kTrades | metric_group::kRealised |
                                metric_group::kBars | metric_group::kProfile;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

SymbolMetrics::SymbolMetrics(const MetricsConfig& config, const Instrument& instrument, ProfileNews* news)
    : filter_{{.filters = config.filters}},
      config_{&config},
      windows_{config.z_window, config.spread_window, config.trend_window},
      regime_{std::max<std::int64_t>(1, instrument.tick_size.raw()), config.regime},
      trades_{config, instrument, config.sessions.contains(instrument.calendar) ? config.session_year_s : config.full_year_s, news},
      instrument_{&instrument} {
  const auto found = config.sessions.find(instrument.calendar);
  around_the_clock_ = found == config.sessions.end();
  if (!around_the_clock_) sessions_ = found->second;
  metrics_.symbol = instrument.symbol;
  const auto bytes = reinterpret_cast<const char*>(&trades_) + TradeMetrics::kOfQuotes - reinterpret_cast<const char*>(this);
  TM_INVARIANT((static_cast<std::size_t>(bytes) + 63) / 64 == kFirstOfQuotes + kLinesOfQuotes, "what quotes touch lies together");
}

void SymbolMetrics::prefetch_state(TickKind kind) const {
  if (kind == TickKind::trade) {  // who keeps what is said of quotes is not asked
    prefetch_lines<2>(static_cast<const void*>(&config_));
    return trades_.prefetch_state();
  }
  prefetch_lines<kAskedOfQuotes>(reinterpret_cast<const char*>(this) + 64 * kFirstOfQuotes);
  prefetch_lines<1>(&trades_);  // whether a bar ends `prefetch_windows` reads already
}

void SymbolMetrics::prefetch_windows(const Tick& tick) const {
  if (tick.kind == TickKind::trade) return trades_.prefetch_windows(tick);
  trades_.prefetch_due(tick.event_time);
  windows_.prefetch();
  order_flow_.prefetch();
  flow_score_.prefetch();
}

void SymbolMetrics::reset_windows() {
  windows_.reset();
  gapped_ = false;
  since_gap_ = 0;
  computed_ = 0;
}

void SymbolMetrics::reset_flow() {
  regime_.reset();
  order_flow_.reset();
  flow_score_.reset();
  realised_.break_off();
  flow_since_gap_ = 0;
  if (depth_) depth_->enter_session();
}

void SymbolMetrics::look_up_session(Timestamp event_time) {
  using Limits = std::numeric_limits<std::int64_t>;
  std::int64_t session = 0;
  TradingSession hours{};  // both zero: there is none
  if (around_the_clock_) {
    session = floor_div(event_time.ns, kDayNs);
    session_open_ = true;
    same_from_ = {std::max(session, Limits::min() / kDayNs) * kDayNs};
    same_until_ = {session >= Limits::max() / kDayNs ? Limits::max() : (session + 1) * kDayNs};
    hours = {same_from_, same_until_};
  } else {
    const auto next = std::ranges::upper_bound(sessions_, event_time, {}, &TradingSession::open);
    session = next - sessions_.begin();  // how many have opened
    session_open_ = session > 0 && event_time < (next - 1)->close;
    if (session > 0) hours = *(next - 1);
    const Timestamp opens = next == sessions_.end() ? Timestamp{Limits::max()} : next->open;
    same_from_ = session == 0 ? Timestamp{Limits::min()} : session_open_ ? (next - 1)->open : (next - 1)->close;
    same_until_ = session_open_ ? std::min((next - 1)->close, opens) : opens;
  }
  if (has_session_ && session > session_) {
    if (!config_->carry_windows) {
      reset_windows();
      filter_.reset();
    }
    reset_flow();
    trades_.advance(event_time);  // a bar of the session before ends with it
    trades_.enter_session();
  }
  // A late tick of the session before does not take its windows back.
  if (!has_session_ || session > session_) session_ = session;
  has_session_ = true;
  if (session == session_) trades_.enter_hours(hours.open, hours.close, session_open_);
}

void SymbolMetrics::enter_feed(const Tick& tick) {
  synthetic_ = tick.synthetic;
  if (tick.feed == feed_) return;
  if (has_seen_ || has_trade_) {  // feeds are never mixed in a window
    reset_windows();
    filter_.reset();
    reset_flow();
    regime_ = RegimeFilter{std::max<std::int64_t>(1, instrument_->tick_size.raw()), config_->regime};
    realised_.reset();
    trades_.reset();
    has_quote_ = has_trade_ = false;
  }
  feed_ = tick.feed;
}

bool SymbolMetrics::learn(const Tick& tick) {
  enter_session(tick.event_time);
  enter_feed(tick);
  trades_.advance(tick.event_time);
  note_silence(tick.event_time);
  if (has_seen_) {
    const Duration silence = tick.event_time - last_seen_;
    if (silence > config_->gap) stale_quotes();
    if (silence > config_->hard_gap) {
      windows_.break_off();
      regime_.break_off();
      order_flow_.break_off();
      realised_.break_off();
    }
  }
  last_seen_ = has_seen_ ? std::max(last_seen_, tick.event_time) : tick.event_time;
  has_seen_ = true;

  const Quote quote{tick.event_time, tick.bid, tick.ask, tick.bid_size, tick.ask_size};
  const auto outcome = filter_.apply(quote, filter_.asks_for_sd(quote) ? windows_.mids().sd() : warmup_value());
  if (outcome.released) {
    trades_.quote(outcome.held);
    flow(outcome.held);
    count(outcome.held);
  }
  switch (outcome.verdict) {
    case Verdict::counted:
      trades_.quote(quote);
      flow(quote);
      count(quote);
      break;
    case Verdict::sizes_only:
      trades_.quote(quote);  // the prices are not new, but good again after a bad one
      flow(quote);
      break;
    case Verdict::repeated:
      // Of the last good quote: good again, should a bad one have come between. Of one that is held: it stays held.
      if (!has_quote_ || quote.bid != quote_.bid || quote.ask != quote_.ask) return false;
      trades_.quote(quote);
      break;
    case Verdict::one_sided:
    case Verdict::crossed:
    case Verdict::out_of_range:
      trades_.quote(quote);  // what trades after it are held against is not good
      if (outcome.verdict != Verdict::one_sided) order_flow_.break_off();
      if (!unusable_since_) unusable_since_ = tick.event_time;
      if (tick.event_time - unusable_since_ > config_->max_unusable) book_stale_ = true;
      return false;
    case Verdict::held: return false;
  }
  quote_ = quote;
  has_quote_ = true;
  silent_ = book_stale_ = false;
  unusable_since_ = {};
  return true;
}

void SymbolMetrics::flow(const Quote& quote) {
  // The first sums of a session are of fewer events: no more than its later ones to be compared with.
  if (order_flow_.push(quote) && order_flow_.full()) flow_score_.push(order_flow_.raw_sum());
  ++flow_since_gap_;
}

bool SymbolMetrics::learn_trade(const Tick& tick) {
  enter_session(tick.event_time);
  enter_feed(tick);
  note_silence(tick.event_time);
  if (!trades_.trade(tick)) return false;
  last_trade_ = has_trade_ ? std::max(last_trade_, tick.event_time) : tick.event_time;
  has_trade_ = true;
  return true;
}

void SymbolMetrics::learn_bust(const Tick& tick) {
  if (tick.feed == feed_) trades_.bust(tick);
}

void SymbolMetrics::learn_depth(const DepthUpdate& update) {
  enter_session(update.header.event_time);
  if (!depth_) depth_ = std::make_unique<DepthMetrics>(*instrument_, config_->book_grid);
  depth_->learn(update);
}

void SymbolMetrics::count(const Quote& quote) {
  const auto mid = windows_.push(quote.bid, quote.ask, quote.time);
  regime_.push(mid, windows_.trend().direction());
  realised_.push(mid, quote.time);
  ++since_gap_;
  quote_ = quote;
  computed_ = 0;
}

Cost SymbolMetrics::cost() const {
  const auto mid = twice_mid(quote_.bid, quote_.ask);
  const Quantity quantity = planned_quantity(config_->planned_notional, mid, instrument_->multiplier, instrument_->lot);
  return transaction_cost(config_->cost, {.price = mid_units(mid),
                                          .spread = (quote_.ask - quote_.bid).to_double(),
                                          .quantity = quantity.to_double(),
                                          .multiplier = instrument_->multiplier.to_double(),
                                          .daily_volatility = instrument_->daily_volatility,
                                          .daily_volume = instrument_->daily_volume});
}

void SymbolMetrics::note_silence(Timestamp event_time) {
  if (!has_seen_ && !has_trade_) return;
  const Duration silence = event_time - as_of();
  if (silence > config_->gap) trades_.mark_silence();
  if (silence > config_->hard_gap) trades_.break_off();
}

void SymbolMetrics::mark_gap() {
  trades_.mark_lost();
  stale_quotes();
}

void SymbolMetrics::stale_quotes() {
  if (!has_seen_) return;
  gapped_ = true;
  since_gap_ = flow_since_gap_ = 0;
  computed_ = 0;
}

Value SymbolMetrics::judged(Value value, std::size_t n, std::uint64_t since) const {
  if (value.status == Status::ok && (!book_usable() || (gapped_ && since < n))) value.status = Status::stale;
  return value;
}

Metrics& SymbolMetrics::metrics(unsigned groups) {
  Metrics& m = metrics_;
  m.header = {.event_time = as_of()};
  m.feed = feed_;
  m.bid = quote_.bid;
  m.ask = quote_.ask;
  m.mid = judged(has_quote_ ? ok_value(mid_units(twice_mid(quote_.bid, quote_.ask))) : warmup_value(), 1);
  glance(groups);
  return m;
}

const Metrics& SymbolMetrics::glance(unsigned groups) {
  if (const bool usable = book_usable(); usable != computed_usable_) {
    computed_usable_ = usable;
    computed_ = 0;
  }
  compute(groups & ~computed_);
  if ((groups & kNeverKept) != 0) compute_flow(groups);
  computed_ |= groups & ~kNeverKept;
  return metrics_;
}

Metrics& SymbolMetrics::news() {
  Metrics& m = metrics(metric_group::kAll & ~metric_group::kBars);
  trades_.fill_news_of_bars(m, silent_);
  return m;
}

void SymbolMetrics::compute(unsigned groups) {
  using namespace metric_group;
  Metrics& m = metrics_;
  const std::size_t z = config_->z_window;
  const std::size_t s = config_->spread_window;
  const std::size_t t = config_->trend_window;
  if ((groups & kReversion) != 0) {
    const auto reversion = windows_.mids().reversion();
    m.z_score = judged(reversion.z_score, z);
    m.mean = judged(reversion.mean, z);
    m.sd = judged(reversion.sd, z);
  }
  if ((groups & kShape) != 0) {
    m.sd_bp = judged(windows_.mids().sd_bp(), z);
    m.half_life = judged(windows_.half_life().ticks(), z);
    m.window_span_s = judged(windows_.mids().span_seconds(), z);
  }
  if ((groups & kSpread) != 0) {
    m.spread_bp = judged(windows_.spreads().current(), 1);
    m.spread_mean_bp = judged(windows_.spreads().mean(), s);
    m.spread_regime = judged(windows_.spreads().regime(), s);
  }
  if ((groups & kSpreadSd) != 0) {
    m.spread_sd_bp = judged(windows_.spreads().sd(), s);
    m.spread_cv = judged(windows_.spreads().cv(), s);
  }
  if ((groups & kTrend) != 0) m.trend_t = judged(windows_.trend().t_value(), t);
  if ((groups & kTrendSlope) != 0) m.trend_slope = judged(windows_.trend().slope(), t);
  if ((groups & kCost) != 0) {
    const Cost priced = has_quote_ ? cost() : Cost{};  // whose values are WARMUP
    m.cost_bp = judged(priced.one_way_bp, 1);
    m.round_trip_bp = judged(priced.round_trip_bp, 1);
  }
}

void SymbolMetrics::compute_flow(unsigned groups) {
  using namespace metric_group;
  Metrics& m = metrics_;
  if ((groups & kRegime) != 0) {
    constexpr std::size_t n = RegimeFilter::kWindow;
    m.regime_down = judged(regime_.probability(Regime::down), n);
    m.regime_flat = judged(regime_.probability(Regime::flat), n);
    m.regime_up = judged(regime_.probability(Regime::up), n);
    m.regime = judged(regime_.label_value(), n);
    m.regime_logc = judged(regime_.log_likelihood(), n);
    m.regime_zero_share = judged(regime_.zero_share(), n);
    m.regime_rate_down = judged(regime_.rate(Regime::down), n);
    m.regime_rate_flat = judged(regime_.rate(Regime::flat), n);
    m.regime_rate_up = judged(regime_.rate(Regime::up), n);
    m.regime_null_down = regime_.null_rate(Regime::down);
    m.regime_null_flat = regime_.null_rate(Regime::flat);
    m.regime_null_up = regime_.null_rate(Regime::up);
    m.regime_disagree = judged(regime_.disagreement(), n);
  }
  if ((groups & kOrderFlow) != 0) {
    const auto told = [this](Value value, std::size_t n) {
      Value v = judged(value, n, flow_since_gap_);
      if (synthetic_ && v.status != Status::warmup) v.status = Status::undefined;
      return v;
    };
    m.ofi = told(order_flow_.sum(), 100);
    m.ofi_normalised = told(order_flow_.normalised(), 100);
    m.ofi_z = told(order_flow_.sees_sizes() ? flow_score_.z() : undefined_value(), 100 + flow_score_.window());
    const auto bucket = order_flow_.bucket(as_of());
    m.ofi_1s = told(OrderFlow::bucket_sum(bucket), 1);
    m.ofi_1s_normalised = told(OrderFlow::bucket_normalised(bucket), 1);
    m.book_imbalance = judged(has_quote_ ? book_imbalance(quote_) : warmup_value(), 1);
    m.microprice = judged(has_quote_ ? microprice(quote_) : warmup_value(), 1);
  }
  if ((groups & kTrades) != 0) trades_.fill_flow(m, as_of(), silent_);
  if ((groups & kRealised) != 0) {
    m.realised_variance = judged(realised_.variance(), 1);
    m.realised_volatility = judged(realised_.volatility(around_the_clock_ ? config_->full_year_s : config_->session_year_s), 1);
  }
  if ((groups & kBars) != 0) trades_.fill_bars(m, silent_);
  if ((groups & kProfile) != 0) trades_.fill_profile(m, silent_);
  if ((groups & kDepth) != 0 && depth_) depth_->fill(m, silent_);
}

void SymbolMetrics::save(ByteWriter& out) const {
  filter_.save(out);
  windows_.save(out);
  regime_.save(out);
  order_flow_.save(out);
  flow_score_.save(out);
  realised_.save(out);
  trades_.save(out);
  out.put(synthetic_), out.put(has_session_), out.put(has_trade_), out.put(flow_since_gap_), out.put(last_trade_);
  out.put(feed_), out.put(has_seen_), out.put(has_quote_), out.put(silent_), out.put(book_stale_), out.put(gapped_);
  out.put(session_open_), out.put(session_), out.put(since_gap_), out.put(last_seen_), out.put(unusable_since_);
  out.put(quote_.time), out.put(quote_.bid), out.put(quote_.ask), out.put(quote_.bid_size), out.put(quote_.ask_size);
  out.put(depth_ != nullptr);
  if (depth_) depth_->save(out);
}

void SymbolMetrics::load(ByteReader& in) {
  filter_.load(in);
  windows_.load(in);
  regime_.load(in);
  order_flow_.load(in);
  flow_score_.load(in);
  realised_.load(in);
  trades_.load(in);
  for (bool* flag : {&synthetic_, &has_session_, &has_trade_}) *flag = in.get<bool>();
  flow_since_gap_ = in.get<std::uint64_t>();
  last_trade_ = in.get<Timestamp>();
  feed_ = in.get<FeedKind>();
  for (bool* flag : {&has_seen_, &has_quote_, &silent_, &book_stale_, &gapped_, &session_open_}) *flag = in.get<bool>();
  session_ = in.get<std::int64_t>();
  since_gap_ = in.get<std::uint64_t>();
  last_seen_ = in.get<Timestamp>();
  unusable_since_ = in.get<Timestamp>();
  quote_.time = in.get<Timestamp>();
  quote_.bid = in.get<Price>();
  quote_.ask = in.get<Price>();
  quote_.bid_size = in.get<Quantity>();
  quote_.ask_size = in.get<Quantity>();
  depth_ = in.get<bool>() ? std::make_unique<DepthMetrics>(*instrument_, config_->book_grid) : nullptr;
  if (depth_) depth_->load(in);
  computed_ = 0;
  same_from_ = same_until_ = {};
  for (const Price price : {quote_.bid, quote_.ask})
    TM_INVARIANT(price.raw() >= 0 && price.raw() <= kMaxWindowPrice, "a stored quote is one that windows take");
}

}  // namespace tickmesh
