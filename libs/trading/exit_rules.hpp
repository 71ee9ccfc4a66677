// When a position's own prices ask for its end.
#pragma once
#include "trading/position.hpp"

namespace tickmesh {

enum class PriceExit : std::uint8_t { none = 0, stop = 1, target = 2 };
std::string_view to_string(PriceExit exit);  ///< "", stop, target

/// Judges stop and target at the side the position would trade at: a long at the bid, a short at the ask. Touching is enough. When a
/// jump passes both levels of one quote the stop is named. None without a quote, or when the position is flat.
PriceExit judge_prices(const PositionState& position, const LastQuote& quote);

/// Whether stop and target lie on their sides of the quote: a long's stop below the bid and its target above, a short's stop above
/// the ask and its target below. Zero is "none" and always fits. Returns the rule that is broken, or an empty text.
std::string_view misplaced(Side side, Price stop, Price target, const LastQuote& quote);

}  // namespace tickmesh
