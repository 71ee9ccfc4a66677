// Values as PostgreSQL's binary formats have them: a length, then big-endian bytes. COPY BINARY and binary array parameters share them.
#pragma once
#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "core/bytes.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// Each writes one cell at `at`, where there is room for it (`kCellRoom`, and for text its size beside), and returns where it ends.
namespace binary_cell {

/// The largest cell of a fixed kind: a decimal, with its length.
inline constexpr std::size_t kCellRoom = 4 + 8 + 2 * 6;

template <class T>
  requires std::is_integral_v<T>
std::byte* raw(std::byte* at, T value) {
  if constexpr (sizeof value > 1) value = std::byteswap(value);
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}
inline std::byte* null(std::byte* at) { return raw(at, std::int32_t{-1}); }
template <class T>
  requires std::is_integral_v<T>
std::byte* integer(std::byte* at, T value) {
  return raw(raw(at, static_cast<std::int32_t>(sizeof value)), value);
}
inline std::byte* boolean(std::byte* at, bool value) { return integer(at, static_cast<std::uint8_t>(value)); }
inline std::byte* float8(std::byte* at, double value) { return integer(at, std::bit_cast<std::uint64_t>(value)); }
/// Microseconds of 2000-01-01, rounded down.
inline std::byte* timestamptz(std::byte* at, Timestamp time) {
  constexpr std::int64_t kEpoch = 946'684'800'000'000;
  return integer(at, (time.ns >= 0 ? time.ns / 1000 : (time.ns - 999) / 1000) - kEpoch);
}
inline std::byte* bytes(std::byte* at, std::string_view value) {
  at = raw(at, static_cast<std::int32_t>(value.size()));
  if (!value.empty()) std::memcpy(at, value.data(), value.size());
  return at + value.size();
}
std::byte* text_without_nul(std::byte* at, std::string_view value);
/// Without NUL, which PostgreSQL's text does not have.
inline std::byte* text(std::byte* at, std::string_view value) {
  return value.find('\0') == std::string_view::npos ? bytes(at, value) : text_without_nul(at, value);
}
std::byte* jsonb(std::byte* at, std::string_view value);
/// `value` x 10^-8, eight decimals; and a whole number.
std::byte* decimal(std::byte* at, std::int64_t value);
std::byte* whole(std::byte* at, std::uint64_t value);

}  // namespace binary_cell

/// Bytes that grow and never shrink, so that a batch allocates nothing once the one before it was as large.
class CellBuffer {
 public:
  ByteView bytes() const { return {bytes_.data(), used_}; }
  void clear() { used_ = 0; }
  /// Where the next `size` bytes may be written; what is, `written` says.
  std::byte* room(std::size_t size) {
    if (bytes_.size() - used_ < size) bytes_.resize(std::max<std::size_t>(bytes_.size() * 2, used_ + size + 4096));
    return bytes_.data() + used_;
  }
  void written(const std::byte* to) { used_ = static_cast<std::size_t>(to - bytes_.data()); }
  void append(ByteView value);
  template <class T>
  void raw(T value) {
    written(binary_cell::raw(room(sizeof value), value));
  }

 private:
  Bytes bytes_;
  std::size_t used_{0};
};

}  // namespace tickmesh
