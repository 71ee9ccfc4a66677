// One process's disk: a folder of the machine's, with the errors it meets and the moments at which it may die.
#pragma once
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_disk.hpp"

namespace tickmesh::simulation {

/// Thrown through whatever the process was doing: it is dead, and no handler of its own may run on.
struct Killed {};

class ProcessDisk final : public Disk {
 public:
  /// `moment`: may throw Killed. Before a write it returns how much of it still arrives (all, when the process lives on).
  struct Hooks {
    std::function<void()> moment;
    std::function<std::size_t(std::size_t)> write;
  };
  ProcessDisk(testing::FakeDisk& machine, Hooks hooks) : machine_{machine}, hooks_{std::move(hooks)} {}

  bool syncs_fail{false};   ///< EIO
  bool writes_fail{false};  ///< EIO, and half of the write arrives
  bool full{false};         ///< ENOSPC for what is not allocated yet
  bool lies{false};         ///< sync keeps nothing
  std::uint64_t errors{0};

  std::unique_ptr<DiskFile> open(const std::string& path, bool create) override {
    hooks_.moment();
    return std::make_unique<File>(*this, machine_.open(path, create));
  }
  std::vector<std::string> list(const std::string& dir) override { return machine_.list(dir); }
  void make_dir(const std::string& dir) override { machine_.make_dir(dir); }
  void rename(const std::string& from, const std::string& to) override {
    hooks_.moment();
    machine_.rename(from, to);
    hooks_.moment();
  }
  void remove(const std::string& path) override {
    hooks_.moment();
    machine_.remove(path);
  }
  std::unique_ptr<DiskLock> lock(const std::string& path) override { return machine_.lock(path); }

 private:
  class File final : public DiskFile {
   public:
    File(ProcessDisk& disk, std::unique_ptr<DiskFile> file) : disk_{disk}, file_{std::move(file)} {}
    void write(std::uint64_t offset, ByteView bytes) override {
      if (disk_.writes_fail) {
        ++disk_.errors;
        file_->write(offset, bytes.first(bytes.size() / 2));
        throw DiskError("write", EIO);
      }
      const std::size_t arrives = disk_.hooks_.write(bytes.size());
      file_->write(offset, bytes.first(std::min(arrives, bytes.size())));
      if (arrives < bytes.size()) throw Killed{};
    }
    std::size_t read(std::uint64_t offset, std::span<std::byte> into) const override { return file_->read(offset, into); }
    void sync() override {
      disk_.hooks_.moment();
      if (disk_.syncs_fail) {
        ++disk_.errors;
        throw DiskError("fdatasync", EIO);
      }
      if (!disk_.lies) file_->sync();
      disk_.hooks_.moment();
    }
    void preallocate(std::uint64_t size) override {
      if (disk_.full) {
        ++disk_.errors;
        throw DiskError("no space left", ENOSPC);
      }
      file_->preallocate(size);
      disk_.hooks_.moment();
    }
    std::uint64_t size() const override { return file_->size(); }

   private:
    ProcessDisk& disk_;
    std::unique_ptr<DiskFile> file_;
  };

  testing::FakeDisk& machine_;
  Hooks hooks_;
};

}  // namespace tickmesh::simulation
