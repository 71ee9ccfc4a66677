// Little-endian bytes for snapshots and journal records: no padding, no alignment, lengths checked on the way back.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/error.hpp"
#include "core/fixed.hpp"
#include "core/types.hpp"

namespace tickmesh {

static_assert(std::endian::native == std::endian::little, "journals and snapshots are little-endian");

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline ByteView as_bytes(std::string_view text) { return {reinterpret_cast<const std::byte*>(text.data()), text.size()}; }

class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_{out} {}
  template <class T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void put(T value) {
    const auto* p = reinterpret_cast<const std::byte*>(&value);
    out_.insert(out_.end(), p, p + sizeof value);
  }
  void put(Timestamp t) { put(t.ns); }
  template <class Tag>
  void put(Fixed<Tag> f) {
    put(f.raw());
  }
  void put(InstrumentId id) { put(id.value); }
  void put(const Name& n) { put(n.stream), put(n.partition), put(n.at.epoch), put(n.at.sequence); }
  void put(const Cause& c) { put(c.name), put(c.time); }
  void put(Token t) { put(t.epoch), put(t.incarnation); }
  void put(const Symbol& s) { put(s.view()); }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    const auto b = as_bytes(text);
    out_.insert(out_.end(), b.begin(), b.end());
  }
  void put(const std::string& text) { put(std::string_view{text}); }
  void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  std::size_t size() const { return out_.size(); }

 private:
  Bytes& out_;
};

/// Throws InvariantError when the bytes end too early or a value is out of its domain. Whoever reads bytes that others may have
/// written (a journal, a snapshot) catches it and says which file it was.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_{bytes} {}
  template <class T>
    requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
  T get() {
    TM_INVARIANT(rest_.size() >= sizeof(T), "stored bytes hold what they announce");
    T value;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_ = rest_.subspan(sizeof value);
    return value;
  }
  template <class T>
    requires std::is_same_v<T, bool>
  T get() {
    const auto value = get<std::uint8_t>();
    TM_INVARIANT(value <= 1, "a stored truth value is 0 or 1");
    return value == 1;
  }
  /// `last_value(T)` stands beside the enumeration.
  template <class T>
    requires std::is_enum_v<T>
  T get() {
    const auto value = get<std::underlying_type_t<T>>();
    TM_INVARIANT(value <= static_cast<std::underlying_type_t<T>>(last_value(T{})), "a stored enumeration has one of its values");
    return static_cast<T>(value);
  }
  template <class T>
    requires std::is_same_v<T, Timestamp>
  T get() {
    return Timestamp{get<std::int64_t>()};
  }
  template <class T>
    requires(std::is_same_v<T, Price> || std::is_same_v<T, Quantity> || std::is_same_v<T, Money>)
  T get() {
    return T::from_raw(get<std::int64_t>());
  }
  template <class T>
    requires std::is_same_v<T, InstrumentId>
  T get() {
    return InstrumentId{get<std::uint64_t>()};
  }
  template <class T>
    requires std::is_same_v<T, Name>
  T get() {
    Name n;
    n.stream = get<Stream>();
    n.partition = get<Partition>();
    TM_INVARIANT(n.partition < kPartitions, "a stored partition is one of 64");
    n.at.epoch = get<Epoch>();
    n.at.sequence = get<Sequence>();
    return n;
  }
  template <class T>
    requires std::is_same_v<T, Cause>
  T get() {
    Cause c;
    c.name = get<Name>();
    c.time = get<Timestamp>();
    return c;
  }
  template <class T>
    requires std::is_same_v<T, Token>
  T get() {
    Token t;
    t.epoch = get<Epoch>();
    t.incarnation = get<std::uint32_t>();
    return t;
  }
  template <class T>
    requires std::is_same_v<T, Symbol>
  T get() {
    const auto text = get<std::string>();
    if (text.empty()) return Symbol{};
    auto symbol = Symbol::parse(text);
    TM_INVARIANT(symbol.has_value(), "a stored symbol is a symbol");
    return *symbol;
  }
  template <class T>
    requires std::is_same_v<T, std::string>
  T get() {
    const auto size = get<std::uint32_t>();
    return std::string(as_text(raw(size)));
  }
  ByteView raw(std::size_t size) {
    TM_INVARIANT(rest_.size() >= size, "stored bytes hold what they announce");
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  bool done() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

 private:
  ByteView rest_;
};

}  // namespace tickmesh
