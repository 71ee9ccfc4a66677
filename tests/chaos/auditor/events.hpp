// The events whose meaning is checked, from their bytes (proto/tickmesh/v1). Prices, quantities and money: integers of 10^-8.
#pragma once
#include "mesh_data.hpp"
#include "wire.hpp"

namespace auditor {

__extension__ typedef __int128 Int128;

struct Header {
  std::int64_t time{0}, event_time{0};
  bool caused{false};
  Name cause{};
  std::int64_t cause_time{0};
  std::int64_t tick_time{0};  ///< of the tick that led here; 0: none did
};

enum Side : std::uint8_t { kNoSide = 0, kBuy = 1, kSell = 2 };

struct Intent {
  Header header;
  unsigned kind{0};  ///< 1 place, 2 cancel
  std::string client_order_id, symbol;
  unsigned side{0}, type{0}, purpose{0};
  std::int64_t quantity{0}, limit_price{0}, stop_price{0}, reference_price{0};
  std::string position_id, strategy;
  std::int64_t valid_until{0};
  std::uint64_t manager_epoch{0}, manager_incarnation{0}, gateway_epoch{0}, gateway_incarnation{0};
  std::string reason;
};

struct Fill {
  std::string execution_id;
  std::int64_t price{0}, quantity{0}, commission{0}, time{0}, bid{0}, ask{0};
  friend bool operator==(const Fill&, const Fill&) = default;
};

enum OrderKind : unsigned {
  kSending = 1,
  kAccepted = 2,
  kPartiallyFilled = 3,
  kFilled = 4,
  kCanceling = 5,
  kCanceled = 6,
  kRejected = 7,
  kExpired = 8,
  kUnknown = 9,
};
const char* order_kind(unsigned kind);  ///< SENDING, …
inline bool is_final(unsigned kind) { return kind == kFilled || kind == kCanceled || kind == kRejected || kind == kExpired; }

struct OrderEvent {
  Name name;
  Header header;
  unsigned kind{0};
  Intent order;
  std::string venue_order_id;
  std::uint64_t attempt{0};
  std::int64_t filled{0}, remaining{0};
  Fill fill;
  std::string rule, reason;
};

struct PositionEvent {
  Name name;
  Header header;
  unsigned kind{0};  ///< 1 opened, 2 changed, 3 closed
  std::string id, symbol;
  unsigned side{0};
  std::int64_t quantity{0}, entry_quantity{0}, entry_price{0}, entry_value{0}, stop{0}, target{0};
  std::int64_t entry_time{0}, exit_time{0}, exit_price{0}, realized{0}, fees{0};
  std::string strategy, exit_reason;
};

struct AccountEvent {
  Name name;
  Header header;
  std::string currency;
  std::int64_t balance{0}, realized{0}, unrealized{0}, equity{0}, gross{0};
  std::uint64_t open_positions{0};
};

Header header_of(const Event& event);  ///< of any stream; ticks carry it flat
Intent intent_of(const Message& message);
OrderEvent order_of(const Event& event);
PositionEvent position_of(const Event& event);
AccountEvent account_of(const Event& event);

/// value / divisor, nearest, ties to even; divisor > 0.
Int128 divide_half_even(Int128 value, Int128 divisor);
/// An exact decimal from an integer of 10^-8.
std::string decimal(Int128 e8);

}  // namespace auditor
