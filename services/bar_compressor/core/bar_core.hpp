// bar_compressor's decisions: ticks and feed health in, bars out.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bars/instrument_bars.hpp"
#include "core/core.hpp"
#include "core/instrument.hpp"
#include "core/trading_session.hpp"

namespace tickmesh {

struct BarConfig {
  Instruments instruments{};
  BarSpec spec{};
  /// Sessions by calendar name, ascending, apart, opening and closing at whole minutes. An instrument whose calendar is not listed trades
  /// around the clock and its session is the UTC day.
  std::map<std::string, std::vector<TradingSession>> sessions{};
  Duration grace{milliseconds(250)};  ///< a timer waits this long after a bar's end for ticks on their way
  Duration max_ahead{seconds(60)};    ///< a tick further ahead of `now` is refused: it would make all others late
  Duration stall{seconds(1)};         ///< inputs this far behind mean that we catch up: then ticks alone close bars
};

/// Inputs: Tick on Stream::tick, FeedEvent gaps on Stream::feed, StreamGap of ticks or feed, TimerFired{1}, Started;
/// the rest is ignored. Outputs: Bar on Stream::bar, the instrument's partition. Bars report, so they are said before WentLive too.
class BarCore final : public Core {
 public:
  static constexpr std::uint32_t kVersion = 3;

  /// Error: the field and the rule it breaks.
  static Result<void> check(const BarConfig& config);
  /// A configuration that `check` refuses breaks an invariant.
  explicit BarCore(BarConfig config);
  BarCore(const BarCore&) = delete;
  BarCore& operator=(const BarCore&) = delete;

  std::uint32_t version() const override { return kVersion; }
  void apply(const Input& in, Outbox& out) override;
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;

  BarCounts counts() const;  ///< all instruments together
  /// Ticks of instruments that are not listed, and ticks of no time or of one too far ahead.
  std::uint64_t unlisted() const { return unlisted_; }
  std::uint64_t bad_time() const { return bad_time_; }

 private:
  struct Row {
    InstrumentId id{};
    InstrumentBars bars;
  };
  void on_tick(const Input& in, const Tick& tick, Outbox& out);
  void on_timer(const Input& in, const TimerFired& timer, Outbox& out);
  void on_feed(const FeedEvent& event, Outbox& out);
  void on_stream_gap(const StreamGap& gap, Outbox& out);
  bool catching_up(Timestamp now, Timestamp due) const;
  void arm(Timestamp at, Outbox& out);
  void arm_open(const InstrumentBars& bars, Outbox& out);
  void say(const Row& row, Outbox& out);

  BarConfig config_;
  std::vector<Row> rows_;  // in the order of the instruments
  Timestamp armed_{};      // when the timer fires; zero: it does not
  Timestamp taken_{};      // `now` at the last tick …
  Duration behind_{};      // … and how old it was
  std::uint64_t unlisted_{0};
  std::uint64_t bad_time_{0};
  std::vector<Bar> scratch_;
};

}  // namespace tickmesh
