#include "metrics_engine/core/profile_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "analytics/order_flow.hpp"

namespace tickmesh {
namespace {

constexpr Timestamp kNoBar{std::numeric_limits<std::int64_t>::max()};
constexpr std::int64_t kBarNs = 60'000'000'000;
constexpr double kUsualRange = 1.6, kUsualRows = 100, kUsualVolatility = 0.02;

Timestamp bar_end(Timestamp time) {
  const std::int64_t bar = time.ns / kBarNs - (time.ns % kBarNs < 0 ? 1 : 0);
  return bar >= kNoBar.ns / kBarNs ? kNoBar : Timestamp{(bar + 1) * kBarNs};
}

/// What a sum of sizes is in an event: no session of a market has more than 92 thousand million units.
Quantity quantity(Int128 raw) {
  constexpr Int128 kMost = std::numeric_limits<std::int64_t>::max();
  return Quantity::from_raw(static_cast<std::int64_t>(std::clamp(raw, -kMost, kMost)));
}

double label(MarketStateKind kind) { return kind == MarketStateKind::imbalance_up ? 1 : kind == MarketStateKind::imbalance_down ? -1 : 0; }

Value price_value(Price price) { return price.is_zero() ? undefined_value() : ok_value(price.to_double()); }

/// The nearest node above `last`, and the nearest at or below it.
void nearest(const std::vector<Price>& nodes, Price last, Value& above, Value& below) {
  const auto after = std::ranges::upper_bound(nodes, last);
  above = after == nodes.end() ? undefined_value() : price_value(*after);
  below = after == nodes.begin() ? undefined_value() : price_value(*std::prev(after));
}

bool knows_row(const Instrument& i) { return i.profile_row.raw() > 0 || i.reference_price.raw() > 0; }

std::optional<Vpin> make_vpin(const Instrument& instrument) {
  const double bucket = instrument.daily_volume / 50 * static_cast<double>(Quantity::kScale);
  if (!(bucket >= 1) || bucket > static_cast<double>(kMaxFlowSize)) return std::nullopt;
  return Vpin{Quantity::from_raw(std::llround(bucket))};
}

}  // namespace

Price profile_row(const Instrument& instrument, Price price) {
  if (instrument.profile_row.raw() > 0) return instrument.profile_row;
  const double sigma = instrument.daily_volatility > 0 ? instrument.daily_volatility : kUsualVolatility;
  const double ticks = price.to_double() * std::min(sigma, 1.0) * kUsualRange / kUsualRows / instrument.tick_size.to_double();
  const std::int64_t most = (std::int64_t{1} << 60) / instrument.tick_size.raw();
  const double whole = std::clamp(std::round(ticks), 1.0, static_cast<double>(std::max<std::int64_t>(1, most)));
  return Price::from_raw(instrument.tick_size.raw() * static_cast<std::int64_t>(whole));
}

SessionProfile ProfileMetrics::make_profile(Price row) const {
  return SessionProfile{row,
                        {.refresh_least = milliseconds(100),
                         .node_refresh_least = seconds(1),
                         .volume_share = instrument_->volume_share,
                         .most_rows = kMostRows}};
}

ProfileMetrics::ProfileMetrics(const Instrument& instrument, ProfileNews* news)
    : instrument_{&instrument},
      news_{news},
      bar_end_{kNoBar},
      from_bars_{instrument.from_bars},
      row_known_{knows_row(instrument)},
      profile_{make_profile(profile_row(instrument, instrument.reference_price))},
      alert_{instrument.tick_size},
      vpin_{make_vpin(instrument)} {}

void ProfileMetrics::enter_hours(Timestamp begin, Timestamp end, bool open) {
  if (begin != begin_ || end != end_) {
    complete();
    const bool told = state_.state() != MarketStateKind::unknown;
    begin_ = begin;
    end_ = end;
    bar_end_ = kNoBar;
    first_ = {};
    last_ = {};
    completed_ = false;
    row_known_ = knows_row(*instrument_);
    profile_.begin(begin, row_known_ ? profile_row(*instrument_, instrument_->reference_price) : Price{});
    const auto& before = profile_.completed();
    state_.begin(begin, before.empty() ? MarketState::Area{} : MarketState::Area{before.back().val, before.back().vah});
    alert_.reset();
    hvn_.clear(), lvn_.clear();
    filled_ = false;
    if (told) say(ProfileEventKind::state_changed);
  }
  if (!open) complete();
}

void ProfileMetrics::complete() {
  if (completed_ || profile_.profile().empty()) return;
  if (bar_end_ != kNoBar) close_bar();
  completed_ = true;
  profile_.settle();
  find_nodes();
  say(ProfileEventKind::completed);
}

void ProfileMetrics::close_bar() {
  const Timestamp end = bar_end_;
  bar_end_ = kNoBar;
  const MarketStateKind before = state_.state();
  MarketState::Area developing{};
  if (!profile_.profile().empty()) {  // every print of it was busted
    const ValueArea area = profile_.area();
    developing = {profile_.profile().lower_edge(area.low), profile_.profile().upper_edge(area.high)};
  }
  state_.close_bar(end, last_, developing);
  filled_ = false;
  if (state_.state() != before) say(ProfileEventKind::state_changed);
}

void ProfileMetrics::advance(Timestamp time) {
  if (time >= bar_end_) close_bar();
  if (time >= profile_.next_refresh()) refresh(time);
}

void ProfileMetrics::trade(const Tick& tick, int sign, const Value& atr) {
  if (!in_session(tick.event_time) || tick.size.raw() <= 0) return;
  if (!row_known_) {
    row_known_ = true;
    profile_.begin(begin_, profile_row(*instrument_, tick.price));
  }
  if (!add(tick)) return;
  if (!first_) first_ = tick.event_time;
  completed_ = false;  // a print that came late: it is completed anew
  state_.trade(tick.price, tick.size, sign);
  if (vpin_) vpin_->push(tick.size, sign);
  filled_ = false;
  if (bar_end_ == kNoBar) bar_end_ = bar_end(tick.event_time);
  if (tick.price != last_ || atr != atr_) {
    atr_ = atr;
    alert(tick.price);
  }
  refresh(tick.event_time);
}

bool ProfileMetrics::add(const Tick& tick) {
  if (!from_bars_) return profile_.add(tick.event_time, tick.price, tick.size);
  // Of the bar its close alone came: its range is taken to begin where the bar before closed.
  const Price from = last_.is_zero() ? tick.price : last_;
  return profile_.add_bar(tick.event_time, std::min(from, tick.price), std::max(from, tick.price), tick.size);
}

void ProfileMetrics::refresh(Timestamp now) {
  bool anything = false;
  const bool nodes = profile_.refresh(now, anything);
  if (anything) filled_ = false;
  if (!nodes) return;
  find_nodes();
  say(ProfileEventKind::developing);
  alert(last_);
}

void ProfileMetrics::find_nodes() {
  const auto centres = [this](const std::vector<std::int64_t>& rows, std::vector<Price>& out) {
    out.clear();
    for (const std::int64_t row : rows) out.push_back(profile_.centre(row));
  };
  centres(profile_.nodes().high, hvn_);
  centres(profile_.nodes().low, lvn_);
  filled_ = false;
}

void ProfileMetrics::alert(Price last) {
  last_ = last;
  if (const LvnChange change = alert_.update(last, lvn_, atr_); change != LvnChange::none) say(ProfileEventKind::lvn, change);
}

void ProfileMetrics::bust(const Tick& tick) {
  if (tick.trade_id == 0 || !first_ || tick.event_time < first_ || !in_session(tick.event_time)) return;
  if (std::ranges::find(busts_, tick.trade_id) != busts_.end() || !profile_.take_back(tick.price, tick.size)) return;
  if (busts_.size() == kBusts) busts_.erase(busts_.begin());
  busts_.push_back(tick.trade_id);
  filled_ = false;
  refresh(tick.event_time);
  if (!completed_) return;
  completed_ = false;
  complete();
}

void ProfileMetrics::reset() {
  const Timestamp begin = begin_, end = end_;
  *this = ProfileMetrics{*instrument_, news_};
  begin_ = begin;
  end_ = end;
  profile_.begin(begin);
  state_.begin(begin, {});
}

void ProfileMetrics::say(ProfileEventKind kind, LvnChange change) {
  if (news_ == nullptr || !news_->heard()) return;
  ProfileEvent& e = news_->add();
  e.header = {};
  e.kind = kind;
  e.session_start = begin_;
  e.session_end = kind == ProfileEventKind::completed ? end_ : Timestamp{};
  const VolumeProfile& p = profile_.profile();
  e.approx = p.approx();
  e.volume_share = instrument_->volume_share;
  e.row_size = p.row_size();
  e.rows.clear();
  e.low = e.poc = e.val = e.vah = {};
  e.volume = e.inside = {};
  if (!p.empty()) {
    e.low = p.lower_edge(p.lowest());
    for (std::int64_t row = p.lowest(); row <= p.highest(); ++row) e.rows.push_back(quantity(p.volume(row)));
    const ValueArea area = profile_.area();
    e.poc = profile_.centre(p.poc());
    e.val = p.lower_edge(area.low);
    e.vah = p.upper_edge(area.high);
    e.volume = quantity(p.total());
    e.inside = quantity(area.volume);
  }
  e.hvn = hvn_;
  e.lvn = lvn_;
  const MarketStateReading r = state_.read();
  e.state = r.state;
  e.in_frac = r.in_frac;
  e.efficiency = r.efficiency;
  e.accept_up = r.accept_up;
  e.accept_down = r.accept_down;
  e.cvd = quantity(state_.flow());
  e.reason = r.bars == 0 ? "no bar of the session has closed" : reasons(r);
  e.lvn_change = change;
  e.lvn_near = alert_.node();
  e.lvn_ticks = alert_.ticks();
  e.lvn_atr = alert_.atrs();
  e.vpin = vpin_ ? vpin_->value() : undefined_value();
}

void ProfileMetrics::fill(Metrics& m, Status of_session) {
  if (filled_ && filled_status_ == of_session) return;
  filled_ = true;
  filled_status_ = of_session;
  const auto told = [of_session](Value value) {
    if (value.status == Status::ok) value.status = of_session;
    return value;
  };
  const ProfileReading& area = profile_.developing();
  m.poc = told(price_value(area.poc));
  m.val = told(area.poc.is_zero() ? undefined_value() : ok_value(area.val.to_double()));
  m.vah = told(price_value(area.vah));
  nearest(hvn_, last_, m.hvn_above, m.hvn_below);
  nearest(lvn_, last_, m.lvn_above, m.lvn_below);
  for (Value* value : {&m.hvn_above, &m.hvn_below, &m.lvn_above, &m.lvn_below}) *value = told(*value);
  m.lvn_ticks = told(alert_.ticks());
  m.lvn_atr = told(alert_.atrs());
  const MarketStateReading r = state_.read();
  m.market_state = told(r.state == MarketStateKind::unknown ? undefined_value() : ok_value(label(r.state)));
  m.in_frac = told(r.in_frac);
  m.efficiency = told(r.efficiency);
  const auto of_bars = [&](double value) { return r.bars == 0 ? warmup_value() : told(ok_value(value)); };
  m.accept_up = of_bars(r.accept_up);
  m.accept_down = of_bars(r.accept_down);
  m.state_cvd = of_bars(r.cvd);
  m.profile_share = instrument_->volume_share > 0 ? ok_value(instrument_->volume_share) : undefined_value();
  m.vpin = vpin_ ? told(vpin_->value()) : undefined_value();
}

void ProfileMetrics::save(ByteWriter& out) const {
  out.put(row_known_), out.put(profile_.profile().row_size());
  out.put(begin_), out.put(end_), out.put(bar_end_), out.put(first_), out.put(last_), out.put(completed_);
  out.put(atr_.value), out.put(atr_.status), out.put(atr_.has_value);
  profile_.save(out);
  state_.save(out);
  alert_.save(out);
  out.put(vpin_ ? vpin_->bucket() : Quantity{});
  if (vpin_) vpin_->save(out);
  out.put(static_cast<std::uint32_t>(busts_.size()));
  for (const std::uint64_t id : busts_) out.put(id);
}

void ProfileMetrics::load(ByteReader& in) {
  row_known_ = in.get<bool>();
  const auto row = in.get<Price>();
  TM_INVARIANT(row.raw() > 0 && row.raw() <= std::int64_t{1} << 60, "a stored row has a height");
  profile_ = make_profile(row);
  begin_ = in.get<Timestamp>();
  end_ = in.get<Timestamp>();
  bar_end_ = in.get<Timestamp>();
  first_ = in.get<Timestamp>();
  last_ = in.get<Price>();
  TM_INVARIANT(last_.raw() >= 0 && (bar_end_ == kNoBar || last_.raw() > 0), "a stored bar is of trades");
  completed_ = in.get<bool>();
  atr_.value = in.get<double>();
  atr_.status = in.get<Status>();
  atr_.has_value = in.get<bool>();
  TM_INVARIANT(std::isfinite(atr_.value), "a stored value is a number");
  profile_.load(in);
  state_.load(in);
  alert_.load(in);
  // Of another daily volume, as it was configured then: its buckets are not those of now.
  if (const auto bucket = in.get<Quantity>(); !bucket.is_zero()) {
    TM_INVARIANT(bucket.raw() > 0 && bucket.raw() <= kMaxFlowSize, "a stored bucket takes some volume");
    Vpin stored{bucket};
    stored.load(in);
    if (vpin_ && vpin_->bucket() == bucket) *vpin_ = std::move(stored);
  }
  const auto busts = in.get<std::uint32_t>();
  TM_INVARIANT(busts <= kBusts, "so many busts are remembered as are kept");
  busts_.clear();
  for (std::uint32_t i = 0; i < busts; ++i) busts_.push_back(in.get<std::uint64_t>());
  find_nodes();
}

}  // namespace tickmesh
