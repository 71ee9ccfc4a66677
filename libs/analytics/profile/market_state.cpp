#include "analytics/profile/market_state.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "analytics/mid_window.hpp"
#include "analytics/order_flow.hpp"

namespace tickmesh {
namespace {

std::string two_places(double value) {
  const std::int64_t hundredths = std::llround(std::abs(value) * 100);
  const std::string digits = std::to_string(hundredths % 100);
  return (value < 0 && hundredths > 0 ? "-" : "") + std::to_string(hundredths / 100) + '.' + (digits.size() < 2 ? "0" : "") + digits;
}

}  // namespace

std::string reasons(const MarketStateReading& r) {
  std::string text = std::to_string(r.bars) + " bars";
  if (r.in_frac.has_value) text += ", " + two_places(r.in_frac.value * 100) + " % of volume inside";
  if (r.accept_up > 0) text += ", " + std::to_string(r.accept_up) + " closes above VAH";
  if (r.accept_down > 0) text += ", " + std::to_string(r.accept_down) + " closes below VAL";
  if (r.efficiency.has_value) text += ", efficiency " + two_places(r.efficiency.value);
  return text + ", CVD " + (r.cvd > 0 ? "+" : "") + two_places(r.cvd);
}

MarketState::MarketState(const MarketStateSettings& settings) : settings_{settings}, bars_{settings.bars} {
  TM_INVARIANT(settings.least > 1 && settings.least <= settings.bars && settings.accept > 0, "a state stands on some of its bars");
}

void MarketState::begin(Timestamp start, Area previous) {
  start_ = start;
  previous_ = reference_ = previous;
  bars_.reset();
  path_ = inside_ = volume_ = flow_ = 0;
  open_ = {};
  accept_up_ = accept_down_ = 0;
  state_ = MarketStateKind::unknown;
}

void MarketState::trade(Price price, Quantity size, int sign) {
  if (price.raw() <= 0 || size.raw() <= 0 || size.raw() > kMaxFlowSize - open_.volume) return;
  open_.volume += size.raw();
  open_.flow += sign * size.raw();
  if (reference_ && price >= reference_.low && price <= reference_.high) open_.inside += size.raw();
}

void MarketState::count(const BarSums& bar, int sign) {
  inside_ += sign * static_cast<Int128>(bar.inside);
  volume_ += sign * static_cast<Int128>(bar.volume);
  flow_ += sign * static_cast<Int128>(bar.flow);
}

void MarketState::close_bar(Timestamp end, Price close, Area developing) {
  TM_INVARIANT(close.raw() > 0, "a bar closes at a price");
  BarSums bar = open_;
  open_ = {};
  bar.close = close.raw();
  bar.step = bars_.size() == 0 ? 0 : std::abs(close.raw() - bars_.newest().close);
  // The path runs from the oldest bar's close: its own step lies before the window, and so does that of what becomes the oldest.
  if (bars_.full()) {
    count(bars_.oldest(), -1);
    if (bars_.size() > 1) path_ -= bars_[1].step;
  }
  bars_.push(bar);
  count(bar, 1);
  path_ += bars_.size() > 1 ? bar.step : 0;

  accept_up_ = reference_ && close > reference_.high ? accept_up_ + 1 : 0;
  accept_down_ = reference_ && close < reference_.low ? accept_down_ + 1 : 0;
  if (bars_.size() >= settings_.least && reference_) {
    const MarketStateReading r = read();
    const bool directed = r.efficiency.value >= settings_.efficiency;
    if (accept_up_ >= settings_.accept && directed && flow_ > 0)
      state_ = MarketStateKind::imbalance_up;
    else if (accept_down_ >= settings_.accept && directed && flow_ < 0)
      state_ = MarketStateKind::imbalance_down;
    else if (!directed && r.in_frac.has_value && r.in_frac.value >= settings_.inside)
      state_ = MarketStateKind::balance;
  }
  const bool young = end - start_ < settings_.previous;
  reference_ = young && previous_ ? previous_ : developing;
}

MarketStateReading MarketState::read() const {
  MarketStateReading r{.state = state_, .accept_up = accept_up_, .accept_down = accept_down_, .bars = bars_.size()};
  r.cvd = to_double(flow_) / static_cast<double>(Quantity::kScale);
  if (bars_.size() == 0) {
    r.in_frac = r.efficiency = warmup_value();
    return r;
  }
  r.in_frac = volume_ > 0 ? ok_value(to_double(inside_) / to_double(volume_)) : undefined_value();
  const auto way = std::abs(bars_.newest().close - bars_.oldest().close);
  r.efficiency = ok_value(path_ > 0 ? static_cast<double>(way) / to_double(path_) : 0);
  if (bars_.size() < settings_.least) r.efficiency.status = Status::warmup;
  return r;
}

void MarketState::save(ByteWriter& out) const {
  out.put(start_);
  for (const Area* a : {&previous_, &reference_}) out.put(a->low), out.put(a->high);
  out.put(static_cast<std::uint32_t>(bars_.size()));
  for (std::size_t i = 0; i <= bars_.size(); ++i) {
    const BarSums& b = i < bars_.size() ? bars_[i] : open_;
    out.put(b.close), out.put(b.step), out.put(b.inside), out.put(b.volume), out.put(b.flow);
  }
  out.put(accept_up_), out.put(accept_down_), out.put(state_);
}

void MarketState::load(ByteReader& in) {
  const auto start = in.get<Timestamp>();
  Area areas[2];
  for (Area& a : areas) {
    a.low = in.get<Price>();
    a.high = in.get<Price>();
    TM_INVARIANT(a.low.raw() >= 0 && a.low <= a.high, "a stored area has its edges in order");
  }
  begin(start, areas[0]);
  reference_ = areas[1];
  const auto count_stored = in.get<std::uint32_t>();
  TM_INVARIANT(count_stored <= bars_.capacity(), "a stored window fits the window it is loaded into");
  for (std::uint32_t i = 0; i <= count_stored; ++i) {
    BarSums b;
    b.close = in.get<std::int64_t>();
    b.step = in.get<std::int64_t>();
    b.inside = in.get<std::int64_t>();
    b.volume = in.get<std::int64_t>();
    b.flow = in.get<std::int64_t>();
    TM_INVARIANT(b.close >= 0 && b.step >= 0 && b.inside >= 0 && b.inside <= b.volume && b.volume <= kMaxFlowSize && b.flow >= -b.volume &&
                     b.flow <= b.volume,
                 "a stored bar is one that trades make");
    if (i == count_stored) {
      open_ = b;
      break;
    }
    TM_INVARIANT(b.close > 0, "a stored bar closes at a price");
    if (bars_.size() > 0) path_ += b.step;
    bars_.push(b);
    count(b, 1);
  }
  accept_up_ = in.get<std::uint32_t>();
  accept_down_ = in.get<std::uint32_t>();
  state_ = in.get<MarketStateKind>();
}

}  // namespace tickmesh
