// Counts what this thread takes from the heap; link allocations.cpp into the test.
#pragma once
#include <cstddef>

namespace tickmesh::testing {

std::size_t allocations();

}  // namespace tickmesh::testing
