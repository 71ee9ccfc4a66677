// The bytes of a data file as they are on the disk: zip (one member), gz, or plain. Streamed: no file is held whole.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/error.hpp"

namespace tickmesh::replay {

class Archive {
 public:
  virtual ~Archive() = default;
  /// Error: field = `path`; cannot be opened, or a zip that does not hold exactly one file.
  static Result<std::unique_ptr<Archive>> open(const std::string& path);
  /// Fills from the front; 0: the end. Error: damaged or cut short; the checksum of a zip is held against its content at its end.
  virtual Result<std::size_t> read(std::span<char> into) = 0;
  /// Bytes of the file on the disk that were read so far, about.
  virtual std::uint64_t consumed() const = 0;
};

}  // namespace tickmesh::replay
