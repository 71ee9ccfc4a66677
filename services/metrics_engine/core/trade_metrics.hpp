// What the trades of one instrument say: who pressed, what was paid, and the bars that indicators run on.
#pragma once
#include <cstdint>
#include <vector>

#include "analytics/aggressive_flow.hpp"
#include "analytics/trade_flow.hpp"
#include "analytics/trade_sign.hpp"
#include "analytics/vwap.hpp"
#include "metrics_engine/core/bar_series.hpp"
#include "metrics_engine/core/metrics_config.hpp"
#include "metrics_engine/core/profile_metrics.hpp"

namespace tickmesh {

class TradeMetrics {
 public:
  static constexpr std::size_t kWindow = 100;
  static constexpr std::size_t kOfQuotes = 64;  ///< the first bytes of this are what quotes touch
  struct Counts {
    std::uint64_t taken{0};
    std::uint64_t unusable{0};  ///< no price, a size that sums do not take; `clean`: no size
    std::uint64_t repeated{0};  ///< `clean`: the print of that id was the last one
  };
  /// `config`, `instrument` and `news` must outlive this. `year_seconds`: what a year of trading has. `news`: who hears of the profile;
  /// nullptr: nobody.
  TradeMetrics(const MetricsConfig& config, const Instrument& instrument, double year_seconds, ProfileNews* news);

  /// A change of the best quote, of any quality: what trades after it are held against.
  void quote(const Quote& quote) { signer_.quote(quote); }
  /// Time has come to `time`: bars that ended are closed.
  void advance(Timestamp time) {
    if (time >= next_close_) close_bars(time);
  }
  /// Asks for the memory that `trade` will need: what lies here; then, when that is there, what it points to.
  void prefetch_state() const;
  void prefetch_windows(const Tick& tick) const;
  /// The same for `advance`, where it will have something to do at `time`.
  void prefetch_due(Timestamp time) const {
    if (time < next_close_) return;
    prefetch_state();
    for (const BarSeries& series : bars_) series.prefetch_close();
  }
  /// Takes a trade; false when it is not one that counts.
  bool trade(const Tick& tick);
  void mark_silence();  ///< nothing was heard for long: the windows are STALE until they are of trades after it
  void mark_lost();     ///< trades were lost: so are the windows, and what is summed over the session is STALE to its end
  void break_off() { signer_.break_off(); }
  void enter_session();
  /// As ProfileMetrics.
  void enter_hours(Timestamp begin, Timestamp end, bool open);
  void bust(const Tick& tick);
  void reset();  ///< another feed
  /// Fills what is about trades, as of `now`; `silent`: nothing is heard.
  void fill_flow(Metrics& m, Timestamp now, bool silent) const;
  /// The same `m` every time: what did not change since the last call is not written again.
  void fill_bars(Metrics& m, bool silent);
  /// Only the bars that there is news of: those that closed since metrics were said last, all of them once nothing is heard.
  void fill_news_of_bars(Metrics& m, bool silent);
  void fill_profile(Metrics& m, bool silent) { profile_.fill(m, of_session(silent)); }
  /// The bars were said.
  void said();
  const Counts& counts() const { return counts_; }

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  void close_bars(Timestamp time);
  void look_for_next_close();
  Status of_session(bool silent) const { return silent || lost_ ? Status::stale : Status::ok; }

  Timestamp next_close_{};  // the earliest end of an open bar, or when the profile has something to do
  TradeSigner signer_;
  bool gapped_{false};
  bool lost_{false};
  Filters filters_;
  bool bars_filled_{false}, filled_silent_{false};  // what was filled in last is what they say
  std::uint64_t since_gap_{0};
  Timestamp gap_at_{};  // event time of the first trade after it
  std::uint64_t last_id_{0};
  Counts counts_{};
  Vwap vwap_;
  AggressiveFlow aggression_;
  std::vector<BarSeries> bars_;
  std::size_t minute_;  // which of bars_ is of one minute; bars_.size(): none
  ProfileMetrics profile_;
  TradeFlow flow_{kWindow};  // last: most of it is a minute's seconds, of which a trade touches one
};

}  // namespace tickmesh
