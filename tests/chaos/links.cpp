#include "chaos/links.hpp"

namespace tickmesh::chaos {

const std::vector<Links::Edge>& Links::edges() {
  static const std::vector<Edge> all{
      {"bar_compressor", "tick_ingestor"},    {"metrics_engine", "tick_ingestor"},    {"position_manager", "tick_ingestor"},
      {"position_manager", "metrics_engine"}, {"position_manager", "broker_gateway"}, {"position_manager", "api_gateway"},
      {"broker_gateway", "tick_ingestor"},    {"broker_gateway", "position_manager"}, {"broker_gateway", "api_gateway"},
      {"api_gateway", "tick_ingestor"},       {"api_gateway", "metrics_engine"},      {"api_gateway", "position_manager"},
      {"api_gateway", "broker_gateway"}};
  return all;
}

TestMesh::Settings Links::settings(TestMesh::Settings more) {
  more["mesh.transport"] = "tcp";
  return more;
}

Links::Links(TestMesh& mesh, const std::vector<Edge>& where) {
  for (const auto& [reader, publisher] : where) {
    auto proxy = std::make_unique<CuttingProxy>(mesh.bus_port(publisher));
    mesh.configure(reader, "mesh.endpoints." + publisher, "127.0.0.1:" + std::to_string(proxy->port()));
    proxies_.emplace(Edge{reader, publisher}, std::move(proxy));
  }
}

std::vector<CuttingProxy*> Links::of(const std::string& service) const {
  std::vector<CuttingProxy*> found;
  for (const auto& [edge, proxy] : proxies_)
    if (edge.first == service || edge.second == service) found.push_back(proxy.get());
  return found;
}

}  // namespace tickmesh::chaos
