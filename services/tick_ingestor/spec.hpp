// What this service says and reads, and what must be durable before anyone hears it: for its program, and for whoever runs its core
// elsewhere.
#pragma once
#include "service/spec.hpp"

namespace tickmesh {

inline ServiceSpec tick_ingestor_spec() {
  return {
      .name = "tick_ingestor",
      .about = "Takes market data from a feed; says ticks and depth.",
      .examples =
          "  tickmesh-tick_ingestor --config deploy/config/tickmesh.toml\n"
          "  tickmesh-tick_ingestor --feed.demo.rate=1000 --feed.demo.seed=7\n"
          "  curl -H \"Authorization: Bearer $(cat var/secrets/push_token)\" http://127.0.0.1:9101/ticks \\\n"
          "       -d "
          "'[{\"symbol\":\"AAPL.DEMO\",\"time\":\"2025-01-20T14:30:00Z\",\"bid\":201.27,\"ask\":201.29,\"bid_size\":100,\"ask_size\":200}]'"
          "\n",
      .health_offset = 0,
      .says = {Stream::tick, Stream::latest, Stream::feed, Stream::depth},
      .reads = {},
      .by_reference = {},
      .durable = {},
  };
}

}  // namespace tickmesh
