// PositionCore's own timers and the bounds of its memory.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tickmesh {

inline constexpr std::uint64_t kAccountTimer = 1;  ///< the account is published, if prices moved
inline constexpr std::uint64_t kStaleTimer = 2;    ///< the oldest fresh quote may be stale
inline constexpr std::uint64_t kPendingTimer = 3;  ///< a command's time is over

inline constexpr std::size_t kRetired = 512;  ///< orders that are over and still remembered; the oldest is forgotten
inline constexpr std::size_t kEpochs = 64;    ///< own epochs whose last intent is remembered

}  // namespace tickmesh
