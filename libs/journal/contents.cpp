#include "journal/contents.hpp"

#include <algorithm>

namespace tickmesh {
namespace {

std::unexpected<Error> contradiction(std::string message) { return std::unexpected(Error{"corrupt", "", "", std::move(message)}); }

}  // namespace

std::optional<SaidHead> peek_said(ByteView body) {
  if (body.size() < 22) return std::nullopt;
  ByteReader r(body);
  SaidHead head;
  head.first = r.get<Name>();
  head.count = r.get<std::uint32_t>();
  if (static_cast<std::size_t>(head.first.stream) >= kStreams || head.first.partition >= kPartitions) return std::nullopt;
  return head;
}

bool Contents::continues(const SaidHead& head) const {
  return head.count > 0 && head.first.at.epoch == opened.epoch &&
         head.first.at.sequence == heads[static_cast<std::size_t>(head.first.stream)][head.first.partition] + 1;
}

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
    for (auto& stream : index_)
      for (auto& chunks : stream) chunks.clear();
    heads = next.heads;
  }
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
  const auto stream = static_cast<std::size_t>(head->first.stream);
  heads[stream][head->first.partition] += head->count;
  index_[stream][head->first.partition].push_back(
      {head->first.at.sequence, record.lsn.value, head->count, static_cast<std::uint32_t>(record.next.value - record.lsn.value)});
  return {};
}

void Contents::trim(Lsn lsn) {
  for (auto& stream : index_)
    for (auto& chunks : stream) {
      const auto keep = std::ranges::lower_bound(chunks, lsn.value, {}, &Chunk::lsn);
      chunks.erase(chunks.begin(), keep);
    }
}

Outbox::Heads Contents::first_held() const {
  Outbox::Heads out{};
  for (std::size_t s = 0; s < kStreams; ++s)
    for (std::size_t p = 0; p < kPartitions; ++p)
      if (!index_[s][p].empty()) out[s][p] = index_[s][p].front().first;
  return out;
}

}  // namespace tickmesh
