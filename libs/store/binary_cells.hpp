// Values as PostgreSQL's binary formats have them: a length, then big-endian bytes. COPY BINARY and binary arrays share them.
#pragma once
#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "core/bytes.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// Bytes that grow and never shrink, so that a batch allocates nothing once the one before it was as large.
class BinaryCells {
 public:
  ByteView bytes() const { return {bytes_.data(), used_}; }
  void clear() { used_ = 0; }
  void append(ByteView value);

  template <class T>
    requires std::is_integral_v<T>
  void raw(T value) {
    auto* at = room(sizeof value);
    store(at, value);
    used_ += sizeof value;
  }
  void null() { raw(std::int32_t{-1}); }
  template <class T>
    requires std::is_integral_v<T>
  void integer(T value) {
    auto* at = room(4 + sizeof value);
    store(at, static_cast<std::int32_t>(sizeof value));
    store(at + 4, value);
    used_ += 4 + sizeof value;
  }
  void boolean(bool value) { integer(static_cast<std::uint8_t>(value)); }
  void float8(double value) { integer(std::bit_cast<std::uint64_t>(value)); }
  /// Microseconds of 2000-01-01, rounded down.
  void timestamptz(Timestamp time) {
    constexpr std::int64_t kEpoch = 946'684'800'000'000;
    const auto micros = time.ns >= 0 ? time.ns / 1000 : (time.ns - 999) / 1000;
    integer(micros - kEpoch);
  }
  /// Without NUL, which PostgreSQL's text does not have.
  void text(std::string_view value);
  void jsonb(std::string_view value);
  void bytea(ByteView value);
  /// `value` x 10^-8, eight decimals; and a whole number.
  void decimal(std::int64_t value);
  void whole(std::uint64_t value);

 private:
  template <class T>
  static void store(std::byte* at, T value) {
    if constexpr (sizeof value > 1) value = std::byteswap(value);
    std::memcpy(at, &value, sizeof value);
  }
  std::byte* room(std::size_t size) {
    if (bytes_.size() - used_ < size) bytes_.resize(std::max<std::size_t>(bytes_.size() * 2, used_ + size + 4096));
    return bytes_.data() + used_;
  }
  void numeric(std::uint64_t magnitude, bool negative, int fraction_groups, std::int16_t scale);

  Bytes bytes_;
  std::size_t used_{0};
};

}  // namespace tickmesh
