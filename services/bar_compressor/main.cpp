#include "bar_compressor/configure.hpp"
#include "service/loop.hpp"

int main(int argc, char** argv) {
  using namespace tickmesh;
  const ServiceSpec spec{
      .name = "bar_compressor",
      .about = "Makes bars of trades and mids, and corrects them.",
      .examples = "  tickmesh-bar_compressor --config deploy/config/tickmesh.toml\n  tickmesh-bar_compressor --bars.lateness_ms=5000\n",
      .health_offset = 1,
      .says = {Stream::bar},
      .reads = {{"tick_ingestor", {Stream::tick, Stream::feed}}},
      .by_reference = {Stream::tick},
      .durable = {},
  };
  return run_service(argc, argv, spec, [](const Config& config, const Instruments& instruments) {
    return std::make_unique<BarCore>(bar_config(config, instruments));
  });
}
