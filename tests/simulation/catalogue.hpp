// The services of a mesh, publishers of others' inputs first.
#pragma once
#include <vector>

#include "api_gateway/spec.hpp"
#include "bar_compressor/spec.hpp"
#include "broker_gateway/spec.hpp"
#include "metrics_engine/spec.hpp"
#include "position_manager/spec.hpp"
#include "tick_ingestor/spec.hpp"

namespace tickmesh::simulation {

inline std::vector<ServiceSpec> catalogue() {
  return {tick_ingestor_spec(),    metrics_engine_spec(), bar_compressor_spec(),
          position_manager_spec(), broker_gateway_spec(), api_gateway_spec()};
}

}  // namespace tickmesh::simulation
