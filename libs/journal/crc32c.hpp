// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, initial value and final xor 0xFFFFFFFF): RFC 3720 appendix B.4.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"

namespace tickmesh {

/// The checksum of `bytes` after those that gave `before` (0: none): crc32c(b, crc32c(a)) == crc32c(ab).
/// Uses the SSE4.2 instruction where the processor has it.
std::uint32_t crc32c(ByteView bytes, std::uint32_t before = 0);
/// The same by tables alone; a test holds the two against each other.
std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t before = 0);

}  // namespace tickmesh
