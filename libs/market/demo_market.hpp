// A synthetic market: same seed, same bytes. Prices swing around a slow fair value, sometimes far enough to be worth a round trip;
// activity and volatility come in spells. It exists so that every part of the mesh has something honest to chew on, and claims no more.
#pragma once
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/events.hpp"
#include "core/instrument.hpp"
#include "market/demo_schedule.hpp"
#include "market/random.hpp"

namespace tickmesh {

/// What only the demo market needs to know of an instrument.
struct DemoInstrument {
  double activity{1.0};      ///< share of all ticks, relative to the others; > 0
  double spread_ticks{1.8};  ///< usual spread, 1..4
};

struct DemoOptions {
  std::uint64_t seed{1};
  double ticks_per_second{200};                                  ///< mean over all instruments, 0.1 .. 5,000,000
  unsigned depth{5};                                             ///< levels a side that `depth` tells, 1..10
  std::vector<std::pair<Symbol, DemoInstrument>> instruments{};  ///< those left out get the defaults
};

/// A halt, a silence, a session's bounds. `from`..`to`: offsets bounding a gap.
struct DemoEvent {
  FeedEventKind kind{FeedEventKind::none};
  Symbol symbol{};  ///< empty: the whole feed
  std::int64_t from{0}, to{0};
};

/// One item of the market, a tick or an event.
struct DemoItem {
  std::int64_t offset{0};  ///< ns since the market's start, never decreasing
  bool is_event{false};
  Tick tick{};        ///< without times; feed demo, synthetic
  DemoEvent event{};  ///< when is_event
};

struct Depth {
  std::array<DepthLevel, 10> bids{}, asks{};  ///< best first
  unsigned levels{0};
};

class DemoMarket {
 public:
  /// Error: no instruments, no reference price, a setting out of its range, demo settings for an instrument that is not listed.
  static Result<DemoMarket> make(const Instruments& instruments, const DemoOptions& options);

  /// The next tick or event. O(log instruments), allocates nothing.
  DemoItem next();
  /// Where `next()` will lie, at the earliest.
  std::int64_t next_offset() const;
  /// Items given so far.
  std::uint64_t position() const { return position_; }
  /// The book as the last tick left it; no levels for an unknown instrument or before its first quote.
  Depth depth(InstrumentId id) const;
  /// The same by place, 0 to `books()` - 1, in the order of the symbols.
  Depth depth(std::size_t place) const { return depth_of(books_[place]); }
  std::size_t books() const { return books_.size(); }
  const Symbol& symbol(std::size_t place) const { return books_[place].symbol; }

  /// Two markets of one fingerprint give the same items: instruments and options hashed.
  std::uint64_t fingerprint() const { return fingerprint_; }
  /// A loaded market continues bit for bit. Loading needs a market made with the same fingerprint.
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Book {
    // Fixed for the market's life.
    InstrumentId id{};
    Symbol symbol{};
    std::int64_t tick_raw{0}, lot_raw{0};
    double tick{0};          ///< price units
    double activity{0};      ///< sum of the shares of all books up to and with this one, 0..1
    double mean_gap_ns{0};   ///< between ticks
    double fair_step{0};     ///< sd of the log fair value's move over one second
    double noise_step{0};    ///< sd of the swing's move a quote, log
    double shock{0};         ///< usual dislocation, log
    double usual_spread{0};  ///< ticks
    double usual_size{0};    ///< lots a print
    // Moves.
    Random random{};
    std::int64_t due{0};  ///< offset of its next tick
    std::int64_t quoted_at{0};
    double fair{0};                         ///< log of the fair value
    double anchor{0};                       ///< log of the reference price: the fair value is drawn back to it over days
    double swing{0};                        ///< log distance of the price from the fair value
    double drift{0};                        ///< news still on its way into the fair value
    double pace{0}, heat{0};                ///< log activity and log volatility, each an AR(1) of unit variance
    std::int64_t bid{0}, ask{0};            ///< in ticks; 0 before the first quote
    std::int32_t spread{1};                 ///< in ticks
    std::int64_t bid_size{0}, ask_size{0};  ///< in lots
    std::array<std::int64_t, 4> told{};     ///< bid, ask and their sizes as last said
    bool unheard{true};                     ///< the quote moved unsaid: nothing may print before it is said
    Side lean{Side::buy};                   ///< of the last print
    std::int64_t halted_until{0};
  };

  DemoMarket(const Instruments& instruments, const DemoOptions& options);
  void advance_common(std::int64_t now);
  bool take_event(DemoItem& item);
  void quote(Book& book, std::int64_t now, Tick& tick);
  void trade(Book& book, Tick& tick);
  Depth depth_of(const Book& book) const;
  void schedule(Book& book, std::int64_t now);
  using Turn = std::pair<std::int64_t, std::uint32_t>;  ///< (due, book)
  void rebuild_heap();
  void put_off(Turn turn);

  DemoOptions options_;
  std::uint64_t fingerprint_{0};
  DemoSchedule schedule_;
  Random random_;
  std::vector<Book> books_;
  std::vector<Turn> heap_;  ///< earliest on top
  double common_{0};        ///< log activity of the market as a whole, AR(1) of unit variance
  double rate_{1};          ///< its factor on activity
  double u_{1};             ///< the time of day's factor on volume
  std::int64_t common_due_{0};
  std::int64_t gap_from_{0}, gap_to_{0};
  std::uint64_t position_{0};
  std::uint64_t trades_{0};
};

}  // namespace tickmesh
