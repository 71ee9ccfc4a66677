// The migrations as they lie in the tree.
#pragma once
#include <string>
#include <vector>

#include "core/error.hpp"

namespace tickmesh {

struct MigrationFile {
  int number{0};
  std::string name{};  ///< "bars" of 0001_bars.sql
  std::string path{};
  std::string sql{};
};
struct MigrationFolder {
  std::string service{};
  std::vector<MigrationFile> files{};  ///< 1, 2, 3, … without a hole
  std::string timescale{};             ///< timescale.sql, where there is one: defines <service>.use_timescale(licence)
};

/// In the order they are applied: tickmesh, the services by name, reader.
/// Error: "bad_value" naming the folder or file that has another shape.
Result<std::vector<MigrationFolder>> read_migrations(const std::string& sql_dir);

/// The first line of `path` without its end; empty when there is no such file.
std::string first_line(const std::string& path);

}  // namespace tickmesh
