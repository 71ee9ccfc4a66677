// What metrics_engine's core is built from. Every value is fixed for the life of a core; a change of it changes the bytes said.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analytics/aggressive_flow.hpp"
#include "analytics/cost.hpp"
#include "analytics/quote_filter.hpp"
#include "analytics/regime_filter.hpp"
#include "core/instrument.hpp"
#include "core/trading_session.hpp"
#include "signals/signal_rule.hpp"

namespace tickmesh {

struct SignalConfig {
  std::string rule;
  ParameterValues parameters{};
};

struct MetricsConfig {
  Instruments instruments{};
  Money planned_notional{Money::from_units(10'000)};  ///< the trade that costs are quoted for, currency of the instrument
  CostParameters cost{};
  Filters filters{Filters::clean};
  Duration publish_grid{milliseconds(100)};  ///< `metrics` at most once a cell and symbol; > 0
  Duration book_grid{milliseconds(100)};     ///< `book` the same while it changes; > 0
  Duration gap{seconds(60)};                 ///< a longer silence makes windows STALE
  Duration hard_gap{seconds(15 * 60)};       ///< after a longer one no pair of ticks is formed across it
  Duration max_unusable{seconds(1)};         ///< a book crossed or one-sided for longer is STALE
  Duration max_quote_age{seconds(2)};        ///< an older quote, by its publisher's time, enters nothing
  std::size_t z_window{50}, spread_window{100}, trend_window{200};
  /// Sessions by calendar name, ascending, apart. An instrument whose calendar is not listed trades around the clock and its session is the
  /// UTC day.
  std::map<std::string, std::vector<TradingSession>> sessions{};
  bool carry_windows{false};  ///< keep the windows of mids and spreads over a session break
  RegimeSettings regime{};
  AggressionSettings aggression{};
  /// Of the bars that indicators run on: ascending whole seconds, at most Metrics::kMostBarLengths.
  std::vector<Duration> bar_lengths{seconds(10), seconds(60)};
  /// What volatilities are annualised by: seconds of trading a year, where an instrument has sessions and where it trades around the clock.
  double session_year_s{252.0 * 390 * 60}, full_year_s{365.0 * 86'400};
  /// Partitions that this instance answers for, a bit each. What the snapshot holds of others is left out.
  std::uint64_t partitions{~std::uint64_t{0}};
  /// By partition: another instance has said the metrics of the ticks up to here. They warm up the windows and are not said again.
  std::map<Partition, Position> said_until{};
  std::map<Partition, Position> book_said_until{};  ///< the same of the books of depth
  std::vector<SignalConfig> signals{{"mean_reversion", {}}};
};

}  // namespace tickmesh
