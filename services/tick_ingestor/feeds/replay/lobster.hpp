// A row of LOBSTER's message file: one event of the limit order book of one NASDAQ stock.
#pragma once
#include <string_view>

#include "core/events.hpp"
#include "core/fixed.hpp"

namespace tickmesh::replay {

enum class LobsterKind : std::uint8_t { added = 1, reduced = 2, removed = 3, executed = 4, executed_hidden = 5, cross = 6, halt = 7 };

struct LobsterRow {
  Duration since_midnight{};  ///< New York's; what is finer than a nanosecond is cut off
  LobsterKind kind{};
  std::uint64_t order{0};  ///< 0: a hidden one
  Quantity size{};         ///< whole shares
  Price price{};           ///< stored in units of 0.0001 dollars
  Side side{Side::none};   ///< of the resting order; who executes it is on the other
  bool trade() const { return kind == LobsterKind::executed || kind == LobsterKind::executed_hidden; }
};

/// `Time,Type,OrderId,Size,Price,Direction`. False: not such a row, and `rule` says what it lacks.
bool parse_lobster(std::string_view line, LobsterRow& into, const char*& rule);

}  // namespace tickmesh::replay
