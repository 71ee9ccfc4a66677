// How the contract has a field on the wire, asked of the generated code's own description.
#pragma once
#include <google/protobuf/descriptor.h>

#include <cstdint>

#include "core/error.hpp"

namespace tickmesh {

/// How the contract writes one field. Looked up once a place in the tables.
struct FieldForm {
  enum class Kind : std::uint8_t { varint, zigzag, fixed64, length };
  std::uint32_t number;
  Kind kind;  ///< of an element, where the field is a packed list
  bool packed;
};

inline FieldForm form_of(const google::protobuf::FieldDescriptor* field) {
  using Field = google::protobuf::FieldDescriptor;
  TM_INVARIANT(field != nullptr, "the tables name fields of the contract");
  const auto kind = [&] {
    switch (field->type()) {
      case Field::TYPE_INT64:
      case Field::TYPE_UINT64:
      case Field::TYPE_INT32:
      case Field::TYPE_UINT32:
      case Field::TYPE_BOOL:
      case Field::TYPE_ENUM: return FieldForm::Kind::varint;
      case Field::TYPE_SINT64:
      case Field::TYPE_SINT32: return FieldForm::Kind::zigzag;
      case Field::TYPE_FIXED64:
      case Field::TYPE_SFIXED64:
      case Field::TYPE_DOUBLE: return FieldForm::Kind::fixed64;
      case Field::TYPE_STRING:
      case Field::TYPE_BYTES:
      case Field::TYPE_MESSAGE: return FieldForm::Kind::length;
      default: break;
    }
    TM_INVARIANT(false, "the contract uses no floats, no groups and no 32-bit fixed numbers");
    return FieldForm::Kind::varint;
  }();
  return {static_cast<std::uint32_t>(field->number()), kind, field->is_packed()};
}

}  // namespace tickmesh
