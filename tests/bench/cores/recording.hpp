// What every core was given in one run of the whole mesh in one thread, so that each can be run again alone on just that.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backtester/run.hpp"

namespace tickmesh::bench {

/// Inputs of one core. Ticks lie apart: they are nearly all of it, and an Event is several times their size.
struct Taken {
  struct One {
    Timestamp now{};
    Name name{};
    std::uint32_t at{0};  ///< of `ticks` or of `others`
    bool is_tick{false};
  };
  std::vector<One> inputs;
  std::vector<Tick> ticks;
  std::vector<Event> others;
  std::uint64_t said{0};
};

/// What the venue was told, in order.
struct VenueTold {
  struct One {
    Timestamp now{};
    Name name{};
    std::uint32_t at{0};  ///< of the gateway's ticks, or of `orders`
    bool is_tick{false};
  };
  std::vector<One> calls;
  std::vector<OrderEvent> orders;
};

struct Recorded {
  std::map<std::string, Taken> cores;
  VenueTold venue;
  backtest::Summary summary;
};

/// Runs the market for `length` and keeps what each core takes.
Recorded record(const Config& config, const Instruments& instruments, Timestamp start, Duration length);

}  // namespace tickmesh::bench
