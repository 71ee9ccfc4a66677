#include "metrics_engine/configure.hpp"
#include "metrics_engine/spec.hpp"
#include "service/handover.hpp"
#include "service/host.hpp"
#include "service/huge_heap.hpp"
#include "service/loop.hpp"

int main(int argc, char** argv) {
  using namespace tickmesh;
  const ServiceSpec spec = metrics_engine_spec();
  return run_service(argc, argv, spec, [&](const Config& config, const Instruments& instruments) {
    MetricsConfig metrics = metrics_config(config, instruments);
    if (const auto checked = MetricsCore::check(metrics); !checked) throw StartError(checked.error());
    // Its share of the partitions, and what others have said of them before they were its own.
    const auto ordinal = static_cast<std::uint32_t>(config.integer("mesh.ordinal"));
    metrics.partitions = partitions_of(ordinal, std::max(ordinal + 1, instances_of(config, spec.name)));
    const auto said = read_handover(said_until_path(config.text("journal.dir") + "/" + instance_name(spec.name, ordinal)));
    if (!said) throw StartError(said.error());
    for (const auto& [key, at] : *said) {
      if (key.first == Stream::tick) metrics.said_until[key.second] = at;
      if (key.first == Stream::depth) metrics.book_said_until[key.second] = at;
    }
    const std::size_t symbols = metrics.instruments.list().size();
    if (symbols > MetricsCore::kCached) huge_heap(symbols * SymbolMetrics::kUsualBytes);
    return std::make_unique<MetricsCore>(metrics);
  });
}
