#include "tick_ingestor/feeds/replay/lobster.hpp"

#include <charconv>

namespace tickmesh::replay {
namespace {

template <class T>
bool number(std::string_view& rest, T& out, char end) {
  const auto [at, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out);
  if (error != std::errc{}) return false;
  rest.remove_prefix(static_cast<std::size_t>(at - rest.data()));
  if (end == '\0') return rest.empty();
  if (!rest.starts_with(end)) return false;
  rest.remove_prefix(1);
  return true;
}

}  // namespace

bool parse_lobster(std::string_view line, LobsterRow& into, const char*& rule) {
  rule = "time, type, order, size, price, direction";
  std::uint32_t seconds = 0;
  std::string_view rest = line;
  const auto comma = rest.find(','), dot = rest.find('.');
  if (comma == std::string_view::npos) return false;
  const bool fraction = dot < comma;
  if (!number(rest, seconds, fraction ? '.' : ',')) return false;
  std::int64_t ns = 0;
  if (fraction) {
    std::int64_t unit = 100'000'000;
    std::size_t n = 0;
    for (; n < rest.size() && rest[n] >= '0' && rest[n] <= '9'; ++n, unit /= 10) ns += (rest[n] - '0') * unit;
    if (n == 0 || n == rest.size() || rest[n] != ',') return false;
    rest.remove_prefix(n + 1);
  }
  unsigned kind = 0;
  std::uint32_t size = 0;
  std::int64_t price = 0;
  int direction = 0;
  if (!number(rest, kind, ',') || !number(rest, into.order, ',') || !number(rest, size, ',') || !number(rest, price, ',') ||
      !number(rest, direction, '\0'))
    return false;
  rule = "a time of day, a type of 1 to 7, a direction of -1 or 1";
  if (seconds >= 86'400 || kind < 1 || kind > 7 || (direction != 1 && direction != -1)) return false;
  into.since_midnight = {std::int64_t{seconds} * 1'000'000'000 + ns};
  into.kind = static_cast<LobsterKind>(kind);
  into.size = Quantity::from_units(size);
  into.side = direction == 1 ? Side::buy : Side::sell;
  into.price = {};
  if (into.kind == LobsterKind::halt) return true;  // its price tells the kind of halt
  rule = "a price and a size above 0";
  if (price <= 0 || price > 90'000'000'000'000 || size == 0) return false;
  into.price = Price::from_raw(price * (Price::kScale / 10'000));
  return true;
}

}  // namespace tickmesh::replay
