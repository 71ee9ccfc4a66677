#include "metrics_engine/configure.hpp"
#include "metrics_engine/spec.hpp"
#include "service/loop.hpp"

int main(int argc, char** argv) {
  using namespace tickmesh;
  const ServiceSpec spec = metrics_engine_spec();
  return run_service(argc, argv, spec, [](const Config& config, const Instruments& instruments) {
    return std::make_unique<MetricsCore>(metrics_config(config, instruments));
  });
}
