#include "metrics_engine/configure.hpp"
#include "service/loop.hpp"

namespace {

using namespace tickmesh;

/// Times what a tick brought about, as it is released.
class Latency final : public Attachment {
 public:
  void attach(Host& host, Runner&) override { host_ = &host; }
  void released(const Released& released) override {
    if (const auto* m = std::get_if<Metrics>(released.event))
      observe("metric", m->header);
    else if (const auto* s = std::get_if<Signal>(released.event))
      observe("signal", s->header);
  }

 private:
  void observe(const char* hop, const Header& header) {
    host_->probes().tick_to(hop, static_cast<double>((header.time - header.cause.time).ns) / 1e9);
  }
  Host* host_{nullptr};
};

}  // namespace

int main(int argc, char** argv) {
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
  return run_service(
      argc, argv, spec,
      [](const Config& config, const Instruments& instruments) {
        return std::make_unique<MetricsCore>(metrics_config(config, instruments));
      },
      std::make_unique<Latency>());
}
