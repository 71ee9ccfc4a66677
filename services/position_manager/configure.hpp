// The core's settings, from the configuration: used by the service and by whoever runs its core elsewhere.
#pragma once
#include "position_manager/core/position_core.hpp"
#include "service/config.hpp"

namespace tickmesh {

inline PositionConfig position_config(const Config& config, const Instruments& instruments) {
  PositionConfig position;
  position.instruments = instruments;
  position.mesh_id = config.text("mesh.instance");
  position.currency = config.text("account.currency");
  position.balance = config.money("account.balance");
  position.allocation.amount = config.money("sizing.allocation");
  position.allocation.min_quantity = config.quantity("sizing.min_qty");
  position.allocation.max_quantity = config.quantity("sizing.max_qty");
  position.kelly.fraction = config.number("sizing.kelly_fraction");
  position.kelly.min_trades = static_cast<std::uint32_t>(config.integer("sizing.kelly_min_trades"));
  position.kelly.max_risk = config.number("sizing.kelly_max_risk");
  position.kelly.max_notional = config.number("sizing.kelly_max_notional");
  position.limits.max_positions = static_cast<std::uint32_t>(config.integer("risk.max_positions"));
  position.limits.cooldown = Duration{config.integer("risk.cooldown_s") * 1'000'000'000};
  position.limits.min_confidence = config.number("risk.min_confidence");
  position.entry_validity = config.ms("risk.entry_valid_ms");
  position.stale_after = config.ms("risk.stale_ms");
  const auto traded = config.list("signals.traded");
  position.traded.emplace(traded.begin(), traded.end());
  return position;
}

}  // namespace tickmesh
