// A disk in memory that behaves as badly as a real one may: forgets what was not synced, tears a write in the middle, fills up, fails.
// Names (create, rename, remove) are durable at once, as the real disk syncs the folder for each.
#pragma once
#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "journal/disk.hpp"

namespace tickmesh::testing {

class FakeDisk final : public Disk {
 public:
  static constexpr std::size_t kPage = 512;

  /// Bytes all files together may be preallocated or grown to; more is ENOSPC.
  void set_capacity(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    capacity_ = bytes;
  }
  /// A disk that is memory.
  void be_memory() { memory_ = true; }
  bool sync_is_idle(const std::string&) override { return memory_; }
  /// The next `sync` of any file fails with EIO, and every one after it.
  void fail_syncs() {
    const std::lock_guard lock(mutex_);
    syncs_fail_ = true;
  }
  /// Of the next write only the first `bytes` arrive; it fails with EIO, like every one after it.
  void tear_next_write(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    tear_at_ = bytes;
  }
  void heal() {
    const std::lock_guard lock(mutex_);
    syncs_fail_ = false;
    tear_at_.reset();
    writes_fail_ = false;
  }
  /// Called with the path of each file that is opened from now on, by whoever opens it.
  void on_open(std::function<void(const std::string& path)> told) {
    const std::lock_guard lock(mutex_);
    on_open_ = std::move(told);
  }
  /// Every page written since its file's last sync survives only if `survives(page)` says so; locks are free again.
  /// Objects opened before must be gone.
  void power_cut(const std::function<bool(std::size_t page)>& survives) {
    const std::lock_guard lock(mutex_);
    for (auto& [path, node] : nodes_) {
      for (const auto page : node->dirty)
        if (!survives(page)) {
          const auto from = page * kPage;
          const auto to = std::min(from + kPage, node->cached.size());
          for (auto i = from; i < to; ++i) node->cached[i] = i < node->durable.size() ? node->durable[i] : std::byte{0};
        }
      node->dirty.clear();
      node->durable = node->cached;
    }
    locked_.clear();
  }
  /// Turns one byte over, in cache and on the platter.
  void flip(const std::string& path, std::uint64_t offset, std::byte mask = std::byte{0x40}) {
    const std::lock_guard lock(mutex_);
    auto& node = *nodes_.at(path);
    node.cached.at(offset) ^= mask;
    if (offset < node.durable.size()) node.durable[offset] ^= mask;
  }
  std::vector<std::byte> bytes(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return nodes_.at(path)->cached;
  }
  void put(const std::string& path, std::vector<std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    auto& node = nodes_[path];
    if (!node) node = std::make_shared<Node>();
    node->cached = bytes;
    node->durable = std::move(bytes);
    node->dirty.clear();
  }
  /// A second disk with the same bytes and no owner.
  std::unique_ptr<FakeDisk> copy() const {
    auto out = std::make_unique<FakeDisk>();
    const std::lock_guard lock(mutex_);
    for (const auto& [path, node] : nodes_) out->nodes_[path] = std::make_shared<Node>(*node);
    return out;
  }

