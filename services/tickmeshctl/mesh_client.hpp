// Talks to api_gateway over its Unix socket, and to each service's health port when api_gateway is away.
#pragma once
#include <string>

#include "service/config.hpp"
#include "tickmeshctl/output.hpp"

namespace tickmesh::ctl {

class MeshClient {
 public:
  explicit MeshClient(const Config& config) : config_{config} {}
  /// `data` of the answer. Error codes: "unreachable", "refused", "unknown", or what the server said.
  Result<Json> get(const std::string& path) const;
  Result<Json> command(const Json& command) const;
  /// What api_gateway knows of all services; asks each service itself when api_gateway is away.
  Json status() const;

 private:
  Result<Json> call(const std::string& method, const std::string& path, const std::string& body) const;
  const Config& config_;
};

}  // namespace tickmesh::ctl
