#include "service/clock.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tickmesh {

std::int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
std::int64_t system_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

const TimeSource& kernel_time() {
  class Kernel final : public TimeSource {
   public:
    std::int64_t monotonic() const override { return monotonic_ns(); }
    std::int64_t system() const override { return system_ns(); }
  };
  static const Kernel kernel;
  return kernel;
}

namespace {

struct Reading {
  std::int64_t mono{0}, utc{0};
};

/// Both clocks at one moment. A thread that is put aside between two readings would believe that it is early or late by as much,
/// and services on one machine would disagree about what came first.
Reading read_both(const TimeSource& source) {
  constexpr std::int64_t kTight = 20'000;
  Reading best;
  std::int64_t width = 0;
  for (int tries = 0; tries < 8; ++tries) {
    const std::int64_t before = source.monotonic(), utc = source.system(), after = source.monotonic();
    if (tries == 0 || after - before < width) {
      width = after - before;
      best = {before + width / 2, utc};
    }
    if (width <= kTight) break;
  }
  return best;
}

}  // namespace

Clock::Clock(const TimeSource& source) : source_{&source}, offset_{0} {
  const Reading now = read_both(source);
  last_mono_ = last_check_ = now.mono;
  last_utc_ = now.utc;
}

Clock Clock::recorded(Timestamp start) {
  Clock clock;
  clock.recorded_ = true;
  clock.last_utc_ = start.ns;
  return clock;
}

Timestamp Clock::now() {
  if (recorded_) return {last_utc_};
  const std::int64_t mono = source_->monotonic();
  const std::int64_t elapsed = mono - last_mono_;
  std::int64_t utc = last_utc_ + elapsed;
  if (offset_ != 0) {
    const std::int64_t slew = std::clamp(offset_, -elapsed / 2000, elapsed / 2000);  // 500 ppm
    utc += slew;
    offset_ -= slew;
  }
  if (mono - last_check_ >= 1'000'000'000) {
    last_check_ = mono;
    const Reading both = read_both(*source_);
    const std::int64_t difference = both.utc - (utc + (both.mono - mono));
    constexpr std::int64_t step_limit = 250'000'000;
    if (difference > step_limit) {
      step_ = difference;
      utc += difference;
      offset_ = 0;
    } else {
      if (difference < -step_limit && offset_ > -step_limit) step_ = difference;
      offset_ = difference;
    }
  }
  last_mono_ = mono;
  last_utc_ = std::max(last_utc_, utc);
  return {last_utc_};
}

std::int64_t Clock::take_step_ns() { return std::exchange(step_, 0); }

}  // namespace tickmesh
