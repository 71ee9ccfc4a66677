// Metrics read as MessageWriter writes them: some hundred values a moment, several hundred thousand moments an hour, so that parsing a
// message for each would be most of what their readers do. Numbers of fields come from the generated code.
#include <google/protobuf/descriptor.h>

#include <array>
#include <bit>

#include "bus/codec.hpp"
#include "core/metric_values.hpp"
#include "tickmesh/v1/metrics.pb.h"

namespace tickmesh {
namespace {

constexpr unsigned kVarintType = 0, kFixed64Type = 1, kBytesType = 2;
constexpr std::size_t kMostOfValue = 9 + 2 + 2;  // a double, a status, a flag: its length is one byte

/// One or two bytes.
struct Tag {
  std::array<std::byte, 2> bytes{};
  std::uint8_t size{1};
  constexpr Tag() = default;
  constexpr Tag(int field, unsigned wire_type) {
    const auto number = static_cast<unsigned>(field) << 3 | wire_type;
    TM_INVARIANT(number < 1U << 14, "a field's tag has two bytes at most");
    bytes[0] = static_cast<std::byte>(number < 128 ? number : (number & 127) | 128);
    bytes[1] = static_cast<std::byte>(number >> 7);
    size = number < 128 ? 1 : 2;
  }
};

/// Values of `T` by field number, ascending.
template <class T, std::size_t N>
struct Layout {
  struct Field {
    Tag tag{};
    int number{0};
    Value T::* value{nullptr};
  };
  std::array<Field, N> fields{};
};
template <class T, std::size_t N>
Layout<T, N> layout_of(const google::protobuf::Descriptor& message, const auto& named) {
  Layout<T, N> layout;
  for (std::size_t i = 0; i < N; ++i) {
    const auto* field = message.FindFieldByName(named[i].name);
    TM_INVARIANT(field != nullptr, "every value has a field of its name");
    layout.fields[i] = {{field->number(), kBytesType}, field->number(), named[i].value};
    TM_INVARIANT(i == 0 || layout.fields[i - 1].number < field->number(), "values are listed by the numbers of their fields");
  }
  return layout;
}
const auto& metric_layout() {
  static const auto layout = layout_of<Metrics, kMetricValueCount>(*v1::Metrics::descriptor(), kMetricValues);
  return layout;
}
const auto& bar_layout() {
  static const auto layout = layout_of<BarIndicators, kBarValueCount>(*v1::BarIndicators::descriptor(), kBarValues);
  return layout;
}

struct CanonicalReader {
  const std::byte* at;
  const std::byte* end;
  bool sound{true};  ///< false: not as written here

