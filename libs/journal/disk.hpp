// The few things a journal asks of a disk, so that a simulated one can tear writes, forget what was not synced and fill up.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/bytes.hpp"

namespace tickmesh {

class DiskError : public std::runtime_error {
 public:
  DiskError(std::string what, int code) : std::runtime_error(std::move(what)), error{code} {}
  int error;  ///< errno
};

class DiskFile {
 public:
  virtual ~DiskFile() = default;
  virtual void write(std::uint64_t offset, ByteView bytes) = 0;  ///< all of it, or DiskError
  /// The parts one after another, in one go where the disk can; a part may be empty.
  virtual void write_parts(std::uint64_t offset, std::span<const ByteView> parts);
  virtual std::size_t read(std::uint64_t offset, std::span<std::byte> into) const = 0;  ///< fewer at the end of the file
  virtual void sync() = 0;                                                              ///< fdatasync
  virtual void preallocate(std::uint64_t size) = 0;
  virtual std::uint64_t size() const = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;
  virtual std::unique_ptr<DiskFile> open(const std::string& path, bool create) = 0;  ///< DiskError when missing and not `create`
  virtual std::vector<std::string> list(const std::string& dir) = 0;                 ///< names, sorted; empty when there is no such folder
  virtual void make_dir(const std::string& dir) = 0;                                 ///< with parents
  virtual void rename(const std::string& from, const std::string& to) = 0;           ///< and syncs the folder
  virtual void remove(const std::string& path) = 0;
  /// Bytes an unprivileged writer may still take on the disk of this folder.
  virtual std::uint64_t free_bytes(const std::string& /*dir*/) { return ~std::uint64_t{0}; }
  /// A sync in this folder has nothing to do: the disk is memory, and a power cut takes all of it anyway.
  virtual bool sync_is_idle(const std::string& /*dir*/) { return false; }
  /// Held until the object dies; nullptr when another process holds it.
  virtual std::unique_ptr<struct DiskLock> lock(const std::string& path) = 0;
};
struct DiskLock {
  virtual ~DiskLock() = default;
};

/// The real one.
Disk& real_disk();

}  // namespace tickmesh
