// The floor of the mesh: six processes of one thread each on raw PUB and SUB, wired as the services are, doing nothing but pass on.
#pragma once
#include <cstddef>

namespace tickmesh::bench {

struct GraphShape {
  double rate{2'000};  ///< ticks a second
  std::size_t tick_bytes{80}, signal_bytes{500}, intent_bytes{250}, order_bytes{350}, metrics_bytes{300};
  double ticks_an_order{60};  ///< one tick in so many becomes a signal, an intent, an order
  double ticks_a_metrics{12};
  double ticks_a_latest{6};
  bool sync{false};  ///< the gateway writes the order to disk and waits, before it counts
};
struct GraphLatency {
  double p50_us{0}, p99_us{0};
};

/// Runs for `seconds`. From when a tick was meant to be sent until the last process has the order it led to.
GraphLatency raw_graph(const GraphShape& shape, unsigned seconds);

}  // namespace tickmesh::bench
