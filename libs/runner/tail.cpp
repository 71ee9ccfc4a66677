#include "runner/tail.hpp"

#include <algorithm>
#include <utility>

#include "core/learner.hpp"

namespace tickmesh {
namespace {

Name at_offset(Name name, std::size_t offset) {
  name.at.sequence += offset;
  return name;
}

std::unexpected<Error> diverged(const Name& name, const std::string& how) {
  return std::unexpected(Error{"diverged", "journal", "the same inputs give the same bytes", how + " at " + to_string(name)});
}

}  // namespace

Result<void> TailRunner::feed(const RecordView& record) {
  switch (record.type) {
    case RecordType::opened: {
      OpenedRecord body;
      if (auto ok = decode(record.body, body); !ok) return ok;
      return opened(body);
    }
    case RecordType::taken: {
      if (auto ok = decode(record.body, taken_); !ok) return ok;
      return taken(taken_, record.lsn);
    }
    case RecordType::said: {
      if (auto ok = decode(record.body, said_); !ok) return ok;
      return said(said_, record.lsn);
    }
    case RecordType::started:
    case RecordType::snapshot:
    case RecordType::skipped:
    case RecordType::dropped:
    case RecordType::closed: return {};
  }
  return std::unexpected(Error{"corrupt", "record", "of a known type", "type " + std::to_string(static_cast<int>(record.type))});
}

Result<void> TailRunner::opened(const OpenedRecord& record) {
  Outbox& out = machine_.outbox();
  if (first_ && out.epoch() == 0) {  // the journal's first record, or the first one still held
    out.set_epoch(record.epoch);
    out.heads() = record.heads;
  } else if (record.epoch != out.epoch()) {
    // A new life: sequences start again. What the old one never recorded is said in this one, under new names.
    out.set_epoch(record.epoch);
    out.heads() = {};
    for (Outbox::Said& u : unconfirmed()) {
      auto& head = out.heads()[static_cast<std::size_t>(u.name.stream)][u.name.partition];
      u.name.at = {record.epoch, ++head};
    }
  }
  first_ = false;
  return {};
}

Result<void> TailRunner::apply(Timestamp now, const Name& name, ByteView bytes, InputPlace place) {
  if (std::ranges::find(skipped_, place) != skipped_.end()) {
    Event passed = WentLive{};
    if (name.stream == Stream::local && !codec_.decode(name.stream, bytes, passed)) passed = WentLive{};
    machine_.pass(now, name, passed);
    ++counts_.inputs_skipped;
    return {};
  }
  if (stop_before_ == place)
    return std::unexpected(
        Error{"poison", "journal", "an input the core survives",
              to_string(name) + ", input " + std::to_string(place.number) + " of the record at " + std::to_string(place.record.value)});
  if (attempts_ != nullptr) attempts_->at(place);
  ++counts_.inputs_run;
  if (auto ok = codec_.decode(name.stream, bytes, scratch_); !ok) return {};  // was skipped when it was taken, too
  machine_.apply(now, name, scratch_);
  return {};
}

Result<void> TailRunner::taken(const TakenRecord& record, Lsn at) {
  forget_confirmed();
  InputPlace place{at, 0};
  for (const TakenItem& item : record.items) {
    if (!item.by_reference) {
      if (auto ok = apply(record.now, item.first, item.payload, place); !ok) return ok;
      ++place.number;
      continue;
    }
    events_.clear();
    if (auto events = references_.fetch(item.first, item.count, events_); !events) {
      if (events.error().code != "trimmed") return std::unexpected(events.error());
      counts_.inputs_lost += item.count;
      place.number += item.count;
      lossy_ = true;
      const Name last = at_offset(item.first, item.count - 1);
      machine_.apply(record.now, Name{}, StreamGap{item.first.stream, item.first.partition, item.first.at, last.at});
      continue;
    }
    for (std::size_t i = 0; i < events_.size(); ++i, ++place.number)
      if (auto ok = apply(record.now, at_offset(item.first, i), events_[i], place); !ok) return ok;
  }
  return {};
}

/// What is confirmed stays where the machine put it until the next input, so that nothing is moved; as a rule that is all there is.
void TailRunner::forget_confirmed() {
  auto& said = machine_.said();
  said.erase(said.begin(), said.begin() + static_cast<std::ptrdiff_t>(std::exchange(confirmed_, 0)));
}

ByteView TailRunner::front_bytes() {
  bytes_.clear();
  codec_.encode(front().event, bytes_);
  return bytes_;
}

void TailRunner::pop_front() {
  if (++confirmed_ == machine_.said().size()) forget_confirmed();
}

/// Inputs are missing, so the words cannot be derived; the journal's own are the truth. What was said now and never recorded is unsaid, or
/// the next event of its stream would leave a hole in the numbering.
Result<void> TailRunner::believe(const Name& name, ByteView bytes) {
  if (!none_unconfirmed() && front().name == name && as_text(front_bytes()) == as_text(bytes)) {
    pop_front();
    return {};
  }
  auto* learner = dynamic_cast<Learner*>(&machine_.core());
  auto& heads = machine_.outbox().heads();
  for (; !none_unconfirmed(); machine_.said().pop_back()) {
    const Outbox::Said& unsaid = machine_.said().back();
    heads[static_cast<std::size_t>(unsaid.name.stream)][unsaid.name.partition] = unsaid.name.at.sequence - 1;
    if (learner != nullptr) learner->unlearn(unsaid.name, unsaid.event);
  }
  heads[static_cast<std::size_t>(name.stream)][name.partition] = name.at.sequence;
  if (learner == nullptr) return {};
  if (auto ok = codec_.decode(name.stream, bytes, scratch_); !ok)
    return std::unexpected(Error{"corrupt", "journal", "events of its streams", to_string(ok.error())});
  learner->learn(name, scratch_);
  return {};
}

Result<void> TailRunner::said(const SaidRecord& record, Lsn at) {
  for (std::size_t i = 0; i < record.events.size(); ++i) {
    const Name name = at_offset(record.first, i);
    if (hashes_) recorded_.add(name, record.events[i]);
    if (lossy_) {
      if (auto ok = believe(name, record.events[i]); !ok) return ok;
      continue;
    }
    if (none_unconfirmed())
      return diverged(name, "the journal holds an event that was not said again (record " + std::to_string(at.value) + ')');
    if (!(front().name == name)) return diverged(name, "the order of what is said differs: now " + to_string(front().name));
    const ByteView bytes = front_bytes();
    if (as_text(bytes) != as_text(record.events[i])) return diverged(name, "the bytes differ");
    if (hashes_) derived_.add(name, bytes);
    ++counts_.said_compared;
    pop_front();
  }
  return {};
}

}  // namespace tickmesh
