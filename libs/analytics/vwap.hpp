// Volume-weighted average price of a session and its deviation (METRICS.md 4.2). Exact sums about an anchor, in 128 bits.
#pragma once
#include "analytics/order_flow.hpp"
#include "analytics/value.hpp"

namespace tickmesh {

class Vwap {
 public:
  /// 0 < price <= kMaxWindowPrice, 0 <= size <= kMaxFlowSize. Where a sum would leave 128 bits the session's answer is UNDEFINED from
  /// then on.
  void push(Price price, Quantity size);
  void reset() { *this = {}; }
  struct Reading {
    Value value;  ///< price units; UNDEFINED without volume
    Value sd;     ///< price units, volume-weighted, about the VWAP
  };
  /// Both together, since they share what is dear: sums of 128 bits as doubles.
  Reading read() const;
  Value value() const { return read().value; }
  Value sd() const { return read().sd; }
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  Value any() const;
  Price anchor_{};
  Int128 volume_{0};
  Int128 moved_{0};    // sum of (price - anchor) x size
  Int128 squares_{0};  // sum of (price - anchor)^2 x size
  bool seen_{false};
  bool overflowed_{false};
};

}  // namespace tickmesh
