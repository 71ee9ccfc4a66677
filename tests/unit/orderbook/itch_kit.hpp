// Messages of NASDAQ TotalView-ITCH 5.0 as files hold them: the length in two bytes, then the message, big-endian.
#pragma once
#include <string>

#include "order_kit.hpp"

namespace tickmesh::testing {

inline void put_big(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> 8 * i & 0xff);
}
/// Prices of cents become the format's four decimals.
inline void put_itch(std::string& out, const OrderChange& c) {
  const auto begin = [&](char kind, int length) {
    put_big(out, static_cast<std::uint64_t>(length), 2);
    out += kind;
    put_big(out, c.book, 2);
    put_big(out, 0, 2);  // tracking number
    put_big(out, 0, 6);  // time
  };
  switch (c.kind) {
    case OrderKind::add:
      begin('A', 36);
      put_big(out, c.id, 8);
      out += c.side == Side::buy ? 'B' : 'S';
      put_big(out, static_cast<std::uint64_t>(c.size), 4);
      out += "STOCK   ";
      put_big(out, static_cast<std::uint64_t>(c.ticks * 100), 4);
      return;
    case OrderKind::execute:
      begin('E', 31);
      put_big(out, c.id, 8);
      put_big(out, static_cast<std::uint64_t>(c.size), 4);
      put_big(out, 1, 8);
      return;
    case OrderKind::reduce:
      begin('X', 23);
      put_big(out, c.id, 8);
      put_big(out, static_cast<std::uint64_t>(c.size), 4);
      return;
    case OrderKind::remove:
      begin('D', 19);
      put_big(out, c.id, 8);
      return;
    case OrderKind::replace:
      begin('U', 35);
      put_big(out, c.id, 8);
      put_big(out, c.by, 8);
      put_big(out, static_cast<std::uint64_t>(c.size), 4);
      put_big(out, static_cast<std::uint64_t>(c.ticks * 100), 4);
      return;
  }
}

}  // namespace tickmesh::testing
