#include "analytics/profile/volume_profile.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "analytics/mid_window.hpp"
#include "analytics/order_flow.hpp"
#include "analytics/plain_math.hpp"

namespace tickmesh {
namespace {

struct Peak {
  std::size_t at;
  double prominence;
};

/// Room for `count` of something: that of a usual session's rows is at hand, more of it comes from the heap. What it holds is not set.
template <class T>
class Room {
 public:
  explicit Room(std::size_t count) {
    if (count > kUsual) more_.resize(count);
    data_ = count > kUsual ? more_.data() : usual_;
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  T& operator[](std::size_t i) { return data_[i]; }
  T* data() { return data_; }

 private:
  static constexpr std::size_t kUsual = 288;
  T usual_[kUsual];
  std::vector<T> more_;
  T* data_;
};

/// As scipy's find_peaks: places higher than both neighbours, the middle of a plateau, how far each stands above the higher of the two
/// valleys that part it from higher ground. They are written to `peaks`, which holds half as many as `x`; how many is returned.
std::size_t find_peaks(std::span<const double> x, Peak* peaks) {
  std::size_t found = 0;
  for (std::size_t i = 1; i + 1 < x.size(); ++i) {
    if (!(x[i - 1] < x[i])) continue;
    std::size_t end = i;
    while (end + 1 < x.size() && x[end + 1] == x[i]) ++end;
    if (end + 1 < x.size() && x[end + 1] < x[i]) {
      const std::size_t at = (i + end) / 2;
      double left = x[at], right = x[at];
      for (std::size_t k = at + 1; k > 0 && x[k - 1] <= x[at]; --k) left = std::min(left, x[k - 1]);
      for (std::size_t k = at; k < x.size() && x[k] <= x[at]; ++k) right = std::min(right, x[k]);
      peaks[found++] = {at, x[at] - std::max(left, right)};
    }
    i = end;
  }
  return found;
}

/// kSide rows side by side, each the sum of what its weights are of `volumes`, from the first to the last.
constexpr std::size_t kSide = 8;
void smooth(const double* volumes, std::span<const double> weights, double* out) {
  std::array<Pair, kSide / 2> sums{};
  for (std::size_t k = 0; k < weights.size(); ++k)
#pragma GCC unroll 4
    for (std::size_t pair = 0; pair < sums.size(); ++pair) {
      Pair rows;
      std::memcpy(&rows, volumes + k + 2 * pair, sizeof rows);
      sums[pair] += weights[k] * rows;
    }
  std::memcpy(out, sums.data(), sizeof sums);
}

/// Weights of the rows that a Gaussian of `sigma` rows reaches; they sum to 1.
struct Kernel {
  explicit Kernel(double sigma) : reach{std::llround(4 * sigma)} {
    double sum = 0;
    for (std::int64_t k = -reach; k <= reach; ++k) {
      const double z = static_cast<double>(k) / sigma;
      sum += weights[static_cast<std::size_t>(k + reach)] = std::exp(-0.5 * z * z);
    }
    for (double& w : weights) w /= sum;
  }
  std::int64_t reach;
  std::array<double, 65> weights{};  // of a sigma of 8
};

}  // namespace

bool VolumeProfile::fits(std::int64_t from, std::int64_t to) const {
  if (high_ < low_) return to - from < most_rows_;
  return std::max(to, highest()) - std::min(from, lowest()) < most_rows_;
}

void VolumeProfile::reach(std::int64_t row) {
  const bool none = high_ < low_;
  const std::int64_t low = none ? row : std::min(row, lowest()), high = none ? row : std::max(row, highest());
  const auto size = static_cast<std::int64_t>(rows_.size());
  if (rows_.empty()) {
    first_ = std::max<std::int64_t>(0, row - kFirst / 2);
    rows_.resize(static_cast<std::size_t>(kFirst));
  } else if (row < first_ || row >= first_ + size) {
    const std::int64_t more = std::max(kChunk, size / 2);
    // No further than what fits could reach: the rest would never be used.
    const std::int64_t from = std::max({std::int64_t{0}, high - most_rows_ + 1, row < first_ ? std::min(row, first_ - more) : first_});
    const std::int64_t to = std::min(low + most_rows_ - 1, row < first_ ? first_ + size - 1 : std::max(row, first_ + size - 1 + more));
    std::vector<Int128> wider(static_cast<std::size_t>(to - from + 1));
    if (!none) std::copy(rows_.begin() + low_, rows_.begin() + high_ + 1, wider.begin() + (lowest() - from));
    rows_.swap(wider);
    top_ += first_ - from;
    first_ = from;
  }
  low_ = low - first_;
  high_ = high - first_;
}

bool VolumeProfile::add_bar(Price low, Price high, Quantity volume) {
  if (low.raw() <= 0 || high < low || volume.raw() <= 0) return false;
  const std::int64_t from = row_of(low), count = row_of(high) - from + 1;
  const std::int64_t each = volume.raw() / count, rest = volume.raw() % count;
  const std::int64_t filled = each > 0 ? count : rest;
  if (count > most_rows_ || !fits(from, from + filled - 1)) return false;
  reach(from);
  reach(from + filled - 1);
  for (std::int64_t i = 0; i < filled; ++i) put(from + i - first_, each + (i < rest ? 1 : 0));
  approx_ = true;
  return true;
}

bool VolumeProfile::take_back(Price price, Quantity size) {
  if (price.raw() <= 0 || size.raw() <= 0) return false;
  const auto place = static_cast<std::uint64_t>(row_of(price) - first_);
  if (place >= rows_.size() || rows_[place] < size.raw()) return false;
  rows_[place] -= size.raw();
  total_ -= size.raw();
  find_range_and_top();
  return true;
}

void VolumeProfile::find_range_and_top() {
  low_ = 0;
  high_ = -1;
  most_ = 0;
  top_ = 0;
  tie_ = false;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i] == 0) continue;
    if (high_ < low_) low_ = static_cast<std::int64_t>(i);
    high_ = static_cast<std::int64_t>(i);
    if (rows_[i] == most_) tie_ = true;
    if (rows_[i] > most_) most_ = rows_[i], top_ = static_cast<std::int64_t>(i), tie_ = false;
  }
}

