#include "metrics_engine/core/bar_series.hpp"

#include <limits>

namespace tickmesh {

BarSeries::BarSeries(Duration length, double bars_a_year) : clock_{length}, bars_a_year_{bars_a_year} { values_.length = length; }

void BarSeries::advance(Timestamp time) {
  ClosedBar bar;
  if (clock_.advance(time, bar)) close(bar);
}

void BarSeries::trade(Timestamp time, Price price, Quantity size) {
  const bool was_open = clock_.open();
  clock_.add(time, price, size, session_begins_);
  if (!was_open && clock_.open()) session_begins_ = false;
}

Timestamp BarSeries::open_until() const { return clock_.open() ? clock_.end() : Timestamp{std::numeric_limits<std::int64_t>::max()}; }

void BarSeries::close(const ClosedBar& bar) {
  const double price = bar.close.to_double();
  sma_20_.push(bar.close);
  sma_50_.push(bar.close);
  for (Ema* ema : {&ema_12_, &ema_20_, &ema_26_, &ema_50_}) ema->push(price);
  atr_.push(bar);
  rsi_.push(price);
  macd_.push(price);
  ewma_.push(price);
  range_.push(bar);
  prior_.push(bar);
  last_ = bar;
  values_.closed = bar.start + clock_.length();
  ++values_.bars;
  values_.fresh = true;
  computed_ = false;
}

void BarSeries::compute() {
  computed_ = true;
  BarIndicators& v = values_;
  v.sma_20 = sma_20_.mean();
  v.sma_50 = sma_50_.mean();
  v.ema_12 = ema_12_.value();
  v.ema_20 = ema_20_.value();
  v.ema_26 = ema_26_.value();
  v.ema_50 = ema_50_.value();
  v.atr_14 = atr_.value();
  v.atr_span_s = atr_.span_seconds(values_.closed);
  v.rsi_14 = rsi_.value();
  v.macd = macd_.line();
  v.macd_signal = macd_.signal();
  v.macd_histogram = macd_.histogram();
  const Value sd = sma_20_.sd();
  v.bollinger_upper = sd.has_value ? ok_value(v.sma_20.value + 2 * sd.value) : sd;
  v.bollinger_lower = sd.has_value ? ok_value(v.sma_20.value - 2 * sd.value) : sd;
  v.bollinger_b = sma_20_.percent_b(2);
  v.ewma_volatility = ewma_.volatility(bars_a_year_);
  v.close_volatility = range_.close_to_close(bars_a_year_);
  v.parkinson = range_.parkinson(bars_a_year_);
  v.garman_klass = range_.garman_klass(bars_a_year_);
  v.rogers_satchell = range_.rogers_satchell(bars_a_year_);
  v.garman_klass_overnight = range_.garman_klass_overnight(bars_a_year_);
  v.close = prior_.close();
  v.volume = prior_.volume();
  v.high_close_20 = prior_.high_close();
  v.low_close_20 = prior_.low_close();
  v.mean_volume_20 = prior_.mean_volume();
}

void BarSeries::reset() { *this = BarSeries{clock_.length(), bars_a_year_}; }

void BarSeries::save(ByteWriter& out) const {
  clock_.save(out);
  out.put(session_begins_);
  sma_20_.save(out), sma_50_.save(out);
  for (const Ema* ema : {&ema_12_, &ema_20_, &ema_26_, &ema_50_}) ema->save(out);
  atr_.save(out), rsi_.save(out), macd_.save(out), ewma_.save(out), range_.save(out), prior_.save(out);
  put(out, last_);
  out.put(values_.bars), out.put(values_.fresh);
}

void BarSeries::load(ByteReader& in) {
  reset();
  clock_.load(in);
  session_begins_ = in.get<bool>();
  sma_20_.load(in), sma_50_.load(in);
  for (Ema* ema : {&ema_12_, &ema_20_, &ema_26_, &ema_50_}) ema->load(in);
  atr_.load(in), rsi_.load(in), macd_.load(in), ewma_.load(in), range_.load(in), prior_.load(in);
  last_ = get_closed_bar(in);
  values_.bars = in.get<std::uint64_t>();
  values_.fresh = in.get<bool>();
  if (values_.bars == 0) return;
  values_.closed = last_.start + clock_.length();
  computed_ = false;
}

}  // namespace tickmesh
