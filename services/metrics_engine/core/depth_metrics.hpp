// What a feed's depth tells of one instrument: its book by the venue's numbers, imbalance and order flow over five levels, the best of it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/instrument.hpp"
#include "orderbook/depth_book.hpp"
#include "orderbook/depth_flow.hpp"

namespace tickmesh {

/// A book that has a gap, is crossed, loses a side, or whose changes were lost on the way here has no levels until a snapshot joins on;
/// that is said at once, and so is its return. Order flow is not formed across such a break. On a synthetic feed values are kept and say
/// UNDEFINED: nobody's orders made them. While the book is not live imbalance has no value and order flow is STALE.
class DepthMetrics {
 public:
  /// `grid` > 0: of event time, on which a changing book is said.
  DepthMetrics(const Instrument& instrument, Duration grid);

  void learn(const DepthUpdate& update);
  /// Depth of this instrument is lost.
  void lose();
  /// Order flow and the count of breaks begin anew.
  void enter_session();

  /// There is something to say: it broke, it is whole again, or it changed and the next cell of the grid has begun.
  bool due() const { return book_.live() != said_live_ || (changed_ && event_time_ >= say_next_); }
  /// Header: event_time alone.
  BookTop top() const;
  /// It was said, by this engine or by the one before it.
  void said();
  /// depth_imbalance, depth_ofi, depth_ofi_normalised. `silent`: nothing is heard of the instrument any more.
  void fill(Metrics& m, bool silent) const;
  const DepthBook& book() const { return book_; }

  void save(ByteWriter& out) const;
  /// Throws InvariantError for what no book and no window holds.
  void load(ByteReader& in);

 private:
  Value imbalance(bool silent) const;
  Value judged(Value value, bool silent) const;
  std::string reason() const;
  void look() { view_ = depth_view(book_.levels()); }

  Symbol symbol_;
  Duration grid_;
  DepthBook book_;
  DepthFlow flow_{};
  DepthView view_{};  // of the book as it is
  FeedKind feed_{FeedKind::none};
  bool synthetic_{false};
  bool lost_{false};  // the book broke on the way here, not at the venue
  bool said_live_{false};
  bool changed_{false};
  Timestamp event_time_{};
  Timestamp say_next_{};
  std::uint64_t resyncs_{0};
  std::vector<LevelChange> changes_;  // used again
};

}  // namespace tickmesh
