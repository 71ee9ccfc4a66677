// Words of the tables that more than one projection writes.
#pragma once
#include <optional>
#include <string_view>

#include "core/events.hpp"

namespace tickmesh {

inline std::string_view word(IntentKind kind) {
  return kind == IntentKind::place ? "PLACE" : kind == IntentKind::cancel ? "CANCEL" : "NONE";
}

/// What is said of nothing is not written.
template <class Enum>
std::string_view known(Enum value) {
  return value == Enum::none ? std::string_view{} : to_string(value);
}

/// A value that is not there is NULL.
inline std::optional<double> number(const Value& value) { return value.has_value ? std::optional{value.value} : std::nullopt; }

}  // namespace tickmesh
