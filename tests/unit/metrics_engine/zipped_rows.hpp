// Recorded rows of whole numbers.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tickmesh::testing_ticks {

/// The cells of every row of the one file inside a zip; none where it cannot be read.
inline std::vector<std::vector<std::int64_t>> zipped_rows(const std::filesystem::path& zip) {
  const std::string command = "unzip -p '" + zip.string() + "' 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen(command.c_str(), "r"), ::pclose};
  std::vector<std::vector<std::int64_t>> rows;
  char line[256];
  while (pipe && std::fgets(line, sizeof line, pipe.get()) != nullptr) {
    std::vector<std::int64_t> cells;
    for (const char* at = line; *at != '\0' && *at != '\n';) {
      cells.push_back(std::strtoll(at, nullptr, 10));
      while (*at != ',' && *at != '\0' && *at != '\n') ++at;
      if (*at == ',') ++at;
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

}  // namespace tickmesh::testing_ticks
