#include "journal/housekeeper.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace tickmesh {
namespace {

constexpr auto kProbe = std::chrono::milliseconds(250);  // how often a full disk is asked again

bool no_room(const DiskError& error) { return error.error == ENOSPC || error.error == EDQUOT; }

}  // namespace

Housekeeper::Housekeeper(Disk& disk, const SegmentFiles& files, Options options)
    : disk_{disk}, files_{files}, options_{std::move(options)}, spare_path_{options_.dir + "/recycled.tmp"} {
  const auto names = disk_.list(options_.dir);
  for (unsigned i = 0; i < options_.reserve; ++i) {
    const auto path = reserve_path(i);
    const bool there = std::ranges::any_of(names, [&](const auto& name) { return path == options_.dir + '/' + name; });
    if (there && disk_.open(path, false)->size() == files_.segment_bytes()) {
      reserve_.push_back(i);
      continue;
    }
    try {
      if (!room_for_one()) continue;
      allocate_file(path);
      reserve_.push_back(i);
    } catch (const DiskError& e) {
      if (!no_room(e)) throw;
    }
  }
  count();
  if (options_.threaded) thread_ = std::thread([this] { run(); });
}

Housekeeper::~Housekeeper() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_all();
  thread_.join();
}

void Housekeeper::prepare(std::uint64_t index) {
  {
    const std::lock_guard lock(mutex_);
    if (prepared_ || busy_) return;
    wanted_ = index;
  }
  work_.notify_one();
}

std::shared_ptr<DiskFile> Housekeeper::take(std::uint64_t index) {
  Lock lock(mutex_);
  wanted_.reset();
  done_.wait(lock, [&] { return !busy_; });
  wanted_.reset();
  auto file = std::exchange(prepared_, nullptr);
  count();
  if (file && prepared_index_ == index) return file;
  for (;;) {
    if (!removals_.empty()) {
      drop(lock);
      continue;
    }
    lock.unlock();
    try {
      file = allocate(index);
    } catch (const DiskError& e) {
      if (!no_room(e)) throw;
      if (options_.make_room()) {
        lock.lock();
        continue;
      }
      lock.lock();
      full_.store(true, std::memory_order_release);
      file = from_reserve(index);
      work_.notify_one();  // which looks for room from now on
      if (!file) throw;
    }
    return file;
  }
}

void Housekeeper::remove(std::vector<std::string> paths) {
  if (paths.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    removals_.insert(removals_.end(), std::make_move_iterator(paths.begin()), std::make_move_iterator(paths.end()));
  }
  work_.notify_one();
}

std::string Housekeeper::reserve_path(unsigned number) const { return options_.dir + "/reserve-" + std::to_string(number) + ".tmj"; }

bool Housekeeper::room_for_one() const { return disk_.free_bytes(options_.dir) > files_.segment_bytes(); }

void Housekeeper::count() {
  has_prepared_.store(prepared_ != nullptr, std::memory_order_relaxed);
  idle_.store((prepared_ ? 1 : 0) + (spare_ == Spare::ready ? 1 : 0) + reserve_.size(), std::memory_order_relaxed);
  reserve_short_.store(reserve_.size() < options_.reserve, std::memory_order_release);
}

std::shared_ptr<DiskFile> Housekeeper::allocate_file(const std::string& path) {
  try {
    std::shared_ptr<DiskFile> file = disk_.open(path, true);
    file->preallocate(files_.segment_bytes());
    return file;
  } catch (const DiskError&) {
    // Half a segment helps nobody, least of all on a full disk.
    try {
      disk_.remove(path);
    } catch (const DiskError&) {
    }
    throw;
  }
}

std::shared_ptr<DiskFile> Housekeeper::allocate(std::uint64_t index) {
  if (auto file = recycle(index)) return file;
  if (!room_for_one()) throw DiskError("allocate " + files_.path(index) + ": the disk has no room for a segment", ENOSPC);
  return allocate_file(files_.path(index));
}

