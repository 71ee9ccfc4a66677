// Writes every target's seeds into DIR/<target>/, one file each.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "fuzz/targets.hpp"

int main(int argc, char** argv) {
  if (argc != 2 || std::string_view{argv[1]}.starts_with('-')) {
    std::cerr << "Usage: tickmesh-fuzz-seeds DIR\nExample: tickmesh-fuzz-seeds .build/fuzz/seeds\n";
    return argc == 2 && std::string_view{argv[1]} == "--help" ? 0 : 2;
  }
  for (const auto& target : tickmesh::fuzz::targets()) {
    const auto dir = std::filesystem::path{argv[1]} / target.name;
    std::filesystem::create_directories(dir);
    std::size_t number = 0;
    for (const tickmesh::Bytes& seed : target.seeds()) {
      std::ofstream file{dir / ("seed-" + std::to_string(number++)), std::ios::binary};
      file << tickmesh::as_text(seed);
    }
  }
  return 0;
}
