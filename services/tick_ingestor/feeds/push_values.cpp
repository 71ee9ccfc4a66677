#include "tick_ingestor/feeds/push_values.hpp"

#include <algorithm>
#include <charconv>

namespace tickmesh {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 64)) + "'"; }

}  // namespace

Result<std::string> plain_decimal(std::string_view text) {
  const auto e = text.find_first_of("eE");
  if (e == std::string_view::npos) return std::string(text);
  const auto refuse = [&] { return bad_value("number", "a decimal number", quoted(text)); };
  std::string_view mantissa = text.substr(0, e), exponent = text.substr(e + 1);
  if (!exponent.empty() && exponent.front() == '+') exponent.remove_prefix(1);
  int shift = 0;
  const auto read = std::from_chars(exponent.data(), exponent.data() + exponent.size(), shift);
  if (exponent.empty() || read.ec != std::errc{} || read.ptr != exponent.data() + exponent.size() || shift < -30 || shift > 30)
    return refuse();
  std::string out;
  if (!mantissa.empty() && mantissa.front() == '-') {
    out = "-";
    mantissa.remove_prefix(1);
  }
  const auto point = std::min(mantissa.find('.'), mantissa.size());
  std::string digits(mantissa.substr(0, point));
  if (point < mantissa.size()) digits += mantissa.substr(point + 1);
  if (digits.empty() || !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) return refuse();
  const auto at = static_cast<std::ptrdiff_t>(point) + shift;  // where the point goes
  if (at <= 0) return out + "0." + std::string(static_cast<std::size_t>(-at), '0') + digits;
  const auto whole = static_cast<std::size_t>(at);
  if (whole >= digits.size()) return out + digits + std::string(whole - digits.size(), '0');
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace tickmesh
