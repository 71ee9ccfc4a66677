// Bars of trades of one length, as the indicators hear them: a bar is closed by the first trade or moment at or past its end, empty
// intervals make none, and a trade of a bar that is closed is counted and dropped (the indicators have used that bar).
#pragma once
#include <cstdint>

#include "analytics/moving.hpp"

namespace tickmesh {

class BarClock {
 public:
  /// Intervals are counted from the Unix epoch. `length` > 0.
  explicit BarClock(Duration length) : length_{length} { TM_INVARIANT(length.ns > 0, "a bar has a length"); }
  Duration length() const { return length_; }
  bool open() const { return open_; }
  /// End of the open bar; nothing is closed before.
  Timestamp end() const { return bar_.start + length_; }
  /// True when the open bar ended at or before `time`: it is in `closed`.
  bool advance(Timestamp time, ClosedBar& closed);
  /// A trade; `advance` to its time comes first. `session_begins`: no bar of this session closed or is open yet.
  void add(Timestamp time, Price price, Quantity size, bool session_begins);
  std::uint64_t late() const { return late_; }
  void reset();
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  Duration length_;
  bool open_{false};
  ClosedBar bar_{};
  Timestamp done_{};  // nothing before is taken
  std::uint64_t late_{0};
};

}  // namespace tickmesh
