#include "journal/records.hpp"

#include <algorithm>

namespace tickmesh {
namespace {

constexpr std::uint8_t kCopy = 1;
constexpr std::uint8_t kReference = 2;
constexpr std::size_t kNameBytes = 1 + 1 + 8 + 8;
constexpr std::size_t kHeadBytes = 1 + 1 + 8;

void put_heads(ByteWriter& w, const Outbox::Heads& heads) {
  std::uint32_t n = 0;
  for (const auto& stream : heads)
    for (const auto sequence : stream) n += sequence != 0;
  w.put(n);
  for (std::size_t s = 0; s < kStreams; ++s)
    for (std::size_t p = 0; p < kPartitions; ++p)
      if (heads[s][p] != 0) w.put(static_cast<std::uint8_t>(s)), w.put(static_cast<Partition>(p)), w.put(heads[s][p]);
}

Name get_name(ByteReader& r) {
  const auto name = r.get<Name>();
  TM_INVARIANT(static_cast<std::size_t>(name.stream) < kStreams && name.partition < kPartitions, "a name is of a stream of the mesh");
  return name;
}

Outbox::Heads get_heads(ByteReader& r) {
  Outbox::Heads heads{};
  const auto n = r.get<std::uint32_t>();
  TM_INVARIANT(n <= kStreams * kPartitions, "a stream and partition has one head");
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto stream = r.get<std::uint8_t>();
    const auto partition = r.get<Partition>();
    TM_INVARIANT(stream < kStreams && partition < kPartitions, "a head is of a stream of the mesh");
    heads[stream][partition] = r.get<Sequence>();
  }
  return heads;
}

/// What a ByteReader throws becomes a value here: the bytes may come from another version or another house.
template <class Read>
Result<void> guarded(const char* record, ByteView body, Read&& read) {
  try {
    ByteReader r(body);
    read(r);
    TM_INVARIANT(r.done(), "a record ends where its last field does");
  } catch (const InvariantError& e) {
    return bad_value(record, "the layout of its record type", e.what());
  }
  return {};
}

}  // namespace

std::optional<SaidHead> peek_said(ByteView body) {
  if (body.size() < kSaidHeadBytes) return std::nullopt;
  // Before it is read: a reader throws at a stream or partition that cannot be.
  if (static_cast<unsigned>(body[0]) >= kStreams || static_cast<unsigned>(body[1]) >= kPartitions) return std::nullopt;
  ByteReader r(body);
  SaidHead head;
  head.first = r.get<Name>();
  head.count = r.get<std::uint32_t>();
  return head;
}

void put_said_head(const SaidHead& head, std::span<std::byte, kSaidHeadBytes> out) {
  out[0] = static_cast<std::byte>(head.first.stream);
  out[1] = static_cast<std::byte>(head.first.partition);
  std::memcpy(out.data() + 2, &head.first.at.epoch, 8);
  std::memcpy(out.data() + 10, &head.first.at.sequence, 8);
  std::memcpy(out.data() + 18, &head.count, 4);
}

void encode(const TakenRecord& record, Bytes& out) {
  ByteWriter w(out);
  w.put(record.now);
  w.put(static_cast<std::uint32_t>(record.items.size()));
  for (const auto& item : record.items) {
    w.put(item.by_reference ? kReference : kCopy);
    w.put(item.first);
    w.put(item.count);
    if (!item.by_reference) w.put(as_text(item.payload));
  }
}

void encode(const SaidRecord& record, Bytes& out) {
  ByteWriter w(out);
  w.put(record.first);
  w.put(static_cast<std::uint32_t>(record.events.size()));
  for (const auto event : record.events) w.put(as_text(event));
}

void encode(const StartedRecord& record, Bytes& out) {
  ByteWriter w(out);
  w.put(record.token);
  w.put(record.time);
}

void encode(const OpenedRecord& record, Bytes& out) {
  ByteWriter w(out);
  w.put(record.instance);
  w.put(record.epoch);
  w.put(record.core_version);
  w.put(record.segment);
  w.put(record.follows.value);
  w.put(record.incarnation);
  w.put(record.time);
  w.put(record.previous_epoch);
  put_heads(w, record.heads);
  put_heads(w, record.previous_heads);
}

