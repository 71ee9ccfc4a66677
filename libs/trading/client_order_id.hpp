// The name an order bears at the venue, derived from the intent that asked for it.
#pragma once
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// What a client order id says. Widths in base 36, upper case, zero-padded, so that it decodes without separators:
/// `T`, mesh 1, epoch 13 (any 64-bit number), sequence 7 (up to 78,364,164,095), leg 1, revision 1: always 24 characters.
struct ClientOrderId {
  char mesh{'A'};  ///< [0-9A-Z]
  Epoch epoch{0};
  Sequence sequence{0};  ///< of the intent on Stream::intent
  unsigned leg{0};       ///< 0: entry, 1: exit; below 36
  unsigned revision{0};  ///< how many orders of this leg the position had before, modulo 36
  friend bool operator==(const ClientOrderId&, const ClientOrderId&) = default;
};
inline constexpr std::size_t kClientOrderIdSize = 24;
inline constexpr Sequence kMaxOrderSequence = 78'364'164'095ULL;

/// Breaks an invariant when a part is out of its range.
std::string encode(const ClientOrderId& id);
/// Error: field "client_order_id", when `text` is not one of ours: it is EXTERNAL.
Result<ClientOrderId> decode_client_order_id(std::string_view text);

/// The id of the position that this order's fill opened: `P` and the order's mesh, epoch and sequence. An order can open a second
/// one when a fill comes after the first was closed; `nth` (from 0, below 36) is then appended.
std::string position_id_of(std::string_view client_order_id, unsigned nth = 0);

}  // namespace tickmesh
