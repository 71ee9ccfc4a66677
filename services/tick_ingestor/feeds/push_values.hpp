// Single values of a pushed row: exact decimals, and times (core/time_text.hpp), from their text.
#pragma once
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/time_text.hpp"

namespace tickmesh {

/// `text` as JSON writes numbers ("1.5", "2e-3"), as plain decimal text that Fixed::parse takes. Error when it is no number, or its
/// exponent is beyond +-30.
Result<std::string> plain_decimal(std::string_view text);

}  // namespace tickmesh
