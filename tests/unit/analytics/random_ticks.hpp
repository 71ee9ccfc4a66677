// Seeded quotes for property tests: SplitMix64 (Steele, Lea & Flood 2014), the same on every machine.
#pragma once
#include <cstdint>
#include <vector>

namespace tickmesh::testing_ticks {

class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_{seed} {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  /// Whole numbers of [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }

 private:
  std::uint64_t state_;
};

/// A walk of 2 x mid in half cents around `start`, with flat stretches.
inline std::vector<std::int64_t> random_mids(std::uint64_t seed, std::size_t count, std::int64_t start) {
  SplitMix random{seed};
  std::vector<std::int64_t> mids;
  std::int64_t mid = start;
  bool flat = false;
  for (std::size_t i = 0; i < count; ++i) {
    if (random.between(0, 199) == 0) flat = !flat;
    if (!flat) mid += random.between(-3, 3) * 1'000'000;
    mids.push_back(mid);
  }
  return mids;
}

}  // namespace tickmesh::testing_ticks
