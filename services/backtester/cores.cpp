#include "backtester/cores.hpp"

#include "bar_compressor/configure.hpp"
#include "broker_gateway/configure.hpp"
#include "metrics_engine/configure.hpp"
#include "position_manager/configure.hpp"

namespace tickmesh {

std::unique_ptr<Core> make_core(const std::string& service, const Config& config, const Instruments& instruments) {
  if (service == "metrics_engine") return std::make_unique<MetricsCore>(metrics_config(config, instruments));
  if (service == "bar_compressor") return std::make_unique<BarCore>(bar_config(config, instruments));
  if (service == "position_manager") return std::make_unique<PositionCore>(position_config(config, instruments));
  if (service == "broker_gateway") return std::make_unique<GatewayCore>(gateway_config(config, instruments));
  return nullptr;
}

}  // namespace tickmesh
