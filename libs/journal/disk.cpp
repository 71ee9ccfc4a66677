#include "journal/disk.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace tickmesh {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path, int code) {
  throw DiskError(what + ' ' + path + ": " + std::generic_category().message(code), code);
}

class Handle {
 public:
  Handle(const std::string& path, int flags) : path_{path} {
    do fd_ = ::open(path.c_str(), flags | O_CLOEXEC, 0640);
    while (fd_ < 0 && errno == EINTR);
    if (fd_ < 0) fail("open", path, errno);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { ::close(fd_); }
  int fd() const { return fd_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_{-1};
};

/// Makes a created, renamed or removed name survive a power cut.
void sync_folder_of(const std::string& path) {
  auto folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const Handle handle(folder, O_RDONLY | O_DIRECTORY);
  if (::fsync(handle.fd()) != 0) fail("fsync", folder, errno);
}

class RealFile final : public DiskFile {
 public:
  RealFile(const std::string& path, int flags) : handle_{path, flags} {}

  void write(std::uint64_t offset, ByteView bytes) override {
    while (!bytes.empty()) {
      const auto n = ::pwrite(handle_.fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail("write", handle_.path(), n < 0 ? errno : ENOSPC);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
  }
  void write_parts(std::uint64_t offset, std::span<const ByteView> parts) override {
    while (!parts.empty()) {
      std::array<iovec, 64> vectors;
      const auto n = std::min(parts.size(), vectors.size());
      std::size_t size = 0;
      for (std::size_t i = 0; i < n; ++i) {
        vectors[i] = {const_cast<std::byte*>(parts[i].data()), parts[i].size()};
        size += parts[i].size();
      }
      const auto written = ::pwritev(handle_.fd(), vectors.data(), static_cast<int>(n), static_cast<off_t>(offset));
      if (written < 0 && errno != EINTR) fail("write", handle_.path(), errno);
      if (written != static_cast<ssize_t>(size)) {
        // Cut short, by a signal or a disk that fills up: the rest one by one, until it is there or says why not.
        auto done = static_cast<std::size_t>(std::max<ssize_t>(written, 0));
        for (const auto& part : parts.first(n)) {
          const auto skip = std::min(done, part.size());
          done -= skip;
          write(offset + skip, part.subspan(skip));
          offset += part.size();
        }
      } else {
        offset += size;
      }
      parts = parts.subspan(n);
    }
  }
  std::size_t read(std::uint64_t offset, std::span<std::byte> into) const override {
    std::size_t done = 0;
    while (done < into.size()) {
      const auto n = ::pread(handle_.fd(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("read", handle_.path(), errno);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }
  void sync() override {
    // Not tried again after an error: the kernel may have dropped the pages it could not write and say "done" the second time.
    if (::fdatasync(handle_.fd()) != 0) fail("fdatasync", handle_.path(), errno);
  }
  void preallocate(std::uint64_t bytes) override {
    int code;
    do code = ::posix_fallocate(handle_.fd(), 0, static_cast<off_t>(bytes));
    while (code == EINTR);
    if (code != 0) fail("allocate", handle_.path(), code);
  }
  std::uint64_t size() const override {
    struct stat info{};
    if (::fstat(handle_.fd(), &info) != 0) fail("stat", handle_.path(), errno);
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  Handle handle_;
};

class RealLock final : public DiskLock {
 public:
  explicit RealLock(const std::string& path) : handle_{path, O_RDWR | O_CREAT} {}
  bool take() const {
    int code;
    do code = ::flock(handle_.fd(), LOCK_EX | LOCK_NB);
    while (code != 0 && errno == EINTR);
    if (code == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    fail("lock", handle_.path(), errno);
  }

 private:
  Handle handle_;
};

class RealDisk final : public Disk {
 public:
  std::unique_ptr<DiskFile> open(const std::string& path, bool create) override {
    if (!create) {
      // Who only reads may not be allowed to write (an auditor, tickmeshctl under another user).
      try {
        return std::make_unique<RealFile>(path, O_RDWR);
      } catch (const DiskError& e) {
        if (e.error != EACCES && e.error != EROFS) throw;
        return std::make_unique<RealFile>(path, O_RDONLY);
      }
    }
    auto file = std::make_unique<RealFile>(path, O_RDWR | O_CREAT);
    sync_folder_of(path);
    return file;
  }
  std::vector<std::string> list(const std::string& dir) override {
    std::vector<std::string> names;
    std::error_code code;
    std::filesystem::directory_iterator it(dir, code);
    if (code == std::errc::no_such_file_or_directory) return names;
    for (; !code && it != std::filesystem::directory_iterator{}; it.increment(code)) names.push_back(it->path().filename().string());
    if (code) fail("list", dir, code.value());
    std::ranges::sort(names);
    return names;
  }
  void make_dir(const std::string& dir) override {
    std::error_code code;
    const bool made = std::filesystem::create_directories(dir, code);
    if (code) fail("create", dir, code.value());
    if (made) sync_folder_of(std::filesystem::path(dir).lexically_normal().string());
  }
  void rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) fail("rename", from, errno);
    sync_folder_of(to);
  }
  void remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) {
      if (errno == ENOENT) return;
      fail("remove", path, errno);
    }
    sync_folder_of(path);
  }
  std::uint64_t free_bytes(const std::string& dir) override {
    struct statvfs info{};
    if (::statvfs(dir.c_str(), &info) != 0) fail("statvfs", dir, errno);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }
  bool sync_is_idle(const std::string& dir) override {
    struct statfs info{};
    return ::statfs(dir.c_str(), &info) == 0 && (info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC);
  }
  std::unique_ptr<DiskLock> lock(const std::string& path) override {
    auto lock = std::make_unique<RealLock>(path);
    if (!lock->take()) return nullptr;
    return lock;
  }
};

}  // namespace

void DiskFile::write_parts(std::uint64_t offset, std::span<const ByteView> parts) {
  Bytes joined;
  for (const auto part : parts) joined.insert(joined.end(), part.begin(), part.end());
  if (!joined.empty()) write(offset, joined);
}

Disk& real_disk() {
  static RealDisk disk;
  return disk;
}

}  // namespace tickmesh
