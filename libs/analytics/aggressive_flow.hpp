// Who presses, how hard, and whether it grows (METRICS.md 2.5): time-decayed signed volume over time-decayed volume.
#pragma once
#include <cstdint>

#include "analytics/value.hpp"
#include "core/bytes.hpp"
#include "core/types.hpp"

namespace tickmesh {

struct AggressionSettings {
  double fast_s{20}, slow_s{120};  ///< half-lives, seconds; > 0
  double mean_s{20 * 60};          ///< half-life of the mean rate that intensity is measured against
  double on{0.30}, off{0.20};      ///< |aggr| at which the flag is set and lost
  double intensity{1.5};           ///< needed to set it
  std::uint64_t least_trades{30};
  double least_s{60};  ///< since the first trade of the session
};

/// WARMUP until the session has 30 trades and 60 s; STALE after five fast half-lives without a trade: the last values are held and the
/// flag is off.
class AggressiveFlow {
 public:
  explicit AggressiveFlow(const AggressionSettings& settings = {}) : settings_{settings} {}
  /// `sign` -1, 0, 1; `size` in units, >= 0. A trade older than the last one counts as of the last one's time.
  void push(int sign, double size, Timestamp time);
  void reset();  ///< a session begins

  struct Reading {
    Value aggr;       ///< -1 to 1
    Value momentum;   ///< aggr less its slow twin
    Value intensity;  ///< rate now / mean rate
    Value flag;       ///< 1 AGGRESSIVE_BUY, -1 AGGRESSIVE_SELL, 0 neither
  };
  Reading read(Timestamp now) const;
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Decayed {
    double flow{0}, volume{0};
    void decay(double factor) { flow *= factor, volume *= factor; }
    void add(int sign, double size);
    double share() const { return volume > 0 ? flow / volume : 0; }
  };
  /// Volume a second, the young session's lack of a past made up for: `kept_of_age` is left of what came when it began.
  static double rate(double decayed_volume, double half_life, double kept_of_age);
  double intensity(Timestamp now) const;
  bool warm(Timestamp now) const;
  bool stale(Timestamp now) const;

  AggressionSettings settings_;
  std::uint64_t trades_{0};
  Timestamp first_{}, last_{};
  Decayed fast_{}, slow_{}, mean_{};
  int flag_{0};
};

}  // namespace tickmesh
