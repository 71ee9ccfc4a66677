// Where the session of one instrument traded, whether its market is in balance, how near the price is to a node of low volume, and VPIN
// (METRICS.md 2.6 and 3).
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "analytics/profile/lvn_alert.hpp"
#include "analytics/profile/market_state.hpp"
#include "analytics/profile/session_profile.hpp"
#include "analytics/profile/vpin.hpp"
#include "core/instrument.hpp"

namespace tickmesh {

/// What profiles have to say of one input. One for all instruments of a core: it is emptied before the next input, and its memory stays.
class ProfileNews {
 public:
  bool empty() const { return used_ == 0; }
  std::size_t size() const { return used_; }
  ProfileEvent& operator[](std::size_t i) { return events_[i]; }
  /// The event is as some earlier one left it.
  ProfileEvent& add() {
    if (used_ == events_.size()) events_.emplace_back();
    return events_[used_++];
  }
  void clear() { used_ = 0; }
  /// Nobody hears of them: none is made from now on.
  void leave_unheard() { heard_ = false; }
  bool heard() const { return heard_; }

 private:
  bool heard_{true};
  std::vector<ProfileEvent> events_;
  std::size_t used_{0};
};

/// The height of a row: `instrument.profile_row` where it is set; else a hundredth of the range that a usual day has, 1.6 sigma_D of the
/// price (the mean range of a random walk, sqrt(8 / pi) sigma: Feller 1951), in whole ticks and at least one, so that a day two fifths as
/// wide or twice as wide still has 40 to 200 rows. sigma_D is 2 % where it is not known.
Price profile_row(const Instrument& instrument, Price price);

/// Trades of one feed, within the session's hours: what trades outside of them is not of the auction. The value area is found anew every
/// second, or with 0.1 % of new volume but then no sooner than after 100 ms; the nodes every 60 s, or with 1 % but no sooner than after 1
/// s: always at the time of an input, whoever reads. The state stands on bars of one minute; a trade that comes late counts for the bar
/// that is open. A print so far from the others that more than kMostRows rows would lie between is left out. A bust takes volume out of the
/// rows of the session that develops; state, VPIN and nearness are not undone. An instrument `from_bars` has an APPROX
/// profile: a bar's volume lies evenly between the close before and its own. Nothing is allocated but where rows are reached for the
/// first time, where nodes are found and where something is said.
class ProfileMetrics {
 public:
  static constexpr std::int64_t kMostRows = 1'024;
  static constexpr std::size_t kBusts = 16;
  /// `news`: who hears what there is to say; nullptr: nobody. Both must outlive this.
  ProfileMetrics(const Instrument& instrument, ProfileNews* news);

  /// The session of the latest tick is [begin, end) and `open` or not yet or no longer. A session that began before completes.
  void enter_hours(Timestamp begin, Timestamp end, bool open);
  /// Asks for the memory that a trade at `price` will touch: its rows, and the nodes.
  [[gnu::always_inline]] void prefetch(Price price) const {
    profile_.profile().prefetch(price);
    __builtin_prefetch(lvn_.data(), 1);
    __builtin_prefetch(hvn_.data(), 1);
    __builtin_prefetch(profile_.nodes().high.data(), 1);
    __builtin_prefetch(profile_.nodes().low.data(), 1);
  }
  /// Time has come to `time`: an open bar that ended is closed, what is due is found anew.
  void advance(Timestamp time);
  /// When `advance` will have something to do; the latest time there is where it has not.
  Timestamp next() const { return std::min(bar_end_, profile_.next_refresh()); }
  /// A trade, after `advance` to its time. `sign` -1, 0, 1; `atr` of 1 m bars, price units.
  void trade(const Tick& tick, int sign, const Value& atr);
  /// An earlier print is void. Nothing changes when its id is 0 or was busted before, when it is not of this session, and when there is not
  /// so much volume.
  void bust(const Tick& tick);
  void reset();  ///< another feed
  /// Fills poc to vpin; `of_session`: OK, or STALE where trades are missing. The same `m` every time: what did not change since the last
  /// call is not written again.
  void fill(Metrics& m, Status of_session);
  const SessionProfile& profile() const { return profile_; }
  const MarketState& state() const { return state_; }

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  SessionProfile make_profile(Price row) const;
  bool add(const Tick& tick);
  void complete();
  void close_bar();
  void refresh(Timestamp now);
  void find_nodes();
  void alert(Price last);
  void say(ProfileEventKind kind, LvnChange change = LvnChange::none);
  bool in_session(Timestamp time) const { return time >= begin_ && time < end_; }

  const Instrument* instrument_;
  ProfileNews* news_;
  Timestamp begin_{}, end_{};  // of the session; both zero: there is none
  Timestamp bar_end_{};        // of the open bar; the latest time there is where none is open
  Timestamp first_{};          // the first trade of the session that was heard
  Price last_{};               // the last trade's, zero before the session's first
  bool completed_{false};      // it was said
  bool from_bars_;             // the instrument's: what every trade reads lies here
  bool filled_{false};         // what was filled in last is what there is
  bool row_known_{false};      // false: the rows of this session wait for its first price
  Status filled_status_{Status::undefined};
  Value atr_{};
  MarketState state_;
  SessionProfile profile_;
  LvnAlert alert_;
  std::optional<Vpin> vpin_;          // of an instrument whose daily volume is known
  std::vector<Price> hvn_, lvn_;      // centres of the nodes' rows
  std::vector<std::uint64_t> busts_;  // the last ids that were taken back, oldest first
};

}  // namespace tickmesh
