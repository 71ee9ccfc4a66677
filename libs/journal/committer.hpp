// The commit thread: makes durable what was appended. Nobody on the core thread waits for it.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "journal/segment_files.hpp"

namespace tickmesh {

/// Who commits: a thread of its own; whoever calls `work` or `wait`, for simulations; or whoever requests it, at once, where a sync has
/// nothing to do and handing it to another thread would be all that it takes.
enum class CommitBy : std::uint8_t { thread, caller, requester };

class Committer {
 public:
  /// `durable`: what the disk holds already. `moved` is called by who commits whenever that grows.
  Committer(const SegmentFiles& files, Lsn durable, std::function<void()> moved, CommitBy by = CommitBy::thread);
  /// Syncs nothing.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  /// Appends go to `file` from now on. Call before `end` moves into it.
  void writes_go_to(std::shared_ptr<DiskFile> file);
  /// Takes no lock, but where the requester commits.
  void request();
  /// Returns when `lsn` is durable; throws DiskError when it never will be.
  void wait(Lsn lsn);
  Lsn durable() const { return Lsn{durable_.load(std::memory_order_acquire)}; }
  int fd() const { return fd_; }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  std::optional<std::string> failure() const;
  /// Without a thread: syncs, when that was asked for. False: it was not.
  bool work();

 private:
  bool due() const { return requested_.load() > durable_.load(std::memory_order_relaxed) && !failed(); }
  void run();
  void commit();
  void ask(std::uint64_t lsn);

  const SegmentFiles& files_;
  const CommitBy by_;
  std::function<void()> moved_;
  int fd_;
  std::atomic<std::uint64_t> durable_;
  std::atomic<std::uint64_t> requested_{0};
  std::atomic<std::uint32_t> bell_{0};  // rung after whatever the thread should look at
  std::atomic<bool> failed_{false};
  std::atomic<bool> stop_{false};

  mutable std::mutex mutex_;
  std::condition_variable done_;
  std::uint64_t settled_{0};                      // durable, and `moved` has returned
  std::vector<std::shared_ptr<DiskFile>> dirty_;  // at most one a roll-over since the last sync, which each roll-over requests
  std::shared_ptr<DiskFile> current_;
  std::string failure_;
  int failure_code_{0};
  std::thread thread_;
};

}  // namespace tickmesh
