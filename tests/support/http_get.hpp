// One GET over loopback, by plain sockets: a test's look at a service must not hang on what it looks at.
#pragma once
#include <chrono>
#include <optional>
#include <string>

namespace tickmesh {

/// The body, whatever the status; nothing when there is no whole answer within `limit`.
std::optional<std::string> http_get(unsigned port, const std::string& path, std::chrono::milliseconds limit);

}  // namespace tickmesh
