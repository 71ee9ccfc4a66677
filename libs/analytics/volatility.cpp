#include "analytics/volatility.hpp"

#include <algorithm>
#include <cmath>

#include "analytics/mid_window.hpp"
#include "analytics/plain_math.hpp"

namespace tickmesh {
namespace {

bool positive(const ClosedBar& bar) { return bar.open.raw() > 0 && bar.high.raw() > 0 && bar.low.raw() > 0 && bar.close.raw() > 0; }
double ln(Price a, Price b) { return log_ratio(a.raw(), b.raw()); }

}  // namespace

void RealisedVariance::begin(Timestamp time) {
  const std::int64_t past = time.ns % grid_.ns;
  next_ = time.ns - past - (past < 0 ? grid_.ns : 0) + grid_.ns;
}

void RealisedVariance::sample(Timestamp time) {
  while (next_ <= time.ns) {
    if (sampled_ > 0) {
      const double r = log_ratio(mid_, sampled_);
      squares_.push(r * r);
    }
    // Points that nothing moved between give zero returns; as many as the window holds tell it all.
    const std::int64_t passed = (time.ns - next_) / grid_.ns;
    if (sampled_ == mid_ && passed > static_cast<std::int64_t>(squares_.capacity()))
      next_ += (passed - static_cast<std::int64_t>(squares_.capacity())) * grid_.ns;
    sampled_ = mid_;
    next_ += grid_.ns;
  }
}

void RealisedVariance::reset() {
  squares_.reset();
  break_off();
}

Value RealisedVariance::variance() const {
  if (squares_.size() == 0) return warmup_value();
  double sum = 0;
  for (std::size_t i = 0; i < squares_.size(); ++i) sum += squares_[i];
  Value v = ok_value(sum);
  if (!squares_.full()) v.status = Status::warmup;
  return v;
}

Value RealisedVariance::volatility(double trading_seconds) const {
  Value v = variance();
  if (!v.has_value) return v;
  const double covered = static_cast<double>(squares_.size()) * static_cast<double>(grid_.ns) / 1e9;
  v.value = std::sqrt(v.value * trading_seconds / covered);
  return v;
}

void RealisedVariance::save(ByteWriter& out) const {
  squares_.save(out);
  out.put(mid_), out.put(sampled_), out.put(next_);
}

void RealisedVariance::load(ByteReader& in) {
  squares_.load(in);
  for (std::size_t i = 0; i < squares_.size(); ++i) TM_INVARIANT(squares_[i] >= 0 && std::isfinite(squares_[i]), "a stored square is one");
  mid_ = in.get<std::int64_t>();
  sampled_ = in.get<std::int64_t>();
  TM_INVARIANT(mid_ >= 0 && sampled_ >= 0 && mid_ <= 2 * kMaxWindowPrice && sampled_ <= 2 * kMaxWindowPrice, "a stored mid is one");
  next_ = in.get<std::int64_t>();
}

void EwmaVariance::push(double close) {
  if (has_last_) {
    const double r = std::log(close / last_);
    value_ = has_value_ ? lambda_ * value_ + (1 - lambda_) * r * r : r * r;
    has_value_ = true;
  }
  last_ = close;
  has_last_ = true;
}

Value EwmaVariance::volatility(double periods) const { return has_value_ ? ok_value(std::sqrt(value_ * periods)) : warmup_value(); }

void EwmaVariance::load(ByteReader& in) {
  has_last_ = in.get<bool>();
  has_value_ = in.get<bool>();
  last_ = in.get<double>();
  value_ = in.get<double>();
  TM_INVARIANT(std::isfinite(last_) && std::isfinite(value_) && value_ >= 0 && (!has_last_ || last_ > 0), "a stored variance is one");
}

void RangeVolatility::push(const ClosedBar& bar) {
  take(bar, last_close_);
  last_close_ = bar.close;
}

void RangeVolatility::take(const ClosedBar& bar, Price close_before) {
  Entry e{.bar = bar, .close_before = close_before, .positive = positive(bar)};
  if (bars_.size() > 0 && bar.close.raw() > 0 && bars_.newest().bar.close.raw() > 0) e.log_return = ln(bar.close, bars_.newest().bar.close);
  if (e.positive) {
    const double range = ln(bar.high, bar.low);
    const double body = ln(bar.close, bar.open);
    e.parkinson = range * range;
    e.garman_klass = 0.5 * range * range - (2 * kLn2 - 1) * body * body;
    e.rogers_satchell = ln(bar.high, bar.close) * ln(bar.high, bar.open) + ln(bar.low, bar.close) * ln(bar.low, bar.open);
    if (close_before.raw() > 0) {
      const double jump = ln(bar.open, close_before);
      e.overnight = jump * jump + e.garman_klass;
    }
  }
  bars_.push(e);
}

/// sqrt(scale x mean of `term`), where every bar has its prices.
Value RangeVolatility::mean_of(double scale, double Entry::* term) const {
  if (!bars_.full()) return warmup_value();
  double sum = 0;
  for (std::size_t i = 0; i < bars_.size(); ++i) {
    if (!bars_[i].positive) return undefined_value();
    sum += bars_[i].*term;
  }
  if (sum < 0) return undefined_value(0);
  return ok_value(std::sqrt(scale * sum / static_cast<double>(bars_.size())));
}

Value RangeVolatility::close_to_close(double periods) const {
  if (!bars_.full()) return warmup_value();
  const double count = static_cast<double>(bars_.size() - 1);
  double mean = 0;
  for (std::size_t i = 0; i < bars_.size(); ++i) {
    if (bars_[i].bar.close.raw() <= 0) return undefined_value();
    if (i > 0) mean += bars_[i].log_return / count;
  }
  double squares = 0;
  for (std::size_t i = 1; i < bars_.size(); ++i) {
    const double d = bars_[i].log_return - mean;
    squares += d * d;
  }
  return ok_value(std::sqrt(periods * squares / (count - 1)));
}

Value RangeVolatility::parkinson(double periods) const { return mean_of(periods / (4 * kLn2), &Entry::parkinson); }
Value RangeVolatility::garman_klass(double periods) const { return mean_of(periods, &Entry::garman_klass); }
Value RangeVolatility::rogers_satchell(double periods) const { return mean_of(periods, &Entry::rogers_satchell); }

Value RangeVolatility::garman_klass_overnight(double periods) const {
  if (!bars_.full() || bars_.oldest().close_before.is_zero()) return warmup_value();
  return mean_of(periods, &Entry::overnight);
}

Value RangeVolatility::vwap() const {
  if (!bars_.full()) return warmup_value();
  // Volumes up to 2^63 and prices up to 2^52 leave 128 bits room for a thousand bars.
  Int128 weighted = 0;
  Int128 volume = 0;
  for (std::size_t i = 0; i < bars_.size(); ++i) {
    weighted += static_cast<Int128>(bars_[i].bar.close.raw()) * bars_[i].bar.volume.raw();
    volume += bars_[i].bar.volume.raw();
  }
  if (volume == 0) return undefined_value();
  return ok_value(to_double(weighted) / to_double(volume) / static_cast<double>(Price::kScale));
}

void RangeVolatility::save(ByteWriter& out) const {
  out.put(static_cast<std::uint32_t>(bars_.size()));
  for (std::size_t i = 0; i < bars_.size(); ++i) put(out, bars_[i].bar), out.put(bars_[i].close_before);
  out.put(last_close_);
}

void RangeVolatility::load(ByteReader& in) {
  reset();
  const auto count = in.get<std::uint32_t>();
  TM_INVARIANT(count <= bars_.capacity(), "a stored window fits the window it is loaded into");
  for (std::uint32_t i = 0; i < count; ++i) {
    const ClosedBar bar = get_closed_bar(in);
    const auto close_before = in.get<Price>();
    TM_INVARIANT(close_before.raw() >= 0, "a stored close is one");
    take(bar, close_before);
  }
  last_close_ = in.get<Price>();
  TM_INVARIANT(last_close_.raw() >= 0, "a stored close is one");
}

Value RollSpread::autocovariance() const {
  if (!prices_.full()) return warmup_value();
  const auto pairs = static_cast<Int128>(prices_.size()) - 2;
  Int128 x = 0;
  Int128 y = 0;
  Int128 xy = 0;
  for (std::size_t i = 2; i < prices_.size(); ++i) {
    const Int128 before = prices_[i - 1] - prices_[i - 2];
    const Int128 now = prices_[i] - prices_[i - 1];
    x += before;
    y += now;
    xy += before * now;
  }
  const double scale = static_cast<double>(Price::kScale);
  return ok_value(to_double(pairs * xy - x * y) / (to_double(pairs) * to_double(pairs - 1)) / (scale * scale));
}

Value RollSpread::spread() const {
  const Value cov = autocovariance();
  if (cov.status != Status::ok) return cov;
  return ok_value(cov.value < 0 ? 2 * std::sqrt(-cov.value) : 0);
}

}  // namespace tickmesh
