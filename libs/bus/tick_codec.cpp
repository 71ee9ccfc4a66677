// The tick as protobuf writes it: every number has a one-byte tag and a fixed width, so that both ways are straight lines.
#include <array>

#include "bus/codec.hpp"

namespace tickmesh {
namespace {

constexpr std::byte tag(unsigned field, unsigned wire_type) { return static_cast<std::byte>(field << 3 | wire_type); }
constexpr unsigned kVarint = 0;
constexpr unsigned kFixed64 = 1;
constexpr std::size_t kMaxTickBytes = 10 * 9 + 4 * 2;

/// Always stores, advances only past what is not the default: no branch to mispredict.
inline std::byte* put64(std::byte* at, unsigned field, std::uint64_t value) {
  *at = tag(field, kFixed64);
  std::memcpy(at + 1, &value, sizeof value);
  return at + (value != 0 ? 9 : 0);
}
inline std::byte* put64(std::byte* at, unsigned field, std::int64_t value) { return put64(at, field, static_cast<std::uint64_t>(value)); }
inline std::byte* put8(std::byte* at, unsigned field, std::uint8_t value) {
  at[0] = tag(field, kVarint);
  at[1] = static_cast<std::byte>(value);
  return at + (value != 0 ? 2 : 0);
}

struct Cursor {
  const std::byte* at;
  const std::byte* end;
  std::uint64_t get64(unsigned field) {
    std::uint64_t value = 0;
    if (end - at >= 9 && *at == tag(field, kFixed64)) {
      std::memcpy(&value, at + 1, sizeof value);
      at += 9;
    }
    return value;
  }
  std::int64_t get_signed(unsigned field) { return static_cast<std::int64_t>(get64(field)); }
  std::uint8_t get8(unsigned field) {
    std::uint8_t value = 0;
    if (end - at >= 2 && *at == tag(field, kVarint)) {
      value = static_cast<std::uint8_t>(at[1]);
      at += 2;
    }
    return value;
  }
};

}  // namespace

// One spare field, because a skipped one is stored all the same.
static_assert(kMaxTickBytes + 9 <= kTickRoom);

void encode_tick(const Tick& tick, Bytes& out) {
  std::array<std::byte, kTickRoom> buffer;
  out.insert(out.end(), buffer.data(), encode_tick(tick, buffer.data()));
}

std::byte* encode_tick(const Tick& tick, std::byte* at) {
  at = put64(at, 1, tick.instrument.value);
  at = put64(at, 2, tick.time.ns);
  at = put64(at, 3, tick.event_time.ns);
  at = put8(at, 4, static_cast<std::uint8_t>(tick.kind));
  at = put8(at, 5, static_cast<std::uint8_t>(tick.feed));
  at = put8(at, 6, static_cast<std::uint8_t>(tick.aggressor));
  at = put8(at, 7, tick.synthetic ? 1 : 0);
  at = put64(at, 8, tick.bid.raw());
  at = put64(at, 9, tick.ask.raw());
  at = put64(at, 10, tick.bid_size.raw());
  at = put64(at, 11, tick.ask_size.raw());
  at = put64(at, 12, tick.price.raw());
  at = put64(at, 13, tick.size.raw());
  return put64(at, 14, tick.trade_id);
}

bool decode_canonical_tick(ByteView bytes, Tick& out) {
  Cursor in{bytes.data(), bytes.data() + bytes.size()};
  out.instrument = {in.get64(1)};
  out.time = {in.get_signed(2)};
  out.event_time = {in.get_signed(3)};
  const auto kind = in.get8(4);
  const auto feed = in.get8(5);
  const auto aggressor = in.get8(6);
  const auto synthetic = in.get8(7);
  out.bid = Price::from_raw(in.get_signed(8));
  out.ask = Price::from_raw(in.get_signed(9));
  out.bid_size = Quantity::from_raw(in.get_signed(10));
  out.ask_size = Quantity::from_raw(in.get_signed(11));
  out.price = Price::from_raw(in.get_signed(12));
  out.size = Quantity::from_raw(in.get_signed(13));
  out.trade_id = in.get64(14);
  // A longer varint has its high bit set and fails these ranges, an unknown field or another order leaves bytes over.
  if (in.at != in.end || kind > static_cast<std::uint8_t>(TickKind::bust) || feed > static_cast<std::uint8_t>(FeedKind::replay) ||
      aggressor > static_cast<std::uint8_t>(Side::sell) || synthetic > 1)
    return false;
  out.kind = static_cast<TickKind>(kind);
  out.feed = static_cast<FeedKind>(feed);
  out.aggressor = static_cast<Side>(aggressor);
  out.synthetic = synthetic == 1;
  return true;
}

}  // namespace tickmesh
