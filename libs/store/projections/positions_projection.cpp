#include "store/projections/positions_projection.hpp"

#include "store/projections/words.hpp"

namespace tickmesh {
namespace {

using enum SqlType;

std::string_view word(RiskEventKind kind) {
  switch (kind) {
    case RiskEventKind::none: return "none";
    case RiskEventKind::state_changed: return "state_changed";
    case RiskEventKind::refused: return "refused";
    case RiskEventKind::command_answered: return "command_answered";
  }
  return "none";
}
std::string_view direction(Side side) { return side == Side::buy ? "LONG" : side == Side::sell ? "SHORT" : "NONE"; }

}  // namespace

PositionsProjection::PositionsProjection()
    : positions_{batch("position_manager.positions",
                       {{"id", text},
                        {"symbol", text},
                        {"side", text},
                        {"entry_time", timestamptz},
                        {"entry_price", numeric},
                        {"shares", numeric},
                        {"position_size", numeric},
                        {"stop_loss", numeric},
                        {"take_profit", numeric},
                        {"status", text},
                        {"exit_time", timestamptz},
                        {"exit_price", numeric},
                        {"pnl", numeric},
                        {"fees", numeric},
                        {"quantity", numeric},
                        {"entry_quantity", numeric},
                        {"entry_value", numeric},
                        {"strategy", text},
                        {"exit_reason", text}},
                       {"id"})},
      trades_{batch("position_manager.trades",
                    {{"id", text},
                     {"symbol", text},
                     {"side", text},
                     {"quantity", numeric},
                     {"entry_time", timestamptz},
                     {"entry_price", numeric},
                     {"entry_value", numeric},
                     {"exit_time", timestamptz},
                     {"exit_price", numeric},
                     {"pnl", numeric},
                     {"fees", numeric},
                     {"strategy", text},
                     {"exit_reason", text}},
                    {"id"})},
      account_{batch("position_manager.account_state", {{"id", text},
                                                        {"timestamp", timestamptz},
                                                        {"currency", text},
                                                        {"balance", numeric},
                                                        {"realized_pnl", numeric},
                                                        {"unrealized_pnl", numeric},
                                                        {"equity", numeric},
                                                        {"gross", numeric},
                                                        {"open_positions", integer}})},
      intents_{batch("position_manager.intents", {{"kind", text},
                                                  {"client_order_id", text},
                                                  {"symbol", text},
                                                  {"side", text},
                                                  {"order_type", text},
                                                  {"purpose", text},
                                                  {"quantity", numeric},
                                                  {"limit_price", numeric},
                                                  {"stop_price", numeric},
                                                  {"reference_price", numeric},
                                                  {"position_id", text},
                                                  {"strategy", text},
                                                  {"valid_until", timestamptz},
                                                  {"manager_epoch", bigint},
                                                  {"manager_incarnation", bigint},
                                                  {"gateway_epoch", bigint},
                                                  {"gateway_incarnation", bigint},
                                                  {"reason", text}})},
      risk_{batch(
          "position_manager.risk_events",
          {{"kind", text}, {"symbol", text}, {"state", text}, {"rule", text}, {"reason", text}, {"command_id", text}, {"outcome", text}})},
      strategies_{batch("position_manager.strategies",
                        {{"strategy", text},
                         {"symbol", text},
                         {"enabled", boolean},
                         {"closed_trades", integer},
                         {"kelly_full", float8},
                         {"kelly_used", float8},
                         {"kelly_bound", text}},
                        {"strategy", "symbol"})} {}

void PositionsProjection::add(const Name& name, const Event& event) {
  std::visit(
      [&](const auto& e) {
        if constexpr (requires { this->add(name, e); } && !std::is_same_v<std::decay_t<decltype(e)>, Event>) this->add(name, e);
      },
      event);
}

void PositionsProjection::add(const Name& name, const PositionEvent& e) {
  const bool closed = e.kind == PositionEventKind::closed;
  const auto shares = closed ? e.entry_quantity : e.quantity;
  // At cost, the part still held of what was entered.
  const auto size = e.entry_quantity.is_zero() || shares == e.entry_quantity
                        ? e.entry_value
                        : Money::from_raw(mul_div_half_even(e.entry_value.raw(), shares.raw(), e.entry_quantity.raw()));
  positions_.row(name, e.header, e.id, e.symbol, direction(e.side), e.entry_time, unless_zero(e.entry_price), shares, size,
                 unless_zero(e.stop), unless_zero(e.target), closed ? "CLOSED" : "OPEN", e.exit_time, unless_zero(e.exit_price),
                 e.realized_pnl, e.fees, e.quantity, e.entry_quantity, e.entry_value, e.strategy, e.exit_reason);
  if (closed)
    trades_.row(name, e.header, e.id, e.symbol, direction(e.side), e.entry_quantity, e.entry_time, unless_zero(e.entry_price),
                e.entry_value, e.exit_time, unless_zero(e.exit_price), e.realized_pnl, e.fees, e.strategy, e.exit_reason);
}

void PositionsProjection::add(const Name& name, const AccountEvent& e) {
  account_.row(name, e.header, to_string(name), e.header.time, e.currency, e.balance, e.realized_pnl, e.unrealized_pnl, e.equity, e.gross,
               e.open_positions);
}

void PositionsProjection::add(const Name& name, const Intent& e) {
  intents_.row(name, e.header, word(e.kind), e.client_order_id, e.symbol, known(e.side), known(e.type), known(e.purpose),
               unless_zero(e.quantity), unless_zero(e.limit_price), unless_zero(e.stop_price), unless_zero(e.reference_price),
               e.position_id, e.strategy, e.valid_until, e.manager.epoch, e.manager.incarnation, e.gateway.epoch, e.gateway.incarnation,
               e.reason);
}

void PositionsProjection::add(const Name& name, const RiskEvent& e) {
  risk_.row(name, e.header, word(e.kind), e.symbol, known(e.state), e.rule, e.reason, e.command_id, known(e.outcome));
}

void PositionsProjection::add(const Name& name, const StrategyEvent& e) {
  // Part of the key, so "all symbols" cannot be NULL.
  strategies_.row(name, e.header, e.strategy, e.symbol.empty() ? std::string_view{"*"} : e.symbol.view(), e.enabled, e.closed_trades,
                  e.kelly_full, e.kelly_used, known(e.kelly_bound));
}

std::vector<Projection::Table> PositionsProjection::tables() const {
  return {{"positions", Stream::position}, {"trades", Stream::position},  {"account_state", Stream::account},
          {"intents", Stream::intent},     {"risk_events", Stream::risk}, {"strategies", Stream::strategy}};
}

}  // namespace tickmesh
