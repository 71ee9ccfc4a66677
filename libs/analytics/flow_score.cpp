#include "analytics/flow_score.hpp"

#include <cmath>

#include "analytics/mid_window.hpp"

namespace tickmesh {
namespace {

struct Parts {
  Int128 quotient, rest;
};
/// Towards zero; by the processor's own division where 64 bits hold the sum, as nearly all do.
Parts divide(Int128 a, std::int64_t b) {
  if (const auto narrow = static_cast<std::int64_t>(a); narrow == a) return {narrow / b, narrow % b};
  return {a / b, a % b};
}

}  // namespace

void FlowScore::push(Int128 sum) {
  beyond_ = sum > kMost || sum < -kMost;
  if (!beyond_) count(static_cast<std::int64_t>(sum));
}

void FlowScore::count(std::int64_t sum) {
  const std::int64_t oldest = only_if(sums_.full(), sums_.leaving());
  total_ += sum - oldest;
  squares_ += Int128{sum} * sum - Int128{oldest} * oldest;
  sums_.push(sum);
}

void FlowScore::reset() {
  sums_.reset();
  beyond_ = false;
  total_ = squares_ = 0;
}

// About the whole part q of the mean everything stays exact in 128 bits: sum(x - q)^2 = sum x^2 - q (n q + 2 r), where sum x = n q + r.
Value FlowScore::z() const {
  if (!sums_.full()) return warmup_value();
  if (beyond_) return undefined_value();
  const auto n = static_cast<Int128>(sums_.size());
  const auto [q, r] = divide(total_, static_cast<std::int64_t>(sums_.size()));
  const Int128 squares = squares_ - q * (n * q + 2 * r);
  const double count = static_cast<double>(sums_.size());
  const double mean = to_double(r) / count;  // about q, as is all that follows
  const double variance = to_double(squares) / count - mean * mean;
  if (squares == 0 || !(variance > 0)) return undefined_value(0);
  return ok_value((to_double(sums_.newest() - q) - mean) / std::sqrt(variance));
}

void FlowScore::save(ByteWriter& out) const {
  sums_.save(out);
  out.put(beyond_);
}

void FlowScore::load(ByteReader& in) {
  const auto count_of = in.get<std::uint32_t>();
  TM_INVARIANT(count_of <= sums_.capacity(), "a stored window fits the window it is loaded into");
  reset();
  for (std::uint32_t i = 0; i < count_of; ++i) {
    const auto sum = in.get<std::int64_t>();
    TM_INVARIANT(sum >= -kMost && sum <= kMost, "a stored sum is one that the window takes");
    count(sum);
  }
  beyond_ = in.get<bool>();
}

}  // namespace tickmesh
