// What PositionCore remembers of a symbol, an order and a command that waits for its end.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/events.hpp"
#include "core/instrument.hpp"
#include "risk/kelly.hpp"
#include "trading/position.hpp"

namespace tickmesh::position {

/// The strategy of what a person opens.
inline constexpr const char* kManual = "manual";

/// Where a position's stop and target come from, kept so that an order whose intent was lost finds them again by its cause.
struct Plan {
  Name cause{};
  Price stop{}, target{};
};

/// An entry somebody asks for.
struct Ask {
  Side side{Side::none};
  Price stop{}, target{}, limit{};
  Quantity quantity{};  ///< zero: by allocation
  Timestamp valid_until{};
  double confidence{1};
  bool by_person{false};
  std::string strategy{};
  std::string reason{};
};

struct Order {
  Intent intent{};
  OrderEventKind state{OrderEventKind::none};  ///< none: said, nothing heard of it yet
  Quantity filled{};                           ///< sum of the fills applied
  std::vector<std::string> executions{};       ///< applied; dropped when the order is over
  Price stop{}, target{};                      ///< entries: of the position to be
  bool plan_known{true};                       ///< false: it came back without its stop and target
  std::uint32_t openings{0};                   ///< positions its fills opened
  bool cancel_wanted{false};
  Token cancel_said_to{};  ///< the gateway the cancel was last said to
  std::string cancel_reason{};
};

/// That a position shall end. A price's wish is judged anew on every quote; the others stand until the symbol is flat.
struct Wish {
  enum class Kind : std::uint8_t { none = 0, price = 1, signal = 2, person = 3 };
  friend constexpr Kind last_value(Kind) { return Kind::person; }
  Kind kind{Kind::none};
  std::string reason{};
  explicit operator bool() const { return kind != Kind::none; }
};

struct SymbolBook {
  const Instrument* instrument{nullptr};
  LastQuote quote{};  ///< the last one that is a price
  std::optional<PositionState> position{};
  Wish wish{};
  std::uint32_t exits{0};          ///< said for this position
  std::uint32_t exit_failures{0};  ///< in a row
  Timestamp exit_not_before{};
  Timestamp rested_since{};                      ///< last close or failed entry
  Plan plan{};                                   ///< of the last entry asked for
  std::map<std::string, ClosedTrades> trades{};  ///< by strategy
  Name adopted{};                                ///< cause of an order that came back and has no plan yet

  const Symbol& symbol() const { return instrument->symbol; }
};

/// A command whose answer waits for orders to end or symbols to be flat.
struct Pending {
  std::string command{};
  Verb verb{Verb::none};
  Symbol symbol{};
  Timestamp deadline{};
  std::vector<std::string> orders{};  ///< not over
  std::vector<Symbol> symbols{};      ///< not flat
};

}  // namespace tickmesh::position
