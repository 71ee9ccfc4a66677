#include "analytics/moving.hpp"

#include <algorithm>
#include <cmath>

#include "analytics/mid_window.hpp"
#include "analytics/order_flow.hpp"

namespace tickmesh {
namespace {

double finite(ByteReader& in) {
  const auto value = in.get<double>();
  TM_INVARIANT(std::isfinite(value), "a stored average is a number");
  return value;
}

}  // namespace

void put(ByteWriter& out, const ClosedBar& bar) {
  out.put(bar.start), out.put(bar.open), out.put(bar.high), out.put(bar.low), out.put(bar.close), out.put(bar.volume);
  out.put(bar.first_of_session);
}

ClosedBar get_closed_bar(ByteReader& in) {
  ClosedBar bar;
  bar.start = in.get<Timestamp>();
  for (Price* p : {&bar.open, &bar.high, &bar.low, &bar.close}) {
    *p = in.get<Price>();
    TM_INVARIANT(p->raw() >= 0 && p->raw() <= kMaxWindowPrice, "a stored bar has prices that windows take");
  }
  bar.volume = in.get<Quantity>();
  TM_INVARIANT(bar.volume.raw() >= 0, "a stored bar has a volume");
  bar.first_of_session = in.get<bool>();
  return bar;
}

void CloseWindow::push(Price close) {
  if (closes_.size() == 0) anchor_ = close.raw();
  if (closes_.full()) {
    const std::int64_t old = closes_.oldest() - anchor_;
    sum_ -= old;
    squares_ -= Int128{old} * old;
  }
  const std::int64_t d = close.raw() - anchor_;
  sum_ += d;
  squares_ += Int128{d} * d;
  closes_.push(close.raw());
}

void CloseWindow::reset() {
  closes_.reset();
  sum_ = squares_ = 0;
}

Value CloseWindow::mean() const {
  if (!closes_.full()) return warmup_value();
  const auto n = static_cast<Int128>(closes_.size());
  return ok_value(to_double(n * anchor_ + sum_) / (static_cast<double>(closes_.size()) * static_cast<double>(Price::kScale)));
}

Value CloseWindow::sd() const {
  if (!closes_.full()) return warmup_value();
  const auto n = static_cast<Int128>(closes_.size());
  return ok_value(std::sqrt(to_double(n * squares_ - sum_ * sum_)) /
                  (static_cast<double>(closes_.size()) * static_cast<double>(Price::kScale)));
}

Value CloseWindow::percent_b(double k) const {
  const Value m = mean();
  if (m.status != Status::ok) return m;
  const double half = k * sd().value;
  if (!(half > 0)) return undefined_value();
  const double close = Price::from_raw(closes_.newest()).to_double();
  return ok_value((close - (m.value - half)) / (2 * half));
}

void CloseWindow::save(ByteWriter& out) const { closes_.save(out); }

void CloseWindow::load(ByteReader& in) {
  Ring<std::int64_t> stored{closes_.capacity()};
  stored.load(in);
  reset();
  for (std::size_t i = 0; i < stored.size(); ++i) {
    TM_INVARIANT(stored[i] > 0 && stored[i] <= kMaxWindowPrice, "a stored close is one that windows take");
    push(Price::from_raw(stored[i]));
  }
}

void Ema::push(double x) {
  if (seen_ < n_) {
    value_ += x;
    if (++seen_ == n_) value_ /= static_cast<double>(n_);
    return;
  }
  value_ += 2.0 / static_cast<double>(n_ + 1) * (x - value_);
}

void Ema::load(ByteReader& in) {
  seen_ = in.get<std::uint64_t>();
  TM_INVARIANT(seen_ <= n_, "a stored average has the length it is loaded into");
  value_ = finite(in);
}

void WilderMean::push(double x) {
  const double n = static_cast<double>(n_);
  if (seen_ < n_) {
    value_ += x;
    if (++seen_ == n_) value_ /= n;
    return;
  }
  value_ = ((n - 1) * value_ + x) / n;
}

void WilderMean::load(ByteReader& in) {
  seen_ = in.get<std::uint64_t>();
  TM_INVARIANT(seen_ <= n_, "a stored average has the length it is loaded into");
  value_ = finite(in);
}

void Atr::push(const ClosedBar& bar) {
  const double high = bar.high.to_double();
  const double low = bar.low.to_double();
  if (has_close_) {
    range_ = high - low;
    if (!bar.first_of_session || gap_ == GapRange::true_range)
      range_ = std::max({range_, std::abs(high - last_close_), std::abs(low - last_close_)});
    has_range_ = true;
    mean_.push(range_);
    starts_.push(bar.start.ns);
  }
  last_close_ = bar.close.to_double();
  has_close_ = true;
}

void Atr::reset() {
  mean_.reset();
  starts_.reset();
  has_close_ = has_range_ = false;
  range_ = last_close_ = 0;
}

Value Atr::span_seconds(Timestamp closed) const {
  if (!mean_.ready()) return warmup_value();
  return ok_value(static_cast<double>(closed.ns - starts_.oldest()) / 1e9);
}

void Atr::save(ByteWriter& out) const {
  mean_.save(out);
  starts_.save(out);
  out.put(last_close_), out.put(has_close_), out.put(has_range_), out.put(range_);
}

void Atr::load(ByteReader& in) {
  mean_.load(in);
  starts_.load(in);
  TM_INVARIANT(!mean_.ready() || starts_.full(), "a stored average knows the bars it is of");
  last_close_ = finite(in);
  has_close_ = in.get<bool>();
  has_range_ = in.get<bool>();
  range_ = finite(in);
}

void Rsi::push(double close) {
  if (has_last_) {
    gains_.push(std::max(0.0, close - last_));
    losses_.push(std::max(0.0, last_ - close));
  }
  last_ = close;
  has_last_ = true;
}

void Rsi::reset() {
  gains_.reset();
  losses_.reset();
  has_last_ = false;
  last_ = 0;
}

Value Rsi::value() const {
  if (!gains_.ready()) return warmup_value();
  const double all = gains_.raw() + losses_.raw();
  return all > 0 ? ok_value(100 * gains_.raw() / all) : undefined_value(50);
}

void Rsi::save(ByteWriter& out) const {
  gains_.save(out);
  losses_.save(out);
  out.put(last_), out.put(has_last_);
}

void Rsi::load(ByteReader& in) {
  gains_.load(in);
  losses_.load(in);
  last_ = finite(in);
  has_last_ = in.get<bool>();
}

void Macd::push(double close) {
  closes_.push(close);
  const bool began = slow_.ready();
  slow_.push(close);
  if (began) {
    fast_.push(close);
  } else if (slow_.ready()) {
    double sum = 0;
    for (std::size_t i = 0; i < closes_.size(); ++i) sum += closes_[i];
    fast_.seed(sum / static_cast<double>(closes_.size()));
  } else {
    return;
  }
  line_ = fast_.raw() - slow_.raw();
  signal_.push(line_);
}

void Macd::reset() {
  closes_.reset();
  fast_.reset();
  slow_.reset();
  signal_.reset();
  line_ = 0;
}

void Macd::save(ByteWriter& out) const {
  closes_.save(out);
  fast_.save(out);
  slow_.save(out);
  signal_.save(out);
  out.put(line_);
}

void Macd::load(ByteReader& in) {
  closes_.load(in);
  fast_.load(in);
  slow_.load(in);
  signal_.load(in);
  line_ = finite(in);
}

}  // namespace tickmesh
