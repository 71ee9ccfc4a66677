// A core with what surrounds it in every life: where it stands in each stream, its timers, its numbering. No journal, no clock.
// Live, recovery, verification and backtest all drive a core through this one class.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "core/core.hpp"

namespace tickmesh {

using Positions = std::map<std::pair<Stream, Partition>, Position>;

class Machine {
 public:
  explicit Machine(Core& core) : core_{core} {}

  /// True when the event was applied at this position already: same epoch and not above it, or of an older epoch.
  bool seen(const Name& name) const;
  /// Applies one input at `now` (raised to the last one). Local inputs have `name.stream == Stream::local`. Not for what was `seen`.
  void apply(Timestamp now, const Name& name, const Event& event);
  /// What was said since it was last cleared.
  std::vector<Outbox::Said>& said() { return outbox_.said(); }

  Timestamp now() const { return now_; }
  const Positions& positions() const { return positions_; }
  /// The earliest armed timer, ties broken by number.
  std::optional<TimerFired> next_timer() const;
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
  Positions positions_;
  std::map<std::uint64_t, Timestamp> timers_;
};

}  // namespace tickmesh
