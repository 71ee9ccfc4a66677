// Snapshot files: a core's state in a file of its own, whole or not there.
#pragma once
#include "journal/journal.hpp"

namespace tickmesh {

inline constexpr std::uint64_t kSnapshotHeaderBytes = 32;

/// Writes, syncs and renames. Throws DiskError.
SnapshotRecord write_snapshot(Disk& disk, const std::string& dir, Lsn lsn, ByteView state);
/// Nothing when the file is missing, damaged or another than the record names.
std::optional<Bytes> read_snapshot(Disk& disk, const std::string& dir, Lsn lsn, const SnapshotRecord& record);

}  // namespace tickmesh
