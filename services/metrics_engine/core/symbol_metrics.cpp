#include "metrics_engine/core/symbol_metrics.hpp"

#include <algorithm>

#include "signals/signal_rule.hpp"

namespace tickmesh {
namespace {

constexpr std::int64_t kDayNs = 86'400'000'000'000;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

SymbolMetrics::SymbolMetrics(const MetricsConfig& config, const Instrument& instrument)
    : config_{&config},
      instrument_{&instrument},
      filter_{{.filters = config.filters}},
      mids_{config.z_window},
      half_life_{config.z_window},
      spreads_{config.spread_window},
      trend_{config.trend_window} {
  const auto found = config.sessions.find(instrument.calendar);
  around_the_clock_ = found == config.sessions.end();
  if (!around_the_clock_) sessions_ = found->second;
  metrics_.symbol = instrument.symbol;
}

void SymbolMetrics::reset_windows() {
  mids_.reset();
  half_life_.reset();
  spreads_.reset();
  trend_.reset();
  gapped_ = false;
  since_gap_ = 0;
  computed_ = 0;
}

void SymbolMetrics::enter_session(Timestamp event_time) {
  std::int64_t session = 0;
  if (around_the_clock_) {
    session = floor_div(event_time.ns, kDayNs);
    session_open_ = true;
  } else {
    const auto next = std::ranges::upper_bound(sessions_, event_time, {}, &TradingSession::open);
    session = next - sessions_.begin();  // how many have opened
    session_open_ = session > 0 && event_time < (next - 1)->close;
  }
  if (has_seen_ && session > session_ && !config_->carry_windows) {
    reset_windows();
    filter_.reset();
  }
  // A late tick of the session before does not take its windows back.
  if (!has_seen_ || session > session_) session_ = session;
}

bool SymbolMetrics::learn(const Tick& tick) {
  enter_session(tick.event_time);
  if (tick.feed != feed_) {  // feeds are never mixed in a window
    if (has_seen_) {
      reset_windows();
      filter_.reset();
      has_quote_ = false;
    }
    feed_ = tick.feed;
  }
  if (has_seen_) {
    const Duration silence = tick.event_time - last_seen_;
    if (silence > config_->gap) mark_gap();
    if (silence > config_->hard_gap) half_life_.reset();
  }
  last_seen_ = has_seen_ ? std::max(last_seen_, tick.event_time) : tick.event_time;
  has_seen_ = true;

  const Quote quote{tick.event_time, tick.bid, tick.ask, tick.bid_size, tick.ask_size};
  const auto outcome = filter_.apply(quote, filter_.asks_for_sd(quote) ? mids_.sd() : warmup_value());
  if (outcome.released) count(outcome.held);
  switch (outcome.verdict) {
    case Verdict::counted: count(quote); break;
    case Verdict::sizes_only:
    case Verdict::repeated: break;
    case Verdict::one_sided:
    case Verdict::crossed:
    case Verdict::out_of_range:
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

void SymbolMetrics::count(const Quote& quote) {
  const auto mid = twice_mid(quote.bid, quote.ask);
  mids_.push(mid, quote.time);
  half_life_.push(mid);
  spreads_.push(spread_bp(quote.bid, quote.ask));
  trend_.push(mid);
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

void SymbolMetrics::mark_gap() {
  if (!has_seen_) return;
  gapped_ = true;
  since_gap_ = 0;
  computed_ = 0;
}

Value SymbolMetrics::judged(Value value, std::size_t n) const {
  if (value.status == Status::ok && (!book_usable() || (gapped_ && since_gap_ < n))) value.status = Status::stale;
  return value;
}

Metrics& SymbolMetrics::metrics(unsigned groups) {
  Metrics& m = metrics_;
  m.header = {.event_time = last_seen_};
  m.feed = feed_;
  m.bid = quote_.bid;
  m.ask = quote_.ask;
  m.mid = judged(has_quote_ ? ok_value(mid_units(twice_mid(quote_.bid, quote_.ask))) : warmup_value(), 1);
  if (const bool usable = book_usable(); usable != computed_usable_) {
    computed_usable_ = usable;
    computed_ = 0;
  }
  compute(groups & ~computed_);
  computed_ |= groups;
  return m;
}

void SymbolMetrics::compute(unsigned groups) {
  using namespace metric_group;
  Metrics& m = metrics_;
  const std::size_t z = config_->z_window;
  const std::size_t s = config_->spread_window;
  const std::size_t t = config_->trend_window;
  if ((groups & kReversion) != 0) {
    const auto reversion = mids_.reversion();
    m.z_score = judged(reversion.z_score, z);
    m.mean = judged(reversion.mean, z);
    m.sd = judged(reversion.sd, z);
  }
  if ((groups & kShape) != 0) {
    m.sd_bp = judged(mids_.sd_bp(), z);
    m.half_life = judged(half_life_.ticks(), z);
    m.window_span_s = judged(mids_.span_seconds(), z);
  }
  if ((groups & kSpread) != 0) {
    m.spread_bp = judged(spreads_.current(), 1);
    m.spread_mean_bp = judged(spreads_.mean(), s);
    m.spread_regime = judged(spreads_.regime(), s);
  }
  if ((groups & kSpreadSd) != 0) {
    m.spread_sd_bp = judged(spreads_.sd(), s);
    m.spread_cv = judged(spreads_.cv(), s);
  }
  if ((groups & kTrend) != 0) m.trend_t = judged(trend_.t_value(), t);
  if ((groups & kTrendSlope) != 0) m.trend_slope = judged(trend_.slope(), t);
  if ((groups & kCost) != 0) {
    const Cost priced = has_quote_ ? cost() : Cost{};  // whose values are WARMUP
    m.cost_bp = judged(priced.one_way_bp, 1);
    m.round_trip_bp = judged(priced.round_trip_bp, 1);
  }
}

void SymbolMetrics::save(ByteWriter& out) const {
  filter_.save(out);
  mids_.save(out);
  half_life_.save(out);
  spreads_.save(out);
  trend_.save(out);
  out.put(feed_), out.put(has_seen_), out.put(has_quote_), out.put(silent_), out.put(book_stale_), out.put(gapped_);
  out.put(session_open_), out.put(session_), out.put(since_gap_), out.put(last_seen_), out.put(unusable_since_);
  out.put(quote_.time), out.put(quote_.bid), out.put(quote_.ask), out.put(quote_.bid_size), out.put(quote_.ask_size);
}

void SymbolMetrics::load(ByteReader& in) {
  filter_.load(in);
  mids_.load(in);
  half_life_.load(in);
  spreads_.load(in);
  trend_.load(in);
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
  computed_ = 0;
  for (const Price price : {quote_.bid, quote_.ask})
    TM_INVARIANT(price.raw() >= 0 && price.raw() <= kMaxWindowPrice, "a stored quote is one that windows take");
}

}  // namespace tickmesh
