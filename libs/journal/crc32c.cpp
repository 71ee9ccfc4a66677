#include "journal/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace tickmesh {
namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0x82F63B78u : 0u);
    t[0][i] = crc;
  }
  for (std::uint32_t i = 0; i < 256; ++i)
    for (std::size_t k = 1; k < 8; ++k) t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 0xFFu];
  return t;
}
constexpr Tables kTables = make_tables();

#if defined(__x86_64__)
// The instruction gives a result every cycle but takes three for it: three stretches side by side keep it busy. Their sums are joined by
// "the checksum after n zero bytes", which is linear, so that a table of it for each byte of the sum suffices.
using Zeros = std::array<std::array<std::uint32_t, 256>, 4>;
constexpr std::size_t kLong = 8192, kShort = 256;

constexpr std::uint32_t after_zero_bytes(std::uint32_t crc, std::size_t bytes) {
  // x -> M x over GF(2), M squared as often as `bytes` has binary digits.
  std::array<std::uint32_t, 32> m{};
  for (std::size_t bit = 0; bit < 32; ++bit) {
    std::uint32_t column = 1u << bit;
    for (int i = 0; i < 8; ++i) column = (column >> 1) ^ ((column & 1u) != 0 ? 0x82F63B78u : 0u);
    m[bit] = column;
  }
  const auto times = [](const std::array<std::uint32_t, 32>& matrix, std::uint32_t vector) {
    std::uint32_t sum = 0;
    for (std::size_t bit = 0; vector != 0; ++bit, vector >>= 1)
      if ((vector & 1u) != 0) sum ^= matrix[bit];
    return sum;
  };
  for (; bytes > 0; bytes >>= 1) {
    if ((bytes & 1u) != 0) crc = times(m, crc);
    auto square = m;
    for (auto& column : square) column = times(m, column);
    m = square;
  }
  return crc;
}

constexpr Zeros make_zeros(std::size_t bytes) {
  Zeros out{};
  for (std::size_t k = 0; k < 4; ++k) {
    std::array<std::uint32_t, 8> bits{};
    for (std::size_t bit = 0; bit < 8; ++bit) bits[bit] = after_zero_bytes(1u << (8 * k + bit), bytes);
    for (std::size_t byte = 0; byte < 256; ++byte)
      for (std::size_t bit = 0; bit < 8; ++bit)
        if ((byte >> bit & 1u) != 0) out[k][byte] ^= bits[bit];
  }
  return out;
}

// Made at the start of the program: more steps than a compiler takes.
const Zeros kLongZeros = make_zeros(kLong);
const Zeros kShortZeros = make_zeros(kShort);

inline std::uint32_t shift(const Zeros& zeros, std::uint32_t crc) {
  return zeros[0][crc & 0xFFu] ^ zeros[1][crc >> 8 & 0xFFu] ^ zeros[2][crc >> 16 & 0xFFu] ^ zeros[3][crc >> 24];
}

template <std::size_t kBytes>
__attribute__((target("sse4.2"))) void three_at_once(std::uint64_t& crc, const std::byte*& p, std::size_t& left, const Zeros& zeros) {
  for (; left >= 3 * kBytes; p += 3 * kBytes, left -= 3 * kBytes) {
    std::uint64_t second = 0, third = 0;
    for (std::size_t i = 0; i < kBytes; i += 8) {
      std::uint64_t a, b, c;
      std::memcpy(&a, p + i, 8);
      std::memcpy(&b, p + kBytes + i, 8);
      std::memcpy(&c, p + 2 * kBytes + i, 8);
      crc = _mm_crc32_u64(crc, a);
      second = _mm_crc32_u64(second, b);
      third = _mm_crc32_u64(third, c);
    }
    crc = shift(zeros, static_cast<std::uint32_t>(crc)) ^ second;
    crc = shift(zeros, static_cast<std::uint32_t>(crc)) ^ third;
  }
}

__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(ByteView bytes, std::uint32_t before) {
  std::uint64_t crc = static_cast<std::uint32_t>(~before);
  const std::byte* p = bytes.data();
  std::size_t left = bytes.size();
  if (left >= 3 * kShort) {
    three_at_once<kLong>(crc, p, left, kLongZeros);
    three_at_once<kShort>(crc, p, left, kShortZeros);
  }
  for (; left >= 8; p += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  auto tail = static_cast<std::uint32_t>(crc);
  if (left >= 4) {
    std::uint32_t half;
    std::memcpy(&half, p, 4);
    tail = _mm_crc32_u32(tail, half);
    p += 4, left -= 4;
  }
  for (; left > 0; ++p, --left) tail = _mm_crc32_u8(tail, static_cast<unsigned char>(*p));
  return ~tail;
}
#endif

using Function = std::uint32_t (*)(ByteView, std::uint32_t);

Function fastest() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42;
#endif
  return crc32c_portable;
}

}  // namespace

std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t before) {
  std::uint32_t crc = ~before;
  const std::byte* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    word ^= crc;
    crc = kTables[7][word & 0xFFu] ^ kTables[6][(word >> 8) & 0xFFu] ^ kTables[5][(word >> 16) & 0xFFu] ^ kTables[4][(word >> 24) & 0xFFu] ^
          kTables[3][(word >> 32) & 0xFFu] ^ kTables[2][(word >> 40) & 0xFFu] ^ kTables[1][(word >> 48) & 0xFFu] ^ kTables[0][word >> 56];
  }
  for (; left > 0; ++p, --left) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<std::uint32_t>(*p)) & 0xFFu];
  return ~crc;
}

std::uint32_t crc32c(ByteView bytes, std::uint32_t before) {
  static const Function function = fastest();
  return function(bytes, before);
}

}  // namespace tickmesh
