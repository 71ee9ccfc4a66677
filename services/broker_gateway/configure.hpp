// The core's settings, from the configuration: used by the service and by whoever runs its core elsewhere.
#pragma once
#include "broker_gateway/core/gateway_core.hpp"
#include "service/config.hpp"
#include "venue/paper_exchange.hpp"

namespace tickmesh {

inline GatewayConfig gateway_config(const Config& config, const Instruments& instruments) {
  GatewayConfig gateway;
  gateway.instruments = instruments;
  gateway.limits.max_order_notional = config.money("gateway.max_order_value");
  gateway.limits.max_units = config.quantity("gateway.max_order_units");
  gateway.limits.collar_bp = static_cast<std::int64_t>(config.number("gateway.collar") * 10'000 + 0.5);
  gateway.limits.orders_per_second = static_cast<std::uint32_t>(config.integer("gateway.orders_per_s"));
  gateway.limits.gross = config.money("gateway.max_gross");
  gateway.limits.stale_after = config.ms("risk.stale_ms");
  // A clock of the wall, which recorded time does not know.
  if (config.text("mesh.time") != "event-time")
    gateway.dead_man = config.ms("gateway.dead_man_ms");
  else
    gateway.dead_man = {};
  return gateway;
}

inline PaperConfig paper_config(const Config& config) {
  PaperConfig paper;
  paper.latency = config.ms("venue.paper.latency_ms");
  paper.commission_per_unit = config.money("venue.paper.commission_per_unit");
  paper.commission_min = config.money("venue.paper.commission_min");
  paper.seed = static_cast<std::uint64_t>(config.integer("venue.paper.seed"));
  return paper;
}

}  // namespace tickmesh
