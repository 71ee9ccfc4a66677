#include "bus/wire.hpp"

#include <algorithm>
#include <limits>

#include "bus/protobuf_wire.hpp"
#include "bus/text.hpp"

namespace tickmesh {
namespace {

using protobuf_wire::Field;
using protobuf_wire::Type;
using protobuf_wire::Walk;

constexpr unsigned kFirstEventField = 11;  // 10 + the stream's number
constexpr unsigned kLastEventField = 10 + kStreams - 1;
static_assert(kStreams == 18, "the rules below say how many streams there are");

std::unexpected<Error> refused(std::string frame, std::string rule) {
  return bad_value(std::move(frame), std::move(rule), "a frame from the bus cannot be taken");
}

bool stream_that_travels(std::uint64_t number) { return number >= 1 && number < kStreams; }
std::size_t cell(const Name& name) { return static_cast<std::size_t>(name.stream) * kPartitions + name.partition; }
/// Enumerations and uint32 are varints of which protobuf keeps the low 32 bits.
std::uint64_t low32(const Field& field) { return field.number & 0xFFFFFFFFU; }

void put_head(const Head& head, Bytes& out) {
  protobuf_wire::put_uint(1, static_cast<std::uint64_t>(head.stream), out);
  protobuf_wire::put_uint(2, head.partition, out);
  protobuf_wire::put_uint(3, head.last, out);
  protobuf_wire::put_fixed64(4, head.epoch, out);
  protobuf_wire::put_uint(5, head.first, out);
}

void put_header(const BatchHeader& header, Bytes& out) {
  if (!header.service.empty()) protobuf_wire::put_bytes(1, as_bytes(header.service), out);
  protobuf_wire::put_uint(2, header.ordinal, out);
  protobuf_wire::put_fixed64(3, header.token.epoch, out);
  protobuf_wire::put_uint(4, header.token.incarnation, out);
  protobuf_wire::put_fixed64(5, header.config_hash, out);
  protobuf_wire::put_fixed64(6, static_cast<std::uint64_t>(header.sent.ns), out);
  Bytes inner;
  for (const auto& head : header.heads) {
    inner.clear();
    put_head(head, inner);
    protobuf_wire::put_bytes(7, inner, out);
  }
  protobuf_wire::put_fixed64(8, static_cast<std::uint64_t>(header.promise.until.ns), out);
  protobuf_wire::put_uint(9, header.promise.heard, out);
}

Result<Head> read_head(ByteView bytes) {
  std::uint64_t stream = 0;
  std::uint64_t partition = 0;
  Head head;
  Walk walk{bytes};
  for (Field f; walk.next(f);) {
    if (f.id == 1 && f.type == Type::varint) stream = low32(f);
    if (f.id == 2 && f.type == Type::varint) partition = low32(f);
    if (f.id == 3 && f.type == Type::varint) head.last = f.number;
    if (f.id == 4 && f.type == Type::fixed64) head.epoch = f.number;
    if (f.id == 5 && f.type == Type::varint) head.first = f.number;
  }
  if (!walk.ok()) return refused("batch", "head: a message of tickmesh.v1");
  if (!stream_that_travels(stream)) return refused("batch", "head.stream: 1 to 17");
  if (partition >= kPartitions) return refused("batch", "head.partition: below 64");
  head.stream = static_cast<Stream>(stream);
  head.partition = static_cast<Partition>(partition);
  return head;
}

/// A second header of a frame adds to the first, as in protobuf.
Result<void> read_header(ByteView bytes, BatchHeader& out) {
  Walk walk{bytes};
  for (Field f; walk.next(f);) {
    if (f.id == 1 && f.type == Type::length) {
      if (!valid_utf8(as_text(f.bytes))) return refused("batch", "header.service: UTF-8");
      out.service = as_text(f.bytes);
    }
    if (f.id == 2 && f.type == Type::varint) out.ordinal = static_cast<std::uint32_t>(f.number);
    if (f.id == 3 && f.type == Type::fixed64) out.token.epoch = f.number;
    if (f.id == 4 && f.type == Type::varint) out.token.incarnation = static_cast<std::uint32_t>(f.number);
    if (f.id == 5 && f.type == Type::fixed64) out.config_hash = f.number;
    if (f.id == 6 && f.type == Type::fixed64) out.sent.ns = static_cast<std::int64_t>(f.number);
    if (f.id == 7 && f.type == Type::length) {
      auto head = read_head(f.bytes);
      if (!head) return std::unexpected(head.error());
      out.heads.push_back(*head);
    }
    if (f.id == 8 && f.type == Type::fixed64) out.promise.until.ns = static_cast<std::int64_t>(f.number);
    if (f.id == 9 && f.type == Type::varint) out.promise.heard = f.number;
  }
  if (!walk.ok()) return refused("batch", "header: a message of tickmesh.v1");
  return {};
}

/// Appends the run's payloads. The view's span has their number but no place yet: `payloads` may still grow and move.
Result<RunView> read_run(ByteView bytes, std::vector<ByteView>& payloads) {
  RunView run;
  const auto before = payloads.size();
  std::uint64_t stream = 0;
  std::uint64_t partition = 0;
  unsigned event_field = 0;
  Walk walk{bytes};
  for (Field f; walk.next(f);) {
    if (f.id >= kFirstEventField && f.id <= kLastEventField) {
      if (f.type != Type::length) return refused("run", "events: of a length");
      if (event_field != 0 && event_field != f.id) return refused("run", "events: of one stream");
      event_field = f.id;
      payloads.push_back(f.bytes);
      walk.same_again(f, payloads);
    } else if (f.id == 1 && f.type == Type::varint) {
      partition = low32(f);
    } else if (f.id == 2 && f.type == Type::fixed64) {
      run.first.at.epoch = f.number;
    } else if (f.id == 3 && f.type == Type::fixed64) {
      run.first.at.sequence = f.number;
    } else if (f.id == 4 && f.type == Type::varint) {
      stream = low32(f);
    }
  }
  if (!walk.ok()) return refused("run", "a message of tickmesh.v1");
  if (!stream_that_travels(stream)) return refused("run", "stream: 1 to 17");
  if (partition >= kPartitions) return refused("run", "partition: below 64");
  const auto count = payloads.size() - before;
  if (count > 0 && event_field != 10 + stream) return refused("run", "events: in the field of the run's stream");
  if (count > 0 && (run.first.at.sequence == 0 || run.first.at.sequence > std::numeric_limits<Sequence>::max() - (count - 1)))
    return refused("run", "first_sequence: from 1, and every event has one");
  run.first.stream = static_cast<Stream>(stream);
  run.first.partition = static_cast<Partition>(partition);
  run.payloads = std::span<const ByteView>{payloads}.subspan(before);
  return run;
}

}  // namespace

void RunWriter::start(const Name& first) {
  TM_INVARIANT(stream_that_travels(static_cast<std::uint64_t>(first.stream)), "local inputs do not travel");
  TM_INVARIANT(first.partition < kPartitions, "a partition is below 64");
  size_ = 0;
  count_ = 0;
  stream_ = first.stream;
  head_.clear();
  protobuf_wire::put_uint(1, first.partition, head_);
  protobuf_wire::put_fixed64(2, first.at.epoch, head_);
  protobuf_wire::put_fixed64(3, first.at.sequence, head_);
  protobuf_wire::put_uint(4, static_cast<std::uint64_t>(first.stream), head_);
  written(std::copy_n(head_.data(), head_.size(), room_for(head_.size())));
}

void RunWriter::add(ByteView payload) {
  TM_INVARIANT(stream_ != Stream::local, "a run is started before events are added");
  std::byte* at = room_for(payload.size() + 20);
  at = protobuf_wire::put_varint((std::uint64_t{10} + static_cast<unsigned>(stream_)) << 3 | 2U, at);
  at = protobuf_wire::put_varint(payload.size(), at);
  written(std::copy_n(payload.data(), payload.size(), at));
  ++count_;
}

void RunWriter::add(std::uint32_t count, ByteView events) {
  TM_INVARIANT(stream_ != Stream::local, "a run is started before events are added");
  std::byte tag[10];
  const auto tag_size =
      static_cast<std::size_t>(protobuf_wire::put_varint((std::uint64_t{10} + static_cast<unsigned>(stream_)) << 3 | 2U, tag) - tag);
  // A length of four bytes becomes a tag and a varint.
  std::byte* at = room_for(events.size() + count * (tag_size + 1));
  const std::byte* from = events.data();
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t size;
    std::memcpy(&size, from, sizeof size);
    from += sizeof size;
    std::memcpy(at, tag, tag_size);
    at = protobuf_wire::put_varint(size, at + tag_size);
    std::memcpy(at, from, size);
    at += size;
    from += size;
  }
  TM_INVARIANT(from == events.data() + events.size(), "a run holds the events it announces");
  written(at);
  count_ += count;
}

