// What a journal holds, as far as its owner must know without reading it again. Fed every record in order, at open and at append.
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/journal.hpp"

namespace tickmesh {

struct SaidHead {
  Name first{};
  std::uint32_t count{0};
};
/// The fixed part of a `said` body; nothing when it is too short or names no stream of the mesh.
std::optional<SaidHead> peek_said(ByteView body);

class Contents {
 public:
  /// One `said` record of the current epoch.
  struct Chunk {
    Sequence first{0};
    std::uint64_t lsn{0};
    std::uint32_t count{0};
    std::uint32_t size{0};  ///< of the whole record, frame and padding included
  };

  /// Error (code "corrupt", without a place) when the record contradicts those before it.
  Result<void> take(const RecordView& record);
  /// Whether `take` would accept this `said` head next.
  bool continues(const SaidHead& head) const;
  /// Forgets chunks of records that begin before `lsn`.
  void trim(Lsn lsn);

  const std::vector<Chunk>& chunks(Stream stream, Partition partition) const { return index_[static_cast<std::size_t>(stream)][partition]; }
  Outbox::Heads first_held() const;

  OpenedRecord opened;            ///< of the newest segment
  bool any{false};                ///< a segment was opened
  bool clean{false};              ///< the last record that is not `opened` is `closed`
  std::uint32_t tail_version{0};  ///< core version of the newest segment that holds more than `opened`
  Outbox::Heads heads{};          ///< of opened.epoch
  std::uint32_t incarnation{0};
  Timestamp time{};
  std::map<std::uint64_t, Timestamp> begun;               ///< by segment held: greatest time recorded before it
  std::vector<std::pair<Lsn, SnapshotRecord>> snapshots;  ///< the last two, oldest first

 private:
  Result<void> take_opened(const RecordView& record);
  Result<void> take_said(const RecordView& record);
  std::array<std::array<std::vector<Chunk>, kPartitions>, kStreams> index_;
};

}  // namespace tickmesh
