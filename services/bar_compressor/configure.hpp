// The core's settings, from the configuration: used by the service and by whoever runs its core elsewhere.
#pragma once
#include "bar_compressor/core/bar_core.hpp"
#include "service/calendar.hpp"
#include "service/config.hpp"

namespace tickmesh {

inline BarConfig bar_config(const Config& config, const Instruments& instruments) {
  BarConfig bars;
  bars.instruments = instruments;
  bars.spec.lateness = config.ms("bars.lateness_ms");
  bars.sessions = sessions_by_calendar(config, instruments);
  return bars;
}

}  // namespace tickmesh
