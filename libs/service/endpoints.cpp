#include "service/endpoints.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace tickmesh {
namespace {

struct Address {
  std::string host;
  unsigned port{0};
};

std::optional<Address> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  Address address{text.substr(0, colon), 0};
  if (address.host.find_first_of(" /:*;") != std::string::npos) return std::nullopt;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data() + colon + 1, end, address.port);
  // The port after it is the ROUTER's.
  if (error != std::errc{} || at != end || address.port == 0 || address.port > 65534) return std::nullopt;
  return address;
}

bool of_this_machine(const std::string& host) { return host == "localhost" || host.starts_with("127."); }

Result<Endpoint> endpoint(const Config& config, const std::string& service, std::uint32_t ordinal, const std::string& host_override) {
  if (config.text("mesh.transport") == "ipc") return ipc_endpoint(config.text("mesh.run_dir"), service, ordinal);
  const std::string key = "mesh.endpoints." + service;
  const auto addresses = config.list(key);
  if (ordinal >= addresses.size())
    return bad_value(key, "one host:port an instance", fmt::format("{} are given, instance {} needs its own", addresses.size(), ordinal));
  auto address = parse_address(addresses[ordinal]);
  if (!address) return bad_value(key, "host:port, port 1 to 65534", fmt::format("got '{}'", addresses[ordinal]));
  if (!host_override.empty()) address->host = host_override;
  if (!of_this_machine(address->host) && !config.boolean("mesh.trust_network"))
    return bad_value(key, "an address of this machine, or mesh.trust_network = true",
                     fmt::format("'{}' is beyond it, and frames are neither encrypted nor signed", address->host));
  return Endpoint{service, ordinal, fmt::format("tcp://{}:{}", address->host, address->port),
                  fmt::format("tcp://{}:{}", address->host, address->port + 1)};
}

}  // namespace

Result<Endpoint> reader_endpoint(const Config& config, const std::string& service, std::uint32_t ordinal) {
  return endpoint(config, service, ordinal, "");
}

Result<Endpoint> own_endpoint(const Config& config, const std::string& service, std::uint32_t ordinal) {
  return endpoint(config, service, ordinal, config.text("mesh.listen"));
}

}  // namespace tickmesh
