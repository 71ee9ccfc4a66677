// The values of Metrics and of its bars by name: for whoever writes them down (tables, JSON), in one order.
#pragma once
#include <cstddef>
#include <iterator>

#include "core/events.hpp"

namespace tickmesh {

struct MetricValue {
  const char* name;
  Value Metrics::* value;
};
struct BarValue {
  const char* name;
  Value BarIndicators::* value;
};

/// In the order of their numbers in tickmesh.v1, which is the order of `statuses` in tables.
inline constexpr MetricValue kMetricValues[] = {
    {"mid", &Metrics::mid},
    {"z_score", &Metrics::z_score},
    {"mean", &Metrics::mean},
    {"sd", &Metrics::sd},
    {"sd_bp", &Metrics::sd_bp},
    {"half_life", &Metrics::half_life},
    {"window_span_s", &Metrics::window_span_s},
    {"spread_bp", &Metrics::spread_bp},
    {"spread_mean_bp", &Metrics::spread_mean_bp},
    {"spread_sd_bp", &Metrics::spread_sd_bp},
    {"spread_cv", &Metrics::spread_cv},
    {"spread_regime", &Metrics::spread_regime},
    {"trend_slope", &Metrics::trend_slope},
    {"trend_t", &Metrics::trend_t},
    {"cost_bp", &Metrics::cost_bp},
    {"round_trip_bp", &Metrics::round_trip_bp},
    {"regime_down", &Metrics::regime_down},
    {"regime_flat", &Metrics::regime_flat},
    {"regime_up", &Metrics::regime_up},
    {"regime", &Metrics::regime},
    {"regime_logc", &Metrics::regime_logc},
    {"regime_zero_share", &Metrics::regime_zero_share},
    {"regime_rate_down", &Metrics::regime_rate_down},
    {"regime_rate_flat", &Metrics::regime_rate_flat},
    {"regime_rate_up", &Metrics::regime_rate_up},
    {"regime_null_down", &Metrics::regime_null_down},
    {"regime_null_flat", &Metrics::regime_null_flat},
    {"regime_null_up", &Metrics::regime_null_up},
    {"regime_disagree", &Metrics::regime_disagree},
    {"ofi", &Metrics::ofi},
    {"ofi_normalised", &Metrics::ofi_normalised},
    {"ofi_1s", &Metrics::ofi_1s},
    {"ofi_1s_normalised", &Metrics::ofi_1s_normalised},
    {"book_imbalance", &Metrics::book_imbalance},
    {"microprice", &Metrics::microprice},
    {"sign_share_venue", &Metrics::sign_share_venue},
    {"sign_share_quote", &Metrics::sign_share_quote},
    {"sign_share_tick", &Metrics::sign_share_tick},
    {"sign_share_none", &Metrics::sign_share_none},
    {"cvd", &Metrics::cvd},
    {"buy_100", &Metrics::buy_100},
    {"sell_100", &Metrics::sell_100},
    {"pressure_100", &Metrics::pressure_100},
    {"buy_pct_100", &Metrics::buy_pct_100},
    {"volume_ratio_100", &Metrics::volume_ratio_100},
    {"buy_60s", &Metrics::buy_60s},
    {"sell_60s", &Metrics::sell_60s},
    {"pressure_60s", &Metrics::pressure_60s},
    {"buy_pct_60s", &Metrics::buy_pct_60s},
    {"volume_ratio_60s", &Metrics::volume_ratio_60s},
    {"aggr", &Metrics::aggr},
    {"momentum", &Metrics::momentum},
    {"intensity", &Metrics::intensity},
    {"aggressive", &Metrics::aggressive},
    {"vwap", &Metrics::vwap},
    {"vwap_lower", &Metrics::vwap_lower},
    {"vwap_upper", &Metrics::vwap_upper},
    {"realised_variance", &Metrics::realised_variance},
    {"realised_volatility", &Metrics::realised_volatility},
    {"ofi_z", &Metrics::ofi_z},
    {"poc", &Metrics::poc},
    {"val", &Metrics::val},
    {"vah", &Metrics::vah},
    {"hvn_above", &Metrics::hvn_above},
    {"hvn_below", &Metrics::hvn_below},
    {"lvn_above", &Metrics::lvn_above},
    {"lvn_below", &Metrics::lvn_below},
    {"lvn_ticks", &Metrics::lvn_ticks},
    {"lvn_atr", &Metrics::lvn_atr},
    {"market_state", &Metrics::market_state},
    {"in_frac", &Metrics::in_frac},
    {"efficiency", &Metrics::efficiency},
    {"accept_up", &Metrics::accept_up},
    {"accept_down", &Metrics::accept_down},
    {"state_cvd", &Metrics::state_cvd},
    {"profile_share", &Metrics::profile_share},
    {"vpin", &Metrics::vpin},
    {"depth_imbalance", &Metrics::depth_imbalance},
    {"depth_ofi", &Metrics::depth_ofi},
    {"depth_ofi_normalised", &Metrics::depth_ofi_normalised},
};
inline constexpr std::size_t kMetricValueCount = std::size(kMetricValues);
inline constexpr BarValue kBarValues[] = {
    {"sma_20", &BarIndicators::sma_20},
    {"sma_50", &BarIndicators::sma_50},
    {"ema_12", &BarIndicators::ema_12},
    {"ema_20", &BarIndicators::ema_20},
    {"ema_26", &BarIndicators::ema_26},
    {"ema_50", &BarIndicators::ema_50},
    {"atr_14", &BarIndicators::atr_14},
    {"atr_span_s", &BarIndicators::atr_span_s},
    {"rsi_14", &BarIndicators::rsi_14},
    {"macd", &BarIndicators::macd},
    {"macd_signal", &BarIndicators::macd_signal},
    {"macd_histogram", &BarIndicators::macd_histogram},
    {"bollinger_upper", &BarIndicators::bollinger_upper},
    {"bollinger_lower", &BarIndicators::bollinger_lower},
    {"bollinger_b", &BarIndicators::bollinger_b},
    {"ewma_volatility", &BarIndicators::ewma_volatility},
    {"close_volatility", &BarIndicators::close_volatility},
    {"parkinson", &BarIndicators::parkinson},
    {"garman_klass", &BarIndicators::garman_klass},
    {"rogers_satchell", &BarIndicators::rogers_satchell},
    {"garman_klass_overnight", &BarIndicators::garman_klass_overnight},
    {"close", &BarIndicators::close},
    {"volume", &BarIndicators::volume},
    {"high_close_20", &BarIndicators::high_close_20},
    {"low_close_20", &BarIndicators::low_close_20},
    {"mean_volume_20", &BarIndicators::mean_volume_20},
};
inline constexpr std::size_t kBarValueCount = std::size(kBarValues);

}  // namespace tickmesh
