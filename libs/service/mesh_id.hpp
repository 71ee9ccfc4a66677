// What names a mesh for ever, among all there are: made at its first start, the same for each of its services.
#pragma once
#include "service/config.hpp"
#include "store/ownership.hpp"

namespace tickmesh {

/// The id in `mesh.id_file`, which is made when there is none; several services may start at once. Error "disk" when it cannot be.
Result<MeshId> mesh_id(const Config& config);

}  // namespace tickmesh
