#include "journal/snapshots.hpp"

#include "journal/crc32c.hpp"
#include "journal/layout.hpp"

namespace tickmesh {
namespace {

constexpr std::string_view kMagic = "TMS1";
constexpr std::uint32_t kSnapshotVersion = 1;

Bytes header(Lsn lsn, std::uint64_t size, std::uint32_t crc) {
  Bytes out;
  ByteWriter w(out);
  w.raw(as_bytes(kMagic));
  w.put(kSnapshotVersion);
  w.put(lsn.value);
  w.put(size);
  w.put(crc);
  w.put(crc32c(out));
  return out;
}

}  // namespace

SnapshotRecord write_snapshot(Disk& disk, const std::string& dir, Lsn lsn, ByteView state) {
  const auto name = snapshot_name(lsn);
  const auto path = dir + '/' + name;
  const auto draft = path + ".tmp";
  SnapshotRecord record{name, state.size(), crc32c(state)};
  disk.remove(draft);
  try {
    const auto file = disk.open(draft, true);
    file->write(0, header(lsn, record.size, record.crc));
    if (!state.empty()) file->write(kSnapshotHeaderBytes, state);
    file->sync();
  } catch (const DiskError&) {
    disk.remove(draft);
    throw;
  }
  disk.rename(draft, path);
  return record;
}

std::optional<Bytes> read_snapshot(Disk& disk, const std::string& dir, Lsn lsn, const SnapshotRecord& record) {
  try {
    const auto file = disk.open(dir + '/' + record.file, false);
    if (file->size() != kSnapshotHeaderBytes + record.size) return std::nullopt;
    Bytes head(kSnapshotHeaderBytes);
    Bytes state(record.size);
    if (file->read(0, head) != head.size() || head != header(lsn, record.size, record.crc)) return std::nullopt;
    if (file->read(kSnapshotHeaderBytes, state) != state.size() || crc32c(state) != record.crc) return std::nullopt;
    return state;
  } catch (const DiskError&) {
    return std::nullopt;
  }
}

}  // namespace tickmesh
