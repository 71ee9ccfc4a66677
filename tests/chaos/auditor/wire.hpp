// One protobuf message, field by field, from its bytes.
#pragma once
#include <array>
#include <bit>

#include "bytes.hpp"

namespace auditor {

/// Scalar fields by number; a field that is missing reads as its default. Throws Malformed.
class Message {
 public:
  explicit Message(std::string_view bytes) {
    while (!bytes.empty()) {
      if (size_ == fields_.size()) throw Malformed("a message of too many fields");
      const auto tag = varint(bytes);
      Field& f = fields_[size_++];
      f.number = static_cast<unsigned>(tag >> 3);
      switch (tag & 7) {
        case 0: f.value = varint(bytes); break;
        case 1: f.value = fixed(bytes, 8); break;
        case 2: {
          const auto length = varint(bytes);
          if (length > bytes.size()) throw Malformed("a field longer than its message");
          f.bytes = bytes.substr(0, length);
          bytes.remove_prefix(length);
          break;
        }
        case 5: f.value = fixed(bytes, 4); break;
        default: throw Malformed("an unknown wire type");
      }
    }
  }
  bool has(unsigned number) const { return find(number) != nullptr; }
  std::uint64_t u(unsigned number) const {
    const Field* f = find(number);
    return f == nullptr ? 0 : f->value;
  }
  std::int64_t i(unsigned number) const { return static_cast<std::int64_t>(u(number)); }
  double d(unsigned number) const { return std::bit_cast<double>(u(number)); }
  std::string_view text(unsigned number) const {
    const Field* f = find(number);
    return f == nullptr ? std::string_view{} : f->bytes;
  }
  std::string str(unsigned number) const { return std::string(text(number)); }
  Message sub(unsigned number) const { return Message{text(number)}; }
  /// The messages of a repeated field, in their order.
  template <class F>
  void each(unsigned number, F&& f) const {
    for (std::size_t i = 0; i < size_; ++i)
      if (fields_[i].number == number) f(Message{fields_[i].bytes});
  }

 private:
  struct Field {
    unsigned number{0};
    std::uint64_t value{0};
    std::string_view bytes{};
  };
  static std::uint64_t varint(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (bytes.empty()) throw Malformed("a number ends too early");
      const auto byte = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << (shift < 64 ? shift : 63);
      if ((byte & 0x80U) == 0) return value;
    }
    throw Malformed("a number of more than ten bytes");
  }
  static std::uint64_t fixed(std::string_view& bytes, std::size_t size) {
    if (bytes.size() < size) throw Malformed("a number ends too early");
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), size);
    bytes.remove_prefix(size);
    return value;
  }
  /// The last one of a number counts.
  const Field* find(unsigned number) const {
    for (std::size_t i = size_; i-- > 0;)
      if (fields_[i].number == number) return &fields_[i];
    return nullptr;
  }
  std::array<Field, 96> fields_;
  std::size_t size_{0};
};

}  // namespace auditor
