// All metrics of one instrument: quotes and trades in, a `Metrics` out.
#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "analytics/flow_score.hpp"
#include "analytics/order_flow.hpp"
#include "analytics/quote_windows.hpp"
#include "analytics/regime_filter.hpp"
#include "analytics/volatility.hpp"
#include "metrics_engine/core/depth_metrics.hpp"
#include "metrics_engine/core/metrics_config.hpp"
#include "metrics_engine/core/trade_metrics.hpp"

namespace tickmesh {

/// Windows of mids and spreads count quote ticks that changed bid or ask, the same for all, so that they describe one window; order flow
/// counts changes of size as well. On a feed that is synthetic order flow keeps its value and says UNDEFINED: nobody's orders made it.
/// After a gap each window is STALE, its value kept, until it holds only ticks from after the gap.
class alignas(64) SymbolMetrics {
 public:
  static constexpr std::size_t kUsualBytes = 54 << 10;  ///< with windows of the default lengths and the rows of a session

  /// `config`, `instrument` and `news` must outlive this. `news`: who hears of the profile; nullptr: nobody.
  SymbolMetrics(const MetricsConfig& config, const Instrument& instrument, ProfileNews* news = nullptr);

  /// Asks for the memory that `learn` will need, all of it at once: of thousands of instruments nearly none is in a cache, and waiting for
  /// one line after the other takes longer than computing. First the state, some ticks ahead; then, when that is there, what the state
  /// points to.
  void prefetch_state(TickKind kind) const;
  void prefetch_windows(const Tick& tick) const;
  /// Takes one quote. True when it was good, so that what `metrics()` says may have changed.
  bool learn(const Tick& tick);
  /// Takes one trade. True when it counts.
  bool learn_trade(const Tick& tick);
  /// Takes the word that an earlier trade is void: the profile's volume alone is undone.
  void learn_bust(const Tick& tick);
  /// Takes one change or snapshot of its book.
  void learn_depth(const DepthUpdate& update);
  /// Null: the instrument has no depth.
  DepthMetrics* depth() { return depth_.get(); }
  /// Ticks of this instrument are lost: windows are STALE.
  void mark_gap();
  /// Nothing was heard for longer than the gap allows: everything is STALE until the next good quote.
  void mark_silent() { silent_ = true; }

  /// As of the last tick; header: event_time alone. Of the values those of `groups` (metric_group) are there, computed no more than
  /// once a state. Valid until the next call of a member that is not const.
  Metrics& metrics(unsigned groups);
  /// The values of `groups` alone, for who looks at nothing else.
  const Metrics& glance(unsigned groups);
  /// The same with all values, but of the bars only those that there is news of: what is said.
  Metrics& news();
  /// Metrics were said: bars are fresh when they close anew.
  void said() { trades_.said(); }
  bool book_usable() const { return has_quote_ && !silent_ && !book_stale_; }
  /// Of the last quote, usable or not.
  bool session_open() const { return session_open_; }
  bool silent() const { return silent_; }
  FeedKind feed() const { return feed_; }
  bool synthetic() const { return synthetic_; }
  Timestamp as_of() const { return has_trade_ && last_trade_ > last_seen_ ? last_trade_ : last_seen_; }  ///< event time of the last tick
  bool seen() const { return has_seen_; }
  Timestamp last_seen() const { return last_seen_; }  ///< event time of the last quote of any quality
  const FilterCounts& counts() const { return filter_.counts(); }
  const TradeMetrics::Counts& trade_counts() const { return trades_.counts(); }
  const Instrument& instrument() const { return *instrument_; }

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  // Lines of 64 bytes: the first that quotes touch, how many they are, and for how many of them it pays to ask: who asks for line after
  // line gets those behind from the processor, and more asking at once than it can take up makes the tick wait.
  static constexpr std::size_t kFirstOfQuotes = QuoteFilter::kRare / 64, kLinesOfQuotes = 19, kAskedOfQuotes = 12;
  void enter_session(Timestamp event_time) {
    if (event_time < same_from_ || event_time >= same_until_) look_up_session(event_time);
  }
  void look_up_session(Timestamp event_time);
  void enter_feed(const Tick& tick);
  void reset_windows();
  void reset_flow();
  void note_silence(Timestamp event_time);
  void stale_quotes();
  void count(const Quote& quote);
  void flow(const Quote& quote);
  Cost cost() const;
  void compute(unsigned groups);
  void compute_flow(unsigned groups);
  /// STALE instead of OK while the book is, or while a window of `n` ticks reaches back over a gap, `since` ticks ago.
  Value judged(Value value, std::size_t n, std::uint64_t since) const;
  Value judged(Value value, std::size_t n) const { return judged(value, n, since_gap_); }

  // What quotes touch lies together; what only trades, bars and publishing touch lies behind.
  QuoteFilter filter_;
  const MetricsConfig* config_;
  Timestamp same_from_{}, same_until_{};  // the times between which the calendar says what it said last; none at first
  Timestamp last_seen_{};
  FeedKind feed_{FeedKind::none};
  bool synthetic_{false};
  bool has_session_{false};
  bool has_seen_{false};
  bool has_trade_{false};
  bool has_quote_{false};
  bool silent_{false};
  bool book_stale_{false};
  bool gapped_{false};
  bool session_open_{true};
  bool computed_usable_{false};  // computed_ is of a book that is usable or not
  bool around_the_clock_{true};
  unsigned computed_{0};  // groups of metrics_ that are those of the windows as they are
  std::uint64_t since_gap_{0};
  std::uint64_t flow_since_gap_{0};  // events of order flow
  Timestamp last_trade_{};
  Timestamp unusable_since_{};
  Quote quote_{};  // the last good one
  QuoteWindows windows_;
  RegimeFilter regime_;
  OrderFlow order_flow_;
  FlowScore flow_score_;
  RealisedVariance realised_;
  TradeMetrics trades_;
  Metrics metrics_{};
  const Instrument* instrument_;
  std::int64_t session_{0};  // which session the windows belong to
  std::span<const TradingSession> sessions_;
  std::unique_ptr<DepthMetrics> depth_;  // from the first depth on
};

}  // namespace tickmesh
