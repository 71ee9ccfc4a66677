// What this service says and reads, and what must be durable before anyone hears it: for its program, and for whoever runs its core
// elsewhere.
#pragma once
#include "service/spec.hpp"

namespace tickmesh {

inline ServiceSpec position_manager_spec() {
  return {
      .name = "position_manager",
      .about = "Applies rules, sizing and risk; keeps positions and P&L exact.",
      .examples =
          "  tickmesh-position_manager --config deploy/config/tickmesh.toml\n  tickmesh-position_manager --sizing.allocation=5000\n",
      .health_offset = 3,
      .says = {Stream::intent, Stream::position, Stream::account, Stream::risk, Stream::strategy},
      .reads = {{"tick_ingestor", {Stream::tick, Stream::feed}},
                {"metrics_engine", {Stream::signal}, false},
                {"broker_gateway", {Stream::order, Stream::venue}, true, true, true},
                {"api_gateway", {Stream::control}, false, false}},
      .by_reference = {Stream::tick},
      .durable = {},
      .to_partner = {Stream::intent},
      .reserve_segments = 2,
      .witnesses = {{"broker_gateway", Stream::order}},
  };
}

}  // namespace tickmesh
