#include "metrics_engine/configure.hpp"
#include "service/loop.hpp"

int main(int argc, char** argv) {
  using namespace tickmesh;
  const ServiceSpec spec{
      .name = "metrics_engine",
      .about = "Turns ticks into metrics and signals.",
      .examples = "  tickmesh-metrics_engine --config deploy/config/tickmesh.toml\n  tickmesh-metrics_engine --metrics.filters=raw\n",
      .health_offset = 2,
      .says = {Stream::metrics, Stream::signal},
      .reads = {{"tick_ingestor", {Stream::tick, Stream::feed}}},
      .by_reference = {Stream::tick},
      .durable = {},
  };
  return run_service(argc, argv, spec, [](const Config& config, const Instruments& instruments) {
    return std::make_unique<MetricsCore>(metrics_config(config, instruments));
  });
}
