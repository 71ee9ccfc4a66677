// Tables by stream.
#pragma once
#include <cstddef>

#include "core/types.hpp"

namespace tickmesh {

/// Below kStreams for every stream that is one.
constexpr std::size_t index(Stream stream) { return static_cast<std::size_t>(stream); }

}  // namespace tickmesh
