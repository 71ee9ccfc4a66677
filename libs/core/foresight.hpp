// A core that keeps so much that what a tick needs of it is seldom in a cache: it is told what comes, and asks for the memory meanwhile.
#pragma once
#include <cstddef>

#include "core/events.hpp"

namespace tickmesh {

/// Asks for so many lines of memory, one after the other: nothing but the asking, for it is done for every tick. Always inlined: of a
/// function that does nothing but ask GCC 12 says that it has no effect, and leaves its calls out.
template <std::size_t Lines>
[[gnu::always_inline]] inline void prefetch_lines(const void* from) {
#pragma GCC unroll 32
  for (std::size_t line = 0; line < Lines; ++line) __builtin_prefetch(static_cast<const char*>(from) + 64 * line, 1);
}

/// Whoever has a batch of inputs before him tells of each tick twice: kFar ticks before its turn and kNear before it. Nothing that is said
/// depends on whether he does.
class Foresight {
 public:
  static constexpr std::size_t kFar = 4, kNear = 2;

  virtual ~Foresight() = default;
  /// False: it keeps so little that there is nothing to gain.
  virtual bool looks_ahead() const = 0;
  /// In kFar ticks: what lies at a known place is asked for.
  virtual void far(const Tick& tick) const = 0;
  /// In kNear ticks: that is there, and so is where it points.
  virtual void near(const Tick& tick) const = 0;
};

}  // namespace tickmesh
