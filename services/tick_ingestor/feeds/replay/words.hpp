// What the readers of recorded data share: how a bad file is refused, how names are written.
#pragma once
#include <algorithm>
#include <cctype>
#include <expected>
#include <string>
#include <utility>

#include "core/error.hpp"

namespace tickmesh::replay {

inline std::unexpected<Error> bad_file(const std::string& path, const char* rule, std::string message) {
  return std::unexpected(Error{"bad_file", path, rule, std::move(message)});
}

/// ASCII letters in upper case.
inline std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

}  // namespace tickmesh::replay
