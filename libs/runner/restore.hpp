// Where a machine begins: the newest snapshot that can be loaded, or the journal's beginning.
#pragma once
#include <vector>

#include "journal/journal.hpp"
#include "runner/machine.hpp"

namespace tickmesh {

struct Restored {
  Lsn from{};  ///< the first record to run
  bool from_snapshot{false};
  std::vector<Error> rejected{};  ///< snapshots that are damaged or that the core cannot load, newest first; `field` is the file
};

/// A snapshot is believed when its checksum holds and the machine loads it to its last byte; else the one before is taken, and then
/// the journal from its first record on, with the machine as it was. Error "version": a snapshot of a newer core.
Result<Restored> restore(const Journal& journal, Machine& machine);

}  // namespace tickmesh
