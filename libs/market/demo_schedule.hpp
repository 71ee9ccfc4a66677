// What happens to the demo market as a whole, hour by hour: sessions, silences, halts, dislocations, busy and quiet spells.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"
#include "market/random.hpp"

namespace tickmesh {

/// A demo session is as long as one in New York; the next one begins at once, so that there is a market at any hour.
inline constexpr std::int64_t kDemoSessionNs = 23'400'000'000'000;

/// `from`..`to` bound a gap; instrument: which one is halted or dislocated.
struct ScheduleEvent {
  enum class Kind : std::uint8_t { session_started = 1, halted = 2, resumed = 3, gap_begins = 4, gap_ends = 5, session_ended = 6 };
  friend constexpr Kind last_value(Kind) { return Kind::session_ended; }
  Kind kind{};
  std::int64_t at{0};  ///< offset, ns
  std::int64_t from{0}, to{0};
  std::uint32_t instrument{0};
};

/// The day's events, drawn at its start: one halt of 2-5 minutes on one instrument, 1-3 silences of 2-8 s of the whole feed.
class DemoSchedule {
 public:
  DemoSchedule(std::uint64_t seed, std::size_t instruments);
  const ScheduleEvent& next() const { return events_[at_]; }
  /// Moves past `next()`; at the end of a session draws the one that follows.
  void pop();
  /// When the next price dislocation is due, and the draws that shape it.
  std::int64_t next_dislocation() const { return dislocation_at_; }
  struct Dislocation {
    double pick;  ///< [0, 1): which instrument, by its share of activity
    double size;  ///< signed, in units of the instrument's own usual dislocation, 0.6..1.6 in magnitude
    bool news;    ///< the value itself moved: no way back
  };
  Dislocation pop_dislocation();
  std::int64_t session_start() const { return session_start_; }
  /// How busy the time of day is, mean about 1 over the session: high at both ends.
  double u_shape(std::int64_t offset) const;

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  void draw_session();
  void schedule_dislocation(std::int64_t from);

  Random random_;
  std::uint32_t instruments_;
  std::int64_t session_start_{0};
  std::int64_t dislocation_at_{0};
  std::array<ScheduleEvent, 10> events_{};  ///< start, halt, resume, 3 x (gap begins, ends), end
  std::uint32_t count_{0};
  std::uint32_t at_{0};
};

}  // namespace tickmesh