  std::size_t left() const { return static_cast<std::size_t>(end - at); }
  bool take(const Tag& tag) {
    if (left() < tag.size || std::memcmp(at, tag.bytes.data(), tag.size) != 0) return false;
    at += tag.size;
    return true;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; at != end && shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint64_t>(*at++);
      if (shift == 63 && byte > 1) break;
      value |= (byte & 127) << shift;
      if (byte < 128) {
        sound = sound && (byte != 0 || shift == 0);  // no longer than it must be
        return value;
      }
    }
    sound = false;
    return 0;
  }
  std::uint64_t number(int field) {
    if (!take({field, kVarintType})) return 0;
    const std::uint64_t value = varint();
    sound = sound && value != 0;
    return value;
  }
  std::int64_t signed_number(int field) { return static_cast<std::int64_t>(number(field)); }
  std::uint64_t fixed(int field) {
    if (!take({field, kFixed64Type})) return 0;
    std::uint64_t value = 0;
    if (left() < sizeof value) return sound = false, 0;
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
    sound = sound && value != 0;
    return value;
  }
  Timestamp time(int field) { return {static_cast<std::int64_t>(fixed(field))}; }
  /// What follows of `size` bytes; nothing, and not sound, when there is less.
  CanonicalReader part(std::uint64_t size) {
    if (!sound || size > left()) return sound = false, CanonicalReader{end, end};
    at += size;
    return {at - size, at};
  }
  /// The sub-message is there: `read` reads it, to its end.
  template <class Read>
  bool message(int field, Read read) {
    if (!take({field, kBytesType})) return false;
    CanonicalReader in = part(varint());
    read(in);
    sound = sound && in.sound && in.at == in.end;
    return true;
  }
};

void read_value(CanonicalReader& in, const Tag& tag, Value& out) {
  if (!in.take(tag)) {
    out = Value{};
    return;
  }
  if (in.at == in.end) return void(in.sound = false);
  const auto size = static_cast<std::size_t>(*in.at++);
  if (size > in.left() || size > kMostOfValue) return void(in.sound = false);
  const std::byte* at = in.at;
  const std::byte* end = in.at += size;
  std::uint64_t bits = 0;
  if (end - at >= 9 && *at == static_cast<std::byte>(1 << 3 | kFixed64Type)) {
    std::memcpy(&bits, at + 1, sizeof bits);
    at += 9;
  }
  out.value = std::bit_cast<double>(bits);
  std::uint8_t status = 0;
  if (end - at >= 2 && *at == static_cast<std::byte>(2 << 3 | kVarintType)) {
    status = static_cast<std::uint8_t>(at[1]);
    at += 2;
  }
  out.has_value = end - at == 2 && at[0] == static_cast<std::byte>(3 << 3 | kVarintType) && at[1] == std::byte{1};
  at += out.has_value ? 2 : 0;
  // A value without a status is refused by who reads with protobuf, too.
  if (at != end || status < static_cast<std::uint8_t>(Status::warmup) || status > static_cast<std::uint8_t>(Status::stale))
    return void(in.sound = false);
  out.status = static_cast<Status>(status);
}

void read_header(CanonicalReader& in, Header& header) {
  const bool there = in.message(1, [&](CanonicalReader& h) {
    header.time = h.time(1);
    header.event_time = h.time(2);
    const bool caused = h.message(3, [&](CanonicalReader& c) {
      const bool named = c.message(1, [&](CanonicalReader& n) {
        const auto stream = n.number(1), partition = n.number(2);
        n.sound = n.sound && stream <= static_cast<std::uint64_t>(last_value(Stream{})) && partition < kPartitions;
        header.cause.name = {static_cast<Stream>(stream), static_cast<Partition>(partition), {n.fixed(3), 0}};
        header.cause.name.at.sequence = n.number(4);
      });
      if (!named) header.cause.name = {};
      header.cause.time = c.time(2);
    });
    if (!caused) header.cause = {};
    header.tick_time = h.time(4);
  });
  if (!there) header = {};
}

}  // namespace

bool decode_canonical_metrics(ByteView bytes, Metrics& out) {
  CanonicalReader in{bytes.data(), bytes.data() + bytes.size()};
  read_header(in, out.header);
  if (!in.take({2, kBytesType})) return false;
  const CanonicalReader text = in.part(in.varint());
  const auto symbol = Symbol::parse({reinterpret_cast<const char*>(text.at), text.left()});
  if (!in.sound || !symbol) return false;
  out.symbol = *symbol;
  const auto feed = in.number(3);
  if (feed > static_cast<std::uint64_t>(last_value(FeedKind{}))) return false;
  out.feed = static_cast<FeedKind>(feed);
  out.bid = Price::from_raw(in.signed_number(4));
  out.ask = Price::from_raw(in.signed_number(5));
  constexpr int kBars = v1::Metrics::kBarsFieldNumber;
  bool bars_to_come = true;
  for (const auto& field : metric_layout().fields) {
    if (bars_to_come && field.number > kBars) {
      bars_to_come = false;
      for (std::size_t i = 0; i < out.bars.size(); ++i) {
        BarIndicators& bar = out.bars[i];
        const bool there = in.message(kBars, [&](CanonicalReader& b) {
          bar.length.ns = b.signed_number(1);
          bar.closed.ns = b.signed_number(2);
          const auto fresh = b.number(3);
          b.sound = b.sound && fresh <= 1;
          bar.fresh = fresh == 1;
          bar.bars = b.number(4);
          for (const auto& one : bar_layout().fields) read_value(b, one.tag, bar.*one.value);
        });
        if (!there) bar = {};
      }
    }
    read_value(in, field.tag, out.*field.value);
  }
  // An unknown field, another order or a fourth bar leaves bytes over.
  return in.sound && in.at == in.end;
}

}  // namespace tickmesh
