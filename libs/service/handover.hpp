// What an instance that stopped in order leaves for whoever takes its partitions over (tickmeshctl scale).
#pragma once
#include <map>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/types.hpp"

namespace tickmesh {

using Handover = std::map<std::pair<Stream, Partition>, Position>;

/// Beside its journal, while it does not run: the last event it applied of each stream and partition. Gone as soon as it runs again.
std::string applied_path(const std::string& journal_dir);
/// By partition of `tick`, the last event whose consequences another instance has said.
std::string said_until_path(const std::string& journal_dir);

/// A line a stream and partition: stream, partition, epoch, sequence. Replaced by rename. Throws std::runtime_error.
void write_handover(const std::string& path, const Handover& handover);
/// Empty when there is no file. Error: file and line that cannot be read.
Result<Handover> read_handover(const std::string& path);

}  // namespace tickmesh
