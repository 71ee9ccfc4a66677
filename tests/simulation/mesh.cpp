#include "simulation/mesh.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>

#include "simulation/catalogue.hpp"
#include "simulation/services.hpp"

namespace tickmesh::simulation {

Mesh::Mesh(const Setting& with, std::uint64_t run_seed, Plant planted_fault, bool verbose)
    : setting{with}, seed{run_seed}, plant{planted_fault}, dice{Random::mix(run_seed + 1)}, verbose_{verbose} {
  faults = Faults::draw(dice.fork(1));
  market_dice_ = dice.fork(2);
  people_dice_ = dice.fork(3);
  network_dice_ = dice.fork(4);
  fate_dice_ = dice.fork(5);
  venue = std::make_unique<VenueWorld>(setting.instruments, timeline, faults, plant, dice.fork(6), kEpoch, verdict);
  for (const ServiceSpec& spec : catalogue()) {
    if (spec.reads.empty())
      nodes.push_back(std::make_unique<SourceNode>(*this, spec, dice.fork(100 + nodes.size())));
    else
      nodes.push_back(std::make_unique<CoreNode>(*this, spec, dice.fork(100 + nodes.size())));
    const auto own = nodes.size() - 1;
    for (const auto& reads : spec.reads)
      for (const Stream stream : reads.streams) readers_[{reads.publisher, stream}].insert(own);
    for (const auto& reads : spec.reads) readers_[{reads.publisher, Stream::local}].insert(own);
    for (const Stream stream : spec.says) owners_[static_cast<std::size_t>(stream)] = own;
    nodes.back()->offset = fate_dice_.between(-faults.skew, faults.skew);
  }
  levels_.assign(setting.instruments.list().size(), 0);
}

Mesh::~Mesh() {
  over_ = true;
  for (auto& node : nodes) node->kill("the run is over");
}

void Mesh::note(const std::string& text) {
  const std::string line = fmt::format("{:12.6f} {}", static_cast<double>(timeline.now()) / 1e9, text);
  hash_ = fnv1a64(line, hash_);
  if (verbose_) std::cout << line << '\n';
}

Node* Mesh::node(const std::string& name) const {
  const auto it = std::ranges::find(nodes, name, [](const auto& n) -> const std::string& { return n->name(); });
  return it == nodes.end() ? nullptr : it->get();
}

Node* Mesh::publisher_of(Stream stream) const {
  const auto& owner = owners_[static_cast<std::size_t>(stream)];
  return owner ? nodes[*owner].get() : nullptr;
}

void Mesh::tell(const std::string& from, Stream stream, Channel channel, const std::shared_ptr<const Bytes>& bytes) {
  const auto it = readers_.find({from, stream});
  if (it == readers_.end()) return;
  for (const std::size_t reader : it->second) send({channel, from, nodes[reader]->name(), bytes});
}

bool Mesh::connected(const std::string& from, const std::string& to) const {
  const auto it = cut_until_.find({from, to});
  return it == cut_until_.end() || it->second <= timeline.now();
}

void Mesh::send(Frame frame) {
  ++counts.messages;
  if (!connected(frame.from, frame.to) || network_dice_.chance(faults.lost)) {
    ++counts.lost;
    return;
  }
  if (network_dice_.chance(faults.doubled)) deliver(frame);
  deliver(std::move(frame));
}

/// A connection keeps the order of what it carries, but for what is late.
void Mesh::deliver(Frame frame) {
  Nanos when = timeline.now() + network_dice_.between(micros(20), faults.delay);
  if (network_dice_.chance(faults.late)) {
    when += network_dice_.between(0, faults.late_by);
  } else {
    Nanos& last = last_delivery_[{frame.from, frame.to, frame.channel == Channel::request || frame.channel == Channel::reply}];
    when = last = std::max(when, last);
  }
  Node* to = node(frame.to);
  timeline.at(when, [to, frame = std::move(frame)]() mutable { to->receive(std::move(frame)); });
}

void Mesh::ended(Node& gone, bool waits) {
  if (over_) return;
  const Nanos away = waits ? millis(250) : fate_dice_.between(millis(20), healed ? millis(500) : std::max(faults.away, millis(30)));
  timeline.after(away, [this, &gone] {
    // What was wrong with the disk is put right now and then; until then it starts in vain.
    if (gone.broken != Node::Broken::none && fate_dice_.chance(0.5)) gone.broken = Node::Broken::none;
    gone.start();
  });
}

void Mesh::power_cut() {
  if (healed) return;
  ++counts.power_cuts;
  trace("the power is cut");
  for (auto& node : nodes) node->kill("has no power");
  machine.power_cut([this](std::size_t) { return fate_dice_.chance(faults.page_survives); });
  ++boot;
}

void Mesh::plan() {
  for (auto& node : nodes) timeline.at(fate_dice_.between(0, millis(300)), [&node] { node->start(); });
  const auto sometime = [&](unsigned times, auto&& what) {
    for (unsigned i = 0; i < times; ++i) timeline.at(fate_dice_.between(secs(3), faults.length), what);
  };
  const auto anyone = [this]() -> Node& { return *nodes[fate_dice_.below(nodes.size())]; };
  sometime(faults.kills, [this, anyone] {
    Node& node = anyone();
    if (healed) return;
    if (fate_dice_.chance(0.3)) return node.kill("killed");
    node.kill_soon(static_cast<unsigned>(fate_dice_.between(1, 300)));
  });
  sometime(faults.stops, [this, anyone] {
    Node& node = anyone();
    if (!healed) node.stop();
  });
  sometime(faults.power_cuts, [this] { power_cut(); });
  sometime(faults.cuts, [this, anyone] {
    // Every third on the way of an order.
    const bool orders = fate_dice_.chance(0.35);
    const Node &a = orders ? *node("position_manager") : anyone(), &b = orders ? *node("broker_gateway") : anyone();
    if (healed) return;
    const Nanos until = timeline.now() + fate_dice_.between(millis(50), faults.cut_for);
    trace("{} does not reach {} until {:.3f}", a.name(), b.name(), static_cast<double>(until) / 1e9);
    cut_until_[{a.name(), b.name()}] = until;
    if (fate_dice_.chance(0.5)) cut_until_[{b.name(), a.name()}] = until;
  });
  sometime(faults.pauses, [this, anyone] {
    Node& node = anyone();
    if (healed || !node.up()) return;
    const Nanos until = timeline.now() + fate_dice_.between(millis(50), faults.pause_for);
    trace("{} does nothing until {:.3f}", node.name(), static_cast<double>(until) / 1e9);
    node.pause(until);
  });
  sometime(faults.disk_errors, [this, anyone] {
    Node& node = anyone();
    if (healed || node.disk() == nullptr) return;
    const bool syncs = fate_dice_.chance(0.5);
    node.broken = syncs ? Node::Broken::syncs : Node::Broken::writes;
    (syncs ? node.disk()->syncs_fail : node.disk()->writes_fail) = true;
    trace("{}: its disk fails {}", node.name(), syncs ? "syncs" : "writes");
  });
  sometime(faults.full_disks, [this] {
    if (healed) return;
    trace("the disk is full");
    for (auto& node : nodes) {
      node->broken = Node::Broken::full;
      if (node->disk() != nullptr) node->disk()->full = true;
    }
  });
  sometime(faults.clock_steps, [this, anyone] {
    Nanos by = fate_dice_.between(-faults.clock_step, faults.clock_step);
    Node& node = anyone();
    if (healed) return;
    const bool all = fate_dice_.chance(0.5);
    // One that is seconds beside the others calls all prices stale, as it should, and trades no more: a run with little in it.
    if (!all) by = std::clamp(by, millis(-1'200), millis(1'200));
    trace("{} clock steps by {:.3f}", all ? "every" : node.name(), static_cast<double>(by) / 1e9);
    for (auto& one : nodes)
      if (all || one.get() == &node) one->offset += by;
  });
}

/// Prices swing around a level with noise that comes back, so that there is something to trade within a minute.
void Mesh::market() {
  if (!market_open_) return;
  const auto& list = setting.instruments.list();
  const std::size_t i = market_dice_.below(list.size());
  const Instrument& instrument = list[i];
  double& x = levels_[i];
  x = 0.9 * x + 0.35 * market_dice_.normal();
  const double step = instrument.tick_size.to_double();
  const double mid = instrument.reference_price.to_double() * (1 + 0.002 * x);
  const auto price = [&](double p) { return Price::from_raw(std::llround(p / step) * instrument.tick_size.raw()); };
  Tick tick;
  tick.instrument = instrument.id();
  tick.feed = FeedKind::push;
  tick.synthetic = true;
  tick.event_time = utc();
  if (market_dice_.chance(0.85)) {
    tick.kind = TickKind::quote;
    tick.bid = price(mid - step);
    tick.ask = price(mid + step);
    const auto size = [&] {
      return Quantity::from_units(market_dice_.chance(0.2) ? market_dice_.between(1, 9) : market_dice_.between(50, 900));
    };
    tick.bid_size = size();
    tick.ask_size = size();
  } else {
    tick.kind = TickKind::trade;
    tick.aggressor = market_dice_.chance(0.5) ? Side::buy : Side::sell;
    tick.price = price(mid + (tick.aggressor == Side::buy ? step : -step));
    tick.size = Quantity::from_units(market_dice_.between(1, 300));
    tick.trade_id = ++counts.ticks;
  }
  Tick seen = tick;
  seen.time = tick.event_time;
  venue->quote(seen, {Stream::tick, tick.instrument.partition(), {1, rows_.size() + 1}});
  rows_.push_back({tick, false});
  push(rows_.size() - 1, 0);
  timeline.after(static_cast<Nanos>(market_dice_.exponential() * 1e9 / faults.ticks_per_second), [this] { market(); });
}

/// A client asks again until it is told that its row is kept, or the row is old.
void Mesh::push(std::size_t row, unsigned asked) {
  if (rows_[row].kept || asked > 3) return;
  auto* source = dynamic_cast<SourceNode*>(nodes.front().get());
  std::vector<Tick> ticks{rows_[row].tick};
  source->push(std::move(ticks), [this, row] { rows_[row].kept = true; });
  timeline.after(secs(1), [this, row, asked] { push(row, asked + 1); });
}

Command Mesh::command() {
  Command c;
  c.issuer = "sim";
  const auto& list = setting.instruments.list();
  const Instrument& instrument = list[people_dice_.below(list.size())];
  const double what = people_dice_.uniform();
  if (what < 0.55) {
    c.verb = Verb::open;
    c.symbol = instrument.symbol;
    c.quantity = Quantity::from_units(people_dice_.between(1, 30) * (people_dice_.chance(0.5) ? 1 : -1));
    const auto near = [&](double by) {
      const double p = instrument.reference_price.to_double() * (1 + by);
      return Price::from_raw(std::llround(p / instrument.tick_size.to_double()) * instrument.tick_size.raw());
    };
    const double away = c.quantity.raw() > 0 ? -1 : 1;
    if (people_dice_.chance(0.3)) c.limit = near(away * people_dice_.uniform(0, 0.003));
    if (people_dice_.chance(0.5)) c.stop = near(away * people_dice_.uniform(0.004, 0.008));
    if (people_dice_.chance(0.5)) c.target = near(-away * people_dice_.uniform(0.002, 0.006));
  } else if (what < 0.72) {
    c.verb = Verb::close;
    c.symbol = instrument.symbol;
  } else if (what < 0.80) {
    c.verb = Verb::cancel;
    const auto& arrivals = venue->arrivals();
    c.client_order_id = arrivals.empty() ? "TA0" : arrivals[people_dice_.below(arrivals.size())].client_order_id;
  } else if (what < 0.84) {
    c.verb = Verb::cancel_all;
  } else if (what < 0.96) {
    c.verb = Verb::resume;
  } else {
    c.verb = people_dice_.chance(0.4) ? Verb::reduce : people_dice_.chance(0.5) ? Verb::halt : Verb::flatten;
    c.hard = c.verb == Verb::halt && people_dice_.chance(0.3);
  }
  return c;
}

void Mesh::ask(const Command& wanted) {
  ++counts.commands;
  trace("a person asks: {} {} {}", to_string(wanted.verb), wanted.symbol.view(), wanted.quantity.str());
  dynamic_cast<CoreNode*>(node("api_gateway"))->request(wanted);
}

void Mesh::people() {
  if (healed) return;
  ask(command());
  timeline.after(static_cast<Nanos>(people_dice_.exponential() * 1e9 / faults.commands_per_second), [this] { people(); });
}

void Mesh::heal() {
  healed = true;
  trace("everything is healed");
  const Faults was = faults;
  faults = {};
  faults.length = was.length;
  faults.ticks_per_second = was.ticks_per_second;
  faults.snapshot_every = was.snapshot_every;
  cut_until_.clear();
  for (auto& node : nodes) {
    node->heal();
    timeline.after(fate_dice_.between(0, millis(300)), [&node] { node->start(); });
  }
}

void Mesh::run() {
  plan();
  timeline.at(millis(100), [this] { market(); });
  timeline.at(secs(4), [this] { people(); });
  timeline.run(faults.length);
  heal();
  timeline.run(timeline.now() + secs(14));
  ask({.verb = Verb::resume, .issuer = "sim"});
  timeline.run(timeline.now() + secs(2));
  ask({.verb = Verb::reduce, .issuer = "sim"});  // signals go on
  timeline.run(timeline.now() + millis(200));
  ask({.verb = Verb::flatten, .issuer = "sim"});
  timeline.run(timeline.now() + secs(12));
  market_open_ = false;
  timeline.run(timeline.now() + millis(2'500));
  check_state(*this);
  over_ = true;
  for (auto& node : nodes) node->stop();
  check_journals(*this);
  for (const auto& node : nodes)
    for (const std::string& name : machine.list(node->dir())) {
      const auto bytes = machine.bytes(node->dir() + "/" + name);
      hash_ = fnv1a64(as_text(bytes), hash_);
    }
}

}  // namespace tickmesh::simulation
