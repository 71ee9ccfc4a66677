// Runs what a mesh recorded again, in one thread and in the order it was taken, and holds every word against the recorded one.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/core.hpp"
#include "service/config.hpp"

namespace tickmesh::backtest {

struct Verified {
  std::string instance;
  std::uint64_t inputs{0};
  std::uint64_t said{0};
  std::uint64_t copies_checked{0};  ///< inputs that another service said, found equal in that service's own journal
  std::uint64_t unrecorded{0};      ///< said again, but cut off before it was recorded (the end of a killed instance)
  std::uint64_t recorded_hash{0}, derived_hash{0};
};

/// Every instance with a core under `journal_dir`. Errors: "diverged" with the event's name, "corrupt", "trimmed" when the journal no
/// longer begins with its first record.
Result<std::vector<Verified>> verify(const Config& config, const Instruments& instruments, const std::string& journal_dir);

/// What a mesh said, as its journals hold it: to be held against what a run in one thread says.
struct SaidHashes {
  CanonicalHash hash{};
  CanonicalHash fills{};  ///< of the order events that are fills
};
Result<SaidHashes> said_hashes(const std::string& journal_dir);

}  // namespace tickmesh::backtest
