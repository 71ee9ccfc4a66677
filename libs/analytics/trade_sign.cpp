#include "analytics/trade_sign.hpp"

#include <algorithm>

#include "analytics/mid_window.hpp"

namespace tickmesh {

void TickRule::load(ByteReader& in) {
  last_ = in.get<Price>();
  const auto sign = in.get<std::int8_t>();
  TM_INVARIANT(last_.raw() >= 0 && sign >= -1 && sign <= 1, "a stored sign is -1, 0 or 1");
  sign_ = (sign > 0) - (sign < 0);
}

void TradeSigner::quote(const Quote& quote) {
  if (has_latest_ && quote.time > latest_.time) {
    before_ = latest_;
    has_before_ = true;
  }
  latest_ = {has_latest_ ? std::max(quote.time, latest_.time) : quote.time, quote.bid, quote.ask};
  has_latest_ = true;
}

TradeSigner::Signed TradeSigner::trade(Timestamp time, Price price, Side aggressor) {
  const int by_ticks = ticks_.push(price);
  Signed out{by_ticks, by_ticks == 0 ? SignRule::none : SignRule::tick};
  const Prices* prevailing = nullptr;
  if (has_latest_ && latest_.time < time)
    prevailing = &latest_;
  else if (has_before_ && before_.time < time)
    prevailing = &before_;
  if (aggressor != Side::none) {
    out = {aggressor == Side::buy ? 1 : -1, SignRule::venue};
  } else if (prevailing != nullptr && prevailing->bid.raw() > 0 && prevailing->ask > prevailing->bid) {
    // Twice the price against bid + ask, without an overflow of either.
    const auto side = static_cast<Int128>(price.raw()) * 2 - prevailing->bid.raw() - prevailing->ask.raw();
    if (side != 0) out = {side > 0 ? 1 : -1, SignRule::quote};
  }
  ++counts_[static_cast<std::size_t>(out.rule)];
  return out;
}

void TradeSigner::reset() {
  ticks_.reset();
  counts_ = {};
}

Value TradeSigner::share(SignRule rule) const {
  const std::uint64_t all = trades();
  if (all == 0) return warmup_value();
  return ok_value(static_cast<double>(counts_[static_cast<std::size_t>(rule)]) / static_cast<double>(all));
}

void TradeSigner::save(ByteWriter& out) const {
  ticks_.save(out);
  out.put(has_latest_), out.put(has_before_);
  for (const Prices* p : {&latest_, &before_}) out.put(p->time), out.put(p->bid), out.put(p->ask);
  for (const auto count : counts_) out.put(count);
}

void TradeSigner::load(ByteReader& in) {
  ticks_.load(in);
  has_latest_ = in.get<bool>();
  has_before_ = in.get<bool>();
  for (Prices* p : {&latest_, &before_}) {
    p->time = in.get<Timestamp>();
    p->bid = in.get<Price>();
    p->ask = in.get<Price>();
  }
  for (auto& count : counts_) count = in.get<std::uint64_t>();
}

}  // namespace tickmesh
