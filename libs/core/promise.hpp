// What may be relied on in event-time.
#pragma once
#include <cstdint>
#include <limits>

#include "core/types.hpp"

namespace tickmesh {

/// What a publisher promises: everything with a time before `until` was said, provided that its partner says nothing beyond the `heard`
/// events it had taken of it. Zero: nothing is promised yet; kForEver: nothing will be said.
struct Promise {
  static constexpr Timestamp kForEver{std::numeric_limits<std::int64_t>::max()};
  Timestamp until{};
  std::uint64_t heard{0};
  friend bool operator==(const Promise&, const Promise&) = default;
};

}  // namespace tickmesh
