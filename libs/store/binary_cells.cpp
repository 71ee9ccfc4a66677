#include "store/binary_cells.hpp"

#include <array>

namespace tickmesh {
namespace binary_cell {
namespace {

/// Digits of base 10,000, the most significant first, without zero groups at either end.
std::byte* numeric(std::byte* at, std::uint64_t magnitude, bool negative, int fraction_groups, std::int16_t scale) {
  std::array<std::int16_t, 6> groups{};  // the least significant first
  int count = 0;
  for (; magnitude != 0; magnitude /= 10'000) groups[static_cast<std::size_t>(count++)] = static_cast<std::int16_t>(magnitude % 10'000);
  int least = 0;
  while (least < count && groups[static_cast<std::size_t>(least)] == 0) ++least;
  const auto digits = count - least;
  at = raw(at, static_cast<std::int32_t>(8 + 2 * digits));
  at = raw(at, static_cast<std::int16_t>(digits));
  at = raw(at, static_cast<std::int16_t>(digits == 0 ? 0 : count - 1 - fraction_groups));
  at = raw(at, static_cast<std::uint16_t>(negative ? 0x4000 : 0));
  at = raw(at, scale);
  for (int i = count - 1; i >= least; --i) at = raw(at, groups[static_cast<std::size_t>(i)]);
  return at;
}

}  // namespace

std::byte* text_without_nul(std::byte* at, std::string_view value) {
  auto* end = at + 4;
  for (const char c : value)
    if (c != '\0') *end++ = static_cast<std::byte>(c);
  raw(at, static_cast<std::int32_t>(end - at - 4));
  return end;
}

std::byte* jsonb(std::byte* at, std::string_view value) {
  at = raw(at, static_cast<std::int32_t>(value.size() + 1));
  at = raw(at, std::uint8_t{1});  // the version of the format
  std::memcpy(at, value.data(), value.size());
  return at + value.size();
}

std::byte* decimal(std::byte* at, std::int64_t value) {
  return numeric(at, value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value), value < 0, 2, 8);
}
std::byte* whole(std::byte* at, std::uint64_t value) { return numeric(at, value, false, 0, 0); }

}  // namespace binary_cell

void CellBuffer::append(ByteView value) {
  auto* at = room(value.size());
  if (!value.empty()) std::memcpy(at, value.data(), value.size());
  written(at + value.size());
}

}  // namespace tickmesh
