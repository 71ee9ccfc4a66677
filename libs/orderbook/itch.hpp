// NASDAQ TotalView-ITCH 5.0 (the venue's specification of 2020) to books by order: the messages that change a book, big-endian, each after
// its length in two bytes as files hold them.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "orderbook/order_books.hpp"

namespace tickmesh {

struct ItchTally {
  std::uint64_t messages{0};  ///< whole ones
  std::uint64_t applied{0};   ///< of them those that change a book: add A F, execute E C, reduce X, delete D, replace U
  std::uint64_t bad{0};       ///< shorter than their kind is: dropped
};

/// Applies whole messages from the front, the stock locate code being the book's number; how many bytes they were. What is left is the
/// beginning of a message. Prices have 4 decimals, sizes are whole units.
std::size_t apply_itch(ByteView bytes, OrderBooks& books, ItchTally& tally);

}  // namespace tickmesh
