#include <filesystem>

#include "broker_gateway/configure.hpp"
#include "broker_gateway/shell.hpp"

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
  const ServiceSpec spec{
      .name = "broker_gateway",
      .about = "Executes intents at a venue; nothing lost, nothing doubled.",
      .examples =
          "  tickmesh-broker_gateway --config deploy/config/tickmesh.toml\n"
          "  tickmesh-broker_gateway --venue.paper.latency_ms=20 --gateway.collar=0.02\n",
      .health_offset = 4,
      .says = {Stream::order, Stream::venue},
      .reads = {{"tick_ingestor", {Stream::tick, Stream::feed}},
                {"position_manager", {Stream::intent}, false},
                {"api_gateway", {Stream::control}, false}},
      .by_reference = {Stream::tick},
      .durable = {Stream::order, Stream::venue},
      .reserve_segments = 2,
      .witnesses = {{"position_manager", Stream::intent}},
      .earlier_life = venue_knows,
  };
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
