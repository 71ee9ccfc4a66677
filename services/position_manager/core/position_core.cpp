#include "position_manager/core/position_core.hpp"

#include <utility>

#include "position_manager/core/timers.hpp"

namespace tickmesh {

PositionCore::PositionCore(PositionConfig config) : config_{std::move(config)} {
  TM_INVARIANT(config_.mesh_id.size() == 1, "a mesh is named by one of [0-9A-Z]");
  const char mesh = config_.mesh_id[0];
  TM_INVARIANT((mesh >= '0' && mesh <= '9') || (mesh >= 'A' && mesh <= 'Z'), "a mesh is named by one of [0-9A-Z]");
  for (const Duration d :
       {config_.entry_validity, config_.command_validity, config_.stale_after, config_.exit_backoff, config_.publish_every})
    TM_INVARIANT(d.ns > 0, "a duration of the configuration is positive");
  books_.resize(config_.instruments.list().size());
  for (std::size_t i = 0; i < books_.size(); ++i) books_[i].instrument = &config_.instruments.list()[i];
}

PositionCore::Book* PositionCore::book(const Symbol& symbol) {
  const Instrument* found = config_.instruments.find(symbol);
  return found == nullptr || found->symbol != symbol ? nullptr
                                                     : &books_[static_cast<std::size_t>(found - config_.instruments.list().data())];
}

void PositionCore::apply(const Input& in, Outbox& out) {
  if (const auto* tick = std::get_if<Tick>(&in.event)) return on_tick(*tick, in, out);
  Turn t{in.now, in.name, {in.name, time_of(in.event)}, out};
  if (const auto* signal = std::get_if<Signal>(&in.event)) return on_signal(*signal, t);
  if (const auto* order = std::get_if<OrderEvent>(&in.event)) return on_order(*order, t);
  if (const auto* venue = std::get_if<VenueEvent>(&in.event)) return on_venue(*venue, t);
  if (const auto* command = std::get_if<Command>(&in.event)) return on_command(*command, t);
  if (const auto* request = std::get_if<Request>(&in.event)) return on_command(request->command, t);  // the halt file
  if (const auto* timer = std::get_if<TimerFired>(&in.event)) return on_timer(*timer, t);
  if (const auto* peer = std::get_if<PeerChanged>(&in.event)) return on_peer(*peer, t);
  if (const auto* gap = std::get_if<StreamGap>(&in.event)) return on_gap(*gap, t);
  if (const auto* disk = std::get_if<DiskChanged>(&in.event)) return on_disk(*disk, t);
  if (const auto* started = std::get_if<Started>(&in.event)) return on_started(*started);
  if (const auto* rebuilt = std::get_if<Rebuilt>(&in.event)) return on_rebuilt(*rebuilt, t);
  if (const auto* step = std::get_if<ClockStepped>(&in.event)) {
    // What was fresh, late or due may not have been: a person looks and resumes.
    const auto ms = std::to_string(step->by.ns / 1'000'000);
    return raise(Symbol{}, RiskCause::clock, RiskState::reducing, "the machine's clock stepped by " + ms + " ms", t);
  }
  if (std::holds_alternative<WentLive>(in.event)) on_live(t);
}

void PositionCore::on_tick(const Tick& tick, const Input& in, Outbox& out) {
  // A one-sided or crossed quote is no price: the last good one ages until it is stale.
  if (tick.kind != TickKind::quote || tick.bid.raw() <= 0 || tick.ask < tick.bid) return;
  const auto place = config_.instruments.index_of(tick.instrument);
  if (place == InstrumentIndex::kNone) return;
  Book& b = books_[place];
  const bool moved = tick.bid != b.quote.bid || tick.ask != b.quote.ask;
  b.quote = {tick.time, tick.bid, tick.ask, tick.synthetic};
  // Nearly always that is all.
  if (b.position || !stale_armed_ || risk_.has(b.symbol(), RiskCause::stale)) {
    Turn t{in.now, in.name, {in.name, tick.time}, out};
    on_price(b, moved, t);
  }
}

void PositionCore::on_price(Book& b, bool moved, Turn& t) {
  if (b.position && moved) account_moved(t);
  if (!live_ || !fresh(b, t.now)) return;
  if (!stale_armed_) {
    stale_armed_ = true;
    t.out.wake_at(b.quote.time + config_.stale_after + nanoseconds(1), kStaleTimer);
  }
  if (risk_.has(b.symbol(), RiskCause::stale)) lift(b.symbol(), RiskCause::stale, t);
  if (b.position) judge(b, t);
}

void PositionCore::on_started(const Started& started) {
  own_ = started.token;
  live_ = false;
}

void PositionCore::on_live(Turn& t) {
  live_ = true;
  say_state(Symbol{}, RiskCause::none, t);  // everyone sees from the first moment what rules
  check_stale(t);
  say_cancels(t);
  publish_account(t, t.cause);
  // A person's exit does not wait for the next quote; all others are judged on the first fresh one.
  for (Book& b : books_)
    if (b.wish.kind == Wish::Kind::person) try_exit(b, t);
  pending_due(t);
}

void PositionCore::on_timer(const TimerFired& timer, Turn& t) {
  switch (timer.timer) {
    case kAccountTimer:
      publish_armed_ = false;
      if (dirty_) publish_account(t, dirty_cause_);
      break;
    case kStaleTimer:
      stale_armed_ = false;
      if (live_) check_stale(t);
      break;
    case kPendingTimer:
      // While catching up the end of what was asked may still be ahead: WentLive looks again.
      if (live_) pending_due(t);
      break;
    default: break;
  }
}

AccountEvent PositionCore::account() const {
  AccountEvent a;
  a.currency = config_.currency;
  a.realized_pnl = realized_;
  a.balance = config_.balance + realized_;
  for (const Book& b : books_) {
    if (!b.position || b.position->flat()) continue;
    a.unrealized_pnl += b.position->unrealized(b.quote);
    a.gross += b.position->value(b.quote);
    ++a.open_positions;
  }
  a.equity = a.balance + a.unrealized_pnl;
  return a;
}

std::vector<PositionEvent> PositionCore::positions() const {
  std::vector<PositionEvent> all;
  for (const Book& b : books_)
    if (b.position) all.push_back(b.position->event());
  return all;
}

void PositionCore::publish_account(Turn& t, const Cause& cause) {
  AccountEvent a = account();
  a.header.cause = cause;
  t.out.emit(Stream::account, kAccountSlot, a);
  dirty_ = false;
  published_ = t.now;
}

void PositionCore::account_moved(Turn& t) {
  dirty_ = true;
  dirty_cause_ = t.cause;
  if (publish_armed_) return;
  publish_armed_ = true;
  t.out.wake_at(published_ + config_.publish_every, kAccountTimer);
}

}  // namespace tickmesh
