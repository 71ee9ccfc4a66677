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

Clock::Clock(const TimeSource& source)
    : source_{&source}, last_mono_{source.monotonic()}, last_utc_{source.system()}, last_check_{last_mono_}, offset_{0} {}

Timestamp Clock::now() {
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
    const std::int64_t difference = source_->system() - utc;
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
