#include "orderbook/itch.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace tickmesh {
namespace {

enum class Change : std::uint8_t { add, reduce, remove, replace };
struct Message {
  OrderBooks::Id id, by;
  Price price;
  Quantity size;
  std::uint16_t book;
  Side side;
  Change change;
};

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
  Change change{Change::add};
  std::uint8_t size{11}, price{11}, by{11}, side{0};
};
constexpr auto kShapes = [] {
  std::array<Shape, 256> shapes{};
  shapes['A'] = {.length = 36, .change = Change::add, .size = 20, .price = 32, .side = 19};
  shapes['F'] = {.length = 40, .change = Change::add, .size = 20, .price = 32, .side = 19};
  shapes['E'] = {.length = 31, .change = Change::reduce, .size = 19};
  shapes['C'] = {.length = 36, .change = Change::reduce, .size = 19};
  shapes['X'] = {.length = 23, .change = Change::reduce, .size = 19};
  shapes['D'] = {.length = 19, .change = Change::remove};
  shapes['U'] = {.length = 35, .change = Change::replace, .size = 27, .price = 31, .by = 19};
  return shapes;
}();
constexpr auto kSides = [] {
  std::array<Side, 256> sides{};
  sides['B'] = Side::buy;
  sides['S'] = Side::sell;
  return sides;
}();

Message decode(const std::byte* at, const Shape& shape) {
  return {.id = big<std::uint64_t>(at + 11),
          .by = big<std::uint64_t>(at + shape.by),
          .price = price_at(at + shape.price),
          .size = size_at(at + shape.size),
          .book = big<std::uint16_t>(at + 1),
          .side = kSides[static_cast<unsigned char>(at[shape.side])],
          .change = shape.change};
}

/// Messages side by side: each step asks the memory for what the next one looks at.
struct Batch {
  static constexpr std::size_t kMost = 64;
  std::array<Message, kMost> messages;
  std::array<std::array<std::uint8_t, kMost>, 2> which;   // of them: others, adds. Each in a row, so that no branch is to be guessed
  std::array<std::array<std::uint32_t, kMost>, 2> found;  // of `which`: orders, levels
  std::size_t count, counts[2];

  void orders_and_levels(const OrderBooks::Ahead& ahead) {
    for (std::size_t k = 0; k < counts[0]; ++k) found[0][k] = ahead.order(messages[which[0][k]].id);
    for (std::size_t k = 0; k < counts[1]; ++k) {
      const Message& m = messages[which[1][k]];
      found[1][k] = ahead.level(m.book, m.side, m.price);
    }
  }
  void neighbours(const OrderBooks::Ahead& ahead) const {
    for (std::size_t k = 0; k < counts[0]; ++k) ahead.neighbours(found[0][k]);
    for (std::size_t k = 0; k < counts[1]; ++k) ahead.last(found[1][k]);
  }
  void apply(OrderBooks& books) const {
    for (std::size_t i = 0; i < count; ++i) {
      const Message& m = messages[i];
      switch (m.change) {
        case Change::add: books.add(m.book, m.id, m.side, m.price, m.size); break;
        case Change::reduce: books.reduce(m.id, m.size); break;
        case Change::remove: books.remove(m.id); break;
        case Change::replace: books.replace(m.id, m.by, m.price, m.size); break;
      }
    }
  }
};

/// The next messages that change a book, at most a batch of them; `at` moves behind them.
void read(ByteView bytes, std::size_t& at, Batch& batch, const OrderBooks::Ahead& ahead, ItchTally& tally) {
  batch.count = batch.counts[0] = batch.counts[1] = 0;
  while (batch.count < Batch::kMost && bytes.size() - at >= 2) {
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
    const Message& m = batch.messages[batch.count] = decode(message, shape);
    const bool add = m.change == Change::add;
    batch.which[add][batch.counts[add]++] = static_cast<std::uint8_t>(batch.count++);
    ahead.line(m.id);
  }
  for (std::size_t k = 0; k < batch.counts[1]; ++k) {
    const Message& m = batch.messages[batch.which[1][k]];
    ahead.cell(m.book, m.side, m.price);
  }
  tally.applied += batch.count;
}

}  // namespace

std::size_t apply_itch(ByteView bytes, OrderBooks& books, ItchTally& tally) {
  Batch batch;
  const auto ahead = books.look_ahead();
  std::size_t at = 0;
  do {
    read(bytes, at, batch, ahead, tally);
    batch.orders_and_levels(ahead);
    batch.neighbours(ahead);
    batch.apply(books);
  } while (batch.count > 0);
  return at;
}

}  // namespace tickmesh
