#include "runner/runner.hpp"

#include <algorithm>

#include "runner/source_runner.hpp"
#include "runner/tail.hpp"

namespace tickmesh {
namespace {

/// Of a `taken` body: now and count; of each item: kind, name, count, and the length of a copy.
constexpr std::uint64_t kTakenHead = 8 + 4;
constexpr std::uint64_t kTakenItem = 1 + 18 + 4 + 4;

}  // namespace

Runner::Runner(Core& core, Journal& journal, const Codec& codec, RunnerOptions options)
    : journal_{journal}, codec_{codec}, options_{options}, machine_{core} {}

Result<Recovered> Runner::recover(ReferenceSource& references, Timestamp now) {
  Lsn from = journal_.first();
  bool from_snapshot = false;
  if (auto snapshot = journal_.latest_snapshot()) {
    ByteReader in{snapshot->second};
    if (auto ok = machine_.load(in); !ok) return std::unexpected(ok.error());
    from = snapshot->first;
    from_snapshot = true;
  }
  TailRunner tail{machine_, codec_, references};
  const auto cursor = journal_.read_from(from);
  const bool other_version = journal_.state().tail_version != machine_.core().version();
  for (;;) {
    auto record = cursor->next();
    if (!record) return std::unexpected(record.error());
    if (!record->has_value()) break;
    if (other_version && (**record).type == RecordType::taken && !journal_.state().clean)
      return std::unexpected(Error{"version", "journal", "a tail is run by the core that took it",
                                   "the tail is of core version " + std::to_string(journal_.state().tail_version) +
                                       ": start the version that wrote it and stop it cleanly (deploy/down), then start this one"});
    if (auto ok = tail.feed(**record); !ok) return std::unexpected(ok.error());
  }
  if (machine_.outbox().epoch() != journal_.epoch()) {
    machine_.outbox().set_epoch(journal_.epoch());
    machine_.outbox().heads() = journal_.heads();
  }

  Recovered counts = tail.counts();
  counts.from_snapshot = from_snapshot;
  for (TailRunner::Unconfirmed& u : tail.unconfirmed()) {
    body_.clear();
    encode(SaidRecord{u.name, {ByteView{u.bytes}}}, body_);
    journal_.append(RecordType::said, body_);
    released_.push_back({u.name, std::move(u.bytes), std::move(u.event), journal_.end(), true});
    ++counts.said_completed;
  }
  token_ = {journal_.epoch(), journal_.state().last_incarnation + 1};
  now = std::max({now, machine_.now(), journal_.state().last_time});
  body_.clear();
  encode(StartedRecord{token_, now}, body_);
  journal_.append(RecordType::started, body_);
  step_local(now, Started{token_});
  return counts;
}

void Runner::apply_bytes(Timestamp now, const Name& name, ByteView bytes) {
  if (auto ok = codec_.decode(name.stream, bytes, scratch_); !ok) {
    ++undecodable_;
    return;
  }
  machine_.apply(now, name, scratch_);
}

void Runner::step(Timestamp now, std::span<const Arrival> arrivals) {
  now = std::max(now, machine_.now());
  taken_.now = now;
  taken_.items.clear();
  fresh_.clear();
  std::uint64_t size = kTakenHead;
  Positions reached;  // within this batch, before the machine has advanced
  for (const Arrival& a : arrivals) {
    const auto key = std::pair{a.name.stream, a.name.partition};
    const auto it = reached.find(key);
    const bool repeated = it != reached.end() && it->second.epoch == a.name.at.epoch && a.name.at.sequence <= it->second.sequence;
    if (repeated || machine_.seen(a.name)) {
      ++duplicates_;
      continue;
    }
    reached[key] = a.name.at;
    const bool by_reference = options_.by_reference[static_cast<std::size_t>(a.name.stream)];
    size += kTakenItem + (by_reference ? 0 : a.bytes.size());
    if (!fresh_.empty() && size > journal_.max_body()) {  // a record never spans segments; a core sees no batch boundaries
      take(now);
      size = kTakenHead + kTakenItem + (by_reference ? 0 : a.bytes.size());
    }
    fresh_.push_back(&a);
    if (!by_reference) {
      taken_.items.push_back({a.name, 1, false, a.bytes});
      continue;
    }
    if (!taken_.items.empty()) {
      TakenItem& last = taken_.items.back();
      if (last.by_reference && last.first.stream == a.name.stream && last.first.partition == a.name.partition &&
          last.first.at.epoch == a.name.at.epoch && last.first.at.sequence + last.count == a.name.at.sequence) {
        ++last.count;
        continue;
      }
    }
    taken_.items.push_back({a.name, 1, true, {}});
  }
  if (!fresh_.empty()) take(now);
}

void Runner::take(Timestamp now) {
  body_.clear();
  encode(taken_, body_);
  journal_.append(RecordType::taken, body_);
  for (const Arrival* a : fresh_) apply_bytes(now, a->name, a->bytes);
  since_snapshot_ += fresh_.size();
  record_said();
  taken_.items.clear();
  fresh_.clear();
}

void Runner::step_local(Timestamp now, const Event& local) {
  now = std::max(now, machine_.now());
  Bytes bytes;
  codec_.encode(local, bytes);
  taken_.now = now;
  taken_.items.assign(1, TakenItem{Name{}, 1, false, bytes});
  body_.clear();
  encode(taken_, body_);
  journal_.append(RecordType::taken, body_);
  // Through the codec and back, so that the core is given now exactly what it is given when the tail is run again.
  apply_bytes(now, Name{}, bytes);
  ++since_snapshot_;
  record_said();
}

std::size_t Runner::fire_timers(Timestamp now) {
  std::size_t fired = 0;
  now = std::max(now, machine_.now());
  for (auto due = machine_.next_timer(); due && due->due <= now; due = machine_.next_timer()) {
    step_local(now, *due);
    ++fired;
    // A core that re-arms a timer in the past would spin here for ever.
    TM_INVARIANT(fired < 100'000, "a core arms its timers in the future");
  }
  return fired;
}

void Runner::record_said() { tickmesh::record_said(journal_, codec_, machine_.said(), released_); }

void Runner::snapshot() {
  Bytes state;
  ByteWriter out{state};
  machine_.save(out);
  journal_.snapshot(state);
  since_snapshot_ = 0;
}

}  // namespace tickmesh
