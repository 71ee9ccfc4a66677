// The open files of a journal's segments. A journal may hold more segments than a process may hold files, so most are opened when read.
#pragma once
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "journal/walk.hpp"

namespace tickmesh {

/// Any thread.
class SegmentFiles final : public SegmentSource {
 public:
  SegmentFiles(std::string dir, Disk& disk, std::uint64_t segment_bytes, std::uint64_t first)
      : dir_{std::move(dir)}, disk_{disk}, segment_bytes_{segment_bytes}, first_{first} {}
  std::uint64_t segment_bytes() const override { return segment_bytes_; }
  std::uint64_t first_segment() const override { return first_.load(std::memory_order_acquire); }
  std::shared_ptr<const DiskFile> segment(std::uint64_t index) override;
  Lsn end() const override { return Lsn{end_.load(std::memory_order_acquire)}; }
  std::string path(std::uint64_t index) const override { return dir_ + '/' + segment_name(index); }

  void put(std::uint64_t index, const std::shared_ptr<DiskFile>& file);
  /// Its file is another one from now on; who reads the old one goes on with that.
  void forget(std::uint64_t index);
  void set_end(Lsn end) { end_.store(end.value, std::memory_order_release); }
  void set_first(std::uint64_t first) { first_.store(first, std::memory_order_release); }

 private:
  std::string dir_;
  Disk& disk_;
  std::uint64_t segment_bytes_;
  std::atomic<std::uint64_t> first_;
  std::atomic<std::uint64_t> end_{0};
  std::mutex mutex_;
  std::map<std::uint64_t, std::weak_ptr<DiskFile>> open_;
  std::array<std::shared_ptr<DiskFile>, 8> recent_;  // kept open for the next reader
  std::size_t turn_{0};
};

}  // namespace tickmesh
