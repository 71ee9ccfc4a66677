// What this service says and reads, and what must be durable before anyone hears it: for its program, and for whoever runs its core
// elsewhere.
#pragma once
#include "service/spec.hpp"

namespace tickmesh {

inline ServiceSpec broker_gateway_spec() {
  return {
      .name = "broker_gateway",
      .about = "Executes intents at a venue; nothing lost, nothing doubled.",
      .examples =
          "  tickmesh-broker_gateway --config deploy/config/tickmesh.toml\n"
          "  tickmesh-broker_gateway --venue.paper.latency_ms=20 --gateway.collar=0.02\n",
      .health_offset = 4,
      .says = {Stream::order, Stream::venue},
      .reads = {{"tick_ingestor", {Stream::tick, Stream::feed}},
                {"position_manager", {Stream::intent}, false, true, true},
                {"api_gateway", {Stream::control}, false, false}},
      .by_reference = {Stream::tick},
      .durable = {Stream::order, Stream::venue},
      .to_partner = {Stream::order, Stream::venue},
      .reserve_segments = 2,
      .witnesses = {{"position_manager", Stream::intent}},
  };
}

}  // namespace tickmesh
