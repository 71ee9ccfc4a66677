#include <filesystem>

#include "broker_gateway/configure.hpp"
#include "broker_gateway/shell.hpp"
#include "broker_gateway/spec.hpp"

namespace {

std::optional<std::string> venue_knows(const tickmesh::Config& config) {
  const std::string path = config.text("venue.paper.ledger");
  std::error_code missing;
  const auto bytes = std::filesystem::file_size(path, missing);
  if (missing || bytes == 0) return std::nullopt;
  return "the venue has executed orders (" + path + ")";
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tickmesh;
  ServiceSpec spec = broker_gateway_spec();
  spec.earlier_life = venue_knows;
  static GatewayCore* core = nullptr;
  return run_service(
      argc, argv, spec,
      [](const Config& config, const Instruments& instruments) {
        auto made = std::make_unique<GatewayCore>(gateway_config(config, instruments));
        core = made.get();
        return made;
      },
      std::make_unique<VenueAttachment>(core));
}
