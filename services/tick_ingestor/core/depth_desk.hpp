// Depth of the mesh: what a feed tells of books is checked and said, with the venue's own numbers, and the whole book now and then.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/core.hpp"
#include "core/instrument.hpp"
#include "core/instrument_map.hpp"
#include "orderbook/depth_book.hpp"

namespace tickmesh {

/// Why depth was not said.
enum class DepthRefusal : std::uint8_t {
  none = 0,
  unknown_instrument,
  no_kind,
  no_time,
  no_sequence,
  off_tick,
  negative_size,
  duplicate,
};
inline constexpr std::size_t kDepthRefusals = 8;
/// The rule that was broken: "price on the tick, above 0", …
std::string_view rule_of(DepthRefusal refusal);

/// Gaps and crossed books are said as they came: whoever reads them finds out by itself, and so does a book kept here. While that one is
/// whole it is said as a snapshot, its cause the depth before it, at the first change `snapshot_every` of event time after the last one:
/// a reader that comes late, or lost something, goes on from there.
class DepthDesk {
 public:
  static constexpr std::size_t kMostLevels = 1'000;  ///< a side of a snapshot said on schedule

  /// `snapshot_every` > 0. `instruments` need not outlive it.
  DepthDesk(const Instruments& instruments, Duration snapshot_every);
  /// A snapshot without a number is a book as it is now: the changes since the one before it are said, numbered here.
  void take(const DepthUpdate& update, Timestamp now, Outbox& out);
  /// Learns what was said before.
  void observe(const DepthUpdate& said);
  /// Changes and snapshots of recorded data that were said, those on schedule left out.
  std::uint64_t recorded() const { return recorded_; }
  /// Since this process began.
  const std::array<std::uint64_t, kDepthRefusals>& refused() const { return refused_; }

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct OneBook {
    Symbol symbol{};
    Price tick{};
    std::unique_ptr<DepthBook> book{};  // from the first depth on
    FeedKind feed{FeedKind::none};
    std::uint64_t said{0};    // number of its last change said
    Timestamp snapshot_at{};  // event time of the last snapshot said
  };
  static DepthRefusal check(const DepthUpdate& update, const OneBook* at);
  DepthUpdate whole(const OneBook& at) const;
  /// What is said of a book without a number.
  DepthUpdate numbered(const OneBook& at, const DepthUpdate& now) const;
  void learn(OneBook& at, const DepthUpdate& said);

  Duration snapshot_every_;
  InstrumentMap<OneBook> books_;
  std::uint64_t recorded_{0};
  std::array<std::uint64_t, kDepthRefusals> refused_{};
  std::vector<LevelChange> changes_;  // used again
};

}  // namespace tickmesh
