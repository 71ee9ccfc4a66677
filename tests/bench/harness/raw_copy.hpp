// The floor of the projector: libpq's binary COPY of rows that lie ready, and nothing of this project.
#pragma once
#include <cstddef>
#include <functional>
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
/// Copies them in, `batch` rows a COPY and a transaction. Returns the seconds it took, connecting not among them. `connected` is called
/// before the first row and after the last, while the server still serves the connection.
double raw_copy_in(
    const std::string& dsn, const std::string& table, const RawRows& rows, std::size_t batch,
    const std::function<void()>& connected = [] {});

}  // namespace tickmesh::bench
