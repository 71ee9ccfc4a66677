// States and their causes as they are said, peers, gaps, staleness.
#include <algorithm>

#include "position_manager/core/position_core.hpp"
#include "position_manager/core/timers.hpp"

namespace tickmesh {

void PositionCore::raise(const Symbol& scope, RiskCause cause, RiskState to, const std::string& reason, Turn& t) {
  if (risk_.raise(scope, cause, to, reason)) say_state(scope, cause, t);
}

void PositionCore::lift(const Symbol& scope, RiskCause cause, Turn& t) {
  if (risk_.lift(scope, cause)) say_state(scope, cause, t);
}

/// Said whenever the causes of a scope change, not only when the state does, so that the reason shown is the reason there is.
void PositionCore::say_state(const Symbol& scope, RiskCause cause, Turn& t) {
  RiskEvent e;
  e.kind = RiskEventKind::state_changed;
  e.symbol = scope;
  e.state = risk_.state(scope);
  e.rule = to_string(cause);
  e.reason = risk_.reasons(scope);
  t.out.emit(Stream::risk, kAccountSlot, e);
}

void PositionCore::refuse(const Symbol& symbol, const Refusal& refusal, Turn& t) {
  RiskEvent e;
  e.kind = RiskEventKind::refused;
  e.symbol = symbol;
  e.state = risk_.state(symbol);
  e.rule = refusal.rule;
  e.reason = refusal.reason;
  e.outcome = refusal.rule == "expired" ? Outcome::expired : Outcome::refused;
  t.out.emit(Stream::risk, kAccountSlot, e);
}

void PositionCore::on_peer(const PeerChanged& peer, Turn& t) {
  RiskCause cause = RiskCause::none;
  if (peer.service == "tick_ingestor") cause = RiskCause::feed_silent;
  if (peer.service == "metrics_engine" || peer.service.starts_with("metrics_engine-")) {
    // One silent instance is enough; all must be back.
    if (peer.alive)
      silent_engines_.erase(peer.service);
    else
      silent_engines_.insert(peer.service);
    cause = RiskCause::metrics_silent;
    if (peer.alive && !silent_engines_.empty()) return;
  }
  if (peer.service == "broker_gateway") cause = RiskCause::gateway_silent;
  if (cause == RiskCause::none) return;
  if (peer.alive)
    lift(Symbol{}, cause, t);
  else
    raise(Symbol{}, cause, RiskState::reducing, peer.service + " is silent", t);
}

void PositionCore::on_disk(const DiskChanged& disk, Turn& t) {
  if (disk.full)
    raise(Symbol{}, RiskCause::disk, RiskState::reducing, disk.reason, t);
  else
    lift(Symbol{}, RiskCause::disk, t);
}

void PositionCore::on_gap(const StreamGap& gap, Turn& t) {
  if (gap.from == Position{} && gap.to == Position{}) return;  // nothing was lost: the first epoch of a publisher
  const std::string what =
      std::string(to_string(gap.stream)) + " " + std::to_string(gap.from.sequence) + ".." + std::to_string(gap.to.sequence);
  switch (gap.stream) {
    case Stream::tick:
      // Prices of that partition are unknown until the next quote.
      for (Book& b : books_) {
        if (b.instrument->id().partition() != gap.partition || !b.quote.time) continue;
        b.quote.time = Timestamp{1};
      }
      if (live_) check_stale(t);
      break;
    case Stream::order:
    case Stream::venue:
    case Stream::control: raise(Symbol{}, RiskCause::gap, RiskState::reducing, what + " lost", t); break;
    default: break;  // a lost signal is an entry not taken
  }
}

void PositionCore::check_stale(Turn& t) {
  Timestamp next{};
  for (const Book& b : books_) {
    if (!b.quote.time) continue;  // never quoted: entries are refused by no_quote
    if (fresh(b, t.now)) {
      const Timestamp due = b.quote.time + config_.stale_after + nanoseconds(1);
      next = next ? std::min(next, due) : due;
      lift(b.symbol(), RiskCause::stale, t);
    } else {
      raise(b.symbol(), RiskCause::stale, RiskState::reducing,
            "no quote for more than " + std::to_string(config_.stale_after.ns / 1'000'000) + " ms", t);
    }
  }
  if (!next) return;
  stale_armed_ = true;
  t.out.wake_at(next, kStaleTimer);
}

void PositionCore::unknown_orders(const Symbol& symbol, Turn& t) {
  std::string ids;
  for (const auto& [id, o] : orders_)
    if (o.intent.symbol == symbol && o.state == OrderEventKind::unknown) ids += (ids.empty() ? "" : ", ") + id;
  if (ids.empty())
    lift(symbol, RiskCause::unknown_order, t);
  else
    raise(symbol, RiskCause::unknown_order, RiskState::reducing, ids, t);
}

}  // namespace tickmesh
