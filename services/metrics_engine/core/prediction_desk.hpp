// What users' models said of each instrument: the last word alone.
#pragma once
#include <cstddef>
#include <map>

#include "core/core.hpp"
#include "core/instrument.hpp"

namespace tickmesh {

/// One prediction an instrument at most. The newest word counts, whichever model says it; of one model an as_of older than what it said
/// before is out of order and not taken.
class PredictionDesk {
 public:
  static constexpr Duration kMostAhead = seconds(5);         ///< of `now` that as_of may lie
  static constexpr Duration kLongest = seconds(7 * 86'400);  ///< horizon
  static constexpr std::size_t kLongestModel = 64;           ///< bytes of its name

  /// False: not one that can be followed (confidence, horizon, as_of or name out of range), or out of order.
  bool take(std::size_t place, const Prediction& prediction, Timestamp now);
  /// Null: none. Valid until the next `load`; what it points to changes with `take`.
  const Prediction* of(std::size_t place) const;
  /// The earliest expiry after `now`; zero: none is to come.
  Timestamp next_expiry(Timestamp now) const;
  const std::map<std::size_t, Prediction>& all() const { return held_; }

  void save(ByteWriter& out, const Instruments& instruments) const;
  /// Predictions of instruments that are not listed are left out.
  void load(ByteReader& in, const Instruments& instruments);

 private:
  std::map<std::size_t, Prediction> held_;  // by place in the list of instruments
};

}  // namespace tickmesh
