// Which member of which struct is which field of which message: one table for both directions, in the order of the fields' numbers.
// `Io` is a MessageWriter (struct to bytes), a MessageReader (bytes to struct) or a Reader (message to struct, see codec.cpp); the first
// two ask the message for nothing. Numbers and kinds stand here so that they are known when this is compiled; a test holds them against
// the contract.
#pragma once
#include "bus/field_form.hpp"
#include "core/events.hpp"
#include "tickmesh/v1/bus.pb.h"
#include "tickmesh/v1/journal.pb.h"

#define TM_FORM(number, kind, name) \
  FieldForm<std::remove_cvref_t<decltype(m)>, number, WireKind::kind> { #name }
#define TM_FIELD(number, kind, member, name)                         \
  io.field(                                                          \
      #name, e.member, [&]() -> decltype(auto) { return m.name(); }, \
      [&](auto&& value) { m.set_##name(std::forward<decltype(value)>(value)); }, TM_FORM(number, kind, name))
#define TM_MESSAGE(number, member, name) \
  io.message(e.member, [&] { return m.has_##name(); }, [&]() -> auto& { return *m.mutable_##name(); }, TM_FORM(number, length, name))
/// A list of messages: a vector, or an array of at most as many as it holds, where elements that say nothing end it.
#define TM_MESSAGES(number, member, name)                                                           \
  io.messages(                                                                                      \
      #name, e.member, [&] { return m.name##_size(); }, [&]() -> auto& { return *m.add_##name(); }, \
      [&](int i) -> auto& { return *m.mutable_##name(i); }, TM_FORM(number, length, name))
/// A packed list of fixed-point numbers; the kind is an element's.
#define TM_NUMBERS(number, kind, member, name) \
  io.numbers(e.member, [&]() -> auto& { return *m.mutable_##name(); }, TM_FORM(number, kind, name))
#define TM_TABLE(Type, Message) \
  template <class Io>           \
  void fields(Io& io, typename Io::template Of<Type>& e, v1::Message& m)

namespace tickmesh {

TM_TABLE(Name, Name) {
  TM_FIELD(1, varint, stream, stream);
  TM_FIELD(2, varint, partition, partition);
  TM_FIELD(3, fixed64, at.epoch, epoch);
  TM_FIELD(4, varint, at.sequence, sequence);
}
TM_TABLE(Cause, Cause) {
  TM_MESSAGE(1, name, name);
  TM_FIELD(2, fixed64, time, time_ns);
}
TM_TABLE(Header, EventHeader) {
  TM_FIELD(1, fixed64, time, time_ns);
  TM_FIELD(2, fixed64, event_time, event_time_ns);
  TM_MESSAGE(3, cause, cause);
  TM_FIELD(4, fixed64, tick_time, tick_time_ns);
}
TM_TABLE(Token, Token) {
  TM_FIELD(1, fixed64, epoch, epoch);
  TM_FIELD(2, varint, incarnation, incarnation);
}
TM_TABLE(Tick, Tick) {
  TM_FIELD(1, fixed64, instrument, instrument_id);
  TM_FIELD(2, fixed64, time, time_ns);
  TM_FIELD(3, fixed64, event_time, event_time_ns);
  TM_FIELD(4, varint, kind, kind);
  TM_FIELD(5, varint, feed, feed);
  TM_FIELD(6, varint, aggressor, aggressor);
  TM_FIELD(7, varint, synthetic, synthetic);
  TM_FIELD(8, fixed64, bid, bid_e8);
  TM_FIELD(9, fixed64, ask, ask_e8);
  TM_FIELD(10, fixed64, bid_size, bid_size_e8);
  TM_FIELD(11, fixed64, ask_size, ask_size_e8);
  TM_FIELD(12, fixed64, price, price_e8);
  TM_FIELD(13, fixed64, size, size_e8);
  TM_FIELD(14, fixed64, trade_id, trade_id);
}
TM_TABLE(Latest, Latest) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, length, symbol, symbol);
  TM_FIELD(3, varint, feed, feed);
  TM_FIELD(4, varint, synthetic, synthetic);
  TM_FIELD(5, varint, bid, bid_e8);
  TM_FIELD(6, varint, ask, ask_e8);
  TM_FIELD(7, varint, bid_size, bid_size_e8);
  TM_FIELD(8, varint, ask_size, ask_size_e8);
  TM_FIELD(9, varint, last_price, last_price_e8);
  TM_FIELD(10, varint, last_size, last_size_e8);
}
TM_TABLE(FeedEvent, FeedEvent) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, varint, kind, kind);
  TM_FIELD(3, varint, feed, feed);
  TM_FIELD(4, length, symbol, symbol);
  TM_FIELD(5, fixed64, from, from_ns);
  TM_FIELD(6, fixed64, to, to_ns);
  TM_FIELD(7, length, text, text);
}
TM_TABLE(Bar, Bar) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, length, symbol, symbol);
  TM_FIELD(3, varint, basis, basis);
  TM_FIELD(4, varint, length, length_ns);
  TM_FIELD(5, fixed64, start, start_ns);
  TM_FIELD(6, varint, open, open_e8);
  TM_FIELD(7, varint, high, high_e8);
  TM_FIELD(8, varint, low, low_e8);
  TM_FIELD(9, varint, close, close_e8);
  TM_FIELD(10, varint, volume, volume_e8);
  TM_FIELD(11, varint, count, count);
  TM_FIELD(12, varint, vwap, vwap_e8);
  TM_FIELD(13, varint, signed_volume, signed_volume_e8);
  TM_FIELD(14, varint, quality, quality);
  TM_FIELD(15, varint, correction, correction);
}
TM_TABLE(Value, Value) {
  TM_FIELD(1, fixed64, value, value);
  TM_FIELD(2, varint, status, status);
  TM_FIELD(3, varint, has_value, has_value);
}
TM_TABLE(BarIndicators, BarIndicators) {
  TM_FIELD(1, varint, length, length_ns);
  TM_FIELD(2, varint, closed, closed_ns);
  TM_FIELD(3, varint, fresh, fresh);
  TM_FIELD(4, varint, bars, bars);
  TM_MESSAGE(5, sma_20, sma_20);
  TM_MESSAGE(6, sma_50, sma_50);
  TM_MESSAGE(7, ema_12, ema_12);
  TM_MESSAGE(8, ema_20, ema_20);
  TM_MESSAGE(9, ema_26, ema_26);
  TM_MESSAGE(10, ema_50, ema_50);
  TM_MESSAGE(11, atr_14, atr_14);
  TM_MESSAGE(12, atr_span_s, atr_span_s);
  TM_MESSAGE(13, rsi_14, rsi_14);
  TM_MESSAGE(14, macd, macd);
  TM_MESSAGE(15, macd_signal, macd_signal);
  TM_MESSAGE(16, macd_histogram, macd_histogram);
  TM_MESSAGE(17, bollinger_upper, bollinger_upper);
  TM_MESSAGE(18, bollinger_lower, bollinger_lower);
  TM_MESSAGE(19, bollinger_b, bollinger_b);
  TM_MESSAGE(20, ewma_volatility, ewma_volatility);
  TM_MESSAGE(21, close_volatility, close_volatility);
  TM_MESSAGE(22, parkinson, parkinson);
  TM_MESSAGE(23, garman_klass, garman_klass);
  TM_MESSAGE(24, rogers_satchell, rogers_satchell);
  TM_MESSAGE(25, garman_klass_overnight, garman_klass_overnight);
  TM_MESSAGE(26, close, close);
  TM_MESSAGE(27, volume, volume);
  TM_MESSAGE(28, high_close_20, high_close_20);
  TM_MESSAGE(29, low_close_20, low_close_20);
  TM_MESSAGE(30, mean_volume_20, mean_volume_20);
}
TM_TABLE(Metrics, Metrics) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, length, symbol, symbol);
  TM_FIELD(3, varint, feed, feed);
  TM_FIELD(4, varint, bid, bid_e8);
  TM_FIELD(5, varint, ask, ask_e8);
  TM_MESSAGE(6, mid, mid);
  TM_MESSAGE(7, z_score, z_score);
  TM_MESSAGE(8, mean, mean);
  TM_MESSAGE(9, sd, sd);
  TM_MESSAGE(10, sd_bp, sd_bp);
  TM_MESSAGE(11, half_life, half_life);
  TM_MESSAGE(12, window_span_s, window_span_s);
  TM_MESSAGE(13, spread_bp, spread_bp);
  TM_MESSAGE(14, spread_mean_bp, spread_mean_bp);
  TM_MESSAGE(15, spread_sd_bp, spread_sd_bp);
  TM_MESSAGE(16, spread_cv, spread_cv);
  TM_MESSAGE(17, spread_regime, spread_regime);
  TM_MESSAGE(18, trend_slope, trend_slope);
  TM_MESSAGE(19, trend_t, trend_t);
  TM_MESSAGE(20, cost_bp, cost_bp);
  TM_MESSAGE(21, round_trip_bp, round_trip_bp);
  TM_MESSAGE(22, regime_down, regime_down);
  TM_MESSAGE(23, regime_flat, regime_flat);
  TM_MESSAGE(24, regime_up, regime_up);
  TM_MESSAGE(25, regime, regime);
  TM_MESSAGE(26, regime_logc, regime_logc);
  TM_MESSAGE(27, regime_zero_share, regime_zero_share);
  TM_MESSAGE(28, regime_rate_down, regime_rate_down);
  TM_MESSAGE(29, regime_rate_flat, regime_rate_flat);
  TM_MESSAGE(30, regime_rate_up, regime_rate_up);
  TM_MESSAGE(31, regime_null_down, regime_null_down);
  TM_MESSAGE(32, regime_null_flat, regime_null_flat);
  TM_MESSAGE(33, regime_null_up, regime_null_up);
  TM_MESSAGE(34, regime_disagree, regime_disagree);
  TM_MESSAGE(35, ofi, ofi);
  TM_MESSAGE(36, ofi_normalised, ofi_normalised);
  TM_MESSAGE(37, ofi_1s, ofi_1s);
  TM_MESSAGE(38, ofi_1s_normalised, ofi_1s_normalised);
  TM_MESSAGE(39, book_imbalance, book_imbalance);
  TM_MESSAGE(40, microprice, microprice);
  TM_MESSAGE(41, sign_share_venue, sign_share_venue);
  TM_MESSAGE(42, sign_share_quote, sign_share_quote);
  TM_MESSAGE(43, sign_share_tick, sign_share_tick);
  TM_MESSAGE(44, sign_share_none, sign_share_none);
  TM_MESSAGE(45, cvd, cvd);
  TM_MESSAGE(46, buy_100, buy_100);
  TM_MESSAGE(47, sell_100, sell_100);
  TM_MESSAGE(48, pressure_100, pressure_100);
  TM_MESSAGE(49, buy_pct_100, buy_pct_100);
  TM_MESSAGE(50, volume_ratio_100, volume_ratio_100);
  TM_MESSAGE(51, buy_60s, buy_60s);
  TM_MESSAGE(52, sell_60s, sell_60s);
  TM_MESSAGE(53, pressure_60s, pressure_60s);
  TM_MESSAGE(54, buy_pct_60s, buy_pct_60s);
  TM_MESSAGE(55, volume_ratio_60s, volume_ratio_60s);
  TM_MESSAGE(56, aggr, aggr);
  TM_MESSAGE(57, momentum, momentum);
  TM_MESSAGE(58, intensity, intensity);
  TM_MESSAGE(59, aggressive, aggressive);
  TM_MESSAGE(60, vwap, vwap);
  TM_MESSAGE(61, vwap_lower, vwap_lower);
  TM_MESSAGE(62, vwap_upper, vwap_upper);
  TM_MESSAGE(63, realised_variance, realised_variance);
  TM_MESSAGE(64, realised_volatility, realised_volatility);
  TM_MESSAGES(65, bars, bars);
  TM_MESSAGE(66, ofi_z, ofi_z);
  TM_MESSAGE(67, poc, poc);
  TM_MESSAGE(68, val, val);
  TM_MESSAGE(69, vah, vah);
  TM_MESSAGE(70, hvn_above, hvn_above);
  TM_MESSAGE(71, hvn_below, hvn_below);
  TM_MESSAGE(72, lvn_above, lvn_above);
  TM_MESSAGE(73, lvn_below, lvn_below);
  TM_MESSAGE(74, lvn_ticks, lvn_ticks);
  TM_MESSAGE(75, lvn_atr, lvn_atr);
  TM_MESSAGE(76, market_state, market_state);
  TM_MESSAGE(77, in_frac, in_frac);
  TM_MESSAGE(78, efficiency, efficiency);
  TM_MESSAGE(79, accept_up, accept_up);
  TM_MESSAGE(80, accept_down, accept_down);
  TM_MESSAGE(81, state_cvd, state_cvd);
  TM_MESSAGE(82, profile_share, profile_share);
  TM_MESSAGE(83, vpin, vpin);
  TM_MESSAGE(84, depth_imbalance, depth_imbalance);
  TM_MESSAGE(85, depth_ofi, depth_ofi);
  TM_MESSAGE(86, depth_ofi_normalised, depth_ofi_normalised);
}
TM_TABLE(ProfileEvent, ProfileEvent) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, length, symbol, symbol);
  TM_FIELD(3, varint, feed, feed);
  TM_FIELD(4, varint, synthetic, synthetic);
  TM_FIELD(5, varint, kind, kind);
  TM_FIELD(6, fixed64, session_start, session_start_ns);
  TM_FIELD(7, fixed64, session_end, session_end_ns);
  TM_FIELD(8, varint, approx, approx);
  TM_FIELD(9, fixed64, volume_share, volume_share);
  TM_FIELD(10, varint, row_size, row_size_e8);
  TM_FIELD(11, varint, low, low_e8);
  TM_NUMBERS(12, varint, rows, rows_e8);
  TM_FIELD(13, varint, poc, poc_e8);
  TM_FIELD(14, varint, val, val_e8);
  TM_FIELD(15, varint, vah, vah_e8);
  TM_FIELD(16, varint, volume, volume_e8);
  TM_FIELD(17, varint, inside, inside_e8);
  TM_NUMBERS(18, varint, hvn, hvn_e8);
  TM_NUMBERS(19, varint, lvn, lvn_e8);
  TM_FIELD(20, varint, state, state);
  TM_MESSAGE(21, in_frac, in_frac);
  TM_MESSAGE(22, efficiency, efficiency);
  TM_FIELD(23, varint, accept_up, accept_up);
  TM_FIELD(24, varint, accept_down, accept_down);
  TM_FIELD(25, varint, cvd, cvd_e8);
  TM_FIELD(26, length, reason, reason);
  TM_FIELD(27, varint, lvn_change, lvn_change);
  TM_FIELD(28, varint, lvn_near, lvn_near_e8);
  TM_MESSAGE(29, lvn_ticks, lvn_ticks);
  TM_MESSAGE(30, lvn_atr, lvn_atr);
  TM_MESSAGE(31, vpin, vpin);
}
TM_TABLE(DepthLevel, DepthLevel) {
  TM_FIELD(1, fixed64, price, price_e8);
  TM_FIELD(2, fixed64, size, size_e8);
}
TM_TABLE(DepthUpdate, DepthUpdate) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, length, symbol, symbol);
  TM_FIELD(3, varint, feed, feed);
  TM_FIELD(4, varint, synthetic, synthetic);
  TM_FIELD(5, varint, kind, kind);
  TM_FIELD(6, varint, previous, previous);
  TM_FIELD(7, varint, last, last);
  TM_MESSAGES(8, bids, bids);
  TM_MESSAGES(9, asks, asks);
}
TM_TABLE(BookTop, BookTop) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, length, symbol, symbol);
  TM_FIELD(3, varint, feed, feed);
  TM_FIELD(4, varint, synthetic, synthetic);
  TM_FIELD(5, varint, live, live);
  TM_FIELD(6, length, reason, reason);
  TM_FIELD(7, varint, last, last);
  TM_FIELD(8, varint, resyncs, resyncs);
  TM_MESSAGES(9, bids, bids);
  TM_MESSAGES(10, asks, asks);
  TM_MESSAGE(11, imbalance, imbalance);
  TM_MESSAGE(12, ofi, ofi);
  TM_MESSAGE(13, ofi_normalised, ofi_normalised);
}
TM_TABLE(Signal, Signal) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, length, symbol, symbol);
  TM_FIELD(3, length, strategy, strategy);
  TM_FIELD(4, varint, action, action);
  TM_FIELD(5, fixed64, confidence, confidence);
  TM_FIELD(6, fixed64, edge_bp, edge_bp);
  TM_FIELD(7, fixed64, cost_bp, cost_bp);
  TM_FIELD(8, varint, stop, stop_e8);
  TM_FIELD(9, varint, target, target_e8);
  TM_FIELD(10, fixed64, valid_until, valid_until_ns);
  TM_FIELD(11, length, reason, reason);
  TM_MESSAGE(12, inputs, inputs);
}
TM_TABLE(Intent, Intent) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, varint, kind, kind);
  TM_FIELD(3, length, client_order_id, client_order_id);
  TM_FIELD(4, length, symbol, symbol);
  TM_FIELD(5, varint, side, side);
  TM_FIELD(6, varint, type, type);
  TM_FIELD(7, varint, purpose, purpose);
  TM_FIELD(8, varint, quantity, quantity_e8);
  TM_FIELD(9, varint, limit_price, limit_price_e8);
  TM_FIELD(10, varint, stop_price, stop_price_e8);
  TM_FIELD(11, varint, reference_price, reference_price_e8);
  TM_FIELD(12, length, position_id, position_id);
  TM_FIELD(13, length, strategy, strategy);
  TM_FIELD(14, fixed64, valid_until, valid_until_ns);
  TM_MESSAGE(15, manager, manager);
  TM_MESSAGE(16, gateway, gateway);
  TM_FIELD(17, length, reason, reason);
}
TM_TABLE(PositionEvent, PositionEvent) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, varint, kind, kind);
  TM_FIELD(3, length, id, id);
  TM_FIELD(4, length, symbol, symbol);
  TM_FIELD(5, varint, side, side);
  TM_FIELD(6, varint, quantity, quantity_e8);
  TM_FIELD(7, varint, entry_quantity, entry_quantity_e8);
  TM_FIELD(8, varint, entry_price, entry_price_e8);
  TM_FIELD(9, varint, entry_value, entry_value_e8);
  TM_FIELD(10, varint, stop, stop_e8);
  TM_FIELD(11, varint, target, target_e8);
  TM_FIELD(12, fixed64, entry_time, entry_time_ns);
  TM_FIELD(13, fixed64, exit_time, exit_time_ns);
  TM_FIELD(14, varint, exit_price, exit_price_e8);
  TM_FIELD(15, varint, realized_pnl, realized_pnl_e8);
  TM_FIELD(16, varint, fees, fees_e8);
  TM_FIELD(17, length, strategy, strategy);
  TM_FIELD(18, length, exit_reason, exit_reason);
}
TM_TABLE(AccountEvent, AccountEvent) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, length, currency, currency);
  TM_FIELD(3, varint, balance, balance_e8);
  TM_FIELD(4, varint, realized_pnl, realized_pnl_e8);
  TM_FIELD(5, varint, unrealized_pnl, unrealized_pnl_e8);
  TM_FIELD(6, varint, equity, equity_e8);
  TM_FIELD(7, varint, gross, gross_e8);
  TM_FIELD(8, varint, open_positions, open_positions);
}
TM_TABLE(RiskEvent, RiskEvent) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, varint, kind, kind);
  TM_FIELD(3, length, symbol, symbol);
  TM_FIELD(4, varint, state, state);
  TM_FIELD(5, length, rule, rule);
  TM_FIELD(6, length, reason, reason);
  TM_FIELD(7, length, command_id, command_id);
  TM_FIELD(8, varint, outcome, outcome);
}
TM_TABLE(StrategyEvent, StrategyEvent) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, length, strategy, strategy);
  TM_FIELD(3, length, symbol, symbol);
  TM_FIELD(4, varint, enabled, enabled);
  TM_FIELD(5, varint, closed_trades, closed_trades);
  TM_FIELD(6, fixed64, kelly_full, kelly_full);
  TM_FIELD(7, fixed64, kelly_used, kelly_used);
  TM_FIELD(8, varint, kelly_bound, kelly_bound);
}
TM_TABLE(Fill, Fill) {
  TM_FIELD(1, length, execution_id, execution_id);
  TM_FIELD(2, varint, price, price_e8);
  TM_FIELD(3, varint, quantity, quantity_e8);
  TM_FIELD(4, varint, commission, commission_e8);
  TM_FIELD(5, fixed64, time, time_ns);
  TM_FIELD(6, varint, bid, bid_e8);
  TM_FIELD(7, varint, ask, ask_e8);
}
TM_TABLE(OrderEvent, OrderEvent) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, varint, kind, kind);
  TM_MESSAGE(3, order, order);
  TM_FIELD(4, length, venue_order_id, venue_order_id);
  TM_FIELD(5, varint, attempt, attempt);
  TM_FIELD(6, varint, filled, filled_e8);
  TM_FIELD(7, varint, remaining, remaining_e8);
  TM_MESSAGE(8, fill, fill);
  TM_FIELD(9, length, rule, rule);
  TM_FIELD(10, length, reason, reason);
}
TM_TABLE(VenueEvent, VenueEvent) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, varint, kind, kind);
  TM_FIELD(3, length, venue, venue);
  TM_MESSAGE(4, gateway, gateway);
  TM_FIELD(5, varint, state, state);
  TM_FIELD(6, length, command_id, command_id);
  TM_FIELD(7, varint, outcome, outcome);
  TM_FIELD(8, length, reason, reason);
}
TM_TABLE(Prediction, Prediction) {
  TM_FIELD(1, varint, side, side);
  TM_FIELD(2, fixed64, confidence, confidence);
  TM_FIELD(3, varint, horizon, horizon_ns);
  TM_FIELD(4, length, model, model);
  TM_FIELD(5, fixed64, as_of, as_of_ns);
}
TM_TABLE(Command, Command) {
  TM_MESSAGE(1, header, header);
  TM_FIELD(2, length, id, id);
  TM_FIELD(3, varint, verb, verb);
  TM_FIELD(4, length, symbol, symbol);
  TM_FIELD(5, varint, quantity, quantity_e8);
  TM_FIELD(6, varint, limit, limit_e8);
  TM_FIELD(7, varint, stop, stop_e8);
  TM_FIELD(8, varint, target, target_e8);
  TM_FIELD(9, length, client_order_id, client_order_id);
  TM_FIELD(10, varint, hard, hard);
  TM_FIELD(11, length, issuer, issuer);
  TM_FIELD(12, length, note, note);
  TM_FIELD(13, fixed64, valid_until, valid_until_ns);
  TM_MESSAGE(14, prediction, prediction);
}
TM_TABLE(Started, Started) { TM_MESSAGE(1, token, token); }
TM_TABLE(WentLive, WentLive) { (void)io, (void)e, (void)m; }
TM_TABLE(TimerFired, TimerFired) {
  TM_FIELD(1, varint, timer, timer);
  TM_FIELD(2, fixed64, due, due_ns);
}
TM_TABLE(PeerChanged, PeerChanged) {
  TM_FIELD(1, length, service, service);
  TM_FIELD(2, varint, alive, alive);
  TM_MESSAGE(3, token, token);
}
TM_TABLE(StreamGap, StreamGap) {
  TM_FIELD(1, varint, stream, stream);
  TM_FIELD(2, varint, partition, partition);
  TM_FIELD(3, fixed64, from.epoch, from_epoch);
  TM_FIELD(4, varint, from.sequence, from_sequence);
  TM_FIELD(5, fixed64, to.epoch, to_epoch);
  TM_FIELD(6, varint, to.sequence, to_sequence);
}
TM_TABLE(VenueReport, VenueReport) {
  TM_FIELD(1, varint, kind, kind);
  TM_FIELD(2, length, client_order_id, client_order_id);
  TM_FIELD(3, length, venue_order_id, venue_order_id);
  TM_MESSAGE(4, fill, fill);
  TM_FIELD(5, varint, cumulative, cumulative_e8);
  TM_FIELD(6, varint, open, open);
  TM_FIELD(7, fixed64, time, time_ns);
  TM_FIELD(8, length, reason, reason);
}
TM_TABLE(Request, Request) {
  TM_FIELD(1, length, request_id, request_id);
  TM_MESSAGE(2, command, command);
}
TM_TABLE(DiskChanged, DiskChanged) {
  TM_FIELD(1, varint, full, full);
  TM_FIELD(2, length, reason, reason);
}
TM_TABLE(ClockStepped, ClockStepped) { TM_FIELD(1, zigzag, by, by_ns); }
TM_TABLE(Rebuilt, Rebuilt) {
  TM_MESSAGE(1, order, order);
  TM_FIELD(2, varint, stop, stop_e8);
  TM_FIELD(3, varint, target, target_e8);
  TM_FIELD(4, varint, said, said);
}

}  // namespace tickmesh

#undef TM_FORM
#undef TM_FIELD
#undef TM_MESSAGE
#undef TM_MESSAGES
#undef TM_NUMBERS
#undef TM_TABLE
