#include "signals/signal_rule.hpp"

#include <charconv>
#include <cmath>

namespace tickmesh {

double edge_confidence(double edge_bp, double limit_bp) {
  if (!(limit_bp > 0) || !(edge_bp > 0)) return 0;
  return 1 - std::exp2(-edge_bp / limit_bp);
}

std::string number_text(double value, int decimals) {
  if (!std::isfinite(value)) return "undefined";
  char text[352];
  const auto done = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, decimals);
  return done.ec == std::errc{} ? std::string(text, done.ptr) : std::string{"undefined"};
}

}  // namespace tickmesh
