// metrics_engine's decisions: ticks and depth in, `metrics`, `signal` and `book` out.
#pragma once
#include <cstdint>
#include <vector>

#include "core/core.hpp"
#include "core/foresight.hpp"
#include "metrics_engine/core/metrics_config.hpp"
#include "metrics_engine/core/prediction_desk.hpp"
#include "metrics_engine/core/symbol_metrics.hpp"
#include "signals/signal_state.hpp"

namespace tickmesh {

/// Inputs: Tick on Stream::tick, DepthUpdate on Stream::depth, Started, WentLive, StreamGap of both, Command{predict} on Stream::control,
/// TimerFired{kSilenceTimer, kPredictionTimer}; the rest is ignored.
/// Outputs, on the instrument's partition: Metrics on the first good quote or trade of each grid cell, at every signal, and once when the
/// instrument falls silent or its book becomes unusable; Signal when a rule's state changes; ProfileEvent when the profile's nodes are
/// found anew, its session is over, the market's state or the nearness to a node changes. A signal's cause is its tick. BookTop of an
/// instrument that has depth, at the first change of each cell of its grid, and when the book breaks or is whole again. Before WentLive
/// metrics are said and nothing is entered. A loaded core continues bit for bit; an instrument that the snapshot does not hold starts
/// fresh, one that is no longer listed is left out.
class MetricsCore final : public Core, public Foresight {
 public:
  static constexpr std::uint32_t kVersion = 5;
  static constexpr std::uint64_t kSilenceTimer = 1;
  static constexpr std::uint64_t kPredictionTimer = 2;  ///< one expires
  static constexpr std::size_t kCached = 64;            ///< so many instruments stay in a processor's own cache

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

  /// Nobody hears `metrics` and `profile`: what would be said there is neither computed nor said. Signals and `book` are as ever.
  void leave_unheard() {
    heard_ = false;
    profile_news_.leave_unheard();
  }

  bool looks_ahead() const override { return cells_.size() > kCached; }
  void far(const Tick& tick) const override;
  void near(const Tick& tick) const override;

  /// What the filters let through and dropped, all instruments together, and ticks of instruments that are not listed.
  FilterCounts counts() const;
  std::uint64_t unlisted() const { return unlisted_; }

 private:
  struct Cell {
    std::vector<SignalState> signals;
    Partition partition;
    unsigned glanced_by;          // groups of metrics that the signals glance at
    const Prediction* predicted;  // of predictions_; null: nothing was said
    std::int64_t published_cell;  // of the grid
    Timestamp publish_next;       // event time at which the cell after it begins
    Timestamp heard;              // `now` at the last quote
    bool book_was_usable;
    SymbolMetrics metrics;
  };
  void on_tick(const Input& in, const Tick& tick, Outbox& out);
  bool ours(const Cell& cell) const { return (config_.partitions >> cell.partition & 1) != 0; }
  void on_depth(const Input& in, const DepthUpdate& update, Outbox& out);
  void say_book(Cell& cell, Outbox& out);
  void pass_over(Cell& cell, Timestamp event_time);
  void on_timer(const Input& in, Outbox& out);
  /// Says what profiles have to say of this input.
  void say_profile(const Cell& cell, bool warming, Outbox& out);
  /// Judges the signals and says what there is to say; `publish`: the metrics in any case.
  void judge(Cell& cell, const Input& in, bool fresh, bool publish, Outbox& out);
  /// Says the metrics, and the signals that have a bit in `signals`.
  void say(Cell& cell, const Input& in, std::uint64_t signals, Outbox& out);
  Conditions conditions(const Cell& cell, Timestamp now, bool fresh) const;
  // metrics_core_predictions.cpp
  void on_prediction(const Input& in, const Command& command, Outbox& out);
  void predictions_due(const Input& in, Outbox& out);
  /// Judges the rules that follow what models say, and them alone.
  void judge_prediction(Cell& cell, const Input& in, Outbox& out);
  void arm_predictions(Timestamp now, Outbox& out);
  void follow(std::size_t place);
  void arm(Timestamp at, Outbox& out);
  /// Metrics were said in this cell of the grid.
  void published(Cell& cell, std::int64_t in_cell) const;

  MetricsConfig config_;
  ProfileNews profile_news_;
  std::vector<Cell> cells_;  // in the order of the instruments
  bool heard_{true};         // metrics and profiles are
  bool live_{false};
  Timestamp armed_{};
  std::uint64_t unlisted_{0};
  std::uint64_t by_prediction_{0};  // one bit a rule
  PredictionDesk predictions_;
  Timestamp predictions_armed_{};
};

}  // namespace tickmesh
