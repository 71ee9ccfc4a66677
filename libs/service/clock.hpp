// The shell's clock: monotonic, anchored to UTC, slewed towards it. It never runs backwards and never jumps.
#pragma once
#include <cstdint>

#include "core/types.hpp"

namespace tickmesh {

std::int64_t monotonic_ns();
std::int64_t system_ns();  ///< UTC, as the kernel says; may step

/// What a clock is read from; simulations have their own.
class TimeSource {
 public:
  virtual ~TimeSource() = default;
  virtual std::int64_t monotonic() const = 0;
  virtual std::int64_t system() const = 0;  ///< UTC; may step
};
const TimeSource& kernel_time();

class Clock {
 public:
  explicit Clock(const TimeSource& source = kernel_time());
  /// The time of recorded data: it stands at `start` until `reach` moves it.
  static Clock recorded(Timestamp start);
  /// Recorded time has come to `at`; earlier ones mean nothing. Not for a clock that runs by itself.
  void reach(Timestamp at) {
    if (recorded_ && at.ns > last_utc_) last_utc_ = at.ns;
  }
  bool is_recorded() const { return recorded_; }
  /// UTC. Follows the kernel's UTC by at most 500 ppm; a step of it is told once by `step_ns`.
  Timestamp now();
  /// How far the kernel's UTC stepped since last asked, when beyond 250 ms; else 0. The clock takes the new UTC only by slewing,
  /// forward steps at once.
  std::int64_t take_step_ns();

 private:
  const TimeSource* source_;
  std::int64_t last_mono_;
  std::int64_t last_utc_;
  std::int64_t last_check_;
  std::int64_t offset_;  ///< system - ours, at the last check
  std::int64_t step_{0};
  bool recorded_{false};
};

}  // namespace tickmesh
