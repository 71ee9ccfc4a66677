#include "broker_gateway/core/gateway_core.hpp"

#include <utility>

namespace tickmesh {
namespace {

constexpr std::uint64_t kDeadManTimer = 1;

bool changes_state(Verb verb) { return verb == Verb::halt || verb == Verb::resume; }
bool is_ours(Verb verb) { return changes_state(verb) || verb == Verb::cancel || verb == Verb::cancel_all; }

}  // namespace

GatewayCore::GatewayCore(GatewayConfig config) : config_{std::move(config)} {
  TM_INVARIANT(config_.slot < kPartitions, "a slot is a partition");
  for (const Instrument& i : config_.instruments.list()) quotes_[i.id()];
}

Quantity GatewayCore::net(const Symbol& symbol) const {
  const auto it = holdings_.find(symbol);
  return it == holdings_.end() ? Quantity{} : it->second.net;
}

void GatewayCore::apply(const Input& in, Outbox& out) {
  if (const auto* tick = std::get_if<Tick>(&in.event)) return on_tick(*tick);
  if (repeated(in.name)) return;
  Context c{in.now, out};
  const Cause cause{in.name, time_of(in.event)};
  if (const auto* intent = std::get_if<Intent>(&in.event)) return on_intent(*intent, cause, c);
  if (const auto* report = std::get_if<VenueReport>(&in.event)) return on_report(*report, c);
  if (const auto* command = std::get_if<Command>(&in.event)) return on_command(*command, cause, c);
  if (const auto* request = std::get_if<Request>(&in.event)) return on_command(request->command, cause, c);  // the halt file
  if (const auto* started = std::get_if<Started>(&in.event)) return on_started(*started, c);
  if (std::get_if<WentLive>(&in.event) != nullptr) return on_live(c);
  if (const auto* peer = std::get_if<PeerChanged>(&in.event)) return on_peer(*peer, c);
  if (const auto* timer = std::get_if<TimerFired>(&in.event)) return on_timer(*timer, c);
  if (const auto* disk = std::get_if<DiskChanged>(&in.event)) return on_disk(*disk, c);
  if (const auto* feed = std::get_if<FeedEvent>(&in.event)) return on_feed(*feed);
  if (const auto* rebuilt = std::get_if<Rebuilt>(&in.event)) return on_rebuilt(*rebuilt, c);
  if (const auto* step = std::get_if<ClockStepped>(&in.event)) return on_clock(*step, c);
}

// Healing and replays may bring an event again; what was applied once is not applied twice. Epochs are not compared.
bool GatewayCore::repeated(const Name& name) {
  if (name.at.sequence == 0) return false;
  Position& taken = taken_[{name.stream, name.partition}];
  if (taken.epoch == name.at.epoch && name.at.sequence <= taken.sequence) return true;
  taken = name.at;
  return false;
}

void GatewayCore::on_tick(const Tick& tick) {
  if (tick.kind != TickKind::quote) return;
  if (Quote* quote = quotes_.find(tick.instrument)) *quote = {tick.bid, tick.ask, tick.time};
}

void GatewayCore::on_feed(const FeedEvent& event) {
  if (event.kind != FeedEventKind::halted && event.kind != FeedEventKind::resumed) return;
  for (const Instrument& i : config_.instruments.list()) {
    if (!event.symbol.empty() && event.symbol != i.symbol) continue;
    if (event.kind == FeedEventKind::halted)
      halted_.insert(i.symbol);
    else
      halted_.erase(i.symbol);
  }
}

// What is too late cannot be told any more: no new risk until a person has looked.
void GatewayCore::on_clock(const ClockStepped& step, Context& c) {
  set_state(state_ == RiskState::halted ? RiskState::halted : RiskState::reducing,
            "the machine's clock stepped by " + std::to_string(step.by.ns / 1'000'000) + " ms", {}, c);
}

void GatewayCore::on_started(const Started& started, Context& c) {
  token_ = started.token;
  live_ = open_ = reconciling_ = false;
  for (auto& [id, order] : orders_) {
    if (order.state != OrderEventKind::sending && order.state != OrderEventKind::canceling) continue;
    order.state = OrderEventKind::unknown;
    OrderEvent event = event_of(order, OrderEventKind::unknown);
    event.reason = "the gateway started before the venue had answered";
    c.out.emit(Stream::order, config_.slot, std::move(event));
  }
  // Nobody has been heard by this start yet: a position_manager that stays away trips the dead-man switch too.
  silent_since_ = c.now;
  if (config_.dead_man.ns > 0 && !dead_man_) c.out.wake_at(c.now + config_.dead_man, kDeadManTimer);
}

void GatewayCore::on_live(Context& c) {
  live_ = true;
  // A halt does not wait for the venue; the rest does.
  std::deque<Waiting> rest;
  for (Waiting& w : waiting_) {
    const auto* command = std::get_if<Command>(&w.what);
    if (command != nullptr && changes_state(command->verb))
      decide_command(*command, w.cause, c);
    else
      rest.push_back(std::move(w));
  }
  waiting_ = std::move(rest);
}

void GatewayCore::open_session(Context& c) {
  open_ = true;
  say_venue(VenueEventKind::session_opened, {}, {}, c);
  if (cancel_entries_at_open_ || dead_man_) cancel_working(true, {}, {}, dead_man_ ? "position_manager is silent" : "halt", c);
  cancel_entries_at_open_ = false;
  for (std::deque<Waiting> waiting = std::exchange(waiting_, {}); const Waiting& w : waiting) {
    if (const auto* intent = std::get_if<Intent>(&w.what))
      decide_intent(*intent, w.cause, c);
    else
      decide_command(std::get<Command>(w.what), w.cause, c);
  }
}

bool GatewayCore::wait(std::variant<Intent, Command> what, const Cause& cause) {
  if (waiting_.size() >= config_.keep_waiting) return false;
  waiting_.push_back({std::move(what), cause});
  return true;
}

void GatewayCore::on_peer(const PeerChanged& peer, Context& c) {
  if (peer.service != config_.manager_service) return;
  if (peer.alive && peer.token > manager_) manager_ = peer.token;
  if (peer.alive) {
    silent_since_ = {};
    if (config_.dead_man.ns > 0) c.out.wake_at({}, kDeadManTimer);
    if (!std::exchange(dead_man_, false)) return;
    say_venue(VenueEventKind::dead_man_over, "position_manager is heard again", {}, c);
  } else if (!silent_since_) {
    silent_since_ = c.now;
    if (config_.dead_man.ns > 0) c.out.wake_at(c.now + config_.dead_man, kDeadManTimer);
  }
}

void GatewayCore::on_disk(const DiskChanged& disk, Context& c) {
  if (disk.full == disk_full()) return;
  if (disk.full)
    blocked_.emplace(Symbol{}, disk.reason);
  else
    blocked_.erase(Symbol{});
  say_venue(VenueEventKind::state_changed, disk.full ? "disk: " + disk.reason : "the disk has room again", {}, c);
}

void GatewayCore::on_timer(const TimerFired& timer, Context& c) {
  if (timer.timer != kDeadManTimer || !silent_since_ || dead_man_ || config_.dead_man.ns <= 0) return;
  if (c.now - silent_since_ < config_.dead_man) {
    // A timer of before the last restart.
    c.out.wake_at(silent_since_ + config_.dead_man, kDeadManTimer);
    return;
  }
  dead_man_ = true;
  say_venue(VenueEventKind::dead_man, "position_manager is silent; working entries are cancelled, exits kept", {}, c);
  if (open_) cancel_working(true, {}, {}, "position_manager is silent", c);
}

void GatewayCore::on_command(const Command& command, const Cause& cause, Context& c) {
  if (!is_ours(command.verb)) return;  // position_manager's
  if (live_ && (open_ || changes_state(command.verb))) return decide_command(command, cause, c);
  if (!wait(command, cause)) answer(command, Outcome::expired, std::string(gateway_rule::kWaiting), cause, c);
}

void GatewayCore::decide_command(const Command& command, const Cause& cause, Context& c) {
  if (command.valid_until && c.now > command.valid_until)
    return answer(command, Outcome::expired, std::string(gateway_rule::kTooLate), cause, c);
  switch (command.verb) {
    case Verb::halt: {
      // A plain halt never loosens a hard one.
      const RiskState to = command.hard || state_ == RiskState::halted ? RiskState::halted : RiskState::reducing;
      set_state(to, "halt by " + command.issuer, cause, c);
      std::size_t canceled = 0;
      if (open_)
        canceled = cancel_working(true, {}, cause, "halt", c);
      else
        cancel_entries_at_open_ = true;
      return answer(command, Outcome::done, std::to_string(canceled) + " entries to cancel", cause, c);
    }
    case Verb::resume:
      std::erase_if(blocked_, [](const auto& b) { return !b.first.empty(); });  // a resume makes no room on a disk
      cancel_entries_at_open_ = false;
      set_state(RiskState::active, "resume by " + command.issuer, cause, c);
      return answer(command, Outcome::done, {}, cause, c);
    case Verb::cancel: {
      const auto it = orders_.find(command.client_order_id);
      if (it == orders_.end())
        return answer(command, Outcome::refused, std::string(gateway_rule::kWorking) + ": " + command.client_order_id, cause, c);
      ask_cancel(it->second, cause, "cancel by " + command.issuer, c);
      return answer(command, Outcome::done, {}, cause, c);
    }
    case Verb::cancel_all: {
      const auto n = cancel_working(false, command.symbol, cause, "cancel all by " + command.issuer, c);
      return answer(command, Outcome::done, std::to_string(n) + " orders to cancel", cause, c);
    }
    default: return;
  }
}

void GatewayCore::answer(const Command& command, Outcome outcome, std::string reason, const Cause& cause, Context& c) {
  VenueEvent event{.kind = VenueEventKind::command_answered,
                   .venue = config_.venue,
                   .gateway = token_,
                   .state = state(),
                   .command_id = command.id,
                   .outcome = outcome,
                   .reason = std::move(reason)};
  event.header.cause = cause;
  c.out.emit(Stream::venue, config_.slot, std::move(event));
}

void GatewayCore::set_state(RiskState state, std::string reason, const Cause& cause, Context& c) {
  if (state == state_) return;
  state_ = state;
  state_reason_ = std::move(reason);
  say_venue(VenueEventKind::state_changed, state_reason_, cause, c);
}

void GatewayCore::say_venue(VenueEventKind kind, std::string reason, const Cause& cause, Context& c) {
  VenueEvent event{.kind = kind, .venue = config_.venue, .gateway = token_, .state = state(), .reason = std::move(reason)};
  event.header.cause = cause;
  c.out.emit(Stream::venue, config_.slot, std::move(event));
}

}  // namespace tickmesh
