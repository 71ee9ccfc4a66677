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

/// Bytes of a message of a kind that changes books; 0: another kind.
constexpr auto kLengths = [] {
  std::array<std::uint8_t, 256> lengths{};
  lengths['A'] = 36;
  lengths['F'] = 40;
  lengths['E'] = 31;
  lengths['C'] = 36;
  lengths['X'] = 23;
  lengths['D'] = 19;
  lengths['U'] = 35;
  return lengths;
}();

void decode(const std::byte* at, char kind, Message& m) {
  m.book = big<std::uint16_t>(at + 1);
  m.id = big<std::uint64_t>(at + 11);
  switch (kind) {
    case 'A':
    case 'F':
      m.change = Change::add;
      m.side = at[19] == std::byte{'B'} ? Side::buy : at[19] == std::byte{'S'} ? Side::sell : Side::none;
      m.size = size_at(at + 20);
      m.price = price_at(at + 32);
      return;
    case 'E':
    case 'C':
    case 'X':
      m.change = Change::reduce;
      m.size = size_at(at + 19);
      return;
    case 'D': m.change = Change::remove; return;
    default:
      m.change = Change::replace;
      m.by = big<std::uint64_t>(at + 19);
      m.size = size_at(at + 27);
      m.price = price_at(at + 31);
  }
}

}  // namespace

std::size_t apply_itch(ByteView bytes, OrderBooks& books, ItchTally& tally) {
  constexpr std::size_t kBatch = 32;
  std::array<Message, kBatch> batch;
  const auto ahead = books.look_ahead();
  std::size_t at = 0;
  bool more = true;
  while (more) {
    std::size_t count = 0;
    while (count < kBatch) {
      more = bytes.size() - at >= 2;
      if (!more) break;
      const std::size_t length = big<std::uint16_t>(&bytes[at]);
      more = bytes.size() - at - 2 >= length;
      if (!more) break;
      const std::byte* const message = bytes.data() + at + 2;
      at += 2 + length;
      ++tally.messages;
      if (length == 0) {
        ++tally.bad;
        continue;
      }
      const auto kind = static_cast<unsigned char>(*message);
      if (kLengths[kind] == 0) continue;
      if (length < kLengths[kind]) {
        ++tally.bad;
        continue;
      }
      decode(message, static_cast<char>(kind), batch[count]);
      const Message& m = batch[count++];
      ahead.slot(m.id);
      if (m.change == Change::add) ahead.cell(m.book, m.side, m.price);
      if (m.change == Change::replace) ahead.slot(m.by);
    }
    // Adds and the others each in a row, so that no branch is to be guessed.
    std::array<std::array<std::uint8_t, kBatch>, 2> which;
    std::array<std::uint32_t, kBatch> found;
    std::size_t counts[2]{};
    for (std::size_t i = 0; i < count; ++i) {
      const bool add = batch[i].change == Change::add;
      which[add][counts[add]++] = static_cast<std::uint8_t>(i);
    }
    for (std::size_t k = 0; k < counts[0]; ++k) found[k] = ahead.order(batch[which[0][k]].id);
    for (std::size_t k = 0; k < counts[0]; ++k) ahead.neighbours(found[k]);
    for (std::size_t k = 0; k < counts[0]; ++k)
      if (const Message& m = batch[which[0][k]]; m.change == Change::replace) ahead.cell_of(found[k], m.price);
    for (std::size_t k = 0; k < counts[1]; ++k) {
      const Message& m = batch[which[1][k]];
      found[k] = ahead.level(m.book, m.side, m.price);
    }
    for (std::size_t k = 0; k < counts[1]; ++k) ahead.last(found[k]);
    for (std::size_t i = 0; i < count; ++i) {
      const Message& m = batch[i];
      switch (m.change) {
        case Change::add: books.add(m.book, m.id, m.side, m.price, m.size); break;
        case Change::reduce: books.reduce(m.id, m.size); break;
        case Change::remove: books.remove(m.id); break;
        case Change::replace: books.replace(m.id, m.by, m.price, m.size); break;
      }
    }
    tally.applied += count;
  }
  return at;
}

}  // namespace tickmesh
