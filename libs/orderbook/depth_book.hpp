// A venue's depth stream made a book: snapshot and deltas in their sequence, and what to do when they are not.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "orderbook/level_book.hpp"

namespace tickmesh {

struct LevelChange {
  Price price{};
  Quantity size{};  ///< the level's new total; 0: it is gone
  Side side{Side::none};
  friend bool operator==(const LevelChange&, const LevelChange&) = default;
};
/// Every change of the book after `previous` up to `last`. Binance spot: previous = U - 1, last = u; futures: previous = pu, last = u.
struct DepthDelta {
  std::uint64_t previous{0}, last{0};
  std::span<const LevelChange> changes{};
};
/// The whole book, or the best of it, as of update `last` (Binance: lastUpdateId).
struct DepthSnapshot {
  std::uint64_t last{0};
  std::span<const LevelChange> levels{};
};

/// What became of a delta or a snapshot.
enum class DepthOutcome : std::uint8_t {
  applied = 0,
  held = 1,       ///< no snapshot yet: kept until it comes
  duplicate = 2,  ///< nothing new in it: dropped
  gap = 3,        ///< something between the book and this is missing: the book is dropped, this is held
  crossed = 4,    ///< bid above ask when all of it was applied: the book is dropped
  emptied = 5,    ///< it took the last level of a side: the book is dropped
  too_old = 6,    ///< a snapshot from before the first delta held: another one is needed
  refused = 7,    ///< a snapshot that is itself crossed, or a change without a side, off the tick or below 0: the book is dropped
  overrun = 8,    ///< too much held: all before this is dropped, the snapshot must be newer
};
constexpr DepthOutcome last_value(DepthOutcome) { return DepthOutcome::overrun; }
inline constexpr std::size_t kDepthOutcomes = 9;
std::string_view to_string(DepthOutcome outcome);  ///< applied, held, …

/// One instrument's book. While it is not live it has no levels, so that nobody trades on a broken one; whoever runs it fetches a snapshot
/// when `live()` is false and tells `reason()`. Sizes are totals, so that a delta that begins before the book's state is applied whole.
class DepthBook {
 public:
  static constexpr std::size_t kMostHeld = 4'096;           ///< deltas
  static constexpr std::size_t kMostHeldChanges = 262'144;  ///< levels in them

  explicit DepthBook(Price tick) : book_{tick} {}
  DepthOutcome apply(const DepthDelta& delta);
  DepthOutcome apply(const DepthSnapshot& snapshot);
  /// The link broke, or the venue said that it lost something.
  void drop();

  bool live() const { return live_; }
  /// Why it is not live: gap, crossed, emptied, too_old, refused, overrun; held at the beginning and after `drop`.
  DepthOutcome reason() const { return reason_; }
  /// The update the book is at.
  std::uint64_t last() const { return last_; }
  const LevelBook& levels() const { return book_; }
  /// How often each outcome came.
  std::uint64_t count(DepthOutcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Held {
    std::uint64_t previous, last;
    std::uint32_t changes;
  };
  DepthOutcome told(DepthOutcome outcome) {
    ++counts_[static_cast<std::size_t>(outcome)];
    return outcome;
  }
  DepthOutcome lose(DepthOutcome why);
  DepthOutcome hold(const DepthDelta& delta);
  /// On a live book, in sequence.
  DepthOutcome change(std::span<const LevelChange> changes);
  bool sound(std::span<const LevelChange> changes) const;

  LevelBook book_;
  bool live_{false};
  DepthOutcome reason_{DepthOutcome::held};
  std::uint64_t last_{0};
  std::vector<Held> held_;
  std::vector<LevelChange> held_changes_;
  std::array<std::uint64_t, kDepthOutcomes> counts_{};
};

}  // namespace tickmesh
