// The commit thread: syncs what was appended, allocates the next segment ahead, removes what was trimmed. Nobody on the core thread waits
// for it.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "journal/segment_files.hpp"

namespace tickmesh {

class Committer {
 public:
  /// `durable`: what the disk holds already. `moved` is called on the commit thread whenever that grows.
  /// Not `threaded`: there is no commit thread; whoever calls `work` or `wait` does what it would do.
  Committer(Disk& disk, const SegmentFiles& files, Lsn durable, std::function<void()> moved, bool threaded = true);
  /// Finishes removals when there is a thread; syncs nothing.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  /// Appends go to `file` from now on. Call before `end` moves into it.
  void writes_go_to(std::shared_ptr<DiskFile> file);
  void request();
  /// Returns when `lsn` is durable; throws DiskError when it never will be.
  void wait(Lsn lsn);
  Lsn durable() const { return Lsn{durable_.load(std::memory_order_acquire)}; }
  int fd() const { return fd_; }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  std::optional<std::string> failure() const;

  /// Allocates segment `index` ahead of its use. An error here is no failure: who needs the segment meets it again.
  void prepare(std::uint64_t index);
  /// The segment, allocated and zero: prepared before, or made now. Throws DiskError.
  std::shared_ptr<DiskFile> take(std::uint64_t index);
  /// Whether a prepared segment lies on the disk.
  bool holds_reserve() const { return reserved_.load(std::memory_order_relaxed); }
  void remove(std::vector<std::string> paths);
  /// Not threaded: does the next thing that is due. False: there was none.
  bool work();

 private:
  using Lock = std::unique_lock<std::mutex>;
  void run();
  bool due() const;
  void work(Lock& lock);
  void commit(Lock& lock);
  std::shared_ptr<DiskFile> allocate(std::uint64_t index);

  Disk& disk_;
  const SegmentFiles& files_;
  std::function<void()> moved_;
  int fd_;
  std::atomic<std::uint64_t> durable_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> reserved_{false};

  mutable std::mutex mutex_;
  std::condition_variable work_, done_;
  bool stop_{false};
  std::uint64_t requested_{0};
  std::uint64_t settled_{0};                      // durable, and `moved` has returned
  std::vector<std::shared_ptr<DiskFile>> dirty_;  // at most one a roll-over since the last sync, which each roll-over requests
  std::shared_ptr<DiskFile> current_;
  std::string failure_;
  int failure_code_{0};
  std::optional<std::uint64_t> wanted_;
  bool preparing_{false};
  std::uint64_t reserve_index_{0};
  std::shared_ptr<DiskFile> reserve_;
  std::deque<std::string> removals_;
  std::thread thread_;
};

}  // namespace tickmesh
