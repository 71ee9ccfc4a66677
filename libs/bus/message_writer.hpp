// Structs straight to protobuf's bytes: an Io for the tables of fields.hpp that builds no message. The bytes are those the generated code
// would write, fields by number.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "bus/field_form.hpp"
#include "bus/protobuf_wire.hpp"
#include "bus/text.hpp"
#include "core/events.hpp"
#include "tickmesh/v1/metrics.pb.h"

namespace tickmesh {

template <class T>
constexpr bool is_fixed = std::is_same_v<T, Price> || std::is_same_v<T, Quantity> || std::is_same_v<T, Money>;
template <class T>
constexpr bool is_time = std::is_same_v<T, Timestamp> || std::is_same_v<T, Duration>;

/// One a thread, used again and again: it keeps its room.
class MessageWriter {
 public:
  template <class T>
  using Of = const T;

  void start() {
    at_ = 0;
    last_ = 0;
    sorted_ = true;
  }
  /// What was written since `start`.
  ByteView finish() {
    if (!sorted_) sort(0);
    return {room_.data(), at_};
  }

  template <class T, class Get, class Set, class Form>
  void field(const char* /*name*/, const T& value, Get get, Set /*set*/, Form form) {
    using Wire = std::remove_cvref_t<decltype(get())>;
    if constexpr (std::is_same_v<T, std::string>) {
      text(value, form);
    } else if constexpr (std::is_same_v<T, Symbol>) {
      const auto view = value.view();
      if (!view.empty()) bytes(view, form());
    } else if constexpr (std::is_same_v<T, double>) {
      // Equal doubles have equal bits.
      if (!(value == 0)) number(std::bit_cast<std::uint64_t>(std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value), form());
    } else if constexpr (is_fixed<T>) {
      if (value.raw() != 0) number(static_cast<std::uint64_t>(value.raw()), form());
    } else if constexpr (is_time<T>) {
      if (value.ns != 0) number(static_cast<std::uint64_t>(value.ns), form());
    } else if constexpr (std::is_same_v<T, InstrumentId>) {
      if (value.value != 0) number(value.value, form());
    } else {
      const auto wire = static_cast<Wire>(value);
      if constexpr (std::is_enum_v<Wire>) {
        if (const auto n = static_cast<std::int64_t>(wire); n != 0) number(static_cast<std::uint64_t>(n), form());
      } else if constexpr (std::is_signed_v<Wire>) {
        if (wire != 0) number(static_cast<std::uint64_t>(static_cast<std::int64_t>(wire)), form());
      } else {
        if (wire != 0) number(wire, form());
      }
    }
  }
  template <class T, class Has, class Mutable, class Form>
  void message(const T& value, Has /*has*/, Mutable mutable_message, Form form) {
    static const T kNothing{};  // made once: comparing ends at the first member that says something
    if (!(value == kNothing)) inner<std::remove_cvref_t<decltype(mutable_message())>>(value, form());
  }
  template <class T, std::size_t N, class Size, class Add, class At, class Form>
  void messages(const char* /*name*/, const std::array<T, N>& values, Size /*size*/, Add add, At /*at*/, Form form) {
    for (const T& value : values) {
      if (value == T{}) break;
      inner<std::remove_cvref_t<decltype(add())>>(value, form());
    }
  }
  template <class T, class Size, class Add, class At, class Form>
  void messages(const char* /*name*/, const std::vector<T>& values, Size /*size*/, Add add, At /*at*/, Form form) {
    for (const T& value : values) inner<std::remove_cvref_t<decltype(add())>>(value, form());
  }
  template <class T, class List, class Form>
  void numbers(const std::vector<T>& values, List /*list*/, Form form) {
    if (values.empty()) return;
    const FieldForm& f = form();
    TM_INVARIANT(f.packed, "lists of numbers are packed");
    tag(f, 2);
    const std::size_t begin = open();
    for (const T& value : values) written(put(static_cast<std::uint64_t>(value.raw()), f.kind, make_room(10)));
    close(begin);
  }
  /// A message that is there even when it says nothing. `Message`: its generated class, which is asked for names and not for room.
  template <class Message, class T>
  void inner(const T& value, const FieldForm& form) {
    if constexpr (std::is_same_v<T, Value>) return metric(value, form);
    tag(form, 2);
    const std::size_t begin = open();
    const auto last = std::exchange(last_, 0);
    const bool sorted = std::exchange(sorted_, true);
    fields(*this, value, const_cast<Message&>(Message::default_instance()));
    if (!sorted_) sort(begin);
    last_ = last;
    sorted_ = sorted;
    close(begin);
  }

