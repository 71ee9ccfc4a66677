#include "journal/contents.hpp"

#include <algorithm>
#include <utility>

namespace tickmesh {
namespace {

std::unexpected<Error> contradiction(std::string message) { return std::unexpected(Error{"corrupt", "", "", std::move(message)}); }

}  // namespace

Result<void> Contents::take(const RecordView& record) {
  if (record.type == RecordType::opened) return take_opened(record);
  if (!any) return contradiction("a record before the segment's opening one");
  clean = record.type == RecordType::closed;
  tail_version = opened.core_version;
  switch (record.type) {
    case RecordType::said: return take_said(record);
    case RecordType::taken:
      if (record.body.size() < 12) return contradiction("a taken record without its time");
      time = std::max(time, ByteReader(record.body).get<Timestamp>());
      return {};
    case RecordType::started: {
      StartedRecord started;
      if (auto ok = decode(record.body, started); !ok) return contradiction(to_string(ok.error()));
      incarnation = started.token.incarnation;
      time = std::max(time, started.time);
      return {};
    }
    case RecordType::snapshot: {
      SnapshotRecord snapshot;
      if (auto ok = decode(record.body, snapshot); !ok) return contradiction(to_string(ok.error()));
      snapshots.emplace_back(record.lsn, std::move(snapshot));
      if (snapshots.size() > 2) snapshots.erase(snapshots.begin());
      return {};
    }
    case RecordType::skipped: {
      SkippedRecord skip;
      if (auto ok = decode(record.body, skip); !ok) return contradiction(to_string(ok.error()));
      if (skip.place.record >= record.lsn) return contradiction("a skipped record for what comes after it");
      skipped.push_back(std::move(skip));
      return {};
    }
    case RecordType::dropped: return take_dropped(record);
    case RecordType::opened:
    case RecordType::closed: return {};
  }
  return contradiction("a record of an unknown type");
}

Result<void> Contents::take_opened(const RecordView& record) {
  OpenedRecord next;
  if (auto ok = decode(record.body, next); !ok) return contradiction(to_string(ok.error()));
  if (any && next.instance != opened.instance) return contradiction("a segment of another instance, " + next.instance);
  if (any && next.epoch == opened.epoch) {
    if (next.heads != heads) return contradiction("the segment's opening record knows other sequences than the records before it");
  } else {
    if (any && (next.epoch < opened.epoch || next.previous_epoch != opened.epoch)) return contradiction("epochs out of order");
    for (unsigned s = 0; s < kStreams; ++s)
      for (unsigned p = 0; p < kPartitions; ++p)
        if (auto entries = std::exchange(index_[s][p], {}); !entries.empty())
          ended_[opened.epoch][{static_cast<Stream>(s), static_cast<Partition>(p)}] = {heads[s][p], std::move(entries)};
    heads = next.heads;
  }
  if (any) said_bytes[opened.segment] = newest_bytes;
  newest_bytes = {};
  last_entry_ = {};  // every segment's first record of a stream and partition has an entry: older segments may be trimmed
  incarnation = std::max(incarnation, next.incarnation);
  time = std::max(time, next.time);
  begun[next.segment] = next.time;
  opened = std::move(next);
  any = true;
  return {};
}

Result<void> Contents::take_said(const RecordView& record) {
  const auto head = peek_said(record.body);
  if (!head) return contradiction("a said record of another shape");
  if (!continues(*head)) return contradiction(to_string(head->first) + " does not continue its stream");
  if (const auto entry = said(*head, record.lsn, record.body.size())) add(head->first.stream, head->first.partition, *entry);
  return {};
}

Result<void> Contents::take_dropped(const RecordView& record) {
  DroppedRecord dropped;
  if (auto ok = decode(record.body, dropped); !ok) return contradiction(to_string(ok.error()));
  for (const auto& head : dropped.heads) {
    auto& known = heads[static_cast<std::size_t>(head.stream)][head.partition];
    if (head.last <= known) return contradiction("dropped records that do not continue their stream");
    known = head.last;
  }
  if (packed.empty() || packed.back() != opened.segment) packed.push_back(opened.segment);
  return {};
}

std::optional<Contents::Entry> Contents::said(const SaidHead& head, Lsn at, std::uint64_t bytes) {
  count_record();
  const auto stream = static_cast<std::size_t>(head.first.stream);
  newest_bytes[stream] += bytes;
  heads[stream][head.first.partition] += head.count;
  auto& last = last_entry_[stream][head.first.partition];
  if (last != 0 && last / kBlock == at.value / kBlock) return std::nullopt;
  last = at.value;
  return Entry{head.first.at.sequence, at.value};
}

void Contents::trim(Lsn lsn) {
  for (std::size_t s = 0; s < kStreams; ++s) trim(static_cast<Stream>(s), lsn);
}

void Contents::trim(Stream stream, Lsn lsn) {
  const auto cut = [&](std::vector<Entry>& entries) {
    const auto keep = std::ranges::lower_bound(entries, lsn.value, {}, &Entry::lsn);
    entries.erase(entries.begin(), keep);
  };
  for (auto& entries : index_[static_cast<std::size_t>(stream)]) cut(entries);
  for (auto& [epoch, streams] : ended_) {
    for (auto& [key, was] : streams)
      if (key.first == stream) cut(was.entries);
    std::erase_if(streams, [](const auto& entry) { return entry.second.entries.empty(); });
  }
  std::erase_if(ended_, [](const auto& entry) { return entry.second.empty(); });
}

const Contents::Ended* Contents::ended(const Name& name) const {
  const auto epoch = ended_.find(name.at.epoch);
  if (epoch == ended_.end()) return nullptr;
  const auto was = epoch->second.find({name.stream, name.partition});
  return was == epoch->second.end() ? nullptr : &was->second;
}

std::vector<EndedStream> Contents::all_ended() const {
  std::vector<EndedStream> out;
  for (const auto& [epoch, streams] : ended_)
    for (const auto& [key, was] : streams) out.push_back({key.first, key.second, epoch, was.entries.front().first, was.last});
  return out;
}

Outbox::Heads Contents::first_held() const {
  Outbox::Heads out{};
  for (std::size_t s = 0; s < kStreams; ++s)
    for (std::size_t p = 0; p < kPartitions; ++p)
      if (!index_[s][p].empty()) out[s][p] = index_[s][p].front().first;
  return out;
}

std::uint64_t Contents::index_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& stream : index_)
    for (const auto& entries : stream) sum += entries.capacity() * sizeof(Entry);
  for (const auto& [epoch, streams] : ended_)
    for (const auto& [key, was] : streams) sum += sizeof(Ended) + was.entries.capacity() * sizeof(Entry);
  return sum;
}

}  // namespace tickmesh
