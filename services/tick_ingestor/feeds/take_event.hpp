// Who is given what a feed has: one event after the other, none of which outlives its call. An event may be 3 kB: a row of them would not
// stay in the processor's caches.
#pragma once
#include <functional>

#include "core/events.hpp"

namespace tickmesh {

using TakeEvent = std::function<void(const Event&)>;

}  // namespace tickmesh
