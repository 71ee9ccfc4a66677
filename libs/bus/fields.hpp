// Which member of which struct is which field of which message: one table for both directions.
// `Io` is a MessageWriter (struct to bytes; of the message only its names are asked) or a Reader (message to struct), see codec.cpp.
#pragma once
#include "bus/field_form.hpp"
#include "core/events.hpp"
#include "tickmesh/v1/bus.pb.h"
#include "tickmesh/v1/journal.pb.h"

#define TM_FORM(name)                                                                                         \
  [&]() -> const auto& {                                                                                      \
    static const auto form = form_of(std::remove_cvref_t<decltype(m)>::descriptor()->FindFieldByName(#name)); \
    return form;                                                                                              \
  }
#define TM_FIELD(member, name)                                       \
  io.field(                                                          \
      #name, e.member, [&]() -> decltype(auto) { return m.name(); }, \
      [&](auto&& value) { m.set_##name(std::forward<decltype(value)>(value)); }, TM_FORM(name))
#define TM_MESSAGE(member, name) \
  io.message(e.member, [&] { return m.has_##name(); }, [&]() -> auto& { return *m.mutable_##name(); }, TM_FORM(name))
/// A list of messages: a vector, or an array of at most as many as it holds, where elements that say nothing end it.
#define TM_MESSAGES(member, name)                                                                   \
  io.messages(                                                                                      \
      #name, e.member, [&] { return m.name##_size(); }, [&]() -> auto& { return *m.add_##name(); }, \
      [&](int i) -> auto& { return *m.mutable_##name(i); }, TM_FORM(name))
/// A packed list of fixed-point numbers.
#define TM_NUMBERS(member, name) io.numbers(e.member, [&]() -> auto& { return *m.mutable_##name(); }, TM_FORM(name))
#define TM_TABLE(Type, Message) \
  template <class Io>           \
  void fields(Io& io, typename Io::template Of<Type>& e, v1::Message& m)

namespace tickmesh {

TM_TABLE(Name, Name) {
  TM_FIELD(stream, stream);
  TM_FIELD(partition, partition);
  TM_FIELD(at.epoch, epoch);
  TM_FIELD(at.sequence, sequence);
}
TM_TABLE(Cause, Cause) {
  TM_MESSAGE(name, name);
  TM_FIELD(time, time_ns);
}
TM_TABLE(Header, EventHeader) {
  TM_FIELD(time, time_ns);
  TM_FIELD(event_time, event_time_ns);
  TM_MESSAGE(cause, cause);
  TM_FIELD(tick_time, tick_time_ns);
}
TM_TABLE(Token, Token) {
  TM_FIELD(epoch, epoch);
  TM_FIELD(incarnation, incarnation);
}
TM_TABLE(Tick, Tick) {
  TM_FIELD(instrument, instrument_id);
  TM_FIELD(time, time_ns);
  TM_FIELD(event_time, event_time_ns);
  TM_FIELD(kind, kind);
  TM_FIELD(feed, feed);
  TM_FIELD(aggressor, aggressor);
  TM_FIELD(synthetic, synthetic);
  TM_FIELD(bid, bid_e8);
  TM_FIELD(ask, ask_e8);
  TM_FIELD(bid_size, bid_size_e8);
  TM_FIELD(ask_size, ask_size_e8);
  TM_FIELD(price, price_e8);
  TM_FIELD(size, size_e8);
  TM_FIELD(trade_id, trade_id);
}
TM_TABLE(Latest, Latest) {
  TM_MESSAGE(header, header);
  TM_FIELD(symbol, symbol);
  TM_FIELD(feed, feed);
  TM_FIELD(synthetic, synthetic);
  TM_FIELD(bid, bid_e8);
  TM_FIELD(ask, ask_e8);
  TM_FIELD(bid_size, bid_size_e8);
  TM_FIELD(ask_size, ask_size_e8);
  TM_FIELD(last_price, last_price_e8);
  TM_FIELD(last_size, last_size_e8);
}
TM_TABLE(FeedEvent, FeedEvent) {
  TM_MESSAGE(header, header);
  TM_FIELD(kind, kind);
  TM_FIELD(feed, feed);
  TM_FIELD(symbol, symbol);
  TM_FIELD(from, from_ns);
  TM_FIELD(to, to_ns);
  TM_FIELD(text, text);
}
TM_TABLE(Bar, Bar) {
  TM_MESSAGE(header, header);
  TM_FIELD(symbol, symbol);
  TM_FIELD(basis, basis);
  TM_FIELD(length, length_ns);
  TM_FIELD(start, start_ns);
  TM_FIELD(open, open_e8);
  TM_FIELD(high, high_e8);
  TM_FIELD(low, low_e8);
  TM_FIELD(close, close_e8);
  TM_FIELD(volume, volume_e8);
  TM_FIELD(count, count);
  TM_FIELD(vwap, vwap_e8);
  TM_FIELD(signed_volume, signed_volume_e8);
  TM_FIELD(quality, quality);
  TM_FIELD(correction, correction);
}
TM_TABLE(Value, Value) {
  TM_FIELD(value, value);
  TM_FIELD(status, status);
  TM_FIELD(has_value, has_value);
}
TM_TABLE(BarIndicators, BarIndicators) {
  TM_FIELD(length, length_ns);
  TM_FIELD(closed, closed_ns);
  TM_FIELD(fresh, fresh);
  TM_FIELD(bars, bars);
  TM_MESSAGE(sma_20, sma_20);
  TM_MESSAGE(sma_50, sma_50);
  TM_MESSAGE(ema_12, ema_12);
  TM_MESSAGE(ema_20, ema_20);
  TM_MESSAGE(ema_26, ema_26);
  TM_MESSAGE(ema_50, ema_50);
  TM_MESSAGE(atr_14, atr_14);
  TM_MESSAGE(atr_span_s, atr_span_s);
  TM_MESSAGE(rsi_14, rsi_14);
  TM_MESSAGE(macd, macd);
  TM_MESSAGE(macd_signal, macd_signal);
  TM_MESSAGE(macd_histogram, macd_histogram);
  TM_MESSAGE(bollinger_upper, bollinger_upper);
  TM_MESSAGE(bollinger_lower, bollinger_lower);
  TM_MESSAGE(bollinger_b, bollinger_b);
  TM_MESSAGE(ewma_volatility, ewma_volatility);
  TM_MESSAGE(close_volatility, close_volatility);
  TM_MESSAGE(parkinson, parkinson);
  TM_MESSAGE(garman_klass, garman_klass);
  TM_MESSAGE(rogers_satchell, rogers_satchell);
  TM_MESSAGE(garman_klass_overnight, garman_klass_overnight);
  TM_MESSAGE(close, close);
  TM_MESSAGE(volume, volume);
  TM_MESSAGE(high_close_20, high_close_20);
  TM_MESSAGE(low_close_20, low_close_20);
  TM_MESSAGE(mean_volume_20, mean_volume_20);
}
TM_TABLE(Metrics, Metrics) {
  TM_MESSAGE(header, header);
  TM_FIELD(symbol, symbol);
  TM_FIELD(feed, feed);
  TM_FIELD(bid, bid_e8);
  TM_FIELD(ask, ask_e8);
  TM_MESSAGE(mid, mid);
  TM_MESSAGE(z_score, z_score);
  TM_MESSAGE(mean, mean);
  TM_MESSAGE(sd, sd);
  TM_MESSAGE(sd_bp, sd_bp);
  TM_MESSAGE(half_life, half_life);
  TM_MESSAGE(window_span_s, window_span_s);
  TM_MESSAGE(spread_bp, spread_bp);
  TM_MESSAGE(spread_mean_bp, spread_mean_bp);
  TM_MESSAGE(spread_sd_bp, spread_sd_bp);
  TM_MESSAGE(spread_cv, spread_cv);
  TM_MESSAGE(spread_regime, spread_regime);
  TM_MESSAGE(trend_slope, trend_slope);
  TM_MESSAGE(trend_t, trend_t);
  TM_MESSAGE(cost_bp, cost_bp);
  TM_MESSAGE(round_trip_bp, round_trip_bp);
  TM_MESSAGE(regime_down, regime_down);
  TM_MESSAGE(regime_flat, regime_flat);
  TM_MESSAGE(regime_up, regime_up);
  TM_MESSAGE(regime, regime);
  TM_MESSAGE(regime_logc, regime_logc);
  TM_MESSAGE(regime_zero_share, regime_zero_share);
  TM_MESSAGE(regime_rate_down, regime_rate_down);
  TM_MESSAGE(regime_rate_flat, regime_rate_flat);
  TM_MESSAGE(regime_rate_up, regime_rate_up);
  TM_MESSAGE(regime_null_down, regime_null_down);
  TM_MESSAGE(regime_null_flat, regime_null_flat);
  TM_MESSAGE(regime_null_up, regime_null_up);
  TM_MESSAGE(regime_disagree, regime_disagree);
  TM_MESSAGE(ofi, ofi);
  TM_MESSAGE(ofi_normalised, ofi_normalised);
  TM_MESSAGE(ofi_1s, ofi_1s);
  TM_MESSAGE(ofi_1s_normalised, ofi_1s_normalised);
  TM_MESSAGE(book_imbalance, book_imbalance);
  TM_MESSAGE(microprice, microprice);
  TM_MESSAGE(sign_share_venue, sign_share_venue);
  TM_MESSAGE(sign_share_quote, sign_share_quote);
  TM_MESSAGE(sign_share_tick, sign_share_tick);
  TM_MESSAGE(sign_share_none, sign_share_none);
  TM_MESSAGE(cvd, cvd);
  TM_MESSAGE(buy_100, buy_100);
  TM_MESSAGE(sell_100, sell_100);
  TM_MESSAGE(pressure_100, pressure_100);
  TM_MESSAGE(buy_pct_100, buy_pct_100);
  TM_MESSAGE(volume_ratio_100, volume_ratio_100);
  TM_MESSAGE(buy_60s, buy_60s);
  TM_MESSAGE(sell_60s, sell_60s);
  TM_MESSAGE(pressure_60s, pressure_60s);
  TM_MESSAGE(buy_pct_60s, buy_pct_60s);
  TM_MESSAGE(volume_ratio_60s, volume_ratio_60s);
  TM_MESSAGE(aggr, aggr);
  TM_MESSAGE(momentum, momentum);
  TM_MESSAGE(intensity, intensity);
  TM_MESSAGE(aggressive, aggressive);
  TM_MESSAGE(vwap, vwap);
  TM_MESSAGE(vwap_lower, vwap_lower);
  TM_MESSAGE(vwap_upper, vwap_upper);
  TM_MESSAGE(realised_variance, realised_variance);
  TM_MESSAGE(realised_volatility, realised_volatility);
  TM_MESSAGES(bars, bars);
  TM_MESSAGE(ofi_z, ofi_z);
  TM_MESSAGE(poc, poc);
  TM_MESSAGE(val, val);
  TM_MESSAGE(vah, vah);
  TM_MESSAGE(hvn_above, hvn_above);
  TM_MESSAGE(hvn_below, hvn_below);
  TM_MESSAGE(lvn_above, lvn_above);
  TM_MESSAGE(lvn_below, lvn_below);
  TM_MESSAGE(lvn_ticks, lvn_ticks);
  TM_MESSAGE(lvn_atr, lvn_atr);
  TM_MESSAGE(market_state, market_state);
  TM_MESSAGE(in_frac, in_frac);
  TM_MESSAGE(efficiency, efficiency);
  TM_MESSAGE(accept_up, accept_up);
  TM_MESSAGE(accept_down, accept_down);
  TM_MESSAGE(state_cvd, state_cvd);
  TM_MESSAGE(profile_share, profile_share);
  TM_MESSAGE(vpin, vpin);
  TM_MESSAGE(depth_imbalance, depth_imbalance);
  TM_MESSAGE(depth_ofi, depth_ofi);
  TM_MESSAGE(depth_ofi_normalised, depth_ofi_normalised);
}
TM_TABLE(ProfileEvent, ProfileEvent) {
  TM_MESSAGE(header, header);
  TM_FIELD(symbol, symbol);
  TM_FIELD(feed, feed);
  TM_FIELD(synthetic, synthetic);
  TM_FIELD(kind, kind);
  TM_FIELD(session_start, session_start_ns);
  TM_FIELD(session_end, session_end_ns);
  TM_FIELD(approx, approx);
  TM_FIELD(volume_share, volume_share);
  TM_FIELD(row_size, row_size_e8);
  TM_FIELD(low, low_e8);
  TM_NUMBERS(rows, rows_e8);
  TM_FIELD(poc, poc_e8);
  TM_FIELD(val, val_e8);
  TM_FIELD(vah, vah_e8);
  TM_FIELD(volume, volume_e8);
  TM_FIELD(inside, inside_e8);
  TM_NUMBERS(hvn, hvn_e8);
  TM_NUMBERS(lvn, lvn_e8);
  TM_FIELD(state, state);
  TM_MESSAGE(in_frac, in_frac);
  TM_MESSAGE(efficiency, efficiency);
  TM_FIELD(accept_up, accept_up);
  TM_FIELD(accept_down, accept_down);
  TM_FIELD(cvd, cvd_e8);
  TM_FIELD(reason, reason);
  TM_FIELD(lvn_change, lvn_change);
  TM_FIELD(lvn_near, lvn_near_e8);
  TM_MESSAGE(lvn_ticks, lvn_ticks);
  TM_MESSAGE(lvn_atr, lvn_atr);
  TM_MESSAGE(vpin, vpin);
}
TM_TABLE(DepthLevel, DepthLevel) {
  TM_FIELD(price, price_e8);
  TM_FIELD(size, size_e8);
}
TM_TABLE(DepthUpdate, DepthUpdate) {
  TM_MESSAGE(header, header);
  TM_FIELD(symbol, symbol);
  TM_FIELD(feed, feed);
  TM_FIELD(synthetic, synthetic);
  TM_FIELD(kind, kind);
  TM_FIELD(previous, previous);
  TM_FIELD(last, last);
  TM_MESSAGES(bids, bids);
  TM_MESSAGES(asks, asks);
}
TM_TABLE(BookTop, BookTop) {
  TM_MESSAGE(header, header);
  TM_FIELD(symbol, symbol);
  TM_FIELD(feed, feed);
  TM_FIELD(synthetic, synthetic);
  TM_FIELD(live, live);
  TM_FIELD(reason, reason);
  TM_FIELD(last, last);
  TM_FIELD(resyncs, resyncs);
  TM_MESSAGES(bids, bids);
  TM_MESSAGES(asks, asks);
  TM_MESSAGE(imbalance, imbalance);
  TM_MESSAGE(ofi, ofi);
  TM_MESSAGE(ofi_normalised, ofi_normalised);
}
TM_TABLE(Signal, Signal) {
  TM_MESSAGE(header, header);
  TM_FIELD(symbol, symbol);
  TM_FIELD(strategy, strategy);
  TM_FIELD(action, action);
  TM_FIELD(confidence, confidence);
  TM_FIELD(edge_bp, edge_bp);
  TM_FIELD(cost_bp, cost_bp);
  TM_FIELD(stop, stop_e8);
  TM_FIELD(target, target_e8);
  TM_FIELD(valid_until, valid_until_ns);
  TM_FIELD(reason, reason);
  TM_MESSAGE(inputs, inputs);
}
TM_TABLE(Intent, Intent) {
  TM_MESSAGE(header, header);
  TM_FIELD(kind, kind);
  TM_FIELD(client_order_id, client_order_id);
  TM_FIELD(symbol, symbol);
  TM_FIELD(side, side);
  TM_FIELD(type, type);
  TM_FIELD(purpose, purpose);
  TM_FIELD(quantity, quantity_e8);
  TM_FIELD(limit_price, limit_price_e8);
  TM_FIELD(stop_price, stop_price_e8);
  TM_FIELD(reference_price, reference_price_e8);
  TM_FIELD(position_id, position_id);
  TM_FIELD(strategy, strategy);
  TM_FIELD(valid_until, valid_until_ns);
  TM_MESSAGE(manager, manager);
  TM_MESSAGE(gateway, gateway);
  TM_FIELD(reason, reason);
}
TM_TABLE(PositionEvent, PositionEvent) {
  TM_MESSAGE(header, header);
  TM_FIELD(kind, kind);
  TM_FIELD(id, id);
  TM_FIELD(symbol, symbol);
  TM_FIELD(side, side);
  TM_FIELD(quantity, quantity_e8);
  TM_FIELD(entry_quantity, entry_quantity_e8);
  TM_FIELD(entry_price, entry_price_e8);
  TM_FIELD(entry_value, entry_value_e8);
  TM_FIELD(stop, stop_e8);
  TM_FIELD(target, target_e8);
  TM_FIELD(entry_time, entry_time_ns);
  TM_FIELD(exit_time, exit_time_ns);
  TM_FIELD(exit_price, exit_price_e8);
  TM_FIELD(realized_pnl, realized_pnl_e8);
  TM_FIELD(fees, fees_e8);
  TM_FIELD(strategy, strategy);
  TM_FIELD(exit_reason, exit_reason);
}
TM_TABLE(AccountEvent, AccountEvent) {
  TM_MESSAGE(header, header);
  TM_FIELD(currency, currency);
  TM_FIELD(balance, balance_e8);
  TM_FIELD(realized_pnl, realized_pnl_e8);
  TM_FIELD(unrealized_pnl, unrealized_pnl_e8);
  TM_FIELD(equity, equity_e8);
  TM_FIELD(gross, gross_e8);
  TM_FIELD(open_positions, open_positions);
}
TM_TABLE(RiskEvent, RiskEvent) {
  TM_MESSAGE(header, header);
  TM_FIELD(kind, kind);
  TM_FIELD(symbol, symbol);
  TM_FIELD(state, state);
  TM_FIELD(rule, rule);
  TM_FIELD(reason, reason);
  TM_FIELD(command_id, command_id);
  TM_FIELD(outcome, outcome);
}
TM_TABLE(StrategyEvent, StrategyEvent) {
  TM_MESSAGE(header, header);
  TM_FIELD(strategy, strategy);
  TM_FIELD(symbol, symbol);
  TM_FIELD(enabled, enabled);
  TM_FIELD(closed_trades, closed_trades);
  TM_FIELD(kelly_full, kelly_full);
  TM_FIELD(kelly_used, kelly_used);
  TM_FIELD(kelly_bound, kelly_bound);
}
TM_TABLE(Fill, Fill) {
  TM_FIELD(execution_id, execution_id);
  TM_FIELD(price, price_e8);
  TM_FIELD(quantity, quantity_e8);
  TM_FIELD(commission, commission_e8);
  TM_FIELD(time, time_ns);
  TM_FIELD(bid, bid_e8);
  TM_FIELD(ask, ask_e8);
}
TM_TABLE(OrderEvent, OrderEvent) {
  TM_MESSAGE(header, header);
  TM_FIELD(kind, kind);
  TM_MESSAGE(order, order);
  TM_FIELD(venue_order_id, venue_order_id);
  TM_FIELD(attempt, attempt);
  TM_FIELD(filled, filled_e8);
  TM_FIELD(remaining, remaining_e8);
  TM_MESSAGE(fill, fill);
  TM_FIELD(rule, rule);
  TM_FIELD(reason, reason);
}
TM_TABLE(VenueEvent, VenueEvent) {
  TM_MESSAGE(header, header);
  TM_FIELD(kind, kind);
  TM_FIELD(venue, venue);
  TM_MESSAGE(gateway, gateway);
  TM_FIELD(state, state);
  TM_FIELD(command_id, command_id);
  TM_FIELD(outcome, outcome);
  TM_FIELD(reason, reason);
}
TM_TABLE(Prediction, Prediction) {
  TM_FIELD(side, side);
  TM_FIELD(confidence, confidence);
  TM_FIELD(horizon, horizon_ns);
  TM_FIELD(model, model);
  TM_FIELD(as_of, as_of_ns);
}
TM_TABLE(Command, Command) {
  TM_MESSAGE(header, header);
  TM_FIELD(id, id);
  TM_FIELD(verb, verb);
  TM_FIELD(symbol, symbol);
  TM_FIELD(quantity, quantity_e8);
  TM_FIELD(limit, limit_e8);
  TM_FIELD(stop, stop_e8);
  TM_FIELD(target, target_e8);
  TM_FIELD(client_order_id, client_order_id);
  TM_FIELD(hard, hard);
  TM_FIELD(issuer, issuer);
  TM_FIELD(note, note);
  TM_FIELD(valid_until, valid_until_ns);
  TM_MESSAGE(prediction, prediction);
}
TM_TABLE(Started, Started) { TM_MESSAGE(token, token); }
TM_TABLE(WentLive, WentLive) { (void)io, (void)e, (void)m; }
TM_TABLE(TimerFired, TimerFired) {
  TM_FIELD(timer, timer);
  TM_FIELD(due, due_ns);
}
TM_TABLE(PeerChanged, PeerChanged) {
  TM_FIELD(service, service);
  TM_FIELD(alive, alive);
  TM_MESSAGE(token, token);
}
TM_TABLE(StreamGap, StreamGap) {
  TM_FIELD(stream, stream);
  TM_FIELD(partition, partition);
  TM_FIELD(from.epoch, from_epoch);
  TM_FIELD(from.sequence, from_sequence);
  TM_FIELD(to.epoch, to_epoch);
  TM_FIELD(to.sequence, to_sequence);
}
TM_TABLE(VenueReport, VenueReport) {
  TM_FIELD(kind, kind);
  TM_FIELD(client_order_id, client_order_id);
  TM_FIELD(venue_order_id, venue_order_id);
  TM_MESSAGE(fill, fill);
  TM_FIELD(cumulative, cumulative_e8);
  TM_FIELD(open, open);
  TM_FIELD(time, time_ns);
  TM_FIELD(reason, reason);
}
TM_TABLE(Request, Request) {
  TM_FIELD(request_id, request_id);
  TM_MESSAGE(command, command);
}
TM_TABLE(DiskChanged, DiskChanged) {
  TM_FIELD(full, full);
  TM_FIELD(reason, reason);
}
TM_TABLE(ClockStepped, ClockStepped) { TM_FIELD(by, by_ns); }
TM_TABLE(Rebuilt, Rebuilt) {
  TM_MESSAGE(order, order);
  TM_FIELD(stop, stop_e8);
  TM_FIELD(target, target_e8);
  TM_FIELD(said, said);
}

}  // namespace tickmesh

#undef TM_FORM
#undef TM_FIELD
#undef TM_MESSAGE
#undef TM_MESSAGES
#undef TM_NUMBERS
#undef TM_TABLE
