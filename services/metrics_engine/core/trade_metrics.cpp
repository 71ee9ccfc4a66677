#include "metrics_engine/core/trade_metrics.hpp"

#include <algorithm>
#include <limits>

#include "analytics/mid_window.hpp"
#include "core/metric_values.hpp"

namespace tickmesh {
namespace {

constexpr Timestamp kNever{std::numeric_limits<std::int64_t>::max()};

Value with_status(Value value, Status status) {
  if (value.status == Status::ok) value.status = status;
  return value;
}

}  // namespace

TradeMetrics::TradeMetrics(const MetricsConfig& config, const Instrument& instrument, double year_seconds, ProfileNews* news)
    : next_close_{kNever},
      filters_{config.filters},
      aggression_{config.aggression},
      minute_{static_cast<std::size_t>(std::ranges::find(config.bar_lengths, seconds(60)) - config.bar_lengths.begin())},
      profile_{instrument, news} {
  bars_.reserve(config.bar_lengths.size());
  for (const Duration length : config.bar_lengths) bars_.emplace_back(length, year_seconds * 1e9 / static_cast<double>(length.ns));
}

void TradeMetrics::prefetch_state() const {
  const auto* lines = reinterpret_cast<const char*>(this);
  const auto* end = reinterpret_cast<const char*>(&flow_) + TradeFlow::kHead;
  for (; lines < end; lines += 64) __builtin_prefetch(lines, 1);
}

void TradeMetrics::prefetch_windows(const Tick& tick) const {
  flow_.prefetch(tick.event_time);
  for (const BarSeries& series : bars_) series.prefetch();
  profile_.prefetch(tick.price);
}

bool TradeMetrics::trade(const Tick& tick) {
  const bool clean = filters_ == Filters::clean;
  if (tick.price.raw() <= 0 || tick.price.raw() > kMaxWindowPrice || !usable_size(tick.size) || (clean && tick.size.is_zero()))
    return ++counts_.unusable, false;
  if (clean && tick.trade_id != 0 && tick.trade_id == last_id_) return ++counts_.repeated, false;
  last_id_ = tick.trade_id;
  ++counts_.taken;
  advance(tick.event_time);
  const int sign = signer_.trade(tick.event_time, tick.price, tick.aggressor).sign;
  flow_.push(sign, tick.size, tick.event_time);
  aggression_.push(sign, tick.size.to_double(), tick.event_time);
  vwap_.push(tick.price, tick.size);
  for (BarSeries& series : bars_) series.trade(tick.event_time, tick.price, tick.size);
  profile_.trade(tick, sign, minute_ < bars_.size() ? bars_[minute_].atr() : undefined_value());
  look_for_next_close();
  if (gapped_ && since_gap_++ == 0) gap_at_ = tick.event_time;
  return true;
}

void TradeMetrics::close_bars(Timestamp time) {
  // Of thousands of instruments the windows of bars are in no cache: they are asked for all at once.
  for (const BarSeries& series : bars_)
    if (series.open_until() <= time) series.prefetch_windows();
  for (BarSeries& series : bars_) series.advance(time);
  profile_.advance(time);
  bars_filled_ = false;
  look_for_next_close();
}

void TradeMetrics::look_for_next_close() {
  next_close_ = profile_.next();
  for (const BarSeries& series : bars_) next_close_ = std::min(next_close_, series.open_until());
}

void TradeMetrics::mark_silence() {
  gapped_ = true;
  since_gap_ = 0;
}

void TradeMetrics::mark_lost() {
  mark_silence();
  lost_ = flow_.trades() > 0;
}

void TradeMetrics::enter_session() {
  signer_.reset();
  flow_.reset();
  aggression_.reset();
  vwap_.reset();
  for (BarSeries& series : bars_) series.enter_session();
  gapped_ = lost_ = false;
  since_gap_ = 0;
}

void TradeMetrics::enter_hours(Timestamp begin, Timestamp end, bool open) {
  profile_.enter_hours(begin, end, open);
  look_for_next_close();
}

void TradeMetrics::bust(const Tick& tick) {
  profile_.bust(tick);
  look_for_next_close();
}

void TradeMetrics::reset() {
  enter_session();
  signer_ = TradeSigner{};
  for (BarSeries& series : bars_) series.reset();
  profile_.reset();
  bars_filled_ = false;
  next_close_ = kNever;
  last_id_ = 0;
}

void TradeMetrics::fill_flow(Metrics& m, Timestamp now, bool silent) const {
  const bool short_of_trades = gapped_ && since_gap_ < kWindow;
  const Status whole = of_session(silent);
  const Status of_window = !flow_.window_full() ? Status::warmup : silent || short_of_trades ? Status::stale : Status::ok;
  const bool short_of_time = gapped_ && (since_gap_ == 0 || now - gap_at_ < seconds(TradeFlow::kSeconds));
  const bool any = flow_.trades() > 0;
  const Status of_minute = !any ? Status::warmup : silent || short_of_time ? Status::stale : Status::ok;

  m.sign_share_venue = with_status(signer_.share(SignRule::venue), whole);
  m.sign_share_quote = with_status(signer_.share(SignRule::quote), whole);
  m.sign_share_tick = with_status(signer_.share(SignRule::tick), whole);
  m.sign_share_none = with_status(signer_.share(SignRule::none), whole);
  m.cvd = any ? with_status(ok_value(flow_units(flow_.cvd())), whole) : warmup_value();

  const auto balance = [any](const FlowBalance& b, Status status, Value& buy, Value& sell, Value& pressure, Value& pct, Value& ratio) {
    const auto told = [&](Value value) { return any ? with_status(value, status) : warmup_value(); };
    buy = told(ok_value(flow_units(b.buy)));
    sell = told(ok_value(flow_units(b.sell)));
    pressure = told(b.pressure());
    pct = told(b.buy_pct());
    ratio = told(b.ratio());
  };
  balance(flow_.last_trades(), of_window, m.buy_100, m.sell_100, m.pressure_100, m.buy_pct_100, m.volume_ratio_100);
  balance(flow_.last_minute(now), of_minute, m.buy_60s, m.sell_60s, m.pressure_60s, m.buy_pct_60s, m.volume_ratio_60s);

  const auto pressed = aggression_.read(now);
  m.aggr = with_status(pressed.aggr, silent ? Status::stale : Status::ok);
  m.momentum = with_status(pressed.momentum, silent ? Status::stale : Status::ok);
  m.intensity = with_status(pressed.intensity, silent ? Status::stale : Status::ok);
  m.aggressive = with_status(pressed.flag, silent ? Status::stale : Status::ok);
  if (silent && m.aggressive.has_value) m.aggressive.value = 0;

  const auto [mean, sd] = vwap_.read();
  m.vwap = with_status(mean, whole);
  m.vwap_lower = sd.has_value ? with_status(ok_value(mean.value - 2 * sd.value), whole) : sd;
  m.vwap_upper = sd.has_value ? with_status(ok_value(mean.value + 2 * sd.value), whole) : sd;
}

void TradeMetrics::fill_bars(Metrics& m, bool silent) {
  if (bars_filled_ && filled_silent_ == silent) return;
  bars_filled_ = true;
  filled_silent_ = silent;
  for (std::size_t i = 0; i < bars_.size(); ++i) {
    m.bars[i] = bars_[i].values();
    if (!silent) continue;
    for (const auto& field : kBarValues) m.bars[i].*field.value = with_status(m.bars[i].*field.value, Status::stale);
  }
}

void TradeMetrics::fill_news_of_bars(Metrics& m, bool silent) {
  if (silent) return fill_bars(m, silent);
  std::size_t told = 0;
  for (BarSeries& series : bars_)
    if (series.fresh()) m.bars[told++] = series.values();
  // Whoever reads all of them finds them filled in again.
  bars_filled_ = false;
  for (; told < m.bars.size() && m.bars[told].length.ns != 0; ++told) m.bars[told] = {};
}

void TradeMetrics::said() {
  for (BarSeries& series : bars_) {
    if (series.fresh()) bars_filled_ = false;
    series.said();
  }
}

void TradeMetrics::save(ByteWriter& out) const {
  signer_.save(out);
  flow_.save(out);
  aggression_.save(out);
  vwap_.save(out);
  out.put(static_cast<std::uint32_t>(bars_.size()));
  for (const BarSeries& series : bars_) series.save(out);
  profile_.save(out);
  out.put(gapped_), out.put(lost_), out.put(since_gap_), out.put(gap_at_), out.put(last_id_);
  out.put(counts_.taken), out.put(counts_.unusable), out.put(counts_.repeated);
}

void TradeMetrics::load(ByteReader& in) {
  signer_.load(in);
  flow_.load(in);
  aggression_.load(in);
  vwap_.load(in);
  TM_INVARIANT(in.get<std::uint32_t>() == bars_.size(), "a stored instrument has the bar lengths it is loaded into");
  for (BarSeries& series : bars_) series.load(in);
  profile_.load(in);
  bars_filled_ = false;
  gapped_ = in.get<bool>();
  lost_ = in.get<bool>();
  since_gap_ = in.get<std::uint64_t>();
  gap_at_ = in.get<Timestamp>();
  last_id_ = in.get<std::uint64_t>();
  counts_.taken = in.get<std::uint64_t>();
  counts_.unusable = in.get<std::uint64_t>();
  counts_.repeated = in.get<std::uint64_t>();
  look_for_next_close();
}

}  // namespace tickmesh