std::shared_ptr<DiskFile> Housekeeper::recycle(std::uint64_t index) {
  {
    const std::lock_guard lock(mutex_);
    if (spare_ != Spare::ready) return nullptr;
    spare_ = Spare::going;
    count();
  }
  const auto gone = [this](std::shared_ptr<DiskFile> file) {
    const std::lock_guard lock(mutex_);
    spare_ = Spare::none;
    return file;
  };
  try {
    std::shared_ptr<DiskFile> file = disk_.open(spare_path_, false);
    if (file->size() != files_.segment_bytes()) throw DiskError(spare_path_ + " has another size", EINVAL);
    // Zero, as readers expect beyond the last record. After a power cut some of it may come back; no checksum passes there, because
    // each covers the place of its record.
    const Bytes zeros(256u << 10);
    for (std::uint64_t at = 0; at < files_.segment_bytes(); at += zeros.size())
      file->write(at, ByteView(zeros).first(std::min<std::uint64_t>(zeros.size(), files_.segment_bytes() - at)));
    disk_.rename(spare_path_, files_.path(index));
    return gone(std::move(file));
  } catch (const DiskError&) {
    try {
      disk_.remove(spare_path_);
    } catch (const DiskError&) {
    }
    return gone(nullptr);
  }
}

std::shared_ptr<DiskFile> Housekeeper::from_reserve(std::uint64_t index) {
  if (reserve_.empty()) return nullptr;
  disk_.rename(reserve_path(reserve_.back()), files_.path(index));
  reserve_.pop_back();
  count();
  return disk_.open(files_.path(index), false);
}

void Housekeeper::run() {
  Lock lock(mutex_);
  for (;;) {
    const auto ready = [&] { return stop_ || !removals_.empty() || (wanted_ && !full_); };
    if (full_ || reserve_short_) {
      work_.wait_for(lock, kProbe, ready);
    } else {
      work_.wait(lock, [&] { return ready() || full_ || reserve_short_; });
    }
    if (!removals_.empty()) {
      drop(lock);
    } else if (stop_) {
      return;
    } else if (wanted_) {
      make(lock);
    } else if (full_ || reserve_short_) {
      refill(lock);
    }
  }
}

bool Housekeeper::work() {
  if (thread_.joinable()) return false;
  Lock lock(mutex_);
  const auto idle = idle_.load();
  if (!removals_.empty()) {
    drop(lock);
    return true;
  }
  if (wanted_) {
    make(lock);
    return !wanted_;
  }
  if (full_ || reserve_short_) refill(lock);
  return idle_.load() != idle;
}

void Housekeeper::drop(Lock& lock) {
  const auto path = std::move(removals_.front());
  removals_.pop_front();
  const bool again = spare_ == Spare::none && !prepared_ && !stop_ && path.ends_with(".tmj");
  if (again) spare_ = Spare::coming;
  lock.unlock();
  bool kept = false;
  try {
    if (again) {
      disk_.rename(path, spare_path_);
      kept = true;
    } else {
      disk_.remove(path);
    }
  } catch (const DiskError&) {
    // It stays until the next open finds it; nothing reads it.
  }
  lock.lock();
  if (!again) return;
  spare_ = kept ? Spare::ready : Spare::none;
  count();
}

void Housekeeper::make(Lock& lock) {
  const auto index = *std::exchange(wanted_, std::nullopt);
  busy_ = true;
  lock.unlock();
  std::shared_ptr<DiskFile> made;
  bool full = false, again = false;
  try {
    made = allocate(index);
  } catch (const DiskError& e) {
    full = no_room(e);
    again = full && options_.make_room();
  }
  lock.lock();
  try {
    if (full && !again && !made) made = from_reserve(index);
  } catch (const DiskError&) {
    // Who needs the segment meets it again.
  }
  busy_ = false;
  full_.store(full && !again, std::memory_order_release);
  if (full && !made) wanted_ = index;
  prepared_ = std::move(made);
  prepared_index_ = index;
  count();
  done_.notify_all();
}

void Housekeeper::refill(Lock& lock) {
  unsigned missing = 0;
  while (missing < options_.reserve && std::ranges::find(reserve_, missing) != reserve_.end()) ++missing;
  const bool short_of_one = missing < options_.reserve;
  busy_ = true;
  lock.unlock();
  bool done = false;
  try {
    // One more than what is missing: a disk that is full again at once is still full.
    if (disk_.free_bytes(options_.dir) > 2 * files_.segment_bytes()) {
      if (short_of_one) allocate_file(reserve_path(missing));
      done = true;
    }
  } catch (const DiskError&) {
  }
  lock.lock();
  busy_ = false;
  if (done && short_of_one) reserve_.push_back(missing);
  count();
  if (done && !reserve_short_) full_.store(false, std::memory_order_release);
  done_.notify_all();
}

}  // namespace tickmesh
