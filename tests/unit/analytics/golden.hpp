// Reads the reference vectors made with other people's code. They are not part of the tree; without them tests say so and skip.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/events.hpp"

namespace tickmesh::golden {

inline std::filesystem::path folder() { return std::filesystem::path(TICKMESH_SOURCE_DIR) / ".." / "shared" / "reference" / "golden"; }

using Rows = std::vector<std::vector<std::string>>;

/// The cells of every row under the header.
inline Rows read_csv(const std::string& name) {
  std::ifstream file(folder() / name);
  Rows rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream text(line + ',');
    for (std::string cell; std::getline(text, cell, ',');) cells.push_back(cell);
    rows.push_back(std::move(cells));
  }
  return rows;
}

/// An empty cell: no value, WARMUP. Else OK, within `relative` of what is written (and `absolute`, where zero is written).
inline void expect_cell(const Value& value, const std::string& cell, const char* what, std::size_t row, double relative = 1e-9,
                        double absolute = 1e-9) {
  if (cell.empty()) {
    EXPECT_EQ(value.status, Status::warmup) << what << " row " << row;
    EXPECT_FALSE(value.has_value) << what << " row " << row;
    return;
  }
  const double expected = std::stod(cell);
  EXPECT_TRUE(value.has_value) << what << " row " << row;
  EXPECT_NEAR(value.value, expected, relative * std::abs(expected) + absolute) << what << " row " << row;
}

/// As `expect_cell`, for windows that are published from the first row on.
inline void expect_number(const Value& value, const std::string& cell, const char* what, std::size_t row) {
  if (cell.empty()) {
    EXPECT_FALSE(value.has_value) << what << " row " << row;
    return;
  }
  expect_cell(value, cell, what, row);
}

inline Timestamp at_ms(const std::string& cell) { return {std::stoll(cell) * 1'000'000}; }

}  // namespace tickmesh::golden

#define NEED_GOLDEN(name)                                            \
  if (!std::filesystem::exists(tickmesh::golden::folder() / (name))) \
  GTEST_SKIP() << "the reference vectors are not here: " << (tickmesh::golden::folder() / (name)).string()
