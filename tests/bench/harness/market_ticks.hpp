// What is measured with: ticks of the demo market in the order it gives them, instruments interleaved as they are in life.
#pragma once
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/events.hpp"
#include "service/config.hpp"

namespace tickmesh::bench {

/// Configuration with these keys set and everything else at its default; paths lead into the source tree. Throws std::runtime_error.
Config bench_config(Config::Overrides overrides = {});
Instruments bench_instruments();
/// The first `count` ticks of the market at `per_second`, times set.
std::vector<Tick> market_ticks(std::size_t count, double per_second = 200'000);
/// Their canonical bytes.
std::vector<Bytes> encoded(const std::vector<Tick>& ticks);

/// The value, or std::runtime_error with the error's words.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(to_string(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace tickmesh::bench
