// Which bars are built of an instrument.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/error.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// What bars are built, and how far back they can be corrected. Cells are kept of a few lengths only, the first, then each that is at
/// least 60 times the one before (1 s, 1 m, 1 h): every other bar is put together from the longest of them that it is a multiple of.
struct BarSpec {
  static constexpr std::size_t kMostLengths = 16;
  static constexpr std::int64_t kCellRatio = 60;  ///< between the lengths that cells are kept of
  std::vector<Duration> lengths{seconds(1),   seconds(5),    seconds(10),   seconds(60),    seconds(300),
                                seconds(900), seconds(1800), seconds(3600), seconds(86'400)};  ///< ascending multiples of the first
  Duration lateness{seconds(2)};  ///< a trade later than this makes a `revised` bar, else a `late` one
  /// Of each kept length, of each basis, the last intervals that were not empty: the first, then the longer ones.
  std::size_t cells{128}, longer_cells{96};
  std::size_t prints{256};  ///< trades remembered one by one, so that a bust gives the bar its prices back
  /// Error: the field and the rule it breaks.
  Result<void> check() const;
};

}  // namespace tickmesh