void VolumeProfile::reset() {
  rows_.clear();
  first_ = 0;
  low_ = 0;
  high_ = -1;
  total_ = most_ = 0;
  top_ = 0;
  tie_ = approx_ = false;
}

Int128 VolumeProfile::volume(std::int64_t row) const {
  const auto place = static_cast<std::uint64_t>(row - first_);
  return place < rows_.size() ? rows_[place] : 0;
}

std::int64_t VolumeProfile::poc() const {
  TM_INVARIANT(total_ > 0, "a profile without volume has no point of control");
  if (!tie_) return first_ + top_;
  std::int64_t best = -1, distance = 0;
  for (std::int64_t i = low_; i <= high_; ++i) {
    if (rows_[static_cast<std::size_t>(i)] != most_) continue;
    const std::int64_t d = std::abs(2 * i - (low_ + high_));  // twice, so that a middle between two rows is whole
    if (best < 0 || d < distance) best = i, distance = d;
  }
  return first_ + best;
}

ValueArea VolumeProfile::value_area(double share, int steps) const {
  TM_INVARIANT(share > 0 && share <= 1 && (steps == 1 || steps == 2), "a value area is a share of the volume in steps of one or two rows");
  std::int64_t low = poc() - first_, high = low;
  const auto row = [&](std::int64_t i) { return rows_[static_cast<std::size_t>(i)]; };
  Int128 inside = row(low);
  const double target = share * to_double(total_);
  while (to_double(inside) < target && (low > low_ || high < high_)) {
    Int128 above = 0, below = 0;
    const std::int64_t up = std::min<std::int64_t>(steps, high_ - high), down = std::min<std::int64_t>(steps, low - low_);
    for (std::int64_t i = 1; i <= up; ++i) above += row(high + i);
    for (std::int64_t i = 1; i <= down; ++i) below += row(low - i);
    if (down == 0 || (up > 0 && above >= below)) {
      high += up;
      inside += above;
    } else {
      low -= down;
      inside += below;
    }
  }
  return {first_ + low, first_ + high, inside};
}