 private:
  /// Metrics are some hundred of these: all three fields are stored, and passed over where they say nothing.
  void metric(const Value& value, const FieldForm& form) {
    static_assert(v1::Value::kValueFieldNumber == 1 && v1::Value::kStatusFieldNumber == 2 && v1::Value::kHasValueFieldNumber == 3);
    tag(form, 2);
    std::byte* const size = make_room(16);
    std::byte* at = size + 1;
    const double number = std::isnan(value.value) ? std::numeric_limits<double>::quiet_NaN() : value.value == 0 ? 0.0 : value.value;
    at[0] = std::byte{1 << 3 | 1};
    std::memcpy(at + 1, &number, sizeof number);
    at += number == 0 ? 0 : 9;
    at[0] = std::byte{2 << 3};
    at[1] = static_cast<std::byte>(value.status);
    at += value.status == Status{} ? 0 : 2;
    at[0] = std::byte{3 << 3};
    at[1] = std::byte{1};
    at += value.has_value ? 2 : 0;
    *size = static_cast<std::byte>(at - size - 1);
    written(at);
  }
  std::byte* make_room(std::size_t size) {
    if (room_.size() - at_ < size) room_.resize(std::max<std::size_t>(2 * room_.size(), at_ + size + 4096));
    return room_.data() + at_;
  }
  void written(const std::byte* to) { at_ = static_cast<std::size_t>(to - room_.data()); }
  void tag(const FieldForm& form, unsigned type) { written(put_tag(form, type, make_room(10))); }
  std::byte* put_tag(const FieldForm& form, unsigned type, std::byte* at) {
    sorted_ &= form.number >= last_;
    last_ = form.number;
    return protobuf_wire::put_varint(form.number << 3 | type, at);
  }
  static std::byte* put(std::uint64_t value, FieldForm::Kind kind, std::byte* at) {
    switch (kind) {
      case FieldForm::Kind::fixed64: std::memcpy(at, &value, sizeof value); return at + sizeof value;
      case FieldForm::Kind::zigzag: value = value << 1 ^ (0 - (value >> 63)); [[fallthrough]];
      case FieldForm::Kind::varint: return protobuf_wire::put_varint(value, at);
      case FieldForm::Kind::length: break;
    }
    TM_INVARIANT(false, "a number is written as one");
    return at;
  }
  void number(std::uint64_t value, const FieldForm& form) {
    std::byte* const at = put_tag(form, form.kind == FieldForm::Kind::fixed64 ? 1 : 0, make_room(20));
    written(put(value, form.kind, at));
  }
  template <class Form>
  void text(const std::string& value, Form form) {
    if (value.empty()) return;
    if (is_ascii(value) || valid_utf8(value))
      bytes(value, form());
    else
      bytes(scrub_utf8(value), form());
  }
  void bytes(std::string_view value, const FieldForm& form) {
    std::byte* at = put_tag(form, 2, make_room(20 + value.size()));
    at = protobuf_wire::put_varint(value.size(), at);
    std::memcpy(at, value.data(), value.size());
    written(at + value.size());
  }

  /// Room for a length of one byte; a longer one moves what it is the length of.
  std::size_t open() {
    written(make_room(1) + 1);
    return at_;
  }
  void close(std::size_t begin) {
    const std::size_t size = at_ - begin;
    const std::size_t more = protobuf_wire::varint_size(size) - 1;
    if (more > 0) {
      make_room(more);
      std::memmove(room_.data() + begin + more, room_.data() + begin, size);
      at_ += more;
    }
    protobuf_wire::put_varint(size, room_.data() + begin - 1);
  }
  /// A table that is not in the order of its numbers: what was written from `begin` on, by number.
  void sort(std::size_t begin) {
    const Bytes unsorted(room_.data() + begin, room_.data() + at_);
    struct Part {
      std::uint32_t number;
      std::size_t begin, size;
    };
    std::vector<Part> parts;
    protobuf_wire::Walk walk{unsorted};
    const std::byte* from = unsorted.data();
    for (protobuf_wire::Field f; walk.next(f); from = walk.here())
      parts.push_back({f.id, static_cast<std::size_t>(from - unsorted.data()), static_cast<std::size_t>(walk.here() - from)});
    std::ranges::sort(parts, {}, [](const Part& part) { return std::pair{part.number, part.begin}; });
    std::byte* at = room_.data() + begin;
    for (const Part& part : parts) at = std::copy_n(unsorted.data() + part.begin, part.size, at);
  }

  Bytes room_;
  std::size_t at_{0};
  std::uint32_t last_{0};  ///< number of the field before, in the message being written
  bool sorted_{true};
};

}  // namespace tickmesh
