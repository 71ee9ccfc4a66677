#include "bar_compressor/configure.hpp"
#include "bar_compressor/spec.hpp"
#include "service/loop.hpp"

int main(int argc, char** argv) {
  using namespace tickmesh;
  const ServiceSpec spec = bar_compressor_spec();
  return run_service(argc, argv, spec, [](const Config& config, const Instruments& instruments) {
    return std::make_unique<BarCore>(bar_config(config, instruments));
  });
}
