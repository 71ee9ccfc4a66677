#include "journal/committer.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace tickmesh {

Committer::Committer(const SegmentFiles& files, Lsn durable, std::function<void()> moved, CommitBy by)
    : files_{files},
      by_{by},
      moved_{std::move(moved)},
      fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
      durable_{durable.value},
      settled_{durable.value} {
  if (fd_ < 0) throw DiskError("eventfd: " + std::generic_category().message(errno), errno);
  if (by_ != CommitBy::thread) return;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

Committer::~Committer() {
  if (thread_.joinable()) {
    stop_.store(true);
    bell_.fetch_add(1);
    bell_.notify_one();
    thread_.join();
  }
  ::close(fd_);
}

void Committer::writes_go_to(std::shared_ptr<DiskFile> file) {
  const std::lock_guard lock(mutex_);
  if (current_) dirty_.push_back(std::move(current_));
  current_ = std::move(file);
}

void Committer::ask(std::uint64_t lsn) {
  auto before = requested_.load(std::memory_order_relaxed);
  while (before < lsn && !requested_.compare_exchange_weak(before, lsn)) {
  }
  bell_.fetch_add(1);
  bell_.notify_one();
}

void Committer::request() {
  const auto end = files_.end().value;
  // Whoever asked for as much before has rung already.
  if (end > durable_.load(std::memory_order_relaxed) && end > requested_.load(std::memory_order_relaxed)) ask(end);
  if (by_ == CommitBy::requester) work();
}

void Committer::wait(Lsn lsn) {
  ask(lsn.value);
  while (work()) {
  }
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return settled_ >= lsn.value || failed(); });
  if (settled_ < lsn.value) throw DiskError(failure_, failure_code_);
}

std::optional<std::string> Committer::failure() const {
  if (!failed()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return failure_;
}

bool Committer::work() {
  if (thread_.joinable() || !due()) return false;
  commit();
  return true;
}

void Committer::run() {
  for (;;) {
    const auto rung = bell_.load();
    if (stop_.load()) return;
    if (due()) {
      commit();
    } else {
      bell_.wait(rung);
    }
  }
}

void Committer::commit() {
  std::vector<std::shared_ptr<DiskFile>> files;
  std::uint64_t target;
  {
    const std::lock_guard lock(mutex_);
    // In this order: whatever lies before `target` is in a file that is current now or was pushed to dirty before.
    target = files_.end().value;
    files = std::exchange(dirty_, {});
    files.push_back(current_);
  }
  std::optional<DiskError> error;
  try {
    for (const auto& file : files)
      if (file) file->sync();
    durable_.store(target, std::memory_order_release);
    moved_();
  } catch (const DiskError& e) {
    error = e;
  }
  {
    const std::lock_guard lock(mutex_);
    if (error) {
      failure_ = error->what();
      failure_code_ = error->error;
      failed_.store(true, std::memory_order_release);
    } else {
      settled_ = target;
    }
  }
  done_.notify_all();
  const std::uint64_t one = 1;
  // Full only after 2^64 - 2 unread moves; then it is readable anyway.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

}  // namespace tickmesh
