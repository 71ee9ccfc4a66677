#include "runner/runner.hpp"

#include <algorithm>

#include "journal/layout.hpp"
#include "runner/restore.hpp"
#include "runner/tail.hpp"

namespace tickmesh {
namespace {

/// Of a `taken` body: now and count; of each item: kind, name, count, and the length of a copy.
constexpr std::uint64_t kTakenHead = 8 + 4;
constexpr std::uint64_t kTakenItem = 1 + 18 + 4 + 4;

Foresight* foresight_of(Core& core) {
  auto* foresight = dynamic_cast<Foresight*>(&core);
  return foresight != nullptr && foresight->looks_ahead() ? foresight : nullptr;
}

}  // namespace

Runner::Runner(Core& core, Journal& journal, const Codec& codec, RunnerOptions options)
    : journal_{journal}, codec_{codec}, options_{options}, machine_{core}, foresight_{foresight_of(core)} {
  if (foresight_ != nullptr) coming_.resize(2 * Foresight::kFar);
}

Result<Recovered> Runner::recover(ReferenceSource& references, Timestamp now, Attempts* attempts) {
  if (attempts != nullptr) attempts->begin();
  auto recovered = run_tail(references, now, attempts);
  // What is thrown ends the process: that is what the next start must know of.
  if (attempts != nullptr) attempts->passed();
  return recovered;
}

Result<Recovered> Runner::run_tail(ReferenceSource& references, Timestamp now, Attempts* attempts) {
  auto restored = restore(journal_, machine_);
  if (!restored) return std::unexpected(restored.error());
  // A core that begins in the middle without its state would say other things than the journal holds, and believe them.
  if (!restored->from_snapshot && !restored->rejected.empty() && restored->from.value > kSegmentHeaderBytes) {
    const Error& newest = restored->rejected.front();
    return std::unexpected(Error{"corrupt", newest.field, newest.rule,
                                 newest.message + "; the journal's beginning is trimmed, so nothing else tells where this core stood"});
  }
  TailRunner tail{machine_, codec_, references};
  tail.keep_no_hashes();
  std::vector<InputPlace> skipped;
  for (const SkippedRecord& skip : journal_.skipped()) skipped.push_back(skip.place);
  tail.skip(std::move(skipped));
  if (attempts != nullptr) {
    tail.watch(attempts);
    tail.stop_before(attempts->poison());
  }
  const auto cursor = journal_.read_ahead_from(restored->from);
  const bool other_version = journal_.state().tail_version != machine_.core().version();
  for (;;) {
    auto record = cursor->next();
    if (!record) return std::unexpected(record.error());
    if (!record->has_value()) break;
    if (other_version && (**record).type == RecordType::taken && (!journal_.state().clean || !restored->rejected.empty()))
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
  counts.from_snapshot = restored->from_snapshot;
  counts.rejected_snapshots = std::move(restored->rejected);
  for (Outbox::Said& unrecorded : tail.unconfirmed()) {
    body_.clear();
    codec_.encode(unrecorded.event, body_);
    releases_.record_replayed(journal_, unrecorded.name, body_, std::move(unrecorded.event));
    ++counts.said_completed;
  }
  machine_.said().clear();
  machine_.outbox().set_metrics_sink(this);
  reached_ = machine_.position_table();
  token_ = {journal_.epoch(), journal_.state().last_incarnation + 1};
  now = std::max({now, machine_.now(), journal_.state().last_time});
  body_.clear();
  encode(StartedRecord{token_, now}, body_);
  journal_.append(RecordType::started, body_);
  counts.continued = options_.continues && !machine_.positions().empty();
  if (!counts.continued) step_local(now, Started{options_.continues ? Token{token_.epoch, 1} : token_});
  return counts;
}

void Runner::apply_bytes(Timestamp now, const Name& name, ByteView bytes) {
  if (auto ok = codec_.decode(name.stream, bytes, scratch_); !ok) {
    ++undecodable_;
    return;
  }
  machine_.apply(now, name, scratch_);
}

std::size_t Runner::add(const Name& first, std::span<const ByteView> events) {
  // What is known of a run lies at its beginning.
  Name name = first;
  std::size_t known = 0;
  for (; known < events.size() && reached_.seen(name); ++known) ++name.at.sequence;
  duplicates_ += known;
  events = events.subspan(known);
  if (events.empty()) return queued_.size();
  reached_.reach(name.stream, name.partition, {name.at.epoch, name.at.sequence + events.size() - 1});
  auto begin = static_cast<std::uint32_t>(queued_.size());
  queued_.insert(queued_.end(), events.begin(), events.end());
  if (!by_reference(name.stream)) {  // each is copied by itself
    const auto largest = journal_.max_body() - kTakenHead - kTakenItem;
    for (; begin < queued_.size(); ++begin, ++name.at.sequence) {
      if (queued_[begin].size() > largest)
        ++undecodable_;  // no record of ours could hold it: passed over, unrecorded, like what cannot be decoded
      else
        runs_.push_back({name, begin, 1});
    }
    return queued_.size();
  }
  const auto count = static_cast<std::uint32_t>(events.size());
  if (!runs_.empty()) {
    Run& before = runs_.back();
    Name next = before.first;
    next.at.sequence += before.count;
    if (next == name) {
      before.count += count;
      return queued_.size();
    }
  }
  runs_.push_back({name, begin, count});
  return queued_.size();
}

void Runner::step(Timestamp now, std::span<const Arrival> arrivals) {
  for (const Arrival& a : arrivals) add(a.name, {&a.bytes, 1});
  step(now);
}

void Runner::step(Timestamp now) {
  now = std::max(now, machine_.now());
  const std::span<const Run> runs{runs_};
  std::size_t begin = 0;
  std::uint64_t size = kTakenHead;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const std::uint64_t item = kTakenItem + (by_reference(runs[r].first.stream) ? 0 : queued_[runs[r].begin].size());
    if (r > begin && size + item > journal_.max_body()) {  // a record never spans segments; a core sees no batch boundaries
      take(now, runs.subspan(begin, r - begin));
      begin = r;
      size = kTakenHead;
    }
    size += item;
  }
  if (begin < runs.size()) take(now, runs.subspan(begin));
  runs_.clear();
  queued_.clear();
}

void Runner::take(Timestamp now, std::span<const Run> runs) {
  taken_.now = now;
  taken_.items.clear();
  for (const Run& run : runs) {
    const bool reference = by_reference(run.first.stream);
    taken_.items.push_back({run.first, run.count, reference, reference ? ByteView{} : queued_[run.begin]});
  }
  body_.clear();
  encode(taken_, body_);
  journal_.append(RecordType::taken, body_);
  for (const Run& run : runs) since_snapshot_ += run.count;
  if (foresight_ != nullptr) {
    apply_foreseen(now, runs);
  } else {
    for (const Run& run : runs) {
      Name name = run.first;
      for (std::uint32_t i = 0; i < run.count; ++i, ++name.at.sequence) apply_bytes(now, name, queued_[run.begin + i]);
    }
  }
  record_said();
}

/// The same inputs in the same order, each decoded some ticks before it is applied.
void Runner::apply_foreseen(Timestamp now, std::span<const Run> runs) {
  const auto tick_at = [this](std::uint64_t place) {
    const Coming& one = coming_[place % coming_.size()];
    return one.sound ? std::get_if<Tick>(&one.event) : nullptr;
  };
  std::size_t run = 0;
  std::uint32_t next = 0;  // of that run
  std::uint64_t decoded = 0;
  for (std::uint64_t applied = 0;; ++applied) {
    for (; run < runs.size() && decoded <= applied + Foresight::kFar; ++decoded) {
      Coming& one = coming_[decoded % coming_.size()];
      one.name = runs[run].first;
      one.name.at.sequence += next;
      one.sound = codec_.decode(one.name.stream, queued_[runs[run].begin + next], one.event).has_value();
      if (const Tick* tick = tick_at(decoded)) foresight_->far(*tick);
      if (++next == runs[run].count) ++run, next = 0;
    }
    if (applied == decoded) return;
    if (applied + Foresight::kNear < decoded)
      if (const Tick* tick = tick_at(applied + Foresight::kNear)) foresight_->near(*tick);
    const Coming& one = coming_[applied % coming_.size()];
    if (one.sound)
      machine_.apply(now, one.name, one.event);
    else
      ++undecodable_;
  }
}

void Runner::step_copied(Timestamp now, const Name& name, ByteView bytes) {
  TM_INVARIANT(queued_.empty(), "what was queued before is stepped before");
  if (reached_.seen(name)) {
    ++duplicates_;
    return;
  }
  reached_.reach(name.stream, name.partition, name.at);
  now = std::max(now, machine_.now());
  taken_.now = now;
  taken_.items.assign(1, TakenItem{name, 1, false, bytes});
  body_.clear();
  encode(taken_, body_);
  journal_.append(RecordType::taken, body_);
  apply_bytes(now, name, bytes);
  ++since_snapshot_;
  record_said();
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

void Runner::said(const Name& name, const Metrics& metrics) {
  releases_.add(codec_, machine_.said());  // in the order in which it was said
  releases_.add(codec_, name, metrics);
}

void Runner::record_said() {
  releases_.add(codec_, machine_.said());
  releases_.record(journal_);
}

void Runner::snapshot() {
  Bytes state;
  ByteWriter out{state};
  machine_.save(out);
  journal_.snapshot(state);
  since_snapshot_ = 0;
}

}  // namespace tickmesh