void BatchWriter::start(const BatchHeader& header) {
  end_runs();
  used_ = ended_ = 0;
  header_.clear();
  count_ = 0;
  Bytes inner;
  put_header(header, inner);
  protobuf_wire::put_bytes(1, inner, header_);
  size_ = header_.size();
}

void BatchWriter::end_runs() {
  for (; ended_ < used_; ++ended_) open_[cell(runs_[ended_].next)] = kNone;
}

BatchWriter::Run& BatchWriter::continued(const Name& name) {
  TM_INVARIANT(stream_that_travels(static_cast<std::uint64_t>(name.stream)) && name.partition < kPartitions,
               "what travels is of a stream and partition of the mesh");
  std::uint16_t& open = open_[cell(name)];
  if (open == kNone || runs_[open].next != name) {
    TM_INVARIANT(used_ < kNone, "a batch has fewer runs than that");
    if (used_ == runs_.size()) runs_.emplace_back();
    open = static_cast<std::uint16_t>(used_++);
    runs_[open].writer.start(name);
    runs_[open].next = name;
    size_ += runs_[open].writer.bytes().size() + 10;
  }
  return runs_[open];
}

void BatchWriter::add(const Name& name, ByteView payload) {
  Run& run = continued(name);
  const std::size_t before = run.writer.bytes().size();
  run.writer.add(payload);
  ++run.next.at.sequence;
  size_ += run.writer.bytes().size() - before;
  ++count_;
}

