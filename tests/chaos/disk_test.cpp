// A disk that fills up under the mesh, for real: a small tmpfs holds the journals.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <iostream>

#include "support/mesh.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t kSegment = 2u << 20;

/// A disk of its own that can be filled; gone with the object.
class SmallDisk {
 public:
  explicit SmallDisk(const char* options) {
    std::string pattern = "/tmp/tickmesh-disk-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
    if (::mount("tmpfs", path_.c_str(), "tmpfs", 0, options) != 0) refusal_ = std::strerror(errno);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (refusal_.empty()) ::umount2(path_.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  const std::string& refusal() const { return refusal_; }
  const std::string& path() const { return path_; }
  std::uint64_t free_bytes() const {
    struct statvfs info{};
    return ::statvfs(path_.c_str(), &info) == 0 ? info.f_bavail * info.f_frsize : 0;
  }
  /// Takes all but `left` bytes; again, when something else has become free meanwhile.
  void fill(std::uint64_t left) {
    const auto path = path_ + "/filler-" + std::to_string(fillers_++);
    const auto free = free_bytes();
    if (free <= left) return;
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ::posix_fallocate(fd, 0, static_cast<off_t>(free - left)) != 0) throw std::runtime_error("cannot fill " + path);
    ::close(fd);
  }
  void empty() {
    for (; fillers_ > 0; --fillers_) std::filesystem::remove(path_ + "/filler-" + std::to_string(fillers_ - 1));
  }

 private:
  std::string path_;
  std::string refusal_;
  unsigned fillers_{0};
};

TEST(FullDisk, RefusesEntriesLetsExitsGoOnFromTheReserveAndRecovers) {
  SmallDisk disk("size=64m");
  if (!disk.refusal().empty()) GTEST_SKIP() << "a tmpfs cannot be mounted here (" << disk.refusal() << "); run it as root";
  TestMesh mesh{{{"journal.dir", disk.path()},
                 {"journal.segment_bytes", std::to_string(kSegment)},
                 {"journal.budget.perishable_bytes", "1000000000"},
                 {"journal.budget.kept_bytes", "1000000000"},
                 {"journal.snapshot_s", "1"},
                 {"feed.demo.rate", "600"},
                 {"risk.cooldown_s", "0"}}};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return mesh.ctl({"open", "AAPL", "5"}).exit == 0; }, 30s));

  const auto on_reserve = [&](const char* service) { return mesh.figure(service, "tickmesh_journal_reserve_in_use").value_or(-1); };
  ASSERT_EQ(on_reserve("position_manager"), 0);
  ASSERT_EQ(on_reserve("broker_gateway"), 0);
  ASSERT_TRUE(eventually(
      [&] {
        disk.fill(kSegment - 4096);  // no room for a segment, some for snapshots: without them a ring can give nothing
        return on_reserve("position_manager") == 1 && on_reserve("broker_gateway") == 1;
      },
      90s))
      << "nobody noticed that the disk is full";
  for (const char* service : {"position_manager", "broker_gateway"})
    EXPECT_TRUE(eventually([&] { return mesh.get(service, "/readyz").value_or("").find("disk") != std::string::npos; }, 5s)) << service;

  const auto entry = mesh.ctl({"open", "MSFT", "5"});
  EXPECT_EQ(entry.exit, 4) << entry.out;
  EXPECT_NE(entry.out.find("disk"), std::string::npos) << entry.out;
  const auto exit = mesh.ctl({"close", "AAPL"});
  EXPECT_EQ(exit.exit, 0) << exit.out;
  // Rings gave their oldest segments and go on; nobody fell over.
  EXPECT_TRUE(mesh.unasked_ends().empty()) << mesh.unasked_ends().front();
  EXPECT_LT(disk.free_bytes(), 4 * kSegment);

  // Killed and started again on the full disk: the tail, with what the core was told of the disk, gives the same bytes, or it would not
  // start.
  mesh.restart("position_manager");
  EXPECT_TRUE(
      eventually([&] { return on_reserve("position_manager") == 1 && mesh.status("position_manager").value("state", "") == "up"; }, 30s));
  EXPECT_EQ(mesh.ctl({"open", "MSFT", "5"}).exit, 4);
  EXPECT_TRUE(mesh.unasked_ends().empty()) << mesh.unasked_ends().front();

  disk.empty();
  ASSERT_TRUE(eventually([&] { return on_reserve("position_manager") == 0 && on_reserve("broker_gateway") == 0; }, 30s))
      << "the reserve was not made whole";
  ASSERT_TRUE(mesh.wait_ready());
  EXPECT_TRUE(eventually([&] { return mesh.ctl({"open", "MSFT", "5"}).exit == 0; }, 30s));

  ASSERT_TRUE(mesh.quiesce());
  ASSERT_TRUE(mesh.stop_all());
  for (const char* service : {"position_manager", "broker_gateway"}) {
    const auto checked = mesh.ctl({"journal", "verify", std::string(service) + "-0"});
    EXPECT_EQ(checked.exit, 0) << checked.out;
  }
}

}  // namespace
}  // namespace tickmesh
