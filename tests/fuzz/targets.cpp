#include "fuzz/targets.hpp"

#include <array>

namespace tickmesh::fuzz {

std::span<const Target> targets() {
  static const std::array all{kBusFrames, kReaderProtocol, kEvents, kJournal, kSnapshots, kConfiguration, kHttp};
  return all;
}

const Target* find_target(std::string_view name) {
  for (const Target& target : targets())
    if (target.name == name) return &target;
  return nullptr;
}

}  // namespace tickmesh::fuzz
