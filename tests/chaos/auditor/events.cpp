#include "events.hpp"

#include <algorithm>

namespace auditor {
namespace {

Header header(const Message& m) {
  Header h;
  h.time = m.i(1);
  h.event_time = m.i(2);
  h.tick_time = m.i(4);
  if (!m.has(3)) return h;
  const Message cause = m.sub(3);
  const Message name = cause.sub(1);
  h.cause = {static_cast<std::uint8_t>(name.u(1)), static_cast<std::uint8_t>(name.u(2)), name.u(3), name.u(4)};
  h.cause_time = cause.i(2);
  h.caused = h.cause != Name{} || h.cause_time != 0;
  return h;
}

}  // namespace

const char* order_kind(unsigned kind) {
  constexpr const char* names[] = {"",          "SENDING",  "ACCEPTED", "PARTIALLY_FILLED", "FILLED",
                                   "CANCELING", "CANCELED", "REJECTED", "EXPIRED",          "UNKNOWN"};
  return kind < std::size(names) ? names[kind] : "?";
}

Header header_of(const Event& event) {
  const Message m{event.bytes};
  if (event.name.stream != kTick) return header(m.sub(1));
  Header h;
  h.time = m.i(2);
  h.event_time = m.i(3);
  return h;
}

Intent intent_of(const Message& m) {
  Intent i;
  i.header = header(m.sub(1));
  i.kind = static_cast<unsigned>(m.u(2));
  i.client_order_id = m.str(3);
  i.symbol = m.str(4);
  i.side = static_cast<unsigned>(m.u(5));
  i.type = static_cast<unsigned>(m.u(6));
  i.purpose = static_cast<unsigned>(m.u(7));
  i.quantity = m.i(8);
  i.limit_price = m.i(9);
  i.stop_price = m.i(10);
  i.reference_price = m.i(11);
  i.position_id = m.str(12);
  i.strategy = m.str(13);
  i.valid_until = m.i(14);
  const Message manager = m.sub(15), gateway = m.sub(16);
  i.manager_epoch = manager.u(1), i.manager_incarnation = manager.u(2);
  i.gateway_epoch = gateway.u(1), i.gateway_incarnation = gateway.u(2);
  i.reason = m.str(17);
  return i;
}

OrderEvent order_of(const Event& event) {
  const Message m{event.bytes};
  OrderEvent o;
  o.name = event.name;
  o.header = header(m.sub(1));
  o.kind = static_cast<unsigned>(m.u(2));
  o.order = intent_of(m.sub(3));
  o.venue_order_id = m.str(4);
  o.attempt = m.u(5);
  o.filled = m.i(6);
  o.remaining = m.i(7);
  const Message f = m.sub(8);
  o.fill = {f.str(1), f.i(2), f.i(3), f.i(4), f.i(5), f.i(6), f.i(7)};
  o.rule = m.str(9);
  o.reason = m.str(10);
  return o;
}

PositionEvent position_of(const Event& event) {
  const Message m{event.bytes};
  PositionEvent p;
  p.name = event.name;
  p.header = header(m.sub(1));
  p.kind = static_cast<unsigned>(m.u(2));
  p.id = m.str(3);
  p.symbol = m.str(4);
  p.side = static_cast<unsigned>(m.u(5));
  p.quantity = m.i(6), p.entry_quantity = m.i(7), p.entry_price = m.i(8), p.entry_value = m.i(9);
  p.stop = m.i(10), p.target = m.i(11), p.entry_time = m.i(12), p.exit_time = m.i(13), p.exit_price = m.i(14);
  p.realized = m.i(15), p.fees = m.i(16);
  p.strategy = m.str(17);
  p.exit_reason = m.str(18);
  return p;
}

AccountEvent account_of(const Event& event) {
  const Message m{event.bytes};
  AccountEvent a;
  a.name = event.name;
  a.header = header(m.sub(1));
  a.currency = m.str(2);
  a.balance = m.i(3), a.realized = m.i(4), a.unrealized = m.i(5), a.equity = m.i(6), a.gross = m.i(7);
  a.open_positions = m.u(8);
  return a;
}

Int128 divide_half_even(Int128 value, Int128 divisor) {
  Int128 quotient = value / divisor;
  Int128 rest = value % divisor;
  if (rest < 0) rest += divisor, --quotient;  // towards minus infinity, so that one rule serves both signs
  const Int128 twice = 2 * rest;
  if (twice > divisor || (twice == divisor && quotient % 2 != 0)) ++quotient;
  return quotient;
}

std::string decimal(Int128 e8) {
  const bool negative = e8 < 0;
  if (negative) e8 = -e8;
  std::string digits;
  for (int i = 0; i < 9 || e8 > 0; ++i, e8 /= 10) {
    if (i == 8) digits += '.';
    digits += static_cast<char>('0' + static_cast<int>(e8 % 10));
  }
  if (negative) digits += '-';
  std::ranges::reverse(digits);
  return digits;
}

}  // namespace auditor
