#include "journal/housekeeper.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "journal/layout.hpp"
#include "support/fake_disk.hpp"

namespace tickmesh::testing {
namespace {

bool there(FakeDisk& disk, const std::string& name) {
  const auto names = disk.list("/j");
  return std::ranges::find(names, name) != names.end();
}

TEST(Housekeeper, ASegmentThatIsTrimmedWhileAnotherIsMadeReadyDoesNotTakeItsPlace) {
  FakeDisk disk;
  SegmentFiles files{"/j", disk, kMinSegmentBytes, 0};
  const auto old = [&](std::uint64_t index) {
    disk.put(files.path(index), std::vector<std::byte>(kMinSegmentBytes, std::byte{'o'}));
    return files.path(index);
  };
  const auto first = old(0), second = old(1);
  Housekeeper keeper{disk, files, {.dir = "/j", .reserve = 0, .make_room = [] { return false; }, .threaded = true}};
  keeper.remove({first});
  while (keeper.idle_segments() == 0) std::this_thread::yield();

  disk.on_open([&](const std::string& path) {
    if (!path.ends_with("/recycled.tmp")) return;
    keeper.remove({second});
    while (there(disk, segment_name(1))) std::this_thread::yield();
  });
  const auto taken = keeper.take(2);
  const std::byte mark{'n'};
  taken->write(8, {&mark, 1});
  const auto bytes = disk.bytes(files.path(2));
  EXPECT_EQ(bytes[8], mark) << "what is written to the segment is not in its file";
  EXPECT_EQ(std::ranges::count(bytes, std::byte{0}), static_cast<std::ptrdiff_t>(kMinSegmentBytes - 1));
  EXPECT_FALSE(there(disk, segment_name(1)));
}

}  // namespace
}  // namespace tickmesh::testing
