#include "runner/machine.hpp"

#include <algorithm>

namespace tickmesh {

bool Machine::seen(const Name& name) const {
  if (name.stream == Stream::local) return false;
  const auto it = positions_.find({name.stream, name.partition});
  if (it == positions_.end()) return false;
  const Position& at = it->second;
  return name.at.epoch < at.epoch || (name.at.epoch == at.epoch && name.at.sequence <= at.sequence);
}

void Machine::apply(Timestamp now, const Name& name, const Event& event) {
  now_ = std::max(now_, now);
  if (name.stream != Stream::local) positions_[{name.stream, name.partition}] = name.at;
  if (const auto* fired = std::get_if<TimerFired>(&event)) {
    const auto it = timers_.find(fired->timer);
    if (it != timers_.end() && it->second == fired->due) timers_.erase(it);
  }
  outbox_.begin(now_, {name, name.stream == Stream::local ? now_ : time_of(event)});
  core_.apply({now_, name, event}, outbox_);
  for (const Outbox::Wake& wake : outbox_.wakes()) {
    if (wake.at)
      timers_[wake.timer] = wake.at;
    else
      timers_.erase(wake.timer);
  }
  outbox_.wakes().clear();
  if (observer) observer(name, event);
}

std::optional<TimerFired> Machine::next_timer() const {
  std::optional<TimerFired> next;
  for (const auto& [timer, due] : timers_)
    if (!next || due < next->due) next = TimerFired{timer, due};
  return next;
}

void Machine::save(ByteWriter& out) const {
  out.put(std::uint32_t{1});  // shape of this state
  out.put(core_.version());
  out.put(now_);
  out.put(outbox_.epoch());
  for (const auto& partitions : outbox_.heads())
    for (const Sequence head : partitions) out.put(head);
  out.put(static_cast<std::uint32_t>(positions_.size()));
  for (const auto& [key, at] : positions_) out.put(Name{key.first, key.second, at});
  out.put(static_cast<std::uint32_t>(timers_.size()));
  for (const auto& [timer, due] : timers_) {
    out.put(timer);
    out.put(due);
  }
  core_.save(out);
}

Result<void> Machine::load(ByteReader& in) {
  const auto shape = in.get<std::uint32_t>();
  const auto version = in.get<std::uint32_t>();
  if (shape != 1 || version > core_.version())
    return std::unexpected(
        Error{"version", "snapshot", "of this core's version or an older one",
              "the snapshot is of core version " + std::to_string(version) + ", this program has " + std::to_string(core_.version())});
  now_ = in.get<Timestamp>();
  outbox_.set_epoch(in.get<Epoch>());
  for (auto& partitions : outbox_.heads())
    for (Sequence& head : partitions) head = in.get<Sequence>();
  positions_.clear();
  for (auto n = in.get<std::uint32_t>(); n > 0; --n) {
    const auto name = in.get<Name>();
    positions_[{name.stream, name.partition}] = name.at;
  }
  timers_.clear();
  for (auto n = in.get<std::uint32_t>(); n > 0; --n) {
    const auto timer = in.get<std::uint64_t>();
    timers_[timer] = in.get<Timestamp>();
  }
  core_.load(in);
  return {};
}

}  // namespace tickmesh
