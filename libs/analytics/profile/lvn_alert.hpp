// How near the price is to a node of low volume (METRICS.md 3.3).
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "analytics/value.hpp"
#include "core/bytes.hpp"
#include "core/events.hpp"

namespace tickmesh {

class LvnAlert {
 public:
  /// `tick` > 0. NEAR within max(2 ticks, 0.25 ATR); off above 1.5 times that.
  explicit LvnAlert(Price tick) : tick_{tick} { TM_INVARIANT(tick.raw() > 0, "a tick is a positive price"); }
  /// `nodes`: prices of the nodes' centres, ascending. `atr`: price units; without a value 2 ticks decide alone.
  LvnChange update(Price last, std::span<const Price> nodes, const Value& atr);
  bool near() const { return node_.raw() > 0; }
  Price node() const { return node_; }    ///< that the price is near; zero: none
  Value ticks() const { return ticks_; }  ///< to the nearest node, signed: above zero when it lies above. UNDEFINED without a node
  Value atrs() const { return atrs_; }    ///< the same in ATR
  void reset();
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  Price tick_;
  Price node_{};
  Value ticks_{0, Status::undefined, false}, atrs_{0, Status::undefined, false};
};

}  // namespace tickmesh
