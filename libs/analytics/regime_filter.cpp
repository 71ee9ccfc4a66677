#include "analytics/regime_filter.hpp"

#include <algorithm>
#include <cmath>

#include "analytics/mid_window.hpp"

namespace tickmesh {

RegimeFilter::RegimeFilter(std::int64_t tick_size, const RegimeSettings& settings)
    : settings_{&settings},
      filter_{settings.model},
      keep_{exp_of_negative(-kLn2 / settings.half_life)},
      least_sd_scale_{0.5 * static_cast<double>(tick_size)} {
  TM_INVARIANT(tick_size > 0 && settings.half_life > 0, "returns are measured in something");
}

void RegimeFilter::push(std::int64_t twice_mid, int trend) {
  const std::int64_t before = last_;
  last_ = twice_mid;
  if (before <= 0 || twice_mid <= 0) return;
  const double change = log_ratio(twice_mid, before);
  if (squares_ > 0) {
    const double least = least_sd_scale_ / static_cast<double>(twice_mid);
    const double sd = std::max(std::sqrt(squares_ / weight_), least);
    observe(std::clamp(change / sd, -settings_->winsor, settings_->winsor), trend);
  }
  squares_ = keep_ * squares_ + change * change;
  weight_ = keep_ * weight_ + 1;
}

void RegimeFilter::observe(double x, int trend) {
  filter_.step(x);
  const bool zero = x == 0;
  zero_count_ -= zeros_[zero_at_] ? 1 : 0;  // none is there before the window is full
  zeros_[zero_at_] = zero;
  zero_count_ += zero ? 1 : 0;
  zero_at_ = zero_at_ + 1 == kWindow ? 0 : zero_at_ + 1;
  ++seen_;

  const auto& law = filter_.law();
  // Of thousands of instruments nobody can guess which state one is in: what depends on it is chosen, not branched to.
  const double likelier = law[0] < law[1] ? law[1] : law[0];
  const double likeliest = likelier < law[2] ? law[2] : likelier;
  const int is_up = law[2] > likelier, not_down = law[1] > law[0];
  const auto state = static_cast<Regime>(2 * is_up + (1 - is_up) * not_down);
  const bool other = (state != label_) & (likeliest > settings_->switch_at);
  confirmed_ = static_cast<int>(other) * (1 + static_cast<int>(state == candidate_) * confirmed_);
  candidate_ = other ? state : candidate_;
  if (other && confirmed_ >= settings_->confirm) {
    label_ = state;
    confirmed_ = 0;
    ++switches_;
  }
  ++labels_[static_cast<std::size_t>(label_)];
  against_ += (static_cast<int>(label_) - static_cast<int>(Regime::flat)) * trend < 0 ? 1 : 0;  // UP, and down it goes; DOWN, and up
}

void RegimeFilter::break_off() {
  filter_.reset();
  last_ = 0;
  confirmed_ = 0;
  label_ = candidate_ = Regime::flat;
  zeros_.reset();
  zero_at_ = zero_count_ = 0;
  seen_ = 0;
}

void RegimeFilter::reset() {
  break_off();
  labels_ = {};
  against_ = switches_ = 0;
}

Value RegimeFilter::judged(double value) const {
  Value v = ok_value(value);
  if (seen_ < kWindow)
    v.status = Status::warmup;
  else if (10 * zero_count_ > 9 * kWindow)
    v.status = Status::undefined;
  return v;
}

Value RegimeFilter::zero_share() const {
  if (seen_ == 0) return warmup_value();
  Value v = ok_value(static_cast<double>(zero_count_) / static_cast<double>(std::min<std::uint64_t>(seen_, kWindow)));
  if (seen_ < kWindow) v.status = Status::warmup;
  return v;
}

Value RegimeFilter::rate(Regime state) const {
  const std::uint64_t all = labels_[0] + labels_[1] + labels_[2];
  if (all == 0) return warmup_value();
  Value v = ok_value(static_cast<double>(labels_[static_cast<std::size_t>(state)]) / static_cast<double>(all));
  if (all < kWindow) v.status = Status::warmup;
  return v;
}

Value RegimeFilter::disagreement() const {
  const std::uint64_t moving = labels_[0] + labels_[2];
  if (moving + labels_[1] < kWindow) return warmup_value();
  return moving == 0 ? undefined_value() : ok_value(static_cast<double>(against_) / static_cast<double>(moving));
}

void RegimeFilter::save(ByteWriter& out) const {
  filter_.save(out);
  out.put(last_), out.put(squares_), out.put(weight_), out.put(label_), out.put(candidate_), out.put(confirmed_);
  for (std::size_t i = 0; i < kWindow; ++i) out.put(static_cast<bool>(zeros_[i]));
  out.put(zero_at_), out.put(seen_), out.put(switches_);
  for (const auto count : labels_) out.put(count);
  out.put(against_);
}

void RegimeFilter::load(ByteReader& in) {
  filter_.load(in);
  last_ = in.get<std::int64_t>();
  squares_ = in.get<double>();
  weight_ = in.get<double>();
  TM_INVARIANT(last_ >= 0 && last_ <= 2 * kMaxWindowPrice && std::isfinite(squares_) && squares_ >= 0 && std::isfinite(weight_) &&
                   weight_ >= (squares_ > 0 ? 1 : 0),
               "a stored regime continues from a mid and a deviation");
  label_ = in.get<Regime>();
  candidate_ = in.get<Regime>();
  confirmed_ = in.get<int>();
  TM_INVARIANT(confirmed_ >= 0 && confirmed_ < settings_->confirm, "a stored label is confirmed or not");
  for (std::size_t i = 0; i < kWindow; ++i) zeros_[i] = in.get<bool>();
  zero_count_ = static_cast<std::uint32_t>(zeros_.count());
  zero_at_ = in.get<std::uint32_t>();
  TM_INVARIANT(zero_at_ < kWindow, "a stored ring has a place in it");
  seen_ = in.get<std::uint64_t>();
  switches_ = in.get<std::uint64_t>();
  for (auto& count : labels_) count = in.get<std::uint64_t>();
  against_ = in.get<std::uint64_t>();
}

}  // namespace tickmesh
