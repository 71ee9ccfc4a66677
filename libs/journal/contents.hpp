// What a journal holds, as far as its owner must know without reading it again. Fed every record in order, at open and at append.
#pragma once
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/journal.hpp"

namespace tickmesh {

class Contents {
 public:
  /// Where what was said on a stream and partition is looked for: one entry a block of the journal that holds any, so that memory
  /// depends on bytes, not on how many records they are cut into.
  static constexpr std::uint64_t kBlock = 256u << 10;
  struct Entry {
    Sequence first{0};     ///< of the record at `lsn`
    std::uint64_t lsn{0};  ///< of the first record of this stream and partition that begins in the block, or in its segment's part of it
  };

  /// Error (code "corrupt", without a place) when the record contradicts those before it.
  Result<void> take(const RecordView& record);
  /// Whether a `said` record with this head may come next.
  bool continues(const SaidHead& head) const {
    return head.count > 0 && head.first.at.epoch == opened.epoch &&
           head.first.at.sequence == heads[static_cast<std::size_t>(head.first.stream)][head.first.partition] + 1;
  }
  /// The owner's short ways for what it has just written. `said` returns the new entry, which is not yet in the index, if one is needed.
  std::optional<Entry> said(const SaidHead& head, Lsn at, std::uint64_t bytes);
  void taken(Timestamp now) {
    count_record();
    time = std::max(time, now);
  }
  void add(Stream stream, Partition partition, Entry entry) { index_[static_cast<std::size_t>(stream)][partition].push_back(entry); }
  /// Forgets entries of records that begin before `lsn`.
  void trim(Lsn lsn);
  /// The same of one stream alone.
  void trim(Stream stream, Lsn lsn);

  const std::vector<Entry>& entries(Stream stream, Partition partition) const {
    return index_[static_cast<std::size_t>(stream)][partition];
  }
  Outbox::Heads first_held() const;
  std::uint64_t index_bytes() const;
  /// What is held of a stream and partition in an epoch that is over.
  struct Ended {
    Sequence last{0};
    std::vector<Entry> entries;
  };
  const Ended* ended(const Name& name) const;  ///< nothing when none of it is held
  std::vector<EndedStream> all_ended() const;  ///< oldest epoch first

  OpenedRecord opened;            ///< of the newest segment
  bool any{false};                ///< a segment was opened
  bool clean{false};              ///< the last record that is not `opened` is `closed`
  std::uint32_t tail_version{0};  ///< core version of the newest segment that holds more than `opened`
  Outbox::Heads heads{};          ///< of opened.epoch
  std::uint32_t incarnation{0};
  Timestamp time{};
  std::map<std::uint64_t, Timestamp> begun;  ///< by segment held: greatest time recorded before it
  using StreamBytes = std::array<std::uint64_t, kStreams>;
  std::map<std::uint64_t, StreamBytes> said_bytes;        ///< by segment held but the newest: bytes of `said` records, by stream
  StreamBytes newest_bytes{};                             ///< of the newest; the core thread's
  std::vector<std::uint64_t> packed;                      ///< segments held that have dropped records, sorted
  std::vector<std::pair<Lsn, SnapshotRecord>> snapshots;  ///< the last two, oldest first
  std::vector<SkippedRecord> skipped;                     ///< of the segments held

 private:
  void count_record() {
    clean = false;
    tail_version = opened.core_version;
  }
  Result<void> take_opened(const RecordView& record);
  Result<void> take_said(const RecordView& record);
  Result<void> take_dropped(const RecordView& record);
  std::array<std::array<std::vector<Entry>, kPartitions>, kStreams> index_;
  std::array<std::array<std::uint64_t, kPartitions>, kStreams> last_entry_{};  ///< its Lsn; 0: none in this segment
  std::map<Epoch, std::map<std::pair<Stream, Partition>, Ended>> ended_;       ///< none of them empty
};

}  // namespace tickmesh
