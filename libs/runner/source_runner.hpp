// A machine whose journal holds only what it said: its inputs come from outside the mesh and are not kept. What it said, told to it
// again, replaces running inputs again.
#pragma once
#include <functional>
#include <vector>

#include "runner/machine.hpp"
#include "runner/said_runs.hpp"

namespace tickmesh {

class SourceRunner {
 public:
  /// `observe(name, event)`: the core learns what it said before.
  using Observe = std::function<void(const Name&, const Event&)>;
  SourceRunner(Core& core, Journal& journal, const Codec& codec) : journal_{journal}, codec_{codec}, machine_{core}, said_{codec} {}
  SourceRunner(const SourceRunner&) = delete;
  SourceRunner& operator=(const SourceRunner&) = delete;

  /// Loads the last snapshot and observes what was said since. Error codes: "corrupt", "version".
  Result<std::uint64_t> recover(const Observe& observe, Timestamp now);
  /// Applies an input at `now`. What is said waits for `record`, but for what would be more than a part of the journal.
  void take(Timestamp now, const Event& input);
  /// The same at the time its source gave it, which is never before the one before it: recorded data. A tick, depth or a feed event.
  void take_recorded(const Event& input);
  /// Records what was said.
  void record() { said_.record(journal_); }
  /// Takes all of them and records.
  void step(Timestamp now, std::span<const Event> inputs);
  /// What was said and is in the journal, on its way to those who hear it.
  SaidRuns& said() { return said_; }
  void snapshot();
  Token token() const { return token_; }
  /// When the life before this one last said something; zero: there was none.
  Timestamp spoke_until() const { return spoke_until_; }
  const Machine& machine() const { return machine_; }
  const std::vector<Error>& rejected_snapshots() const { return rejected_snapshots_; }
  std::uint64_t inputs_since_snapshot() const { return since_snapshot_; }

 private:
  void take_said();

  Journal& journal_;
  const Codec& codec_;
  Machine machine_;
  Token token_{};
  Timestamp spoke_until_{};
  SaidRuns said_;
  std::vector<Error> rejected_snapshots_;
  std::uint64_t since_snapshot_{0};
  Bytes body_;
};

}  // namespace tickmesh
