// The few rules of protobuf's encoding that frames need: varints, tags, lengths.
#pragma once
#include <bit>
#include <vector>

#include "core/bytes.hpp"

namespace tickmesh::protobuf_wire {

enum class Type : std::uint8_t { varint = 0, fixed64 = 1, length = 2, group_start = 3, group_end = 4, fixed32 = 5 };

inline std::byte* put_varint(std::uint64_t value, std::byte* at) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<std::byte>(value | 0x80);
  *at++ = static_cast<std::byte>(value);
  return at;
}
constexpr std::size_t varint_size(std::uint64_t value) { return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7; }
inline void put_varint(std::uint64_t value, Bytes& out) {
  std::byte room[10];
  out.insert(out.end(), room, put_varint(value, room));
}
inline void put_tag(unsigned field, Type type, Bytes& out) { put_varint(std::uint64_t{field} << 3 | static_cast<unsigned>(type), out); }
// proto3 leaves defaults out.
inline void put_uint(unsigned field, std::uint64_t value, Bytes& out) {
  if (value == 0) return;
  put_tag(field, Type::varint, out);
  put_varint(value, out);
}
inline void put_fixed64(unsigned field, std::uint64_t value, Bytes& out) {
  if (value == 0) return;
  put_tag(field, Type::fixed64, out);
  ByteWriter{out}.put(value);
}
inline void put_bytes(unsigned field, ByteView bytes, Bytes& out) {
  std::byte head[20];
  auto* end = put_varint(std::uint64_t{field} << 3 | static_cast<unsigned>(Type::length), head);
  end = put_varint(bytes.size(), end);
  out.insert(out.end(), head, end);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// One field of a message, as it lies there. `number` holds varints and fixed widths, `bytes` what has a length.
struct Field {
  unsigned id{0};
  Type type{Type::varint};
  std::uint64_t number{0};
  ByteView bytes{};
};

/// Walks the fields of one message. Hostile bytes end the walk with `ok()` false; nothing is read beyond the end.
class Walk {
 public:
  explicit Walk(ByteView bytes) : at_{bytes.data()}, end_{bytes.data() + bytes.size()} {}
  /// False at the end, and at what is not protobuf. Groups are refused: proto3 has none.
  bool next(Field& out) {
    if (at_ == end_) return false;
    std::uint64_t tag = 0;
    if (!varint(tag) || tag > 0xFFFFFFFFU || tag >> 3 == 0) return broken();
    out.id = static_cast<unsigned>(tag >> 3);
    out.type = static_cast<Type>(tag & 7);
    switch (out.type) {
      case Type::varint: return varint(out.number) || broken();
      case Type::fixed64: return fixed(8, out.number) || broken();
      case Type::fixed32: return fixed(4, out.number) || broken();
      case Type::length: {
        std::uint64_t size = 0;
        if (!varint(size) || size > static_cast<std::uint64_t>(end_ - at_)) return broken();
        out.bytes = {at_, static_cast<std::size_t>(size)};
        at_ += size;
        return true;
      }
      case Type::group_start:
      case Type::group_end: break;
    }
    return broken();
  }
  bool ok() const { return ok_; }
  const std::byte* here() const { return at_; }  ///< where the next field begins
  /// After a field of a length: appends those that follow under the same tag, as long as they are shorter than 128 bytes or 16 KiB. A run
  /// of ticks is read here.
  void same_again(const Field& last, std::vector<ByteView>& out) {
    std::byte tag[10];
    const auto tag_size = put_varint(std::uint64_t{last.id} << 3 | static_cast<unsigned>(Type::length), tag) - tag;
    if (tag_size > 2) return;
    while (end_ - at_ > tag_size + 1 && at_[0] == tag[0] && (tag_size == 1 || at_[1] == tag[1])) {
      const std::byte* from = at_ + tag_size;
      auto size = std::to_integer<std::size_t>(*from++);
      if (size >= 0x80) {
        const auto high = std::to_integer<std::size_t>(*from++);
        if (high >= 0x80) return;
        size = (size & 0x7F) | high << 7;
      }
      if (size > static_cast<std::size_t>(end_ - from)) return;
      out.emplace_back(from, size);
      at_ = from + size;
    }
  }

 private:
  bool broken() {
    at_ = end_;
    ok_ = false;
    return false;
  }
  bool varint(std::uint64_t& out) {
    out = 0;
    for (unsigned shift = 0; shift < 70 && at_ != end_; shift += 7) {
      const auto byte = std::to_integer<std::uint64_t>(*at_++);
      out |= (byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool fixed(std::size_t width, std::uint64_t& out) {
    out = 0;
    if (static_cast<std::size_t>(end_ - at_) < width) return false;
    std::memcpy(&out, at_, width);
    at_ += width;
    return true;
  }

  const std::byte* at_;
  const std::byte* end_;
  bool ok_{true};
};

}  // namespace tickmesh::protobuf_wire
