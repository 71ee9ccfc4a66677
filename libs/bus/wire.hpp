// The frames of the bus without copying the events in them: writing takes serialised events, reading gives views of them.
// Same bytes as the messages of proto/tickmesh/v1/bus.proto.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/promise.hpp"

namespace tickmesh {

/// How far a stream has come in one partition.
struct Head {
  Stream stream{Stream::local};
  Partition partition{0};
  Sequence last{0};
  Epoch epoch{0};     ///< in a Welcome; in a batch it is the header's
  Sequence first{0};  ///< in a Welcome: the first that can still be replayed
  friend bool operator==(const Head&, const Head&) = default;
};
/// Who speaks.
struct BatchHeader {
  std::string service{};
  std::uint32_t ordinal{0};
  Token token{};
  std::uint64_t config_hash{0};
  Timestamp sent{};
  std::vector<Head> heads{};
  Promise promise{};  ///< in a heartbeat of event-time
  friend bool operator==(const BatchHeader&, const BatchHeader&) = default;
};

/// Writes one Run: events of one stream and partition with consecutive sequences.
class RunWriter {
 public:
  /// Forgets what was written. `first.at.sequence` is the first event's; the stream is one that travels.
  void start(const Name& first);
  void add(ByteView payload);
  /// `count` events, u32 length and bytes of each, as a journal's `said` record has them.
  void add(std::uint32_t count, ByteView events);
  ByteView bytes() const { return ByteView{room_}.first(size_); }  ///< valid until the next call that is not const
  std::uint64_t count() const { return count_; }

 private:
  /// Where the next `more` bytes may go.
  std::byte* room_for(std::size_t more) {
    if (room_.size() - size_ < more) room_.resize(2 * (size_ + more));
    return room_.data() + size_;
  }
  void written(const std::byte* to) { size_ = static_cast<std::size_t>(to - room_.data()); }

  Bytes head_;
  Bytes room_;  ///< grows, so that nothing is cleared before it is written
  std::size_t size_{0};
  Stream stream_{Stream::local};
  std::uint64_t count_{0};
};

/// Writes one Batch; buffers are kept from batch to batch. Events of one partition are put side by side in one run, in the order they
/// were added; runs are in the order of their first events. Order between partitions is nothing a reader may count on.
class BatchWriter {
 public:
  BatchWriter() { open_.fill(kNone); }
  void start(const BatchHeader& header);
  /// Begins a run when `name` does not continue the last one of its stream and partition.
  void add(const Name& name, ByteView payload);
  /// `count` events from `first` on, as RunWriter takes them.
  void add(const Name& first, std::uint32_t count, ByteView events);
  /// What is added from here on stands behind all that was added so far: a reader takes a batch run by run.
  void end_runs();
  std::uint64_t count() const { return count_; }  ///< events added since start
  /// Bytes of the batch if it were finished now, at most 10 a run too many.
  std::size_t size() const { return size_; }
  /// The batch; valid until the next start.
  ByteView finish();
  /// The same straight to where it is to lie: `finished_size` bytes from `at` on.
  std::size_t finished_size() const;
  void finish(std::byte* at) const;

 private:
  static constexpr std::uint16_t kNone = 0xFFFF;
  struct Run {
    RunWriter writer;
    Name next{};
  };
  /// The run that `name` continues; a new one when there is none.
  Run& continued(const Name& name);
  Bytes header_;
  Bytes bytes_;            ///< what `finish` gives a view of
  std::vector<Run> runs_;  ///< the first `used_` are of this batch
  std::size_t used_{0}, ended_{0};
  std::size_t size_{0};
  std::array<std::uint16_t, kStreams * kPartitions> open_;  ///< a stream and partition's last run
  std::uint64_t count_{0};
};

/// One run as read. Payload i is the event `first` + i.
struct RunView {
  Name first{};
  std::span<const ByteView> payloads{};
};

/// Reads Batches; one parser may be used again and again and keeps its room. Views are into the frame and the parser: they hold until
/// the frame is gone or the next parse. Fields it does not know are skipped. Errors (field "batch" or "run"): not protobuf, groups,
/// a stream or partition out of range, events in a field that is not the run's stream's, sequences from 0 or beyond 2^64.
class BatchParser {
 public:
  Result<void> parse(ByteView frame);
  const BatchHeader& header() const { return header_; }
  std::span<const RunView> runs() const { return runs_; }

 private:
  BatchHeader header_;
  std::vector<RunView> runs_;
  std::vector<ByteView> payloads_;
};

/// Reads one Run by itself, as a Chunk has it.
class RunParser {
 public:
  Result<void> parse(ByteView run);
  const RunView& run() const { return run_; }

 private:
  RunView run_;
  std::vector<ByteView> payloads_;
};

/// Appends a ReplayReply with a Chunk of this run.
void write_chunk(const RunWriter& run, Bytes& out);
/// The bytes of the run in a ReplayReply, for RunParser; nothing when it is another answer. Error: field "reply".
Result<std::optional<ByteView>> chunk_of(ByteView reply);

}  // namespace tickmesh
