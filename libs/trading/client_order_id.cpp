#include "trading/client_order_id.hpp"

#include <limits>
#include <optional>

namespace tickmesh {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t kEpochWidth = 13;
constexpr std::size_t kSequenceWidth = 7;

void append(std::string& out, std::uint64_t value, std::size_t width) {
  std::string digits(width, '0');
  for (std::size_t i = width; i-- > 0; value /= 36) digits[i] = kDigits[value % 36];
  TM_INVARIANT(value == 0, "a part of a client order id fits its width");
  out += digits;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    if (__builtin_mul_overflow(value, std::uint64_t{36}, &value) || __builtin_add_overflow(value, std::uint64_t{digit}, &value))
      return std::nullopt;
  }
  return value;
}

}  // namespace

std::string encode(const ClientOrderId& id) {
  TM_INVARIANT(kDigits.find(id.mesh) != std::string_view::npos, "a mesh is named by one of [0-9A-Z]");
  std::string out{'T', id.mesh};
  append(out, id.epoch, kEpochWidth);
  append(out, id.sequence, kSequenceWidth);
  append(out, id.leg, 1);
  append(out, id.revision, 1);
  return out;
}

Result<ClientOrderId> decode_client_order_id(std::string_view text) {
  const auto external = [&] {
    return bad_value("client_order_id", "T, mesh, epoch, sequence, leg, revision in 24 of [0-9A-Z]",
                     "'" + std::string(text.substr(0, 40)) + "' is not an order of a mesh");
  };
  if (text.size() != kClientOrderIdSize || text[0] != 'T' || kDigits.find(text[1]) == std::string_view::npos) return external();
  const auto epoch = number(text.substr(2, kEpochWidth));
  const auto sequence = number(text.substr(2 + kEpochWidth, kSequenceWidth));
  const auto leg = number(text.substr(22, 1));
  const auto revision = number(text.substr(23, 1));
  if (!epoch || !sequence || !leg || !revision) return external();
  return ClientOrderId{text[1], *epoch, *sequence, static_cast<unsigned>(*leg), static_cast<unsigned>(*revision)};
}

std::string position_id_of(std::string_view client_order_id, unsigned nth) {
  TM_INVARIANT(client_order_id.size() == kClientOrderIdSize && nth < 36, "a position is named after an order of ours");
  std::string id = "P" + std::string(client_order_id.substr(1, 21));
  if (nth > 0) id += kDigits[nth];
  return id;
}

}  // namespace tickmesh
