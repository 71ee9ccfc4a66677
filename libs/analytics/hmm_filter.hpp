// The forward pass of a Gaussian hidden Markov model at fixed parameters (Hamilton 1989; METRICS.md 1.3): what is known now, never
// what the future would have told.
#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "analytics/plain_math.hpp"
#include "core/bytes.hpp"

namespace tickmesh {

template <std::size_t K>
struct HmmParameters {
  std::array<double, K> start{};                      ///< the stationary law; sums to 1
  std::array<std::array<double, K>, K> transition{};  ///< rows sum to 1
  std::array<double, K> mean{};
  std::array<double, K> sd{};  ///< > 0
};

/// The parameters and what follows from them, made once for all instruments.
template <std::size_t K>
struct HmmModel {
  HmmModel(const HmmParameters<K>& parameters) : p{parameters} {  // NOLINT(google-explicit-constructor): parameters are a model
    for (std::size_t s = 0; s < K; ++s) {
      TM_INVARIANT(p.sd[s] > 0, "a state has a spread");
      log_scale[s] = -std::log(p.sd[s]) - 0.5 * std::log(2 * 3.14159265358979323846);
      inverse_sd[s] = 1 / p.sd[s];
    }
  }
  HmmParameters<K> p;
  std::array<double, K> log_scale{};  ///< -ln sd - ln(2 pi) / 2
  std::array<double, K> inverse_sd{};
};

/// One step an observation, O(K^2).
template <std::size_t K>
class HmmFilter {
 public:
  using Law = std::array<double, K>;
  /// `model` must outlive this.
  explicit HmmFilter(const HmmModel<K>& model) : model_{&model} { reset(); }
  void reset() {
    law_ = model_->p.start;
    fresh_ = true;
    scale_ = 1;
    peak_ = 0;
  }
  void step(double x) {
    const Law predicted = fresh_ ? model_->p.start : predict();
    fresh_ = false;
    Law log_density;
    for (std::size_t s = 0; s < K; ++s) {
      const double z = (x - model_->p.mean[s]) * model_->inverse_sd[s];
      log_density[s] = -0.5 * z * z + model_->log_scale[s];
    }
    double peak = log_density[0];
    for (std::size_t s = 1; s < K; ++s) peak = peak < log_density[s] ? log_density[s] : peak;  // which one it is nobody can guess
    peak_ = peak;
    Law weight;
    std::size_t pairs = 0;
    for (; pairs + 1 < K; pairs += 2) {
      const Pair likelihood = exp_of_negative(Pair{log_density[pairs], log_density[pairs + 1]} - peak);
      weight[pairs] = predicted[pairs] * likelihood[0];
      weight[pairs + 1] = predicted[pairs + 1] * likelihood[1];
    }
    for (; pairs < K; ++pairs) weight[pairs] = predicted[pairs] * exp_of_negative(log_density[pairs] - peak);
    double c = 0;
    for (std::size_t s = 0; s < K; ++s) c += weight[s];
    scale_ = c;
    if (!(c > 0) || !std::isfinite(c)) {  // a law that excludes what was seen
      ++impossible_;
      law_ = model_->p.start;
      return;
    }
    const double inverse = 1 / c;
    for (std::size_t s = 0; s < K; ++s) law_[s] = weight[s] * inverse;
  }
  /// An observation is missing: time passes, nothing is learnt.
  void skip() {
    if (!fresh_) law_ = predict();
  }
  const Law& law() const { return law_; }  ///< sums to 1
  /// ln of the density of the last observation given those before.
  double log_likelihood() const { return std::log(scale_) + peak_; }
  std::uint64_t impossible() const { return impossible_; }

  void save(ByteWriter& out) const {
    for (const double p : law_) out.put(p);
    out.put(fresh_), out.put(scale_), out.put(peak_), out.put(impossible_);
  }
  void load(ByteReader& in) {
    double sum = 0;
    for (double& p : law_) {
      p = in.get<double>();
      TM_INVARIANT(p >= 0 && p <= 1 + 1e-9, "a stored law holds probabilities");
      sum += p;
    }
    TM_INVARIANT(std::abs(sum - 1) < 1e-9, "a stored law sums to 1");
    fresh_ = in.get<bool>();
    scale_ = in.get<double>();
    peak_ = in.get<double>();
    impossible_ = in.get<std::uint64_t>();
  }

 private:
  Law predict() const {
    // Written out by the compiler, which keeps short loops: from the first state to the last one, as the sum over them runs.
    const auto& transition = model_->p.transition;
    return [&]<std::size_t... S>(std::index_sequence<S...>) {
      const auto reach = [&](std::size_t to) { return (0.0 + ... + (law_[S] * transition[S][to])); };
      return Law{reach(S)...};
    }(std::make_index_sequence<K>{});
  }
  const HmmModel<K>* model_;
  Law law_{};
  bool fresh_{true};  // the first observation meets the start law itself
  double scale_{1};   // c and q of the last step
  double peak_{0};
  std::uint64_t impossible_{0};
};

}  // namespace tickmesh
