// The hours of a calendar as cores get them: a shell that knows time zones turns them into UTC.
#pragma once
#include "core/types.hpp"

namespace tickmesh {

/// One session of a calendar, [open, close), UTC.
struct TradingSession {
  Timestamp open{}, close{};
};

}  // namespace tickmesh
