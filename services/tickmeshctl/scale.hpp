// `scale`: another number of instances of metrics_engine. Partitions change hands; none of what was said is said again, none is left out.
#pragma once
#include <cstdint>
#include <string>

#include "service/config.hpp"

namespace tickmesh::ctl {

struct ScaleOptions {
  std::string service;      ///< metrics_engine
  std::uint32_t to{0};      ///< 1 to 16
  std::string config_path;  ///< where mesh.metrics_engines is written
  bool handover{false};     ///< only what is done while all its instances are stopped; the restart is somebody else's
};

/// Where deploy/up runs the mesh: stops it in order, hands over, starts it with the new number. Else, and with `handover`: the instances
/// must have stopped in order. Exit codes as ever: 4 when a rule forbids it.
int scale(const Config& config, const ScaleOptions& options, bool json);

}  // namespace tickmesh::ctl
