// What a feed gives, kept in a row.
#pragma once
#include <vector>

#include "core/events.hpp"

namespace tickmesh::testing {

inline auto into(std::vector<Event>& out) {
  return [&out](const Event& event) { out.push_back(event); };
}

}  // namespace tickmesh::testing
