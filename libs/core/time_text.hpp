// Times as people and programs write them.
#pragma once
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// ISO 8601 with `Z` or an offset and at most nine decimals ("2025-01-20T12:40:14.5Z", "2025-01-20 07:40:14-05:00"), years 1990-2261.
/// A leap second (:60) is taken as the next second. Error: field "time".
Result<Timestamp> parse_iso_time(std::string_view text);

/// Integer nanoseconds since 1970, not before 1990: seconds or milliseconds sent by mistake are refused, not taken for 1970.
Result<Timestamp> parse_ns_time(std::string_view text);

}  // namespace tickmesh
