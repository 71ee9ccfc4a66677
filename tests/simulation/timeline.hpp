// Simulated time: what happens next, in one thread and in one order.
#pragma once
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "market/random.hpp"

namespace tickmesh::simulation {

/// Since the run began; what no process can see or change.
using Nanos = std::int64_t;
constexpr Nanos micros(std::int64_t n) { return n * 1'000; }
constexpr Nanos millis(std::int64_t n) { return n * 1'000'000; }
constexpr Nanos secs(std::int64_t n) { return n * 1'000'000'000; }

/// Random numbers with the questions a simulation asks.
class Dice : public Random {
 public:
  using Random::Random;
  bool chance(double p) { return p > 0 && uniform() < p; }
  std::int64_t between(std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(to - from + 1)));
  }
  /// A generator of its own, so that one kind of fault does not move the others.
  Dice fork(std::uint64_t what) { return Dice{mix(next() ^ mix(what))}; }
};

class Timeline {
 public:
  Nanos now() const { return now_; }
  void at(Nanos when, std::function<void()> what) { queue_.push({std::max(when, now_), order_++, std::move(what)}); }
  void after(Nanos delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
  /// Everything up to and including `until`; then it is `until`.
  void run(Nanos until) {
    while (!queue_.empty() && queue_.top().when <= until) {
      now_ = queue_.top().when;
      auto what = std::move(const_cast<Entry&>(queue_.top()).what);
      queue_.pop();
      ++steps_;
      what();
    }
    now_ = until;
  }
  std::uint64_t steps() const { return steps_; }

 private:
  struct Entry {
    Nanos when;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const Entry& other) const { return std::pair{when, order} > std::pair{other.when, other.order}; }
  };
  Nanos now_{0};
  std::uint64_t order_{0};
  std::uint64_t steps_{0};
  std::priority_queue<Entry> queue_;
};

}  // namespace tickmesh::simulation
