// The floor of the projector: libpq's binary COPY of rows that lie ready, and nothing of this project.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace tickmesh::bench {

/// Rows of one table in COPY's binary form, without its header and end.
struct RawRows {
  std::string bytes;
  std::vector<std::size_t> ends;  ///< where each row ends
};

/// All rows of `table` as they lie.
RawRows raw_copy_out(const std::string& dsn, const std::string& table);
/// Copies them in, `batch` rows a COPY and a transaction. Returns the seconds it took, connecting not among them.
double raw_copy_in(const std::string& dsn, const std::string& table, const RawRows& rows, std::size_t batch);

}  // namespace tickmesh::bench
