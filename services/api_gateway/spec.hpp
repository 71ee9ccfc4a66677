// What this service says and reads, and what must be durable before anyone hears it: for its program, and for whoever runs its core
// elsewhere.
#pragma once
#include "service/spec.hpp"

namespace tickmesh {

inline ServiceSpec api_gateway_spec() {
  return {
      .name = "api_gateway",
      .about = "Serves the mesh to people and programs: status page, JSON reads, commands.",
      .examples =
          "  tickmesh-api_gateway --config deploy/config/tickmesh.toml\n"
          "  curl http://127.0.0.1:8080/trading_state.json\n"
          "  curl --unix-socket var/run/api.sock http://x/api/v1/commands -d '{\"verb\":\"halt\"}'\n",
      .health_offset = 5,
      .says = {Stream::control},
      .reads = {{"tick_ingestor", {Stream::latest, Stream::feed}},
                {"metrics_engine", {Stream::metrics, Stream::signal, Stream::profile, Stream::book}},
                {"position_manager", {Stream::position, Stream::account, Stream::risk, Stream::strategy}},
                {"broker_gateway", {Stream::order, Stream::venue}}},
      .by_reference = {Stream::latest, Stream::metrics, Stream::profile, Stream::book},
      .durable = {Stream::control},
      .gather = milliseconds(10),
      .follows = true,
  };
}

}  // namespace tickmesh