void VolumeProfile::find_nodes(const NodeSettings& settings, ProfileNodes& out) const {
  TM_INVARIANT(settings.sigma >= 0.5 && settings.sigma <= 8 && settings.prominence >= 0 && settings.prominence <= 1,
               "nodes are found with a sigma of 0.5 to 8 rows and a prominence of 0 to 1");
  out.high.clear();
  out.low.clear();
  if (total_ == 0) return;
  static const Kernel usual{NodeSettings{}.sigma};  // thirteen exponentials cost more than the rows of a young session
  std::optional<Kernel> other;
  const Kernel& kernel = settings.sigma == NodeSettings{}.sigma ? usual : other.emplace(settings.sigma);
  const auto reach = static_cast<std::size_t>(kernel.reach);
  const auto rows = static_cast<std::size_t>(high_ - low_ + 1);
  // Empty rows on both sides, so that each row is smoothed over as many: of a young session's few rows nobody can guess how many there are.
  Room<double> volumes{rows + 2 * reach + kSide};
  std::fill_n(volumes.data(), reach, 0.0);
  std::fill_n(volumes.data() + reach + rows, reach + kSide, 0.0);
  for (std::size_t i = 0; i < rows; ++i) volumes[reach + i] = to_double(rows_[static_cast<std::size_t>(low_) + i]);
  Room<double> padded{rows + 2 + kSide};  // a zero row at each end, so that an edge can be a peak
  padded[0] = 0;
  for (std::size_t i = 0; i < rows; i += kSide) smooth(volumes.data() + i, {kernel.weights.data(), 2 * reach + 1}, padded.data() + 1 + i);
  padded[rows + 1] = 0;
  double most = 0;
  for (std::size_t i = 1; i <= rows; ++i) most = std::max(most, padded[i]);
  const double least = settings.prominence * most;
  Room<Peak> peaks{rows / 2 + 1};
  const std::size_t high = find_peaks({padded.data(), rows + 2}, peaks.data());
  for (std::size_t i = 0; i < high; ++i)
    if (peaks[i].prominence >= least) out.high.push_back(first_ + low_ + static_cast<std::int64_t>(peaks[i].at) - 1);
  if (out.high.size() < 2) return;  // nothing lies between two peaks
  for (std::size_t i = 1; i <= rows; ++i) padded[i] = -padded[i];
  const std::size_t low = find_peaks({padded.data() + 1, rows}, peaks.data());
  for (std::size_t i = 0; i < low; ++i) {
    const std::int64_t row = first_ + low_ + static_cast<std::int64_t>(peaks[i].at);
    if (peaks[i].prominence >= least && row > out.high.front() && row < out.high.back()) out.low.push_back(row);
  }
}

void VolumeProfile::save(ByteWriter& out) const {
  out.put(row_size_), out.put(approx_);
  out.put(static_cast<std::uint32_t>(total_ == 0 ? 0 : high_ - low_ + 1));
  if (total_ == 0) return;
  out.put(lowest());
  for (std::int64_t i = low_; i <= high_; ++i) tickmesh::put(out, rows_[static_cast<std::size_t>(i)]);
}

void VolumeProfile::load(ByteReader& in) {
  reset();
  TM_INVARIANT(in.get<std::int64_t>() == row_size_, "a stored profile has the rows it is loaded into");
  approx_ = in.get<bool>();
  const auto count = in.get<std::uint32_t>();
  TM_INVARIANT(count <= most_rows_, "a stored profile has rows as many as may be");
  if (count == 0) return;
  const auto low = in.get<std::int64_t>();
  TM_INVARIANT(low >= 0 && low <= (std::int64_t{1} << 62) / row_size_, "a stored row has a price");
  TM_INVARIANT(in.left() >= std::size_t{count} * 16, "stored bytes hold what they announce");
  first_ = low;
  rows_.resize(count);
  for (Int128& row : rows_) {
    row = get_int128(in);
    TM_INVARIANT(row >= 0 && row <= static_cast<Int128>(1) << 100, "a stored row has a volume");
    total_ += row;
  }
  TM_INVARIANT(rows_.front() > 0 && rows_.back() > 0, "a stored profile ends where it traded");
  find_range_and_top();
}

}  // namespace tickmesh
