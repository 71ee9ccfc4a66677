// Where each service listens on the bus, by configuration: files under mesh.run_dir, or TCP addresses of mesh.endpoints.
#pragma once
#include <cstdint>
#include <string>

#include "bus/bus.hpp"
#include "service/config.hpp"

namespace tickmesh {

/// Where readers find an instance. ipc: its two sockets under mesh.run_dir. tcp: the `ordinal`-th address of
/// mesh.endpoints.<service> for PUB, the next port for ROUTER. Refused: what is no "host:port", an ordinal without an address, and,
/// unless mesh.trust_network says so, a host beyond this machine: frames are neither encrypted nor signed.
Result<Endpoint> reader_endpoint(const Config& config, const std::string& service, std::uint32_t ordinal);
/// Where the instance itself binds: the same, with the host of mesh.listen when that is set.
Result<Endpoint> own_endpoint(const Config& config, const std::string& service, std::uint32_t ordinal);

}  // namespace tickmesh
