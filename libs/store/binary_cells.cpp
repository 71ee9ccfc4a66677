#include "store/binary_cells.hpp"

#include <algorithm>
#include <array>

namespace tickmesh {

void BinaryCells::append(ByteView value) {
  auto* at = room(value.size());
  if (!value.empty()) std::memcpy(at, value.data(), value.size());
  used_ += value.size();
}

void BinaryCells::text(std::string_view value) {
  const auto length_at = used_;
  raw(static_cast<std::int32_t>(value.size()));
  if (value.find('\0') == std::string_view::npos) return append(as_bytes(value));
  for (const char c : value)
    if (c != '\0') raw(static_cast<std::uint8_t>(c));
  store(bytes_.data() + length_at, static_cast<std::int32_t>(used_ - length_at - 4));
}

void BinaryCells::jsonb(std::string_view value) {
  raw(static_cast<std::int32_t>(value.size() + 1));
  raw(std::uint8_t{1});  // the version of the format
  append(as_bytes(value));
}

void BinaryCells::bytea(ByteView value) {
  raw(static_cast<std::int32_t>(value.size()));
  append(value);
}

void BinaryCells::decimal(std::int64_t value) {
  const auto magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  numeric(magnitude, value < 0, 2, 8);
}
void BinaryCells::whole(std::uint64_t value) { numeric(value, false, 0, 0); }

/// Digits of base 10,000, the most significant first, without zero groups at either end.
void BinaryCells::numeric(std::uint64_t magnitude, bool negative, int fraction_groups, std::int16_t scale) {
  std::array<std::int16_t, 6> groups{};  // the least significant first
  int count = 0;
  for (; magnitude != 0; magnitude /= 10'000) groups[static_cast<std::size_t>(count++)] = static_cast<std::int16_t>(magnitude % 10'000);
  int least = 0;
  while (least < count && groups[static_cast<std::size_t>(least)] == 0) ++least;
  const auto digits = count - least;
  raw(static_cast<std::int32_t>(8 + 2 * digits));
  raw(static_cast<std::int16_t>(digits));
  raw(static_cast<std::int16_t>(digits == 0 ? 0 : count - 1 - fraction_groups));
  raw(static_cast<std::uint16_t>(negative ? 0x4000 : 0));
  raw(scale);
  for (int i = count - 1; i >= least; --i) raw(groups[static_cast<std::size_t>(i)]);
}

}  // namespace tickmesh
