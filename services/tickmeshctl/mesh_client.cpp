#include "tickmeshctl/mesh_client.hpp"

#include <fmt/format.h>

#include "service/http_server.hpp"
#include "service/instances.hpp"

namespace tickmesh::ctl {

Result<Json> MeshClient::call(const std::string& method, const std::string& path, const std::string& body) const {
  const std::string target = "unix:" + config_.text("api.socket");
  HttpResult result;
  try {
    result = http_call(target, method, path, body, "", 20'000);
  } catch (const std::exception& e) {
    if (method == "POST" && std::string(e.what()).find("imeout") != std::string::npos)
      return std::unexpected(
          Error{"unknown", "command", "answered", std::string(e.what()) + "; see 'tickmeshctl orders' and 'tickmeshctl tail risk'"});
    return std::unexpected(Error{"unreachable", "api_gateway", "answers on its socket", e.what()});
  }
  const Json json = Json::parse(result.body, nullptr, false);
  if (json.is_object() && json.contains("ok") && json["ok"] == true) return json["data"];
  if (json.is_object() && json.contains("error")) {
    const Json& e = json["error"];
    const auto text = [&](const char* key) { return e.contains(key) && e[key].is_string() ? e[key].get<std::string>() : std::string{}; };
    return std::unexpected(Error{result.status == 503 ? "unknown" : text("code"), text("field"), text("rule"), text("message")});
  }
  if (result.status == 200) return json;
  return std::unexpected(Error{"unreachable", "api_gateway", "answers in JSON", fmt::format("status {}", result.status)});
}

Result<Json> MeshClient::get(const std::string& path) const { return call("GET", path, ""); }
Result<Json> MeshClient::command(const Json& command) const {
  return call("POST", "/api/v1/commands", command.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json MeshClient::status() const {
  if (auto all = get("/api/v1/status"); all && all->is_array() && !all->empty()) return *all;
  constexpr const char* services[] = {"tick_ingestor",    "bar_compressor", "metrics_engine",
                                      "position_manager", "broker_gateway", "api_gateway"};
  Json all = Json::array();
  std::vector<std::pair<unsigned, std::uint32_t>> instances;
  for (unsigned i = 0; i < std::size(services); ++i)
    for (std::uint32_t ordinal = 0; ordinal < instances_of(config_, services[i]); ++ordinal) instances.emplace_back(i, ordinal);
  for (const auto& [i, ordinal] : instances) {
    const auto address = fmt::format("{}:{}", config_.text("health.address"), health_port(config_, i, ordinal));
    Json one;
    try {
      one = Json::parse(http_call(address, "GET", "/status", "", "", 1000).body, nullptr, false);
    } catch (const std::exception&) {
    }
    if (!one.is_object() || !one.contains("service"))
      one = Json{{"service", services[i]},
                 {"instance", instance_name(services[i], ordinal)},
                 {"state", "down"},
                 {"ready", false},
                 {"reasons", Json::array({"does not answer at " + address})}};
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace tickmesh::ctl