  std::unique_ptr<DiskFile> open(const std::string& path, bool create) override {
    std::unique_lock lock(mutex_);
    auto& node = nodes_[path];
    if (!node && !create) {
      nodes_.erase(path);
      throw DiskError("open " + path, ENOENT);
    }
    if (!node) node = std::make_shared<Node>();
    auto file = std::make_unique<File>(*this, node);
    const auto told = on_open_;
    lock.unlock();
    if (told) told(path);
    return file;
  }
  std::vector<std::string> list(const std::string& dir) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [path, node] : nodes_)
      if (path.starts_with(dir + '/') && path.find('/', dir.size() + 1) == std::string::npos) names.push_back(path.substr(dir.size() + 1));
    return names;
  }
  void make_dir(const std::string&) override {}
  void rename(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(mutex_);
    auto node = nodes_.extract(from);
    if (!node) throw DiskError("rename " + from, ENOENT);
    nodes_[to] = node.mapped();
  }
  void remove(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    nodes_.erase(path);
  }
  std::unique_ptr<DiskLock> lock(const std::string& path) override {
    const std::lock_guard guard(mutex_);
    if (!locked_.insert(path).second) return nullptr;
    return std::make_unique<Lock>(*this, path);
  }

 private:
  struct Node {
    std::vector<std::byte> cached;
    std::vector<std::byte> durable;
    std::set<std::size_t> dirty;
  };
  struct Lock final : DiskLock {
    Lock(FakeDisk& d, std::string p) : disk{d}, path{std::move(p)} {}
    ~Lock() override {
      const std::lock_guard guard(disk.mutex_);
      disk.locked_.erase(path);
    }
    FakeDisk& disk;
    std::string path;
  };
  class File final : public DiskFile {
   public:
    File(FakeDisk& disk, std::shared_ptr<Node> node) : disk_{disk}, node_{std::move(node)} {}
    void write(std::uint64_t offset, ByteView bytes) override {
      const std::lock_guard lock(disk_.mutex_);
      if (disk_.writes_fail_) throw DiskError("write", EIO);
      const bool torn = disk_.tear_at_.has_value();
      if (torn) bytes = bytes.first(std::min(*disk_.tear_at_, bytes.size()));
      grow(offset + bytes.size());
      std::ranges::copy(bytes, node_->cached.begin() + static_cast<std::ptrdiff_t>(offset));
      if (!bytes.empty())
        for (auto page = offset / kPage; page <= (offset + bytes.size() - 1) / kPage; ++page) node_->dirty.insert(page);
      if (torn) {
        disk_.writes_fail_ = true;
        throw DiskError("write", EIO);
      }
    }
    std::size_t read(std::uint64_t offset, std::span<std::byte> into) const override {
      const std::lock_guard lock(disk_.mutex_);
      if (offset >= node_->cached.size()) return 0;
      const auto n = std::min<std::size_t>(into.size(), node_->cached.size() - offset);
      std::copy_n(node_->cached.begin() + static_cast<std::ptrdiff_t>(offset), n, into.begin());
      return n;
    }
    void sync() override {
      const std::lock_guard lock(disk_.mutex_);
      if (disk_.syncs_fail_) throw DiskError("fdatasync", EIO);
      node_->durable.resize(node_->cached.size());
      for (const auto page : node_->dirty) {
        const auto to = std::min((page + 1) * kPage, node_->cached.size());
        for (auto i = page * kPage; i < to; ++i) node_->durable[i] = node_->cached[i];
      }
      node_->dirty.clear();
    }
    void preallocate(std::uint64_t size) override {
      const std::lock_guard lock(disk_.mutex_);
      grow(size);
    }
    std::uint64_t size() const override {
      const std::lock_guard lock(disk_.mutex_);
      return node_->cached.size();
    }

   private:
    void grow(std::uint64_t size) {
      if (size <= node_->cached.size()) return;
      std::uint64_t sum = size - node_->cached.size();
      for (const auto& [path, node] : disk_.nodes_) sum += node->cached.size();
      if (sum > disk_.capacity_) throw DiskError("no space left", ENOSPC);
      node_->cached.resize(size);
    }
    FakeDisk& disk_;
    std::shared_ptr<Node> node_;
  };

  mutable std::mutex mutex_;
  std::set<std::string> locked_;
  std::function<void(const std::string&)> on_open_;
  bool syncs_fail_{false};
  bool memory_{false};
  bool writes_fail_{false};
  std::optional<std::size_t> tear_at_;
  std::map<std::string, std::shared_ptr<Node>> nodes_;
  std::uint64_t capacity_{~std::uint64_t{0} >> 1};
};

}  // namespace tickmesh::testing