void BatchWriter::add(const Name& first, std::uint32_t count, ByteView events) {
  if (count == 0) return;
  Run& run = continued(first);
  const std::size_t before = run.writer.bytes().size();
  run.writer.add(count, events);
  run.next.at.sequence += count;
  size_ += run.writer.bytes().size() - before;
  count_ += count;
}

ByteView BatchWriter::finish() {
  bytes_.resize(finished_size());
  finish(bytes_.data());
  size_ = bytes_.size();
  return bytes_;
}

std::size_t BatchWriter::finished_size() const {
  std::size_t size = header_.size();
  for (std::size_t i = 0; i < used_; ++i) {
    const std::size_t run = runs_[i].writer.bytes().size();
    size += 1 + protobuf_wire::varint_size(run) + run;
  }
  return size;
}

void BatchWriter::finish(std::byte* at) const {
  at = std::copy_n(header_.data(), header_.size(), at);
  for (std::size_t i = 0; i < used_; ++i) {
    const ByteView run = runs_[i].writer.bytes();
    *at++ = std::byte{2 << 3 | static_cast<unsigned>(Type::length)};
    at = std::copy_n(run.data(), run.size(), protobuf_wire::put_varint(run.size(), at));
  }
}

Result<void> BatchParser::parse(ByteView frame) {
  header_ = BatchHeader{};
  runs_.clear();
  payloads_.clear();
  const auto give_up = [&](Error error) -> Result<void> {
    runs_.clear();
    return std::unexpected(std::move(error));
  };
  Walk walk{frame};
  for (Field f; walk.next(f);) {
    if (f.id == 1 && f.type == Type::length) {
      if (auto ok = read_header(f.bytes, header_); !ok) return give_up(std::move(ok.error()));
    } else if (f.id == 2 && f.type == Type::length) {
      auto run = read_run(f.bytes, payloads_);
      if (!run) return give_up(std::move(run.error()));
      runs_.push_back(*run);
    }
  }
  if (!walk.ok()) return give_up(refused("batch", "a message of tickmesh.v1").error());
  // Now that nothing moves any more, every run gets its place.
  std::size_t at = 0;
  for (auto& run : runs_) {
    run.payloads = std::span<const ByteView>{payloads_}.subspan(at, run.payloads.size());
    at += run.payloads.size();
  }
  return {};
}

Result<void> RunParser::parse(ByteView run) {
  payloads_.clear();
  auto read = read_run(run, payloads_);
  run_ = read ? *read : RunView{};
  if (!read) return std::unexpected(std::move(read.error()));
  return {};
}

void write_chunk(const RunWriter& run, Bytes& out) {
  Bytes chunk;
  protobuf_wire::put_bytes(1, run.bytes(), chunk);
  protobuf_wire::put_bytes(2, chunk, out);
}

Result<std::optional<ByteView>> chunk_of(ByteView reply) {
  // Exactly one answer is set: protobuf would take the last of several, or merge two; no publisher writes that.
  unsigned answer = 0;
  ByteView chunk;
  Walk replies{reply};
  for (Field f; replies.next(f);) {
    if (f.id > 4) continue;
    if (f.type != Type::length || answer != 0) return refused("reply", "reply: one of them is set");
    answer = f.id;
    chunk = f.bytes;
  }
  if (!replies.ok()) return refused("reply", "a message of tickmesh.v1");
  if (answer == 0) return refused("reply", "reply: one of them is set");
  if (answer != 2) return std::optional<ByteView>{};
  std::optional<ByteView> run;
  Walk walk{chunk};
  for (Field f; walk.next(f);) {
    if (f.id != 1) continue;
    if (f.type != Type::length || run) return refused("reply", "chunk.run: once");
    run = f.bytes;
  }
  if (!walk.ok() || !run) return refused("reply", "chunk: a message of tickmesh.v1 with a run");
  return run;
}

}  // namespace tickmesh
