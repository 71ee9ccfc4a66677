// Structs straight to protobuf's bytes: an Io for the tables of fields.hpp that builds no message. The bytes are those the generated code
// would write, fields by number, since the tables are in that order.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
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

  void start() { at_ = room_.data(); }
  /// What was written since `start`.
  ByteView finish() const { return {room_.data(), at_}; }

  template <class T, class Get, class Set, class Form>
  void field(const char* /*name*/, const T& value, Get get, Set /*set*/, Form /*form*/) {
    using Wire = std::remove_cvref_t<decltype(get())>;
    if constexpr (std::is_same_v<T, std::string>) {
      text<Form>(value);
    } else if constexpr (std::is_same_v<T, Symbol>) {
      if (const auto view = value.view(); !view.empty()) bytes<Form>(view);
    } else if constexpr (std::is_same_v<T, double>) {
      // Equal doubles have equal bits.
      if (!(value == 0)) number<Form>(std::bit_cast<std::uint64_t>(std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value));
    } else if constexpr (is_fixed<T>) {
      if (value.raw() != 0) number<Form>(static_cast<std::uint64_t>(value.raw()));
    } else if constexpr (is_time<T>) {
      if (value.ns != 0) number<Form>(static_cast<std::uint64_t>(value.ns));
    } else if constexpr (std::is_same_v<T, InstrumentId>) {
      if (value.value != 0) number<Form>(value.value);
    } else {
      const auto wire = static_cast<Wire>(value);
      if constexpr (std::is_enum_v<Wire>) {
        if (const auto n = static_cast<std::int64_t>(wire); n != 0) number<Form>(static_cast<std::uint64_t>(n));
      } else if constexpr (std::is_signed_v<Wire>) {
        if (wire != 0) number<Form>(static_cast<std::uint64_t>(static_cast<std::int64_t>(wire)));
      } else {
        if (wire != 0) number<Form>(wire);
      }
    }
  }
  template <class T, class Has, class Mutable, class Form>
  void message(const T& value, Has /*has*/, Mutable mutable_message, Form form) {
    if constexpr (std::is_same_v<T, Value>) {
      if (!(value == T{})) metric<Form>(value);
    } else {
      const std::size_t before = size();
      const std::size_t begin = inner<std::remove_cvref_t<decltype(mutable_message())>>(value, form);
      if (size() == begin) at_ = room_.data() + before;  // it says nothing: each member is what it is by default
    }
  }
  template <class T, std::size_t N, class Size, class Add, class At, class Form>
  void messages(const char* /*name*/, const std::array<T, N>& values, Size /*size*/, Add add, At /*at*/, Form form) {
    for (const T& value : values) {
      if (value == T{}) break;
      inner<std::remove_cvref_t<decltype(add())>>(value, form);
    }
  }
  template <class T, class Size, class Add, class At, class Form>
  void messages(const char* /*name*/, const std::vector<T>& values, Size /*size*/, Add add, At /*at*/, Form form) {
    for (const T& value : values) inner<std::remove_cvref_t<decltype(add())>>(value, form);
  }
  template <class T, class List, class Form>
  void numbers(const std::vector<T>& values, List /*list*/, Form /*form*/) {
    if (values.empty()) return;
    const std::size_t begin = open<Form::kPackedTag>();
    for (const T& value : values) at_ = put<Form::kKind>(static_cast<std::uint64_t>(value.raw()), make_room(10));
    close(begin);
  }
  /// A message that is there even when it says nothing. `Message`: its generated class, which is asked for nothing. Returns where its
  /// bytes would begin, were its length one byte: nothing was written behind that when it says nothing.
  template <class Message, class T, class Form>
  std::size_t inner(const T& value, Form /*form*/) {
    const std::size_t begin = open<Form::kTag>();
    fields(*this, value, const_cast<Message&>(Message::default_instance()));
    close(begin);
    return begin;
  }

 private:
  /// Metrics are some hundred of these: all three fields are stored, and passed over where they say nothing.
  template <class Form>
  void metric(const Value& value) {
    static_assert(v1::Value::kValueFieldNumber == 1 && v1::Value::kStatusFieldNumber == 2 && v1::Value::kHasValueFieldNumber == 3);
    std::byte* const size = put_tag<Form::kTag>(make_room(20));
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
    at_ = at;
  }
  std::size_t size() const { return static_cast<std::size_t>(at_ - room_.data()); }
  std::byte* make_room(std::size_t more) {
    if (static_cast<std::size_t>(end_ - at_) < more) [[unlikely]]
      grow(more);
    return at_;
  }
  [[gnu::noinline]] void grow(std::size_t more) {
    const std::size_t used = size();
    room_.resize(std::max<std::size_t>(2 * room_.size(), used + more + 4096));
    at_ = room_.data() + used;
    end_ = room_.data() + room_.size();
  }
  template <std::uint32_t kTag>
  static std::byte* put_tag(std::byte* at) {
    if constexpr (kTag < 1U << 7) {
      at[0] = static_cast<std::byte>(kTag);
      return at + 1;
    } else {
      at[0] = static_cast<std::byte>((kTag & 0x7F) | 0x80);
      at[1] = static_cast<std::byte>(kTag >> 7);
      return at + 2;
    }
  }
  template <WireKind kKind>
  static std::byte* put(std::uint64_t value, std::byte* at) {
    static_assert(kKind != WireKind::length, "a number is written as one");
    if constexpr (kKind == WireKind::fixed64) {
      std::memcpy(at, &value, sizeof value);
      return at + sizeof value;
    } else {
      if constexpr (kKind == WireKind::zigzag) value = value << 1 ^ (0 - (value >> 63));
      return protobuf_wire::put_varint(value, at);
    }
  }
  template <class Form>
  void number(std::uint64_t value) {
    at_ = put<Form::kKind>(value, put_tag<Form::kTag>(make_room(12)));
  }
  template <class Form>
  void text(const std::string& value) {
    if (value.empty()) return;
    if (is_ascii(value) || valid_utf8(value))
      bytes<Form>(value);
    else
      bytes<Form>(scrub_utf8(value));
  }
  template <class Form>
  void bytes(std::string_view value) {
    static_assert(Form::kKind == WireKind::length, "text has a length");
    std::byte* const at = protobuf_wire::put_varint(value.size(), put_tag<Form::kTag>(make_room(12 + value.size())));
    std::memcpy(at, value.data(), value.size());
    at_ = at + value.size();
  }

  /// Room for a length of one byte; a longer one moves what it is the length of.
  template <std::uint32_t kTag>
  std::size_t open() {
    at_ = put_tag<kTag>(make_room(3)) + 1;
    return size();
  }
  void close(std::size_t begin) {
    const std::size_t bytes = size() - begin;
    const std::size_t more = protobuf_wire::varint_size(bytes) - 1;
    if (more > 0) {
      make_room(more);
      std::memmove(room_.data() + begin + more, room_.data() + begin, bytes);
      at_ += more;
    }
    protobuf_wire::put_varint(bytes, room_.data() + begin - 1);
  }

  Bytes room_;
  std::byte* at_{nullptr};  ///< in room_: where the next byte goes
  std::byte* end_{nullptr};
};

}  // namespace tickmesh
