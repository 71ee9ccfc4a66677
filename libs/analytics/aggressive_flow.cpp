#include "analytics/aggressive_flow.hpp"

#include <algorithm>
#include <cmath>

#include "analytics/plain_math.hpp"

namespace tickmesh {
namespace {

double seconds_between(Timestamp from, Timestamp to) { return std::max(0.0, static_cast<double>(to.ns - from.ns) / 1e9); }
double kept(double seconds, double half_life) { return exp_of_negative(-seconds * kLn2 / half_life); }
Pair kept(double seconds, Pair half_lives) { return exp_of_negative(-seconds * kLn2 / half_lives); }

}  // namespace

void AggressiveFlow::Decayed::add(int sign, double size) {
  flow += sign * size;
  volume += size;
}

void AggressiveFlow::push(int sign, double size, Timestamp time) {
  if (!std::isfinite(size) || size < 0) return;
  if (trades_ == 0) {
    first_ = last_ = time;
  } else if (time > last_) {
    if (stale(time)) flag_ = 0;
    const double passed = seconds_between(last_, time);
    const Pair factors = kept(passed, Pair{settings_.fast_s, settings_.slow_s});
    fast_.decay(factors[0]);
    slow_.decay(factors[1]);
    mean_.decay(kept(passed, settings_.mean_s));
    last_ = time;
  }
  ++trades_;
  for (Decayed* d : {&fast_, &slow_, &mean_}) d->add(sign, size);
  const double aggr = fast_.share();
  const double momentum = aggr - slow_.share();
  if (flag_ != 0 && !(flag_ * aggr >= settings_.off)) flag_ = 0;
  // The rate is asked for last: it is dear, and few trades get there.
  const int pressed = aggr >= settings_.on && momentum > 0 ? 1 : aggr <= -settings_.on && momentum < 0 ? -1 : 0;
  if (pressed != 0 && pressed != flag_ && warm(last_) && intensity(last_) >= settings_.intensity) flag_ = pressed;
}

void AggressiveFlow::reset() {
  trades_ = 0;
  first_ = last_ = {};
  fast_ = slow_ = mean_ = {};
  flag_ = 0;
}

double AggressiveFlow::rate(double decayed_volume, double half_life, double kept_of_age) {
  const double seconds = half_life / kLn2 * (1 - kept_of_age);
  return seconds > 0 ? decayed_volume / seconds : 0;
}

double AggressiveFlow::intensity(Timestamp now) const {
  const Pair half_lives{settings_.fast_s, settings_.mean_s};
  const Pair of_age = kept(seconds_between(first_, now), half_lives);
  const Pair since = kept(seconds_between(last_, now), half_lives);
  const double usual = rate(mean_.volume * since[1], settings_.mean_s, of_age[1]);
  return usual > 0 ? rate(fast_.volume * since[0], settings_.fast_s, of_age[0]) / usual : 0;
}

bool AggressiveFlow::warm(Timestamp now) const {
  return trades_ >= settings_.least_trades && seconds_between(first_, now) >= settings_.least_s;
}

bool AggressiveFlow::stale(Timestamp now) const { return seconds_between(last_, now) > 5 * settings_.fast_s; }

AggressiveFlow::Reading AggressiveFlow::read(Timestamp now) const {
  if (trades_ == 0) return {warmup_value(), warmup_value(), warmup_value(), warmup_value()};
  if (!(fast_.volume > 0)) return {undefined_value(), undefined_value(), undefined_value(), undefined_value(0)};
  Reading r{ok_value(fast_.share()), ok_value(fast_.share() - slow_.share()), ok_value(intensity(stale(now) ? last_ : now)),
            ok_value(flag_)};
  const bool old = stale(now);
  if (old) r.flag.value = 0;
  for (Value* v : {&r.aggr, &r.momentum, &r.intensity, &r.flag})
    if (v->status == Status::ok) v->status = !warm(now) ? Status::warmup : old ? Status::stale : Status::ok;
  return r;
}

void AggressiveFlow::save(ByteWriter& out) const {
  out.put(trades_), out.put(first_), out.put(last_);
  for (const Decayed* d : {&fast_, &slow_, &mean_}) out.put(d->flow), out.put(d->volume);
  out.put(static_cast<std::int8_t>(flag_));
}

void AggressiveFlow::load(ByteReader& in) {
  trades_ = in.get<std::uint64_t>();
  first_ = in.get<Timestamp>();
  last_ = in.get<Timestamp>();
  for (Decayed* d : {&fast_, &slow_, &mean_}) {
    d->flow = in.get<double>();
    d->volume = in.get<double>();
    TM_INVARIANT(std::isfinite(d->flow) && std::isfinite(d->volume) && d->volume >= 0, "a stored flow is a number");
  }
  const auto flag = in.get<std::int8_t>();
  TM_INVARIANT(flag >= -1 && flag <= 1, "a stored flag is -1, 0 or 1");
  flag_ = (flag > 0) - (flag < 0);
}

}  // namespace tickmesh
