// How a metric answers: a number, why there is none, or a neutral one (METRICS.md 0.2).
#pragma once
#include <cmath>

#include "core/events.hpp"

namespace tickmesh {

/// The formula has no answer, and no neutral value stands in for it.
constexpr Value undefined_value() { return {0, Status::undefined, false}; }
/// The formula has no answer; `neutral` stands in for it (z 0 in a flat window).
constexpr Value undefined_value(double neutral) { return {neutral, Status::undefined, true}; }
constexpr Value warmup_value() { return {0, Status::warmup, false}; }
/// NaN and infinity never leave: they become UNDEFINED without a value.
inline Value ok_value(double value) { return std::isfinite(value) ? Value{value, Status::ok, true} : undefined_value(); }

}  // namespace tickmesh
