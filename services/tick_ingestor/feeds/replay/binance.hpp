// A recorded line of a Binance market stream: `<local time of receipt, ns since 1970 UTC> <JSON as received>`. Streams <symbol>@trade,
// @bookTicker and @depth of spot, USDT- and coin-margined futures, and the REST snapshot of the book, which names no stream.
#pragma once
#include <string_view>
#include <vector>

#include "core/events.hpp"
#include "orderbook/depth_book.hpp"

namespace tickmesh::replay {

enum class BinanceKind : std::uint8_t { trade, quote, depth, snapshot, other };

struct BinanceLine {
  BinanceKind kind{BinanceKind::other};
  Timestamp received{};
  Timestamp event{};  ///< the venue's own (T, else E), milliseconds; zero: it tells none (spot's bookTicker, snapshot)
  // trade
  Price price{};
  Quantity size{};
  Side aggressor{Side::none};  ///< the buyer is the maker: a sale
  std::uint64_t trade_id{0};
  // quote
  Price bid{}, ask{};
  Quantity bid_size{}, ask_size{};
  // quote: `last` alone; depth, snapshot
  std::uint64_t previous{0}, last{0};  ///< U - 1 or pu; u or lastUpdateId
  std::vector<LevelChange> levels{};   ///< bids before asks
  DepthDelta delta() const { return {previous, last, levels}; }
  DepthSnapshot snapshot() const { return {last, levels}; }
};

/// False: not such a line, and `rule` says what it lacks. `into` is used again without allocating once its levels are as many as ever come.
/// Numbers are decimals of at most 8 places.
bool parse_binance(std::string_view line, BinanceLine& into, const char*& rule);

}  // namespace tickmesh::replay
