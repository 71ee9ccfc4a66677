// Is the mid going down, nowhere or up? A three-state filter on its returns (METRICS.md 1.3, design A).
#pragma once
#include <array>
#include <bitset>
#include <cstdint>

#include "analytics/hmm_filter.hpp"
#include "analytics/value.hpp"

namespace tickmesh {

enum class Regime : std::uint8_t { down = 0, flat = 1, up = 2 };
constexpr Regime last_value(Regime) { return Regime::up; }

struct RegimeSettings {
  HmmModel<3> model{HmmParameters<3>{.start = {1.0 / 3, 1.0 / 3, 1.0 / 3},
                                     .transition = {{{0.995, 0.0025, 0.0025}, {0.0025, 0.995, 0.0025}, {0.0025, 0.0025, 0.995}}},
                                     .mean = {-0.15, 0, 0.15},
                                     .sd = {1.1, 0.9, 1.1}}};
  /// Shares of the labels that this model gives a driftless random walk: what a label alone is worth. They belong to the model above, and
  /// are expectations: turned upside down a walk has UP for DOWN, so the two are equal. One walk scatters: over 20,000 ticks, with a switch
  /// every 127, a share by 3 percent points, so that the 28, 51 and 21 % of METRICS.md 1.3 are one such walk (in three of ten UP and DOWN
  /// are as far apart). Step size in ticks and warm-up do not matter, as long as the mid moves (regime_test.cpp).
  std::array<double, 3> null_rate{0.25, 0.50, 0.25};
  double half_life{500};   ///< ticks, of the deviation that returns are measured in
  double winsor{6};        ///< observations beyond are taken for this many deviations
  double switch_at{0.60};  ///< the label changes when another state is likelier than this …
  int confirm{5};          ///< … for so many ticks in a row
};

/// x_t = (ln m_t - ln m_{t-1}) / sd_{t-1}, sd an exponentially weighted deviation of the returns before, never below a quarter tick.
/// WARMUP until 200 observations; UNDEFINED, the law kept, while over 90 % of the last 200 observations are zero: where the mid
/// rarely moves a Gaussian on returns is the wrong model.
class RegimeFilter {
 public:
  static constexpr std::size_t kWindow = 200;
  /// `tick_size` in raw price units, > 0. `settings` must outlive this.
  RegimeFilter(std::int64_t tick_size, const RegimeSettings& settings);
  /// `trend`: sign of the 200-tick slope, or 0 where there is none; it is compared with the label.
  void push(std::int64_t twice_mid, int trend);
  /// A gap: no return is formed across it, and the state is the stationary law again.
  void break_off();
  /// A session begins: as a gap, and the counts of labels begin anew. The deviation stays: it belongs to the instrument.
  void reset();

  Value probability(Regime state) const { return judged(filter_.law()[static_cast<std::size_t>(state)]); }
  Regime label() const { return label_; }
  Value label_value() const { return judged(static_cast<double>(label_) - 1); }  ///< -1, 0, 1
  Value log_likelihood() const { return seen_ == 0 ? warmup_value() : judged(filter_.log_likelihood()); }
  Value zero_share() const;
  Value rate(Regime state) const;  ///< of the labels since the session began
  Value null_rate(Regime state) const { return ok_value(settings_->null_rate[static_cast<std::size_t>(state)]); }
  /// Share of UP and DOWN labels whose slope goes the other way.
  Value disagreement() const;
  std::uint64_t observations() const { return seen_; }
  std::uint64_t switches() const { return switches_; }

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  Value judged(double value) const;
  void observe(double x, int trend);

  const RegimeSettings* settings_;
  HmmFilter<3> filter_;
  double keep_;            // weight of the past in the variance, a tick
  double least_sd_scale_;  // a quarter tick in units of twice the mid
  std::int64_t last_{0};   // twice the mid; 0: none
  double squares_{0};      // decayed sum of squared returns …
  double weight_{0};       // … and of ones: a young deviation is the plain one of what there is
  Regime label_{Regime::flat};
  Regime candidate_{Regime::flat};
  int confirmed_{0};
  std::bitset<kWindow> zeros_{};
  std::uint32_t zero_at_{0}, zero_count_{0};
  std::uint64_t seen_{0};  // observations since the state was reset
  std::uint64_t switches_{0};
  std::array<std::uint64_t, 3> labels_{};
  std::uint64_t against_{0};  // labels against the slope
};

}  // namespace tickmesh
