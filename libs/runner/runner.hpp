// take → record → apply → record → release: a machine with its journal.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "journal/journal.hpp"
#include "runner/machine.hpp"

namespace tickmesh {

/// One event on its way to the core: still in its publisher's bytes.
struct Arrival {
  Name name{};
  ByteView bytes{};  ///< lives until `step` returns
};

/// What the core said and the journal holds.
struct Released {
  Name name{};
  Bytes bytes{};
  Event event{};
  Lsn recorded{};   ///< where its record ends: when `durable` has reached this, a power cut cannot take it back
  bool replayed{};  ///< completed by recovery: others must hear it, but what it asks of the outside world may have been done already
};

/// Fetches what `Taken` names by reference from the publisher's journal, when a tail is run again.
class ReferenceSource {
 public:
  virtual ~ReferenceSource() = default;
  /// Exactly `count` events from `first` on, or an Error with code "trimmed" (gone for good) or "unreachable" (publisher away).
  virtual Result<std::vector<Bytes>> fetch(const Name& first, std::uint32_t count) = 0;
};

struct RunnerOptions {
  std::array<bool, kStreams> by_reference{};  ///< recorded by name; everything else is copied into `Taken`
};

struct Recovered {
  bool from_snapshot{false};
  std::uint64_t inputs_run{0};      ///< of the tail
  std::uint64_t said_compared{0};   ///< equal, byte for byte
  std::uint64_t said_completed{0};  ///< missing at the tail's end, appended now
  std::uint64_t inputs_lost{0};     ///< references trimmed at their publisher; from there on the journal's own words are believed
};

class Runner {
 public:
  Runner(Core& core, Journal& journal, const Codec& codec, RunnerOptions options);

  /// Loads the last snapshot, runs the tail again, compares; then appends `started` and tells the core. Call once, first.
  /// Error codes: "diverged" (the core says something else than the journal holds), "version" (a tail of another core version),
  /// "unreachable" (a referenced publisher is away), "corrupt".
  Result<Recovered> recover(ReferenceSource& references, Timestamp now);

  /// Records the arrivals, applies them in order at `now`, records what was said. Skips what was applied before.
  void step(Timestamp now, std::span<const Arrival> arrivals);
  /// Records and applies one local input.
  void step_local(Timestamp now, const Event& local);
  /// Fires every timer due at `now`. Returns how many.
  std::size_t fire_timers(Timestamp now);
  std::optional<TimerFired> next_timer() const { return machine_.next_timer(); }

  /// What was said since the last call, in order.
  std::vector<Released> take_released() { return std::exchange(released_, {}); }

  void snapshot();
  Machine& machine() { return machine_; }
  const Machine& machine() const { return machine_; }
  Token token() const { return token_; }
  std::uint64_t inputs_since_snapshot() const { return since_snapshot_; }
  std::uint64_t duplicates() const { return duplicates_; }
  std::uint64_t undecodable() const { return undecodable_; }

 private:
  void apply_bytes(Timestamp now, const Name& name, ByteView bytes);
  void take(Timestamp now);  ///< records and applies `fresh_`
  void record_said();

  Journal& journal_;
  const Codec& codec_;
  RunnerOptions options_;
  Machine machine_;
  Token token_{};
  std::vector<Released> released_;
  std::uint64_t since_snapshot_{0};
  std::uint64_t duplicates_{0};
  std::uint64_t undecodable_{0};
  Event scratch_;
  TakenRecord taken_;
  std::vector<const Arrival*> fresh_;  ///< of the step under way, not yet applied
  Bytes body_;
};

}  // namespace tickmesh
