#include "api_gateway/gateway.hpp"

int main(int argc, char** argv) {
  using namespace tickmesh;
  const ServiceSpec spec{
      .name = "api_gateway",
      .about = "Serves the mesh to people and programs: status page, JSON reads, commands.",
      .examples =
          "  tickmesh-api_gateway --config deploy/config/tickmesh.toml\n"
          "  curl http://127.0.0.1:8080/trading_state.json\n"
          "  curl --unix-socket var/run/api.sock http://x/api/v1/commands -d '{\"verb\":\"halt\"}'\n",
      .health_offset = 5,
      .says = {Stream::control},
      .reads = {{"tick_ingestor", {Stream::latest, Stream::feed}},
                {"metrics_engine", {Stream::metrics, Stream::signal}},
                {"position_manager", {Stream::position, Stream::account, Stream::risk}},
                {"broker_gateway", {Stream::order, Stream::venue}}},
      .by_reference = {},
      .durable = {Stream::control},
  };
  static const ProtoCodec codec;
  static ApiCore* core = nullptr;
  return run_service(
      argc, argv, spec,
      [](const Config& config, const Instruments&) {
        auto made = std::make_unique<ApiCore>(ApiConfig{config.ms("api.command_valid_ms")}, codec);
        core = made.get();
        return made;
      },
      std::make_unique<ApiAttachment>(core));
}
