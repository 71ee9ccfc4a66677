#include "runner/machine.hpp"

#include <algorithm>

namespace tickmesh {
namespace {

constexpr std::uint32_t kShape = 2;  // of a stored state; 1 had sixteen streams and did not say so

}  // namespace

Positions PositionTable::map() const {
  Positions all;
  for (unsigned s = 0; s < kStreams; ++s)
    for (unsigned p = 0; p < kPartitions; ++p)
      if (cells_[s][p] != Position{}) all.emplace(std::pair{static_cast<Stream>(s), static_cast<Partition>(p)}, cells_[s][p]);
  return all;
}

void Machine::apply(Timestamp now, const Name& name, const Event& event) {
  now_ = std::max(now_, now);
  if (const auto* tick = std::get_if<Tick>(&event)) {
    if (name.stream == Stream::local) {  // a source's own
      outbox_.begin(now_, {name, now_});
    } else {
      positions_.raise(name);
      outbox_.begin(now_, {name, tick->time}, tick->time);
    }
    hand_over({now_, name, event});
    return;
  }
  const bool local = name.stream == Stream::local;
  // A last value from before a gap comes after it was told, and does not lead back.
  if (!local) positions_.raise(name);
  if (local) {
    if (const auto* fired = std::get_if<TimerFired>(&event)) {
      const auto it = timers_.find(fired->timer);
      if (it != timers_.end() && it->second == fired->due) arm(fired->timer, {});
    } else if (const auto* gap = std::get_if<StreamGap>(&event)) {
      // What is lost for good is behind us: a restart neither asks for it nor tells of it again.
      positions_.reach(gap->stream, gap->partition, gap->to);
    }
  }
  if (local)
    outbox_.begin(now_, {name, now_});
  else
    outbox_.begin(now_, {name, time_of(event)}, tick_time_of(event));
  hand_over({now_, name, event});
}

void Machine::arm_wakes() {
  // Never for the moment that is being lived: what fires belongs after all inputs of that moment, however they came.
  for (const Outbox::Wake& wake : outbox_.wakes()) arm(wake.timer, wake.at ? std::max(wake.at, now_ + nanoseconds(1)) : wake.at);
  outbox_.wakes().clear();
}

void Machine::pass(Timestamp now, const Name& name, const Event& event) {
  now_ = std::max(now_, now);
  const bool local = name.stream == Stream::local;
  if (!local) positions_.reach(name.stream, name.partition, name.at);
  if (const auto* fired = local ? std::get_if<TimerFired>(&event) : nullptr) {
    const auto it = timers_.find(fired->timer);
    if (it != timers_.end() && it->second == fired->due) arm(fired->timer, {});
  }
}

/// Zero disarms. A timer that is armed for the same time already costs a look.
void Machine::arm(std::uint64_t timer, Timestamp at) {
  const auto it = timers_.find(timer);
  if (it != timers_.end()) {
    if (it->second == at) return;
    due_.erase({it->second, timer});
    if (at)
      it->second = at;
    else
      timers_.erase(it);
  } else if (at) {
    timers_.emplace(timer, at);
  }
  if (at) due_.emplace(at, timer);
  next_due_ = due_.empty() ? kNever : due_.begin()->first;
}

std::optional<TimerFired> Machine::next_timer() const {
  if (due_.empty()) return std::nullopt;
  return TimerFired{due_.begin()->second, due_.begin()->first};
}

void Machine::save(ByteWriter& out) const {
  out.put(kShape);
  out.put(core_.version());
  out.put(now_);
  out.put(outbox_.epoch());
  out.put(static_cast<std::uint32_t>(kStreams));
  for (const auto& partitions : outbox_.heads())
    for (const Sequence head : partitions) out.put(head);
  const Positions positions = positions_.map();
  out.put(static_cast<std::uint32_t>(positions.size()));
  for (const auto& [key, at] : positions) out.put(Name{key.first, key.second, at});
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
  if (shape < 1 || shape > kShape || version > core_.version())
    return std::unexpected(
        Error{"version", "snapshot", "of this core's version or an older one",
              "the snapshot is of core version " + std::to_string(version) + ", this program has " + std::to_string(core_.version())});
  now_ = in.get<Timestamp>();
  outbox_.set_epoch(in.get<Epoch>());
  const std::uint32_t streams = shape == 1 ? 16 : in.get<std::uint32_t>();
  TM_INVARIANT(streams <= kStreams, "a state is of streams of the mesh");
  outbox_.heads() = {};
  for (std::uint32_t s = 0; s < streams; ++s)
    for (Sequence& head : outbox_.heads()[s]) head = in.get<Sequence>();
  positions_ = {};
  for (auto n = in.get<std::uint32_t>(); n > 0; --n) {
    const auto name = in.get<Name>();
    TM_INVARIANT(static_cast<std::size_t>(name.stream) < kStreams && name.partition < kPartitions, "a position is of a stream of the mesh");
    positions_.reach(name.stream, name.partition, name.at);
  }
  timers_.clear();
  due_.clear();
  next_due_ = kNever;
  for (auto n = in.get<std::uint32_t>(); n > 0; --n) {
    const auto timer = in.get<std::uint64_t>();
    arm(timer, in.get<Timestamp>());
  }
  core_.load(in);
  return {};
}

}  // namespace tickmesh
