#include "journal/committer.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tickmesh {

Committer::Committer(Disk& disk, const SegmentFiles& files, Lsn durable, std::function<void()> moved, bool threaded)
    : disk_{disk},
      files_{files},
      moved_{std::move(moved)},
      fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
      durable_{durable.value},
      settled_{durable.value} {
  if (fd_ < 0) throw DiskError("eventfd: " + std::generic_category().message(errno), errno);
  if (!threaded) return;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

Committer::~Committer() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    work_.notify_all();
    thread_.join();
  }
  ::close(fd_);
}

void Committer::writes_go_to(std::shared_ptr<DiskFile> file) {
  const std::lock_guard lock(mutex_);
  if (current_) dirty_.push_back(std::move(current_));
  current_ = std::move(file);
}

void Committer::request() {
  const auto end = files_.end().value;
  if (end <= durable_.load(std::memory_order_relaxed)) return;
  {
    const std::lock_guard lock(mutex_);
    requested_ = std::max(requested_, end);
  }
  work_.notify_one();
}

void Committer::wait(Lsn lsn) {
  Lock lock(mutex_);
  requested_ = std::max(requested_, lsn.value);
  work_.notify_one();
  const auto over = [&] { return settled_ >= lsn.value || failed(); };
  while (!thread_.joinable() && !over()) work(lock);
  done_.wait(lock, over);
  if (settled_ < lsn.value) throw DiskError(failure_, failure_code_);
}

std::optional<std::string> Committer::failure() const {
  if (!failed()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Committer::prepare(std::uint64_t index) {
  {
    const std::lock_guard lock(mutex_);
    if (reserve_ || preparing_) return;
    wanted_ = index;
  }
  work_.notify_one();
}

std::shared_ptr<DiskFile> Committer::take(std::uint64_t index) {
  Lock lock(mutex_);
  wanted_.reset();
  done_.wait(lock, [&] { return !preparing_; });
  if (reserve_ && reserve_index_ == index) {
    reserved_.store(false, std::memory_order_relaxed);
    return std::move(reserve_);
  }
  lock.unlock();
  return allocate(index);
}

void Committer::remove(std::vector<std::string> paths) {
  if (paths.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    removals_.insert(removals_.end(), std::make_move_iterator(paths.begin()), std::make_move_iterator(paths.end()));
  }
  work_.notify_one();
}

std::shared_ptr<DiskFile> Committer::allocate(std::uint64_t index) {
  const auto path = files_.path(index);
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

bool Committer::due() const {
  return (requested_ > durable_.load(std::memory_order_relaxed) && !failed()) || wanted_ || !removals_.empty();
}

void Committer::run() {
  Lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [&] { return stop_ || due(); });
    if (stop_ && removals_.empty()) return;
    work(lock);
  }
}

bool Committer::work() {
  Lock lock(mutex_);
  if (thread_.joinable() || !due()) return false;
  work(lock);
  return true;
}

void Committer::work(Lock& lock) {
  if (!removals_.empty()) {
    const auto path = std::move(removals_.front());
    removals_.pop_front();
    lock.unlock();
    try {
      disk_.remove(path);
    } catch (const DiskError&) {
      // It stays until the next open finds it; nothing reads it.
    }
    lock.lock();
  } else if (requested_ > durable_.load(std::memory_order_relaxed) && !failed()) {
    commit(lock);
  } else if (wanted_) {
    const auto index = *std::exchange(wanted_, std::nullopt);
    preparing_ = true;
    lock.unlock();
    std::shared_ptr<DiskFile> made;
    try {
      made = allocate(index);
    } catch (const DiskError&) {
    }
    lock.lock();
    preparing_ = false;
    reserve_ = std::move(made);
    reserve_index_ = index;
    reserved_.store(reserve_ != nullptr, std::memory_order_relaxed);
    done_.notify_all();
  }
}

void Committer::commit(Lock& lock) {
  // In this order: whatever lies before `target` is in a file that is current now or was pushed to dirty before.
  const auto target = files_.end().value;
  auto files = std::exchange(dirty_, {});
  files.push_back(current_);
  lock.unlock();
  std::optional<DiskError> error;
  try {
    for (const auto& file : files)
      if (file) file->sync();
    durable_.store(target, std::memory_order_release);
    moved_();
  } catch (const DiskError& e) {
    error = e;
  }
  lock.lock();
  if (error) {
    failure_ = error->what();
    failure_code_ = error->error;
    failed_.store(true, std::memory_order_release);
  } else {
    settled_ = target;
  }
  done_.notify_all();
  const std::uint64_t one = 1;
  // Full only after 2^64 - 2 unread moves; then it is readable anyway.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

}  // namespace tickmesh
