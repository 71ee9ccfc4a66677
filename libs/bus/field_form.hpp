// How the contract has a field on the wire.
#pragma once
#include <cstdint>

namespace tickmesh {

/// Of an element, where the field is a packed list.
enum class WireKind : std::uint8_t { varint, zigzag, fixed64, length };

/// The field `name` of the generated class `InMessage`. Number and kind are known when this is compiled, so that a tag is a constant.
template <class InMessage, std::uint32_t kFieldNumber, WireKind kFieldKind>
struct FieldForm {
  using Message = InMessage;
  static constexpr std::uint32_t kNumber = kFieldNumber;
  static constexpr WireKind kKind = kFieldKind;
  /// As an element of its own, which a packed list is not.
  static constexpr std::uint32_t kTag = kNumber << 3 | (kKind == WireKind::fixed64 ? 1U : kKind == WireKind::length ? 2U : 0U);
  static constexpr std::uint32_t kPackedTag = kNumber << 3 | 2U;
  static_assert(kNumber >= 1 && kPackedTag < 1U << 14, "a tag has two bytes at most");
  const char* name;
};

}  // namespace tickmesh
