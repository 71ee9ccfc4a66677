// What this service says and reads, and what must be durable before anyone hears it: for its program, and for whoever runs its core
// elsewhere.
#pragma once
#include "service/spec.hpp"

namespace tickmesh {

inline ServiceSpec metrics_engine_spec() {
  return {
      .name = "metrics_engine",
      .about = "Turns ticks and depth into metrics, profiles, books and signals.",
      .examples = "  tickmesh-metrics_engine --config deploy/config/tickmesh.toml\n  tickmesh-metrics_engine --metrics.filters=raw\n",
      .health_offset = 2,
      .says = {Stream::metrics, Stream::signal, Stream::profile, Stream::book},
      .reads = {{"tick_ingestor", {Stream::tick, Stream::feed, Stream::depth}}, {"api_gateway", {Stream::control}, false, false}},
      .by_reference = {Stream::tick, Stream::depth},
      .durable = {},
      .sharded_by = {Stream::tick, Stream::depth},
  };
}

}  // namespace tickmesh
