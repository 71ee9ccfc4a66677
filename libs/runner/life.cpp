#include "runner/life.hpp"

#include <algorithm>

namespace tickmesh {

Life::Life(Runner& runner, Journal& journal, std::span<const Stream> durable, Surroundings& around)
    : runner_{runner}, journal_{journal}, around_{around} {
  for (const Stream s : durable) durable_[static_cast<std::size_t>(s)] = true;
}

// Steps are short enough that what they bring about is not held up, and long enough that a record's cost is shared.
void Life::take(const Name& first, std::span<const ByteView> events) {
  for (std::size_t at = 0; at < events.size();) {
    const std::size_t n = std::min(events.size() - at, kStepEvents - queued_);
    Name name = first;
    name.at.sequence += at;
    queued_ = runner_.add(name, events.subspan(at, n));
    at += n;
    if (queued_ >= kStepEvents) step();
  }
}

void Life::learn(const Name& first, std::span<const ByteView> events) {
  step();
  Name name = first;
  for (const ByteView bytes : events) {
    runner_.step_copied(around_.now(), name, bytes);
    ++name.at.sequence;
  }
  settle();
}

void Life::lose(const StreamGap& gap) {
  step();
  runner_.step_local(around_.now(), gap);
}

void Life::step() {
  if (queued_ == 0) return;
  queued_ = 0;
  around_.stepping(true);
  runner_.step(around_.now());
  around_.stepping(false);
  settle();
}

bool Life::peer(const std::string& service, bool alive, Token token) {
  const auto [it, first] = peers_.try_emplace(service);
  Peer& known = it->second;
  if (!first && known.alive == alive && known.token == token) return false;
  known = {alive, token};
  runner_.step_local(around_.now(), PeerChanged{service, alive, token});
  return true;
}

bool Life::disk(bool full) {
  if (full == disk_full_) return false;
  disk_full_ = full;
  runner_.step_local(around_.now(), DiskChanged{full, full ? "the disk of the journal is full, its reserve is in use" : ""});
  return true;
}

bool Life::caught_up() {
  if (live_) return false;
  live_ = true;
  runner_.step_local(around_.now(), WentLive{});
  return true;
}

void Life::turn() {
  runner_.fire_timers(around_.now());
  settle();
}

void Life::settle() {
  release();
  for (int round = 0; round < 1000; ++round) {
    locals_.clear();
    around_.locals(around_.now(), locals_);
    if (locals_.empty()) return;
    for (const Event& event : locals_) runner_.step_local(around_.now(), event);
    release();
  }
}

void Life::release() {
  if (open_ && runner_.releases().hand_out(journal_, durable_, [this](const Released& said) { around_.publish(said); }))
    around_.published();
}

void Life::stop() {
  step();
  journal_.sync();
  release();
}

}  // namespace tickmesh
