// What an owner does before it appends: reads everything, cuts a torn tail, refuses a damaged journal.
#pragma once
#include <memory>

#include "journal/contents.hpp"
#include "journal/walk.hpp"

namespace tickmesh {

struct Recovery {
  std::unique_ptr<Contents> contents;
  std::uint64_t segment_bytes{0};  ///< 0: no segment is left or ever was
  std::uint64_t first{0};          ///< segments held
  std::uint64_t last{0};
  Lsn end{};
  Lsn durable{};  ///< what the last record knew to be on the disk
  std::uint64_t torn_bytes{0};
};

/// `same_boot`: the machine has not restarted since the journal was last open. `ahead`: a thread reads and checks while what was read is
/// taken note of. Errors "corrupt", "instance". Throws DiskError.
Result<Recovery> recover_folder(const std::string& dir, Disk& disk, const std::string& instance, bool same_boot, bool ahead);

/// What lies at or beyond `from`, where no whole record begins.
struct Remains {
  bool records{false};       ///< whole ones
  Lsn durable{};             ///< the most any of them knew to be on the disk
  std::uint64_t bytes{0};    ///< from `from` to the last byte that is not zero, reserve segments and headers left out
  std::uint64_t used_to{0};  ///< in the segment of `from`
};
Remains look_beyond(FolderSource& source, Lsn from);

}  // namespace tickmesh
