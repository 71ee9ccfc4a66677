// A closed bar beside the twenty before it: the highest and the lowest of their closes, the mean of their volumes.
#pragma once
#include "analytics/moving.hpp"

namespace tickmesh {

/// Values are WARMUP until `n` bars stand before the last one.
class PriorBars {
 public:
  explicit PriorBars(std::size_t n = 20) : bars_{n + 1} { TM_INVARIANT(n > 0, "a bar is held against others"); }
  void push(const ClosedBar& bar) { bars_.push({bar.close, bar.volume}); }
  const void* place() const { return bars_.place(); }  ///< that `push` will write to
  void reset() { bars_.reset(); }
  Value close() const { return bars_.size() == 0 ? warmup_value() : ok_value(bars_.newest().close.to_double()); }    ///< price units
  Value volume() const { return bars_.size() == 0 ? warmup_value() : ok_value(bars_.newest().volume.to_double()); }  ///< units
  Value high_close() const;  ///< of the n bars before the last, price units
  Value low_close() const;
  Value mean_volume() const;  ///< of the same, units
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Bar {
    Price close{};
    Quantity volume{};
  };
  Ring<Bar> bars_;  // the last one, and n before it
};

}  // namespace tickmesh
