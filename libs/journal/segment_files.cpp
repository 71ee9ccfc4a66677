#include "journal/segment_files.hpp"

#include <cerrno>

#include "journal/packed_segment.hpp"

namespace tickmesh {

std::shared_ptr<const DiskFile> SegmentFiles::segment(std::uint64_t index) {
  {
    const std::lock_guard lock(mutex_);
    if (index < first_segment()) return nullptr;
    if (const auto it = open_.find(index); it != open_.end())
      if (auto file = it->second.lock()) return file;
  }
  try {
    // Without the lock: the core thread, which rolls over, never waits for a reader's disk.
    std::shared_ptr<DiskFile> file = open_segment(disk_, path(index));
    const std::lock_guard lock(mutex_);
    std::erase_if(open_, [](const auto& entry) { return entry.second.expired(); });
    open_[index] = file;
    recent_[turn_++ % recent_.size()] = file;
    return file;
  } catch (const DiskError& e) {
    if (e.error == ENOENT) return nullptr;
    throw;
  }
}

void SegmentFiles::forget(std::uint64_t index) {
  const std::lock_guard lock(mutex_);
  open_.erase(index);
}

void SegmentFiles::put(std::uint64_t index, const std::shared_ptr<DiskFile>& file) {
  const std::lock_guard lock(mutex_);
  open_[index] = file;
}

}  // namespace tickmesh
