#include "orderbook/itch.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace tickmesh {
namespace {

using Kind = OrderMessage::Kind;

template <class T>
T big(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return std::byteswap(value);
}
constexpr std::int64_t kPrice = Price::kScale / 10'000;
Price price_at(const std::byte* at) { return Price::from_raw(std::int64_t{big<std::uint32_t>(at)} * kPrice); }
Quantity size_at(const std::byte* at) { return Quantity::from_units(big<std::uint32_t>(at)); }

/// Where a kind of message has what a change of a book is made of. A field that it lacks points at bytes it has: every message is read the
/// same way, since nobody could guess which kind comes next.
struct Shape {
  std::uint8_t length{0};  ///< 0: a kind that changes no book
  Kind kind{Kind::add};
  std::uint8_t size{11}, price{11}, by{11}, side{0};
};
constexpr auto kShapes = [] {
  std::array<Shape, 256> shapes{};
  shapes['A'] = {.length = 36, .kind = Kind::add, .size = 20, .price = 32, .side = 19};
  shapes['F'] = {.length = 40, .kind = Kind::add, .size = 20, .price = 32, .side = 19};
  shapes['E'] = {.length = 31, .kind = Kind::reduce, .size = 19};
  shapes['C'] = {.length = 36, .kind = Kind::reduce, .size = 19};
  shapes['X'] = {.length = 23, .kind = Kind::reduce, .size = 19};
  shapes['D'] = {.length = 19, .kind = Kind::remove};
  shapes['U'] = {.length = 35, .kind = Kind::replace, .size = 27, .price = 31, .by = 19};
  return shapes;
}();
constexpr auto kSides = [] {
  std::array<Side, 256> sides{};
  sides['B'] = Side::buy;
  sides['S'] = Side::sell;
  return sides;
}();

OrderMessage decode(const std::byte* at, const Shape& shape) {
  return {.id = big<std::uint64_t>(at + 11),
          .by = big<std::uint64_t>(at + shape.by),
          .price = price_at(at + shape.price),
          .size = size_at(at + shape.size),
          .book = big<std::uint16_t>(at + 1),
          .side = kSides[static_cast<unsigned char>(at[shape.side])],
          .kind = shape.kind};
}

/// The next messages that change a book, as many as `into` has room for; `at` moves behind them. How many they are.
std::size_t read(ByteView bytes, std::size_t& at, std::span<OrderMessage> into, ItchTally& tally) {
  std::size_t count = 0;
  while (count < into.size() && bytes.size() - at >= 2) {
    const std::size_t length = big<std::uint16_t>(&bytes[at]);
    if (bytes.size() - at - 2 < length) break;
    const std::byte* const message = bytes.data() + at + 2;
    at += 2 + length;
    ++tally.messages;
    if (length == 0) {
      ++tally.bad;
      continue;
    }
    const Shape& shape = kShapes[static_cast<unsigned char>(*message)];
    if (shape.length == 0) continue;
    if (length < shape.length) {
      ++tally.bad;
      continue;
    }
    into[count++] = decode(message, shape);
  }
  tally.applied += count;
  return count;
}

}  // namespace

std::size_t apply_itch(ByteView bytes, OrderBooks& books, ItchTally& tally) {
  std::array<OrderMessage, 64> messages;
  std::size_t at = 0;
  while (const std::size_t count = read(bytes, at, messages, tally)) books.apply(std::span{messages}.first(count));
  return at;
}

}  // namespace tickmesh
