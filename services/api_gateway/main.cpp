#include "api_gateway/gateway.hpp"
#include "api_gateway/spec.hpp"

int main(int argc, char** argv) {
  using namespace tickmesh;
  const ServiceSpec spec = api_gateway_spec();
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
