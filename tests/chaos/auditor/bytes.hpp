// Bytes read with every step checked. The auditor has its own of everything: what it shared with the services it could not find wrong.
#pragma once
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace auditor {

/// Bytes that are not what their place says they are.
class Malformed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// CRC-32C of `bytes` after those that gave `before` (0: none).
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

/// Little-endian numbers and length-prefixed texts, as journal records hold them.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_{bytes} {}
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  std::int64_t i64() { return number<std::int64_t>(); }
  std::string_view take(std::size_t size) {
    if (rest_.size() < size) throw Malformed("bytes end too early");
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view text() { return take(u32()); }
  bool done() const { return rest_.empty(); }
  /// A record ends where its last field does.
  void finish() const {
    if (!rest_.empty()) throw Malformed("bytes go on after the last field");
  }

 private:
  std::string_view rest_;
};

}  // namespace auditor
