// What those have in common who ask a publisher for what it said.
#pragma once
#include <cstdint>
#include <expected>
#include <string>

#include "core/error.hpp"

namespace tickmesh {

/// Unanswered for so long, a question is asked again.
inline constexpr std::int64_t kAskAgainNs = 500'000'000;

inline std::unexpected<Error> ask_failed(const char* code, std::string message) {
  return std::unexpected(Error{code, "", "", std::move(message)});
}

}  // namespace tickmesh
