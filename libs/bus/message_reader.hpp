// Protobuf's bytes straight to structs: the twin of MessageWriter, an Io for the tables of fields.hpp that builds no message. It reads what
// the writer writes: fields in the tables' order, each at most once. Anything else is not refused but left to protobuf, which decides.
#pragma once
#include <bit>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "bus/codec.hpp"
#include "bus/field_form.hpp"
#include "bus/fields.hpp"
#include "bus/message_writer.hpp"

namespace tickmesh {

class MessageReader {
 public:
  template <class T>
  using Of = T;

  explicit MessageReader(ByteView bytes) : at_{bytes.data()}, end_{at_ + bytes.size()} {}
  /// All of it was read, and each value is one that protobuf's reader and ours would take and understand alike.
  bool done() const { return sound_ && at_ == end_; }

  template <class T, class Get, class Set, class Form>
  void field(const char* /*name*/, T& value, Get get, Set /*set*/, Form /*form*/) {
    using Wire = std::remove_cvref_t<decltype(get())>;
    if constexpr (std::is_same_v<T, std::string>) {
      const std::string_view text = text_of<Form>();
      if (!is_ascii(text) && !valid_utf8(text)) sound_ = false;
      value.assign(text);
    } else if constexpr (std::is_same_v<T, Symbol>) {
      const std::string_view text = text_of<Form>();
      value = Symbol{};
      if (text.empty()) return;
      if (const auto symbol = Symbol::parse(text))
        value = *symbol;
      else
        sound_ = false;
    } else {
      const std::uint64_t number = number_of<Form>();
      if constexpr (std::is_same_v<T, Partition>) {
        value = static_cast<Partition>(below(number, kPartitions - 1));
      } else if constexpr (std::is_enum_v<T>) {
        value = static_cast<T>(below(number, static_cast<std::uint64_t>(last_value(T{}))));
        if constexpr (std::is_same_v<T, Status>) sound_ &= number != 0;  // a value that is there says what it is
      } else if constexpr (std::is_same_v<T, double>) {
        value = std::bit_cast<double>(number);
      } else if constexpr (is_fixed<T>) {
        value = T::from_raw(static_cast<std::int64_t>(number));
      } else if constexpr (is_time<T>) {
        value.ns = static_cast<std::int64_t>(number);
      } else if constexpr (std::is_same_v<T, InstrumentId>) {
        value.value = number;
      } else {
        static_assert(std::is_unsigned_v<T> && std::is_same_v<T, Wire>, "what is read here is as wide as on the wire, and has no sign");
        value = static_cast<T>(below(number, std::numeric_limits<T>::max()));
      }
    }
  }
  template <class T, class Has, class Mutable, class Form>
  void message(T& value, Has /*has*/, Mutable mutable_message, Form /*form*/) {
    if (take<Form::kTag>())
      inner<std::remove_cvref_t<decltype(mutable_message())>>(value);
    else
      value = T{};
  }
  template <class T, std::size_t N, class Size, class Add, class At, class Form>
  void messages(const char* /*name*/, std::array<T, N>& values, Size /*size*/, Add add, At /*at*/, Form /*form*/) {
    for (T& value : values) {
      if (take<Form::kTag>())
        inner<std::remove_cvref_t<decltype(add())>>(value);
      else
        value = T{};
    }
  }
  template <class T, class Size, class Add, class At, class Form>
  void messages(const char* /*name*/, std::vector<T>& values, Size /*size*/, Add add, At /*at*/, Form /*form*/) {
    std::size_t count = 0;
    for (; take<Form::kTag>(); ++count) {
      if (count == values.size()) values.emplace_back();
      inner<std::remove_cvref_t<decltype(add())>>(values[count]);
    }
    values.resize(count);
  }
  template <class T, class List, class Form>
  void numbers(std::vector<T>& values, List /*list*/, Form /*form*/) {
    values.clear();
    if (!take<Form::kPackedTag>()) return;
    const std::byte* const all = enter();
    while (sound_ && at_ != end_) values.push_back(T::from_raw(static_cast<std::int64_t>(element<Form::kKind>())));
    end_ = all;
  }
  /// The message that follows, its length first, to its end.
  template <class Message, class T>
  void inner(T& value) {
    const std::byte* const all = enter();
    if constexpr (std::is_same_v<T, Metrics>) {
      sound_ = sound_ && decode_canonical_metrics({at_, end_}, value);
      at_ = end_;
    } else {
      fields(*this, value, const_cast<Message&>(Message::default_instance()));
      sound_ &= at_ == end_;
    }
    end_ = all;
  }

 private:
  template <std::uint32_t kTag>
  bool take() {
    if constexpr (kTag < 1U << 7) {
      if (at_ == end_ || *at_ != static_cast<std::byte>(kTag)) return false;
      ++at_;
    } else {
      if (end_ - at_ < 2 || at_[0] != static_cast<std::byte>((kTag & 0x7F) | 0x80) || at_[1] != static_cast<std::byte>(kTag >> 7))
        return false;
      at_ += 2;
    }
    return true;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; at_ != end_ && shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint64_t>(*at_++);
      if (shift == 63 && byte > 1) break;
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    sound_ = false;
    return 0;
  }
  std::uint64_t fixed64() {
    std::uint64_t value = 0;
    if (end_ - at_ < static_cast<std::ptrdiff_t>(sizeof value)) return sound_ = false, 0;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  template <WireKind kKind>
  std::uint64_t element() {
    static_assert(kKind != WireKind::length, "a number is read as one");
    if constexpr (kKind == WireKind::fixed64) {
      return fixed64();
    } else {
      const std::uint64_t value = varint();
      return kKind == WireKind::zigzag ? value >> 1 ^ (0 - (value & 1)) : value;
    }
  }
  /// Zero where it is not there.
  template <class Form>
  std::uint64_t number_of() {
    return take<Form::kTag>() ? element<Form::kKind>() : 0;
  }
  template <class Form>
  std::string_view text_of() {
    static_assert(Form::kKind == WireKind::length, "text has a length");
    if (!take<Form::kTag>()) return {};
    const std::byte* const all = enter();
    const std::string_view text = as_text({at_, end_});
    at_ = end_;
    end_ = all;
    return text;
  }
  /// Goes into what follows, its length first: it ends at `end_` from here on. Returns where it ended before.
  const std::byte* enter() {
    const std::uint64_t size = varint();
    const std::byte* const all = end_;
    if (size > static_cast<std::uint64_t>(all - at_)) sound_ = false;
    end_ = sound_ ? at_ + size : at_;
    return all;
  }
  std::uint64_t below(std::uint64_t number, std::uint64_t last) {
    sound_ &= number <= last;
    return number <= last ? number : 0;
  }

  const std::byte* at_;
  const std::byte* end_;
  bool sound_{true};
};

}  // namespace tickmesh
