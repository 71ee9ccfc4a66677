// The mesh's picture as JSON: `trading_state.json` (numbers) and /api/v1 (decimal texts, ISO-8601 times).
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "api_gateway/core/api_core.hpp"
#include "core/instrument.hpp"
#include "service/config.hpp"

namespace tickmesh {

using Json = nlohmann::ordered_json;

/// "2025-01-20T12:40:14.000000000Z"; "" for none.
std::string iso_time(Timestamp t);
/// `trading_state.json` exactly as CONTRACTS gives it.
Json trading_state(const MeshView& view, const Instruments& instruments, Timestamp now);

Json position_json(const PositionEvent& position, const MeshView& view, const Instruments& instruments);
Json order_json(const OrderEvent& order);
Json account_json(const MeshView& view);
/// With the Kelly size of the strategy shown beside it.
Json metrics_json(const Metrics& metrics, const MeshView& view);
Json strategy_json(const StrategyEvent& strategy);
Json signal_json(const Signal& signal);
/// Every rule there is, whether it runs and trades, and its parameters {name, value, default, min, max, meaning}.
Json rules_json(const Config& config);
Json latest_json(const Latest& latest);
/// The profile as it develops (null before the first) with its rows, area, nodes, state and reasons, nearness to a node and VPIN, and the
/// completed ones, the latest last. `note`: what must stand beside the numbers.
Json profile_json(const MeshView& view, const Symbol& symbol);
/// The best levels, and how old they are at `now`.
Json book_json(const BookTop& book, Timestamp now);
Json command_json(const Command& command);

}  // namespace tickmesh
