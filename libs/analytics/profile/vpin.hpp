// Volume-synchronised probability of informed trading (METRICS.md 2.6; Easley, Lopez de Prado & O'Hara 2012). Shown, never traded on: what
// it forecasts is disputed (Andersen & Bondarenko 2014).
#pragma once
#include <cstdint>

#include "analytics/ring.hpp"
#include "analytics/value.hpp"

namespace tickmesh {

class Vpin {
 public:
  /// `bucket` > 0: a fiftieth of the mean daily volume. `buckets` > 0.
  explicit Vpin(Quantity bucket, std::size_t buckets = 50);
  /// `sign` -1, 0, 1; what has no sign fills the bucket on neither side. A trade that straddles buckets is split. Sizes not above 0 or
  /// beyond a million buckets are left out.
  void push(Quantity size, int sign);
  /// Mean over the buckets of |buy - sell| / bucket, 0 to 1. WARMUP with the buckets there are until all are.
  Value value() const;
  Quantity bucket() const { return Quantity::from_raw(bucket_); }
  void reset();
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  std::int64_t bucket_;
  std::int64_t most_;        // the largest size that is taken
  Ring<std::int64_t> gaps_;  // |buy - sell| of full buckets
  Int128 sum_{0};
  std::int64_t filled_{0}, flow_{0};
};

}  // namespace tickmesh
