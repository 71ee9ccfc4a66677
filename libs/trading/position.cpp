#include "trading/position.hpp"

#include <limits>
#include <utility>

namespace tickmesh {
namespace {

void put_wide(ByteWriter& out, Int128 value) {
  out.put(static_cast<std::uint64_t>(value));
  out.put(static_cast<std::int64_t>(value >> 64));
}
Int128 get_wide(ByteReader& in) {
  const auto low = in.get<std::uint64_t>();
  const auto high = in.get<std::int64_t>();
  return (Int128{high} << 64) | Int128{low};
}

void add_product(Int128& sum, const Execution& fill) {
  const Int128 product = Int128{fill.price.raw()} * fill.quantity.raw();
  TM_INVARIANT(!__builtin_add_overflow(sum, product, &sum), "a sum of fills fits 128 bits");
}

}  // namespace

Price mean_price(Int128 sum, Quantity quantity) {
  if (quantity.is_zero()) return {};
  const Int128 divisor = quantity.raw();
  TM_INVARIANT(sum >= 0 && divisor > 0, "fills have positive prices and quantities");
  Int128 mean = sum / divisor;
  const Int128 twice = 2 * (sum % divisor);
  if (twice > divisor || (twice == divisor && (mean & 1) != 0)) ++mean;
  TM_INVARIANT(mean <= std::numeric_limits<std::int64_t>::max(), "a mean price fits 64 bits");
  return Price::from_raw(static_cast<std::int64_t>(mean));
}

PositionState::PositionState(std::string id, Symbol symbol, Side side, Quantity multiplier)
    : id_{std::move(id)}, symbol_{symbol}, side_{side}, multiplier_{multiplier} {
  TM_INVARIANT(side == Side::buy || side == Side::sell, "a position is long or short");
}

void PositionState::enlarge(const Execution& fill) {
  TM_INVARIANT(fill.quantity.raw() > 0 && fill.price.raw() > 0, "a fill moves a positive quantity at a positive price");
  const Money value = notional(fill.price, fill.quantity, multiplier_);
  if (!entry_time_) entry_time_ = fill.time;
  add_product(entry_sum_, fill);
  quantity_ += fill.quantity;
  entry_quantity_ += fill.quantity;
  entry_value_ += value;
  held_value_ += value;
  realized_ -= fill.commission;
  fees_ += fill.commission;
}

Money PositionState::reduce(const Execution& fill) {
  TM_INVARIANT(fill.quantity.raw() > 0 && fill.price.raw() > 0, "a fill moves a positive quantity at a positive price");
  TM_INVARIANT(fill.quantity <= quantity_, "an exit takes no more than is held");
  const Money value = notional(fill.price, fill.quantity, multiplier_);
  const Money released = fill.quantity == quantity_
                             ? held_value_
                             : Money::from_raw(mul_div_half_even(held_value_.raw(), fill.quantity.raw(), quantity_.raw()));
  const Money gain = (side_ == Side::buy ? value - released : released - value) - fill.commission;
  add_product(exit_sum_, fill);
  quantity_ = quantity_ - fill.quantity;
  exit_quantity_ += fill.quantity;
  held_value_ -= released;
  realized_ += gain;
  fees_ += fill.commission;
  exit_time_ = fill.time;
  return gain;
}

Price PositionState::entry_price() const { return mean_price(entry_sum_, entry_quantity_); }
Price PositionState::exit_price() const { return mean_price(exit_sum_, exit_quantity_); }

Money PositionState::value(const LastQuote& quote) const {
  const Price mark = opposite_quote(quote, opposite(side_));
  return mark.is_zero() ? held_value_ : notional(mark, quantity_, multiplier_);
}

Money PositionState::unrealized(const LastQuote& quote) const {
  return side_ == Side::buy ? value(quote) - held_value_ : held_value_ - value(quote);
}

PositionEvent PositionState::event() const {
  PositionEvent e;
  e.id = id_;
  e.symbol = symbol_;
  e.side = side_;
  e.quantity = quantity_;
  e.entry_quantity = entry_quantity_;
  e.entry_price = entry_price();
  e.entry_value = entry_value_;
  e.stop = stop;
  e.target = target;
  e.entry_time = entry_time_;
  e.exit_time = exit_time_;
  e.exit_price = exit_price();
  e.realized_pnl = realized_;
  e.fees = fees_;
  e.strategy = strategy;
  e.exit_reason = exit_reason;
  return e;
}

void PositionState::save(ByteWriter& out) const {
  out.put(id_), out.put(symbol_), out.put(side_), out.put(multiplier_);
  out.put(quantity_), out.put(entry_quantity_), out.put(exit_quantity_);
  put_wide(out, entry_sum_), put_wide(out, exit_sum_);
  out.put(entry_value_), out.put(held_value_), out.put(realized_), out.put(fees_);
  out.put(entry_time_), out.put(exit_time_);
  out.put(stop), out.put(target), out.put(strategy), out.put(exit_reason);
}

void PositionState::load(ByteReader& in) {
  id_ = in.get<std::string>(), symbol_ = in.get<Symbol>(), side_ = in.get<Side>(), multiplier_ = in.get<Quantity>();
  quantity_ = in.get<Quantity>(), entry_quantity_ = in.get<Quantity>(), exit_quantity_ = in.get<Quantity>();
  entry_sum_ = get_wide(in), exit_sum_ = get_wide(in);
  entry_value_ = in.get<Money>(), held_value_ = in.get<Money>(), realized_ = in.get<Money>(), fees_ = in.get<Money>();
  entry_time_ = in.get<Timestamp>(), exit_time_ = in.get<Timestamp>();
  stop = in.get<Price>(), target = in.get<Price>(), strategy = in.get<std::string>(), exit_reason = in.get<std::string>();
}

}  // namespace tickmesh
