// How many instances of a service there are, and which partitions are whose: partition mod instances is the ordinal.
#pragma once
#include <cstdint>
#include <string>

#include "core/types.hpp"
#include "service/config.hpp"

namespace tickmesh {

/// Part of the mesh configuration, and so of its hash. One of all but metrics_engine.
inline std::uint32_t instances_of(const Config& config, const std::string& service) {
  return service == "metrics_engine" ? static_cast<std::uint32_t>(config.integer("mesh.metrics_engines")) : 1;
}

/// The partitions of instance `ordinal` of `instances` > 0, a bit each.
constexpr std::uint64_t partitions_of(std::uint32_t ordinal, std::uint32_t instances) {
  std::uint64_t bits = 0;
  for (unsigned p = 0; p < kPartitions; ++p)
    if (p % instances == ordinal) bits |= std::uint64_t{1} << p;
  return bits;
}

/// "metrics_engine-1": names its journal, its sockets and its row in the tables.
inline std::string instance_name(const std::string& service, std::uint32_t ordinal) { return service + "-" + std::to_string(ordinal); }

/// Further instances have their health ports ten by ten above those of the first.
inline std::int64_t health_port(const Config& config, unsigned offset, std::uint32_t ordinal) {
  return config.integer("health.base_port") + offset + 10 * static_cast<std::int64_t>(ordinal);
}

}  // namespace tickmesh
