#include "runner/restore.hpp"

#include <exception>
#include <ranges>

namespace tickmesh {
namespace {

Result<void> load(Machine& machine, const std::string& file, ByteView state) {
  try {
    ByteReader in{state};
    if (auto ok = machine.load(in); !ok) return ok;
    TM_INVARIANT(in.done(), "a snapshot is read to its end");
    return {};
  } catch (const std::exception& e) {  // of our own making or not: a checksum says only that the bytes are those that were written
    return std::unexpected(Error{"corrupt", file, "a snapshot can be loaded", e.what()});
  }
}

}  // namespace

Result<Restored> restore(const Journal& journal, Machine& machine) {
  Restored out{.from = journal.first()};
  Bytes untouched;
  ByteWriter before{untouched};
  machine.save(before);
  for (const SnapshotPlace& place : std::views::reverse(journal.snapshots())) {
    const auto state = journal.snapshot_state(place.lsn);
    if (!state) {
      out.rejected.push_back({"corrupt", place.path, "a snapshot passes its checksum", "the file is missing or damaged"});
      continue;
    }
    auto loaded = load(machine, place.path, *state);
    if (loaded) {
      out.from = place.lsn;
      out.from_snapshot = true;
      return out;
    }
    if (loaded.error().code == "version") return std::unexpected(loaded.error());
    out.rejected.push_back(std::move(loaded.error()));
    ByteReader again{untouched};
    if (auto ok = machine.load(again); !ok) return std::unexpected(ok.error());
  }
  return out;
}

}  // namespace tickmesh
