// Metrics as protobuf writes them: some hundred and forty values, said several hundred thousand times an hour, so that building and parsing
// a message for each would be most of what metrics_engine and its readers do. Numbers of fields come from the generated code.
#include <google/protobuf/descriptor.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "bus/codec.hpp"
#include "core/metric_values.hpp"
#include "tickmesh/v1/metrics.pb.h"

namespace tickmesh {
namespace {

constexpr unsigned kVarint = 0, kFixed64 = 1, kBytes = 2;
constexpr std::size_t kValueRoom = 9 + 2 + 2;       // a double, a status, a flag: its length is one byte
constexpr std::size_t kFieldRoom = 3 + kValueRoom;  // tag and length before it
constexpr std::size_t kBarRoom = 64 + kBarValueCount * kFieldRoom;
constexpr std::size_t kMetricsRoom = 256 + kMetricValueCount * kFieldRoom + Metrics::kMostBarLengths * kBarRoom;

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
    layout.fields[i] = {{field->number(), kBytes}, field->number(), named[i].value};
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

// ---- writing ---------------------------------------------------------------------------------------------------------------------------

std::byte* put_tag(std::byte* at, const Tag& tag) {
  std::memcpy(at, tag.bytes.data(), 2);  // what is too much is written over
  return at + tag.size;
}
std::byte* put_varint(std::byte* at, std::uint64_t value) {
  for (; value >= 128; value >>= 7) *at++ = static_cast<std::byte>((value & 127) | 128);
  *at++ = static_cast<std::byte>(value);
  return at;
}
std::byte* put_number(std::byte* at, int field, std::uint64_t value) {
  return value == 0 ? at : put_varint(put_tag(at, {field, kVarint}), value);
}
std::byte* put_number(std::byte* at, int field, std::int64_t value) { return put_number(at, field, static_cast<std::uint64_t>(value)); }
std::byte* put_fixed(std::byte* at, int field, std::uint64_t value) {
  if (value == 0) return at;
  at = put_tag(at, {field, kFixed64});
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}
std::byte* put_fixed(std::byte* at, int field, Timestamp value) { return put_fixed(at, field, static_cast<std::uint64_t>(value.ns)); }

/// A sub-message of less than 2^14 bytes that `write` writes from where it is told.
template <class Write>
std::byte* put_message(std::byte* at, int field, Write write) {
  at = put_tag(at, {field, kBytes});
  std::byte* body = at + 2;
  std::byte* end = write(body);
  const auto size = static_cast<std::size_t>(end - body);
  if (size < 128) {
    *at = static_cast<std::byte>(size);
    std::memmove(at + 1, body, size);
    return end - 1;
  }
  at[0] = static_cast<std::byte>((size & 127) | 128);
  at[1] = static_cast<std::byte>(size >> 7);
  return end;
}

std::byte* put_header(std::byte* at, const Header& header) {
  if (header == Header{}) return at;
  return put_message(at, 1, [&](std::byte* to) {
    to = put_fixed(to, 1, header.time);
    to = put_fixed(to, 2, header.event_time);
    if (header.cause != Cause{})
      to = put_message(to, 3, [&](std::byte* in) {
        const Name& name = header.cause.name;
        if (name != Name{})
          in = put_message(in, 1, [&](std::byte* n) {
            n = put_number(n, 1, static_cast<std::uint64_t>(name.stream));
            n = put_number(n, 2, static_cast<std::uint64_t>(name.partition));
            n = put_fixed(n, 3, name.at.epoch);
            return put_number(n, 4, name.at.sequence);
          });
        return put_fixed(in, 2, header.cause.time);
      });
    return put_fixed(to, 4, header.tick_time);
  });
}

std::byte* put_value(std::byte* at, const Tag& tag, const Value& value) {
  if (value == Value{}) return at;
  at = put_tag(at, tag);
  std::byte* to = at + 1;
  const double canonical = std::isnan(value.value) ? std::numeric_limits<double>::quiet_NaN() : value.value == 0 ? 0.0 : value.value;
  const auto bits = std::bit_cast<std::uint64_t>(canonical);
  to[0] = static_cast<std::byte>(1 << 3 | kFixed64);
  std::memcpy(to + 1, &bits, sizeof bits);
  to += bits != 0 ? 9 : 0;
  to[0] = static_cast<std::byte>(2 << 3 | kVarint);
  to[1] = static_cast<std::byte>(value.status);
  to += value.status != Status{} ? 2 : 0;
  to[0] = static_cast<std::byte>(3 << 3 | kVarint);
  to[1] = std::byte{1};
  to += value.has_value ? 2 : 0;
  *at = static_cast<std::byte>(to - at - 1);
  return to;
}

std::byte* put_bar(std::byte* at, const BarIndicators& bar) {
  return put_message(at, 65, [&](std::byte* to) {
    to = put_number(to, 1, bar.length.ns);
    to = put_number(to, 2, bar.closed.ns);
    to = put_number(to, 3, static_cast<std::uint64_t>(bar.fresh));
    to = put_number(to, 4, bar.bars);
    for (const auto& field : bar_layout().fields) to = put_value(to, field.tag, bar.*field.value);
    return to;
  });
}

// ---- reading ---------------------------------------------------------------------------------------------------------------------------

struct Cursor {
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
    if (!take({field, kVarint})) return 0;
    const std::uint64_t value = varint();
    sound = sound && value != 0;
    return value;
  }
  std::int64_t signed_number(int field) { return static_cast<std::int64_t>(number(field)); }
  std::uint64_t fixed(int field) {
    if (!take({field, kFixed64})) return 0;
    std::uint64_t value = 0;
    if (left() < sizeof value) return sound = false, 0;
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
    sound = sound && value != 0;
    return value;
  }
  Timestamp time(int field) { return {static_cast<std::int64_t>(fixed(field))}; }
  /// What follows of `size` bytes; nothing, and not sound, when there is less.
  Cursor part(std::uint64_t size) {
    if (!sound || size > left()) return sound = false, Cursor{end, end};
    at += size;
    return {at - size, at};
  }
  /// The sub-message is there: `read` reads it, to its end.
  template <class Read>
  bool message(int field, Read read) {
    if (!take({field, kBytes})) return false;
    Cursor in = part(varint());
    read(in);
    sound = sound && in.sound && in.at == in.end;
    return true;
  }
};

void read_value(Cursor& in, const Tag& tag, Value& out) {
  if (!in.take(tag)) {
    out = Value{};
    return;
  }
  if (in.at == in.end) return void(in.sound = false);
  const auto size = static_cast<std::size_t>(*in.at++);
  if (size > in.left() || size > kValueRoom) return void(in.sound = false);
  const std::byte* at = in.at;
  const std::byte* end = in.at += size;
  std::uint64_t bits = 0;
  if (end - at >= 9 && *at == static_cast<std::byte>(1 << 3 | kFixed64)) {
    std::memcpy(&bits, at + 1, sizeof bits);
    at += 9;
  }
  out.value = std::bit_cast<double>(bits);
  std::uint8_t status = 0;
  if (end - at >= 2 && *at == static_cast<std::byte>(2 << 3 | kVarint)) {
    status = static_cast<std::uint8_t>(at[1]);
    at += 2;
  }
  out.has_value = end - at == 2 && at[0] == static_cast<std::byte>(3 << 3 | kVarint) && at[1] == std::byte{1};
  at += out.has_value ? 2 : 0;
  // A value without a status is refused by who reads with protobuf, too.
  if (at != end || status < static_cast<std::uint8_t>(Status::warmup) || status > static_cast<std::uint8_t>(Status::stale))
    return void(in.sound = false);
  out.status = static_cast<Status>(status);
}

void read_header(Cursor& in, Header& header) {
  const bool there = in.message(1, [&](Cursor& h) {
    header.time = h.time(1);
    header.event_time = h.time(2);
    const bool caused = h.message(3, [&](Cursor& c) {
      const bool named = c.message(1, [&](Cursor& n) {
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

void encode_metrics(const Metrics& metrics, Bytes& out) {
  std::array<std::byte, kMetricsRoom> buffer;
  std::byte* at = put_header(buffer.data(), metrics.header);
  const auto symbol = metrics.symbol.view();
  at = put_varint(put_tag(at, {2, kBytes}), symbol.size());
  std::memcpy(at, symbol.data(), symbol.size());
  at += symbol.size();
  at = put_number(at, 3, static_cast<std::uint64_t>(metrics.feed));
  at = put_number(at, 4, metrics.bid.raw());
  at = put_number(at, 5, metrics.ask.raw());
  constexpr int kBars = v1::Metrics::kBarsFieldNumber;
  bool bars_to_come = true;
  for (const auto& field : metric_layout().fields) {
    if (bars_to_come && field.number > kBars) {
      bars_to_come = false;
      for (const BarIndicators& bar : metrics.bars) {
        if (bar == BarIndicators{}) break;
        at = put_bar(at, bar);
      }
    }
    at = put_value(at, field.tag, metrics.*field.value);
  }
  out.insert(out.end(), buffer.data(), at);
}

bool decode_canonical_metrics(ByteView bytes, Metrics& out) {
  Cursor in{bytes.data(), bytes.data() + bytes.size()};
  read_header(in, out.header);
  if (!in.take({2, kBytes})) return false;
  const Cursor text = in.part(in.varint());
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
        const bool there = in.message(kBars, [&](Cursor& b) {
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
