// metrics_engine's decisions: ticks in, `metrics` and `signal` out.
#pragma once
#include <cstdint>
#include <vector>

#include "core/core.hpp"
#include "metrics_engine/core/metrics_config.hpp"
#include "metrics_engine/core/symbol_metrics.hpp"
#include "signals/signal_state.hpp"

namespace tickmesh {

/// Inputs: Tick on Stream::tick, Started, WentLive, StreamGap of ticks, TimerFired{kSilenceTimer}; the rest is ignored.
/// Outputs, on the instrument's partition: Metrics on the first good quote or trade of each grid cell, at every signal, and once when the
/// instrument falls silent or its book becomes unusable; Signal when a rule's state changes. A signal's cause is its tick.
/// Before WentLive metrics are said and nothing is entered. A loaded core continues bit for bit; an instrument that the snapshot does
/// not hold starts fresh, one that is no longer listed is left out.
class MetricsCore final : public Core {
 public:
  static constexpr std::uint32_t kVersion = 4;
  static constexpr std::uint64_t kSilenceTimer = 1;

  /// Error: a parameter out of its range, an unknown signal, a window or duration that cannot be.
  static Result<void> check(const MetricsConfig& config);
  /// A configuration that `check` refuses breaks an invariant.
  explicit MetricsCore(MetricsConfig config);
  MetricsCore(const MetricsCore&) = delete;
  MetricsCore& operator=(const MetricsCore&) = delete;

  std::uint32_t version() const override { return kVersion; }
  void apply(const Input& in, Outbox& out) override;
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;

  /// What the filters let through and dropped, all instruments together, and ticks of instruments that are not listed.
  FilterCounts counts() const;
  std::uint64_t unlisted() const { return unlisted_; }

 private:
  struct Cell {
    std::vector<SignalState> signals;
    Partition partition;
    unsigned glanced_by;          // groups of metrics that the signals glance at
    std::int64_t published_cell;  // of the grid
    Timestamp publish_next;       // event time at which the cell after it begins
    Timestamp heard;              // `now` at the last quote
    bool book_was_usable;
    SymbolMetrics metrics;
  };
  void on_tick(const Input& in, const Tick& tick, Outbox& out);
  bool ours(const Cell& cell) const { return (config_.partitions >> cell.partition & 1) != 0; }
  void pass_over(Cell& cell, Timestamp event_time);
  bool warms_up(const Cell& cell, const Position& tick) const;
  void on_timer(const Input& in, Outbox& out);
  /// Judges the signals and says what there is to say; `publish`: the metrics in any case.
  void judge(Cell& cell, const Input& in, bool fresh, bool publish, Outbox& out);
  /// Says the metrics, and the signals that have a bit in `signals`.
  void say(Cell& cell, const Input& in, std::uint64_t signals, Outbox& out);
  void arm(Timestamp at, Outbox& out);
  /// Metrics were said in this cell of the grid.
  void published(Cell& cell, std::int64_t in_cell) const;

  MetricsConfig config_;
  std::vector<Cell> cells_;  // in the order of the instruments
  bool live_{false};
  Timestamp armed_{};
  std::uint64_t unlisted_{0};
};

}  // namespace tickmesh
