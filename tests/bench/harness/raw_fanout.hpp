// The floor of everything that carries ticks to many: a publisher's own frames, sent again by raw PUB to raw SUBs.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/harness/processes.hpp"
#include "core/events.hpp"

namespace tickmesh::bench {

/// Frames as a real publisher sends them.
struct Frames {
  static constexpr std::size_t kRoom = 64u << 20;
  std::size_t count;
  std::size_t offset[8192];
  std::size_t size[8192];
  std::uint64_t ticks[8192];
  std::byte bytes[kRoom];
};

/// Ticks a turn that a publisher says, as the ingestor does.
inline constexpr std::size_t kTurn = 4'096;

/// Lets a TickSpeaker say `ticks` (a multiple of kTurn) and keeps what it sends, caught by a raw socket.
void capture(const std::vector<Tick>& ticks, Shared<Frames>& frames);

/// Ticks a second to `readers` processes, from the first frame sent until the last reader has the last: frames are sent over and over
/// until they have told `count` ticks, without a copy, and are dropped unread. No queue has a bound.
double raw_fanout(Shared<Frames>& frames, int readers, std::uint64_t count);

}  // namespace tickmesh::bench
