#include "bus/pace.hpp"

#include <algorithm>

namespace tickmesh {

Pace pace(const Outbox::Heads& heads, Epoch epoch, Stream stream, const std::vector<std::string>& services,
          const std::vector<ReaderState>& readers) {
  Pace result{.allowed = kPaceWindow, .waiting = {}};
  const auto& said = heads[static_cast<std::size_t>(stream)];
  for (const std::string& service : services) {
    std::uint64_t behind = 0;
    for (unsigned p = 0; p < kPartitions; ++p) {
      // Instances of a service share the partitions, so whoever came furthest in one has it.
      Sequence applied = 0;
      for (const ReaderState& reader : readers) {
        if (!reader.reader.starts_with(service + "-")) continue;
        const auto at = reader.applied.find({stream, static_cast<Partition>(p)});
        if (at != reader.applied.end() && at->second.epoch == epoch) applied = std::max(applied, at->second.sequence);
      }
      behind += said[p] - std::min(applied, said[p]);
    }
    std::uint64_t room = kPaceWindow - std::min(behind, kPaceWindow);
    if (room < kPaceLeast) {
      room = 0;
      result.waiting.push_back(service);
    }
    result.allowed = std::min(result.allowed, room);
  }
  return result;
}

}  // namespace tickmesh
