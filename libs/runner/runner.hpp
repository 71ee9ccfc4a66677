// take → record → apply → record → release: a machine with its journal.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/foresight.hpp"
#include "journal/journal.hpp"
#include "runner/attempts.hpp"
#include "runner/machine.hpp"
#include "runner/releases.hpp"

namespace tickmesh {

/// One event on its way to the core: still in its publisher's bytes.
struct Arrival {
  Name name{};
  ByteView bytes{};  ///< lives until `step` returns
};

/// Fetches what `Taken` names by reference from the publisher's journal, when a tail is run again.
class ReferenceSource {
 public:
  virtual ~ReferenceSource() = default;
  /// Appends exactly `count` events from `first` on to `out`; their bytes live until the next call. Or an Error with code "trimmed"
  /// (gone for good) or "unreachable" (publisher away).
  virtual Result<void> fetch(const Name& first, std::uint32_t count, std::vector<ByteView>& out) = 0;
};

struct RunnerOptions {
  std::array<bool, kStreams> by_reference{};  ///< recorded by name; everything else is copied into `Taken`
  /// Event-time: how often a service was started shows in nothing it says. A core that has taken anything from others hears of no
  /// further start, and all starts bear the token of the first.
  bool continues{false};
};

struct Recovered {
  bool from_snapshot{false};
  std::uint64_t inputs_run{0};      ///< of the tail
  std::uint64_t said_compared{0};   ///< equal, byte for byte
  std::uint64_t said_completed{0};  ///< missing at the tail's end, appended now
  std::uint64_t inputs_skipped{0};  ///< by a person's word
  bool continued{false};            ///< the core was not told of this start
  std::uint64_t inputs_lost{0};     ///< references trimmed at their publisher; from there on the journal's own words are believed
  std::vector<Error> rejected_snapshots{};
};

class Runner final : MetricsSink {
 public:
  Runner(Core& core, Journal& journal, const Codec& codec, RunnerOptions options);
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Loads the last snapshot, runs the tail again, compares; then appends `started` and tells the core. Call once, first.
  /// Error codes: "diverged" (the core says something else than the journal holds), "version" (a tail of another core version),
  /// "unreachable" (a referenced publisher is away), "corrupt" (of the journal, or no snapshot can be loaded and its beginning is gone).
  /// "poison": three starts in a row died of one input, which the message names; nothing was appended. `attempts` counts them.
  Result<Recovered> recover(ReferenceSource& references, Timestamp now, Attempts* attempts = nullptr);

  /// Queues a run of events of one stream and partition for the next step; its bytes live until then. What was applied or queued
  /// before is dropped. Returns how many events are queued in all.
  std::size_t add(const Name& first, std::span<const ByteView> events);
  /// Records what is queued, applies it in order at `now`, records what was said.
  void step(Timestamp now);
  /// The same for single events.
  void step(Timestamp now, std::span<const Arrival> arrivals);
  /// The same for one event, recorded as a copy whatever its stream: its publisher no longer holds it. Nothing may be queued.
  void step_copied(Timestamp now, const Name& name, ByteView bytes);
  /// Records and applies one local input.
  void step_local(Timestamp now, const Event& local);
  /// Fires every timer due at `now`. Returns how many.
  std::size_t fire_timers(Timestamp now);
  std::optional<TimerFired> next_timer() const { return machine_.next_timer(); }

  /// What was said and is not taken yet, in order.
  Releases& releases() { return releases_; }

  void snapshot();
  Machine& machine() { return machine_; }
  const Machine& machine() const { return machine_; }
  Token token() const { return token_; }
  std::uint64_t inputs_since_snapshot() const { return since_snapshot_; }
  std::uint64_t duplicates() const { return duplicates_; }
  std::uint64_t undecodable() const { return undecodable_; }

 private:
  struct Run {
    Name first{};
    std::uint32_t begin{0}, count{0};  ///< in queued_
  };
  bool by_reference(Stream stream) const { return options_.by_reference[static_cast<std::size_t>(stream)]; }
  Result<Recovered> run_tail(ReferenceSource& references, Timestamp now, Attempts* attempts);
  void apply_bytes(Timestamp now, const Name& name, ByteView bytes);
  void apply_foreseen(Timestamp now, std::span<const Run> runs);
  void take(Timestamp now, std::span<const Run> runs);  ///< records and applies
  void said(const Name& name, const Metrics& metrics) override;
  void record_said();

  Journal& journal_;
  const Codec& codec_;
  RunnerOptions options_;
  Machine machine_;
  Token token_{};
  Releases releases_;
  std::uint64_t since_snapshot_{0};
  std::uint64_t duplicates_{0};
  std::uint64_t undecodable_{0};
  Event scratch_;
  /// Decoded and not yet applied: only for a core that looks ahead.
  struct Coming {
    Name name{};
    bool sound{false};
    Event event{};
  };
  Foresight* foresight_{nullptr};  ///< of the core; null: it looks at nothing ahead
  std::vector<Coming> coming_;     ///< a ring
  TakenRecord taken_;
  PositionTable reached_;  ///< the machine's, and what is queued
  std::vector<Run> runs_;
  std::vector<ByteView> queued_;
  Bytes body_;
};

}  // namespace tickmesh
