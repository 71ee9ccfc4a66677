// Recorded data waits for its readers; live data never does. How far a publisher may run ahead, from what readers acknowledged.
#pragma once
#include <string>
#include <vector>

#include "bus/bus.hpp"

namespace tickmesh {

/// Events the publisher may be ahead of the slowest reader: what readers take in some tenths of a second, since that is how long an
/// acknowledgement may take, and few enough for the queues between them.
inline constexpr std::uint64_t kPaceWindow = 262'144;
/// Less room than this is not worth a turn of the publisher: none.
inline constexpr std::uint64_t kPaceLeast = 4'096;

struct Pace {
  std::uint64_t allowed{0};          ///< events that may be said now; 0 or at least kPaceLeast
  std::vector<std::string> waiting;  ///< instances that hold it up, or are not there yet; empty while `allowed` > 0
};

/// `heads`: last said in `epoch`. `services`: whose readers count, "metrics_engine"; one that never said Hello or Ack holds everything up
/// after a whole window. Only `stream` counts.
Pace pace(const Outbox::Heads& heads, Epoch epoch, Stream stream, const std::vector<std::string>& services,
          const std::vector<ReaderState>& readers);

}  // namespace tickmesh
