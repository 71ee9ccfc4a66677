// The core's settings, from the configuration: used by the service and by whoever runs its core elsewhere.
#pragma once
#include "metrics_engine/core/metrics_core.hpp"
#include "service/calendar.hpp"
#include "service/config.hpp"

namespace tickmesh {

inline MetricsConfig metrics_config(const Config& config, const Instruments& instruments) {
  MetricsConfig metrics;
  metrics.instruments = instruments;
  metrics.planned_notional = config.money("sizing.allocation");
  metrics.cost.per_unit = config.number("venue.paper.commission_per_unit");
  metrics.cost.min_commission = config.number("venue.paper.commission_min");
  metrics.filters = config.text("metrics.filters") == "raw" ? Filters::raw : Filters::clean;
  metrics.publish_grid = config.ms("metrics.publish_ms");
  metrics.sessions = sessions_by_calendar(config, instruments);
  metrics.signals.clear();
  for (const std::string& rule : config.list("signals.rules")) {
    SignalConfig& signal = metrics.signals.emplace_back(rule, ParameterValues{});
    for (const Parameter& p : signal_rule_parameters(rule))
      signal.parameters[std::string(p.name)] = config.number("signals." + rule + "." + std::string(p.name));
  }
  return metrics;
}

}  // namespace tickmesh
