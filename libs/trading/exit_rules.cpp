#include "trading/exit_rules.hpp"

namespace tickmesh {

std::string_view to_string(PriceExit exit) {
  switch (exit) {
    case PriceExit::stop: return "stop";
    case PriceExit::target: return "target";
    case PriceExit::none: break;
  }
  return "";
}

PriceExit judge_prices(const PositionState& position, const LastQuote& quote) {
  const Price at = opposite_quote(quote, opposite(position.side()));
  if (position.flat() || at.is_zero()) return PriceExit::none;
  const bool is_long = position.side() == Side::buy;
  if (!position.stop.is_zero() && (is_long ? at <= position.stop : at >= position.stop)) return PriceExit::stop;
  if (!position.target.is_zero() && (is_long ? at >= position.target : at <= position.target)) return PriceExit::target;
  return PriceExit::none;
}

std::string_view misplaced(Side side, Price stop, Price target, const LastQuote& quote) {
  const bool is_long = side == Side::buy;
  if (!stop.is_zero() && (is_long ? stop >= quote.bid : stop <= quote.ask)) return "stop_side";
  if (!target.is_zero() && (is_long ? target <= quote.bid : target >= quote.ask)) return "target_side";
  return {};
}

}  // namespace tickmesh
