// What comes in becomes ticks and depth of the mesh: checked, told apart from what was pushed before, numbered.
// Its journal holds only what it said, so its whole state follows from that: `observe` after a snapshot replaces running inputs again.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "core/core.hpp"
#include "core/instrument_map.hpp"
#include "tick_ingestor/core/depth_desk.hpp"
#include "tick_ingestor/core/duplicates.hpp"
#include "tick_ingestor/feeds/demo_feed.hpp"

namespace tickmesh {

struct IngestOptions {
  Duration latest_every = milliseconds(50);     ///< grid on which `latest` is said, a symbol
  std::size_t remembered_rows = 8192;           ///< pushed rows a symbol that duplicates are looked for in
  Duration depth_snapshot_every = seconds(60);  ///< of event time, a symbol that has depth
  Duration most_ahead = seconds(60);            ///< a pushed row further in the future would close every bar up to then
};

/// Why a tick was not said.
enum class TickRefusal : std::uint8_t {
  none = 0,
  unknown_instrument,
  no_kind,
  no_time,
  in_the_future,
  no_price,
  negative_price,
  negative_size,
  crossed,
};
inline constexpr std::size_t kRefusals = 9;
/// The rule that was broken: "ask >= bid", "price > 0", …
std::string_view rule_of(TickRefusal refusal);

/// What no feed could bring while the ingestor was away is a gap, and bars that overlap it say so. `spoke_until`: of the life before; zero:
/// none.
FeedEvent absence_of_feed(Timestamp spoke_until, Timestamp now);

class IngestCore final : public Core {
 public:
  /// `demo`, when there is one, is saved and loaded with the core; the caller feeds what it gives through `apply`.
  explicit IngestCore(const Instruments& instruments, IngestOptions options = {}, DemoFeed* demo = nullptr);

  std::uint32_t version() const override { return 2; }
  /// Takes Tick, DepthUpdate and FeedEvent on Stream::local; says Tick, Latest, DepthUpdate, FeedEvent. Other inputs mean nothing to it.
  void apply(const Input& in, Outbox& out) override;
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;

  /// Learns what this instance said before, in order: afterwards the state is what it was when that had been said.
  void observe(const Name& name, const Event& said);
  /// After the last `observe`: brings the demo market to where it was.
  void recovered();

  /// The rule `tick` breaks at `now`, or none; changes nothing.
  TickRefusal check(const Tick& tick, Timestamp now) const { return check(tick, now, symbols_.find(tick.instrument)); }

  struct Counts {
    std::uint64_t accepted{0};
    std::uint64_t duplicates{0};
    std::array<std::uint64_t, kRefusals> refused{};
  };
  /// Since this process began. A request's own numbers are the difference of two.
  const Counts& counts() const { return counts_; }
  std::uint64_t demo_items() const { return demo_items_; }
  const DepthDesk& depth() const { return depth_; }

 private:
  struct PerSymbol {
    Symbol symbol{};
    std::int64_t said_in{-1};  ///< grid cell of the last `latest`
    Timestamp latest_due{};    ///< when the cell after it begins
    Latest last{};             ///< its header is that of the last one said
    RecentRows pushed{};
  };
  TickRefusal check(const Tick& tick, Timestamp now, const PerSymbol* at) const;
  void take(const Tick& tick, const Input& in, Outbox& out);
  void said_latest(PerSymbol& at, std::int64_t cell) const;
  void learn(PerSymbol& at, const Tick& tick);

  IngestOptions options_;
  DemoFeed* demo_;
  InstrumentMap<PerSymbol> symbols_;
  DepthDesk depth_;
  std::uint64_t demo_items_{0};
  Timestamp demo_event_time_{};
  Counts counts_{};
};

}  // namespace tickmesh
