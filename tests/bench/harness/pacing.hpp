// Work at a fixed rate, timed from when each piece was meant to begin: a stall delays everything behind it, and all of that is seen.
#pragma once
#include <cstdint>
#include <vector>

namespace tickmesh::bench {

/// Nanoseconds, of which some are asked for by rank. Keeps every one: benchmarks run for seconds, not for ever.
class Latencies {
 public:
  void add(std::int64_t ns) { all_.push_back(ns), sorted_ = false; }
  void add(const std::int64_t* begin, std::size_t count);
  void reserve(std::size_t count) { all_.reserve(count); }
  std::size_t size() const { return all_.size(); }
  /// Nearest rank: the smallest one that `fraction` of all are not above. 0 when there are none.
  std::int64_t percentile(double fraction) const;
  std::int64_t max() const { return percentile(1); }

 private:
  mutable std::vector<std::int64_t> all_;
  mutable bool sorted_{true};
};

/// When the pieces of work are meant to begin, whatever became of those before.
class Schedule {
 public:
  Schedule(std::int64_t begin_ns, double per_second) : begin_{begin_ns}, interval_{1e9 / per_second} {}
  std::int64_t intended(std::uint64_t i) const { return begin_ + static_cast<std::int64_t>(interval_ * static_cast<double>(i)); }

 private:
  std::int64_t begin_;
  double interval_;
};

/// Calls `act(i, intended)` `count` times, each at its intended time or, when that has passed, at once: none is left out and none is
/// moved. `clock` has now() and sleep_until(ns).
template <class Clock, class Act>
void at_rate(Clock& clock, const Schedule& schedule, std::uint64_t count, Act&& act) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::int64_t intended = schedule.intended(i);
    if (clock.now() < intended) clock.sleep_until(intended);
    act(i, intended);
  }
}

/// CLOCK_MONOTONIC, which all processes of the machine share. The first sleeper asks for exact wake-ups.
class MonotonicClock {
 public:
  MonotonicClock();
  std::int64_t now() const;
  void sleep_until(std::int64_t ns) const;
};
std::int64_t now_ns();

}  // namespace tickmesh::bench
