// What this service says and reads, and what must be durable before anyone hears it: for its program, and for whoever runs its core
// elsewhere.
#pragma once
#include "service/spec.hpp"

namespace tickmesh {

inline ServiceSpec bar_compressor_spec() {
  return {
      .name = "bar_compressor",
      .about = "Makes bars of trades and mids, and corrects them.",
      .examples = "  tickmesh-bar_compressor --config deploy/config/tickmesh.toml\n  tickmesh-bar_compressor --bars.lateness_ms=5000\n",
      .health_offset = 1,
      .says = {Stream::bar},
      .reads = {{"tick_ingestor", {Stream::tick, Stream::feed}}},
      .by_reference = {Stream::tick},
      .durable = {},
      .gather = milliseconds(5),
  };
}

}  // namespace tickmesh
