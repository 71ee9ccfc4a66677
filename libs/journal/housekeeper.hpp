// The thread that keeps segments at hand: allocates the next one long before it is needed, from what was trimmed where it can, removes
// the rest, and holds the reserve. Neither the core thread nor the commit thread waits for it.
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

class Housekeeper {
 public:
  struct Options {
    std::string dir;
    unsigned reserve{0};  ///< segments allocated and set aside; used when the disk has no room for another
    /// Called without a lock when the disk is full: gives back segments (`remove`) before their time. False: none can go.
    std::function<bool()> make_room;
    bool threaded{true};  ///< false: there is no thread; whoever calls `work` does what it would do
  };
  Housekeeper(Disk& disk, const SegmentFiles& files, Options options);
  ~Housekeeper();  ///< finishes removals when there is a thread
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

  /// Allocates segment `index` ahead of its use. An error here is no failure: who needs the segment meets it again.
  void prepare(std::uint64_t index);
  /// The segment, allocated and zero: prepared before, or made now. Throws DiskError.
  std::shared_ptr<DiskFile> take(std::uint64_t index);
  /// Paths nobody needs any more; a segment among them may become the next one.
  void remove(std::vector<std::string> paths);
  /// Not threaded: does the next thing that is due. False: there was none, or the disk does not let it.
  bool work();

  /// The next segment cannot be allocated.
  bool disk_full() const { return full_.load(std::memory_order_acquire); }
  /// Of the reserve, something is used or could not be set aside.
  bool reserve_in_use() const { return reserve_short_.load(std::memory_order_acquire); }
  /// Segments on the disk beyond those that hold records: prepared, to be used again, in reserve.
  std::uint64_t idle_segments() const { return idle_.load(std::memory_order_relaxed); }
  bool holds_prepared() const { return has_prepared_.load(std::memory_order_relaxed); }

 private:
  using Lock = std::unique_lock<std::mutex>;
  void run();
  void make(Lock& lock);
  void refill(Lock& lock);
  void drop(Lock& lock);
  std::shared_ptr<DiskFile> allocate(std::uint64_t index);
  std::shared_ptr<DiskFile> allocate_file(const std::string& path);
  std::shared_ptr<DiskFile> recycle(std::uint64_t index);
  std::shared_ptr<DiskFile> from_reserve(std::uint64_t index);
  std::string reserve_path(unsigned number) const;
  bool room_for_one() const;
  void count();  // with the lock

  Disk& disk_;
  const SegmentFiles& files_;
  Options options_;
  std::string spare_path_;
  std::atomic<bool> full_{false}, reserve_short_{false}, has_prepared_{false};
  std::atomic<std::uint64_t> idle_{0};

  mutable std::mutex mutex_;
  std::condition_variable work_, done_;
  bool stop_{false};
  bool busy_{false};  // the thread is making a segment
  std::optional<std::uint64_t> wanted_;
  std::uint64_t prepared_index_{0};
  std::shared_ptr<DiskFile> prepared_;
  /// The trimmed segment at spare_path_: nothing else may be moved there before it has its new name, or is gone.
  enum class Spare { none, coming, ready, going };
  Spare spare_{Spare::none};
  std::vector<unsigned> reserve_;
  std::deque<std::string> removals_;
  std::thread thread_;
};

}  // namespace tickmesh
