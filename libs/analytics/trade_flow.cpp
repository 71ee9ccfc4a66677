#include "analytics/trade_flow.hpp"

#include "analytics/mid_window.hpp"

namespace tickmesh {
namespace {

std::int64_t second_of(Timestamp time) { return time.ns / 1'000'000'000 - (time.ns % 1'000'000'000 < 0 ? 1 : 0); }

void add(Int128& buy, Int128& sell, std::int64_t flow) {
  if (flow > 0) buy += flow;
  if (flow < 0) sell -= flow;
}

}  // namespace

double flow_units(Int128 raw) { return to_double(raw) / static_cast<double>(Quantity::kScale); }

Value FlowBalance::pressure() const {
  return buy + sell == 0 ? undefined_value(0) : ok_value(to_double(buy - sell) / to_double(buy + sell));
}
Value FlowBalance::buy_pct() const { return buy + sell == 0 ? undefined_value() : ok_value(to_double(buy) / to_double(buy + sell)); }
Value FlowBalance::ratio() const { return sell == 0 ? undefined_value() : ok_value(to_double(buy) / to_double(sell)); }

void TradeFlow::push(int sign, Quantity size, Timestamp time) {
  const std::int64_t flow = sign * size.raw();
  cvd_ += flow;
  ++count_;
  if (trades_.full()) {
    const std::int64_t old = trades_.oldest();
    if (old > 0) window_.buy -= old;
    if (old < 0) window_.sell += old;
  }
  trades_.push(flow);
  add(window_.buy, window_.sell, flow);
  const std::int64_t second = second_of(time);
  Second& slot = seconds_[static_cast<std::size_t>(second & 63)];
  if (slot.at > second) return;  // a later minute has this place
  if (slot.at < second) slot = {.at = second};
  add(slot.buy, slot.sell, flow);
  if (second == minute_at_)
    add(minute_.buy, minute_.sell, flow);
  else
    minute_at_ = kNoMinute;  // another second may have lost its place
}

void TradeFlow::reset() {
  trades_.reset();
  window_ = {};
  cvd_ = 0;
  count_ = 0;
  seconds_ = {};
  minute_at_ = kNoMinute;
}

FlowBalance TradeFlow::last_minute(Timestamp now) const {
  const std::int64_t newest = second_of(now);
  if (newest == minute_at_) return minute_;
  FlowBalance sum;
  for (const Second& slot : seconds_) {
    if (slot.at > newest || slot.at <= newest - kSeconds) continue;
    sum.buy += slot.buy;
    sum.sell += slot.sell;
  }
  minute_ = sum;
  minute_at_ = newest;
  return sum;
}

void TradeFlow::save(ByteWriter& out) const {
  trades_.save(out);
  put(out, cvd_), out.put(count_);
  for (const Second& slot : seconds_) out.put(slot.at), put(out, slot.buy), put(out, slot.sell);
}

void TradeFlow::load(ByteReader& in) {
  trades_.load(in);
  window_ = {};
  for (std::size_t i = 0; i < trades_.size(); ++i) {
    TM_INVARIANT(trades_[i] >= -kMaxFlowSize && trades_[i] <= kMaxFlowSize, "a stored trade has a size that sums take");
    add(window_.buy, window_.sell, trades_[i]);
  }
  cvd_ = get_int128(in);
  count_ = in.get<std::uint64_t>();
  for (Second& slot : seconds_) {
    slot.at = in.get<std::int64_t>();
    slot.buy = get_int128(in);
    slot.sell = get_int128(in);
  }
  minute_at_ = kNoMinute;
}

}  // namespace tickmesh
