#include "bench/harness/pacing.hpp"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <cmath>

namespace tickmesh::bench {

void Latencies::add(const std::int64_t* begin, std::size_t count) {
  all_.insert(all_.end(), begin, begin + count);
  sorted_ = false;
}

std::int64_t Latencies::percentile(double fraction) const {
  if (all_.empty()) return 0;
  if (!sorted_) std::sort(all_.begin(), all_.end());
  sorted_ = true;
  const auto rank = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(all_.size())));
  return all_[std::clamp<std::size_t>(rank, 1, all_.size()) - 1];
}

std::int64_t now_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

// Linux lets a sleeper sleep 50 us longer than it asked; here that would be most of what is measured.
MonotonicClock::MonotonicClock() { ::prctl(PR_SET_TIMERSLACK, 1); }
std::int64_t MonotonicClock::now() const { return now_ns(); }
void MonotonicClock::sleep_until(std::int64_t ns) const {
  const timespec t{ns / 1'000'000'000, ns % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr) != 0) {
  }
}

}  // namespace tickmesh::bench
