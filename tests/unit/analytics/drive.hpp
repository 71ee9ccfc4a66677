// Drives a core the way a runner does: one input at a time, timers fired when their time has come, outputs collected.
#pragma once
#include <map>
#include <vector>

#include "core/core.hpp"

namespace tickmesh::testing_ticks {

/// Holds everything a runner holds between inputs, so that a second drive can go on with another core where the first stopped.
class Drive {
 public:
  explicit Drive(Core& core) : core_{&core} { out_.set_epoch(7); }
  void use(Core& core) { core_ = &core; }

  /// Fires what is due until `now`, then gives `event`.
  void give(Timestamp now, Stream stream, Partition partition, const Event& event) {
    fire_until(now);
    Name name{stream, partition, {}};
    if (stream != Stream::local) name.at = {3, ++sequence_[{stream, partition}]};
    apply(now, name, event);
  }
  void fire_until(Timestamp now) {
    while (true) {
      auto due = wakes_.end();
      for (auto it = wakes_.begin(); it != wakes_.end(); ++it)
        if (it->second <= now && (due == wakes_.end() || it->second < due->second)) due = it;
      if (due == wakes_.end()) return;
      const TimerFired fired{due->first, due->second};
      wakes_.erase(due);
      apply(fired.due, {}, fired);
    }
  }
  const std::vector<Outbox::Said>& said() const { return said_; }
  std::size_t wakes() const { return wakes_.size(); }

 private:
  void apply(Timestamp now, const Name& name, const Event& event) {
    const Timestamp previous = now_;
    now_ = std::max(previous, now);
    out_.begin(now_, {name, time_of(event)}, tick_time_of(event));
    core_->apply({now_, name, event}, out_);
    for (auto& one : out_.said()) said_.push_back(std::move(one));
    out_.said().clear();
    for (const auto& wake : out_.wakes()) {
      if (wake.at)
        wakes_[wake.timer] = wake.at;
      else
        wakes_.erase(wake.timer);
    }
    out_.wakes().clear();
  }

  Core* core_;
  Outbox out_;
  Timestamp now_{};
  std::map<std::pair<Stream, Partition>, Sequence> sequence_;
  std::map<std::uint64_t, Timestamp> wakes_;
  std::vector<Outbox::Said> said_;
};

inline Bytes saved(const Core& core) {
  Bytes bytes;
  ByteWriter writer{bytes};
  core.save(writer);
  return bytes;
}

template <class T>
std::vector<T> all_of(const std::vector<Outbox::Said>& said) {
  std::vector<T> found;
  for (const auto& one : said)
    if (const auto* e = std::get_if<T>(&one.event)) found.push_back(*e);
  return found;
}

}  // namespace tickmesh::testing_ticks
