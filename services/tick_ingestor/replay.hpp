// The replay feed on the clock: which recorded ticks are due, how far it has come. The files are read on the core thread: a chunk at a
// time.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/config.hpp"
#include "tick_ingestor/feeds/replay/data_set.hpp"
#include "tick_ingestor/feeds/take_event.hpp"

namespace tickmesh {

class ReplayFeed {
 public:
  /// Finds the data of [feed.replay]. Throws std::runtime_error on what it refuses, so that a bad file stops the start.
  ReplayFeed(const Config& config, const Instruments& instruments);

  /// After a restart: so many ticks and depths were said before and are read over. Call once, first.
  void skip(std::uint64_t ticks, std::uint64_t depths);
  /// The mesh is there: the data begin, or go on, at this moment of the machine's monotonic clock.
  void begin(std::int64_t mono);
  bool begun() const { return begun_; }
  /// What is given at once spans no more than this of recorded time: readers hear it partition by partition, and what they hear last must
  /// not look stale beside what they heard first.
  static constexpr Duration kSpan = milliseconds(500);

  /// In event-time readers put everything in order by themselves: spans are as long as they are, and ticks of one time are given together,
  /// even beyond the limit.
  void whole_moments() { whole_ = true; }
  /// Before this nothing more will be said, with all that was given said. After the end: just behind it.
  Timestamp quiet_until();
  /// Gives what is due, at most `limit` and within kSpan: ticks and depth with their event_time, and the end of the data. Returns how many.
  /// Throws std::runtime_error: a damaged file.
  std::size_t due(std::int64_t mono, std::size_t limit, const TakeEvent& take);
  /// Nanoseconds until something may be due; 0: now. 100 ms at most.
  std::int64_t wait_ns(std::int64_t mono) const;
  bool over() const { return over_ && next_ == rows_.ticks.size(); }

  /// "42.1 % · 2013-10-07T15:10:00Z · 12 s left", from what was read of the files and the time it took; at a speed, where the files' names
  /// say their days, "at most 12 s left", from the time that the data have left.
  std::string progress(std::int64_t mono) const;
  replay::Tally tally() const { return merge_->tally(); }
  const replay::DataSet& data() const { return data_; }

 private:
  bool fill();
  std::int64_t reached(std::int64_t mono) const;  ///< the data's time now, by speed

  const Instruments& instruments_;
  replay::DataSet data_;
  double speed_{0};  ///< 0: max
  bool loop_;
  bool whole_{false};
  std::unique_ptr<replay::Merge> merge_;
  void pass();
  const Event& front_event();
  const Tick& front() const { return rows_.ticks[next_]; }

  replay::Rows rows_;  ///< read ahead, from next_ and next_depth_ on
  std::size_t next_{0}, next_depth_{0};
  Event given_{};                                   ///< the one place of what is given
  std::uint64_t skip_ticks_{0}, skip_depths_{0};    ///< were said before
  std::uint64_t number_shift_{0}, last_number_{0};  ///< of depth: in a later pass its numbers go on
  Duration shift_{};                                ///< of this pass
  Timestamp first_{}, last_{};
  Timestamp ends_{};        ///< no row is later; zero: not known. Of the first pass
  Timestamp said_until_{};  ///< the latest given
  bool over_{false}, begun_{false}, told_begin_{false}, told_end_{false};
  std::int64_t begun_mono_{0}, begun_data_{0};
  std::int64_t now_{0};  ///< of the last call
  std::int64_t pass_mono_{0};
  std::uint64_t pass_bytes_{0};  ///< of this pass, that were read before it began here
};

}  // namespace tickmesh
