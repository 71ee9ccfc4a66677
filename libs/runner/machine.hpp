// A core with what surrounds it in every life: where it stands in each stream, its timers, its numbering. No journal, no clock.
// Live, recovery, verification and backtest all drive a core through this one class.
#pragma once
#include <array>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/core.hpp"

namespace tickmesh {

/// Where a reader stands, for those it asks and tells.
using Positions = std::map<std::pair<Stream, Partition>, Position>;
/// The same as a table, for every event; {0,0}: nothing applied yet.
class PositionTable {
 public:
  const Position& of(Stream stream, Partition partition) const { return cells_[static_cast<std::size_t>(stream)][partition]; }
  void reach(Stream stream, Partition partition, Position at) { cells_[static_cast<std::size_t>(stream)][partition] = at; }
  /// True when `name` was reached already: same epoch and not above it, or of an older epoch. Local inputs never were.
  bool seen(const Name& name) const {
    const Position& at = of(name.stream, name.partition);
    return name.stream != Stream::local && (name.at.epoch < at.epoch || (name.at.epoch == at.epoch && name.at.sequence <= at.sequence));
  }
  /// Reaches `name`, unless it was reached.
  void raise(const Name& name) {
    Position& at = cells_[static_cast<std::size_t>(name.stream)][name.partition];
    if (name.at.epoch > at.epoch || (name.at.epoch == at.epoch && name.at.sequence > at.sequence)) at = name.at;
  }
  Positions map() const;

 private:
  std::array<std::array<Position, kPartitions>, kStreams> cells_{};
};

class Machine {
 public:
  explicit Machine(Core& core) : core_{core} {}

  bool seen(const Name& name) const { return positions_.seen(name); }
  /// Applies one input at `now` (raised to the last one). Local inputs have `name.stream == Stream::local`. Not for what was `seen`.
  void apply(Timestamp now, const Name& name, const Event& event);
  /// What `apply` does but for the core, which never sees this input.
  void pass(Timestamp now, const Name& name, const Event& event);
  /// What was said since it was last cleared.
  std::vector<Outbox::Said>& said() { return outbox_.said(); }

  Timestamp now() const { return now_; }
  Positions positions() const { return positions_.map(); }
  const PositionTable& position_table() const { return positions_; }
  /// What lies up to there is known by other means and is not asked for.
  void stand_at(Stream stream, Partition partition, Position at) { positions_.reach(stream, partition, at); }
  /// The earliest armed timer, ties broken by number.
  std::optional<TimerFired> next_timer() const;
  /// When it is due; the latest time there is while none is armed.
  Timestamp next_due() const { return next_due_; }
  Outbox& outbox() { return outbox_; }
  const Outbox& outbox() const { return outbox_; }
  Core& core() { return core_; }

  /// Called after each input was applied.
  std::function<void(const Name&, const Event&)> observer;

  void save(ByteWriter& out) const;
  /// Error: code "version" when the state is of a newer core than this one.
  Result<void> load(ByteReader& in);

 private:
  Core& core_;
  Outbox outbox_;
  Timestamp now_{};
  void hand_over(const Input& in) {
    core_.apply(in, outbox_);
    if (!outbox_.wakes().empty()) [[unlikely]]
      arm_wakes();
    if (observer) observer(in.name, in.event);
  }
  void arm_wakes();
  void arm(std::uint64_t timer, Timestamp at);

  PositionTable positions_;
  std::map<std::uint64_t, Timestamp> timers_;
  std::set<std::pair<Timestamp, std::uint64_t>> due_;  ///< the same, earliest first
  static constexpr Timestamp kNever{std::numeric_limits<std::int64_t>::max()};
  Timestamp next_due_{kNever};  ///< of due_: asked for before every input
};

}  // namespace tickmesh