void encode(const SnapshotRecord& record, Bytes& out) {
  ByteWriter w(out);
  w.put(record.file);
  w.put(record.size);
  w.put(record.crc);
}

void encode(const SkippedRecord& record, Bytes& out) {
  ByteWriter w(out);
  w.put(record.place.record.value);
  w.put(record.place.number);
  w.put(record.name);
  w.put(record.time);
  w.put(record.who);
}

void encode(const DroppedRecord& record, Bytes& out) {
  ByteWriter w(out);
  w.put(static_cast<std::uint32_t>(record.heads.size()));
  for (const auto& head : record.heads) w.put(head.stream), w.put(head.partition), w.put(head.last);
}

Result<void> decode(ByteView body, TakenRecord& out) {
  return guarded("taken", body, [&](ByteReader& r) {
    out.now = r.get<Timestamp>();
    const auto n = r.get<std::uint32_t>();
    TM_INVARIANT(n <= r.left() / (1 + kNameBytes + 4), "a record holds the items it announces");
    out.items.assign(n, {});
    for (auto& item : out.items) {
      const auto kind = r.get<std::uint8_t>();
      TM_INVARIANT(kind == kCopy || kind == kReference, "an item is a copy or a reference");
      item.by_reference = kind == kReference;
      item.first = get_name(r);
      item.count = r.get<std::uint32_t>();
      if (!item.by_reference) item.payload = r.raw(r.get<std::uint32_t>());
    }
  });
}

Result<void> decode(ByteView body, SaidRecord& out) {
  return guarded("said", body, [&](ByteReader& r) {
    out.first = get_name(r);
    const auto n = r.get<std::uint32_t>();
    TM_INVARIANT(n <= r.left() / 4, "a record holds the events it announces");
    out.events.assign(n, {});
    for (auto& event : out.events) event = r.raw(r.get<std::uint32_t>());
  });
}

Result<void> decode(ByteView body, StartedRecord& out) {
  return guarded("started", body, [&](ByteReader& r) {
    out.token = r.get<Token>();
    out.time = r.get<Timestamp>();
  });
}

Result<void> decode(ByteView body, OpenedRecord& out) {
  return guarded("opened", body, [&](ByteReader& r) {
    out.instance = r.get<std::string>();
    out.epoch = r.get<Epoch>();
    out.core_version = r.get<std::uint32_t>();
    out.segment = r.get<std::uint64_t>();
    out.follows = Lsn{r.get<std::uint64_t>()};
    out.incarnation = r.get<std::uint32_t>();
    out.time = r.get<Timestamp>();
    out.previous_epoch = r.get<Epoch>();
    out.heads = get_heads(r);
    out.previous_heads = get_heads(r);
  });
}

Result<void> decode(ByteView body, SnapshotRecord& out) {
  return guarded("snapshot", body, [&](ByteReader& r) {
    out.file = r.get<std::string>();
    out.size = r.get<std::uint64_t>();
    out.crc = r.get<std::uint32_t>();
  });
}

Result<void> decode(ByteView body, SkippedRecord& out) {
  return guarded("skipped", body, [&](ByteReader& r) {
    out.place.record = Lsn{r.get<std::uint64_t>()};
    out.place.number = r.get<std::uint32_t>();
    out.name = get_name(r);
    out.time = r.get<Timestamp>();
    out.who = r.get<std::string>();
  });
}

Result<void> decode(ByteView body, DroppedRecord& out) {
  return guarded("dropped", body.first(dropped_bytes(body)), [&](ByteReader& r) {
    const auto n = r.get<std::uint32_t>();
    TM_INVARIANT(n <= r.left() / kHeadBytes, "a record holds the heads it announces");
    out.heads.assign(n, {});
    for (auto& head : out.heads) {
      head.stream = r.get<Stream>();
      head.partition = r.get<Partition>();
      TM_INVARIANT(static_cast<std::size_t>(head.stream) < kStreams && head.partition < kPartitions, "a head is of a stream of the mesh");
      head.last = r.get<Sequence>();
    }
  });
}

std::size_t dropped_bytes(ByteView body) {
  std::uint32_t heads = 0;
  if (body.size() < sizeof heads) return body.size();
  std::memcpy(&heads, body.data(), sizeof heads);
  return std::min(body.size(), sizeof heads + std::size_t{heads} * kHeadBytes);
}

}  // namespace tickmesh
