// BALANCE or IMBALANCE, on closed bars against a reference area (METRICS.md 3.2): auction-market wording made exact.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "analytics/ring.hpp"
#include "analytics/value.hpp"
#include "core/events.hpp"
#include "core/types.hpp"

namespace tickmesh {

struct MarketStateSettings {
  std::size_t bars{30};     ///< the window
  std::size_t least{10};    ///< UNKNOWN before
  std::uint32_t accept{3};  ///< closes beyond the area in a row
  double efficiency{0.30};
  double inside{0.60};
  Duration previous{seconds(30 * 60)};  ///< from the session's start the previous session's area is the reference
};

/// What the state stands on.
struct MarketStateReading {
  MarketStateKind state{MarketStateKind::unknown};
  Value in_frac{};     ///< share of the window's volume traded inside the reference areas of its bars; UNDEFINED without volume
  Value efficiency{};  ///< |C_N - C_0| / sum |dC|, 0 to 1; 0 when the path is 0
  std::uint32_t accept_up{0}, accept_down{0};
  double cvd{0};  ///< change over the window's bars, units
  std::size_t bars{0};
  friend bool operator==(const MarketStateReading&, const MarketStateReading&) = default;
};
/// "3 closes above VAH, efficiency 0.41, CVD +1200": the reasons, for a person.
std::string reasons(const MarketStateReading& reading);

class MarketState {
 public:
  explicit MarketState(const MarketStateSettings& settings = {});
  struct Area {
    Price low{}, high{};  ///< VAL and VAH; both zero: there is none
    explicit operator bool() const { return high.raw() > 0; }
    friend bool operator==(const Area&, const Area&) = default;
  };
  /// A session begins: UNKNOWN. `previous`: the session's before, where there was one.
  void begin(Timestamp start, Area previous);
  /// A trade of the open bar; `sign` -1, 0, 1.
  void trade(Price price, Quantity size, int sign);
  /// The open bar closes at `end` with `close`; `developing` is the area as it stands now, the next bar's reference once the first half
  /// hour is over (or when there was no session before). A bar without a trade is none: do not close it.
  void close_bar(Timestamp end, Price close, Area developing);
  /// What the open bar is compared with.
  Area reference() const { return reference_; }
  MarketStateKind state() const { return state_; }
  Int128 flow() const { return flow_; }  ///< raw: what `read().cvd` says in units
  MarketStateReading read() const;
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct BarSums {
    std::int64_t close{0}, step{0};  // |change of close|, 0 for the session's first
    std::int64_t inside{0}, volume{0}, flow{0};
  };
  void count(const BarSums& bar, int sign);
  MarketStateSettings settings_;
  Timestamp start_{};
  Area previous_{}, reference_{};
  Ring<BarSums> bars_;
  Int128 path_{0}, inside_{0}, volume_{0}, flow_{0};  // of bars_; path_ without the oldest's step
  BarSums open_{};
  std::uint32_t accept_up_{0}, accept_down_{0};
  MarketStateKind state_{MarketStateKind::unknown};
};

}  // namespace tickmesh
