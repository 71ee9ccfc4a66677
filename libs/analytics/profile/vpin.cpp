#include "analytics/profile/vpin.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "analytics/mid_window.hpp"

namespace tickmesh {

Vpin::Vpin(Quantity bucket, std::size_t buckets) : bucket_{bucket.raw()}, most_{0}, gaps_{buckets} {
  TM_INVARIANT(bucket.raw() > 0, "a bucket takes some volume");
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max(), kBuckets = 1'000'001;
  most_ = bucket_ > kMost / kBuckets ? kMost : bucket_ * kBuckets - 1;
}

void Vpin::push(Quantity size, int sign) {
  if (size.raw() <= 0 || size.raw() > most_) return;
  for (std::int64_t left = size.raw(); left > 0;) {
    const std::int64_t part = std::min(left, bucket_ - filled_);
    filled_ += part;
    flow_ += sign * part;
    left -= part;
    if (filled_ < bucket_) break;
    if (gaps_.full()) sum_ -= gaps_.oldest();
    gaps_.push(std::abs(flow_));
    sum_ += gaps_.newest();
    filled_ = flow_ = 0;
  }
}

Value Vpin::value() const {
  if (gaps_.size() == 0) return warmup_value();
  Value v = ok_value(to_double(sum_) / (static_cast<double>(bucket_) * static_cast<double>(gaps_.size())));
  if (!gaps_.full()) v.status = Status::warmup;
  return v;
}

void Vpin::reset() {
  gaps_.reset();
  sum_ = 0;
  filled_ = flow_ = 0;
}

void Vpin::save(ByteWriter& out) const {
  gaps_.save(out);
  out.put(filled_), out.put(flow_);
}

void Vpin::load(ByteReader& in) {
  reset();
  gaps_.load(in);
  for (std::size_t i = 0; i < gaps_.size(); ++i) {
    TM_INVARIANT(gaps_[i] >= 0 && gaps_[i] <= bucket_, "a stored bucket is no fuller than a bucket");
    sum_ += gaps_[i];
  }
  filled_ = in.get<std::int64_t>();
  flow_ = in.get<std::int64_t>();
  TM_INVARIANT(filled_ >= 0 && filled_ < bucket_ && flow_ >= -filled_ && flow_ <= filled_, "a stored open bucket is not full");
}

}  // namespace tickmesh
