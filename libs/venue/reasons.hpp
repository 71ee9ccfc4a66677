// Reasons a paper venue gives for a request that changed nothing; readers may compare with them.
#pragma once
#include <string_view>

namespace tickmesh {

inline constexpr std::string_view kDuplicateClientId = "duplicate client id";
inline constexpr std::string_view kUnknownOrder = "unknown order";
inline constexpr std::string_view kOrderClosed = "order is closed";

}  // namespace tickmesh
