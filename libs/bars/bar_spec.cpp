#include "bars/bar_spec.hpp"

#include <string>

namespace tickmesh {

Result<void> BarSpec::check() const {
  if (lengths.empty() || lengths.size() > kMostLengths)
    return bad_value("lengths", "1 to 16 lengths", std::to_string(lengths.size()) + " given");
  if (lengths.front().ns < 1'000'000) return bad_value("lengths", ">= 1 ms", "the first is shorter");
  Duration kept = lengths.front();
  for (std::size_t i = 1; i < lengths.size(); ++i) {
    if (lengths[i] <= lengths[i - 1] || lengths[i].ns % kept.ns != 0)
      return bad_value("lengths", "ascending multiples of the first, and of the last that was 60 times another",
                       "length " + std::to_string(i + 1));
    if (lengths[i].ns / kept.ns > kCellRatio) return bad_value("lengths", "at most 60 times one before", "length " + std::to_string(i + 1));
    if (lengths[i].ns / kept.ns == kCellRatio) kept = lengths[i];
  }
  if (lengths.back() > seconds(86'400)) return bad_value("lengths", "<= 1 day", "the last is longer");
  if (lateness.ns < 0) return bad_value("lateness", ">= 0", "negative");
  if (cells <= kCellRatio || longer_cells <= kCellRatio || cells > 100'000 || longer_cells > 100'000)
    return bad_value("cells", "61 to 100000", "out of range");
  if (prints > 1'000'000) return bad_value("prints", "<= 1000000", std::to_string(prints));
  return {};
}

}  // namespace tickmesh
