// Random numbers that are the same on every machine and compiler: integers first, and one call of libm.
#pragma once
#include <cmath>
#include <cstdint>

namespace tickmesh {

/// splitmix64 (Steele, Lea & Flood 2014): the n-th number is a hash of seed + n x gamma, so eight bytes are the whole state.
class Random {
 public:
  explicit Random(std::uint64_t state = 0) : state_{state} {}
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15ULL); }
  /// In [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  double uniform(double from, double to) { return from + (to - from) * uniform(); }
  /// In [0, n), n > 0; the bias of the high multiply is below n / 2^64.
  std::uint64_t below(std::uint64_t n) {
    __extension__ typedef unsigned __int128 Wide;
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * n) >> 64);
  }
  /// Exponential of mean 1.
  double exponential() { return -std::log(1.0 - uniform()); }
  /// Nearly normal (mean 0, variance 1, excess kurtosis -0.3): the sum of four 16-bit uniforms of one draw. No libm, no branches.
  double normal() {
    const std::uint64_t u = next();
    const std::uint64_t sum = (u & 0xffff) + ((u >> 16) & 0xffff) + ((u >> 32) & 0xffff) + (u >> 48);
    return (static_cast<double>(sum) - 131070.0) * (1.7320508075688772 / 65536.0);
  }
  std::uint64_t state() const { return state_; }

 private:
  std::uint64_t state_;
};

}  // namespace tickmesh
