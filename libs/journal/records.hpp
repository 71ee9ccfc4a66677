// The bodies of journal records. The layout is a contract: auditors and later versions read it (README.md beside this file).
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "core/bytes.hpp"
#include "core/core.hpp"
#include "core/types.hpp"

namespace tickmesh {

enum class RecordType : std::uint8_t {
  opened = 1,    ///< first record of every segment: whose journal, which epoch, where the sequences stand
  started = 2,   ///< one start of the process
  taken = 3,     ///< what was given to the core, before it was
  said = 4,      ///< what the core answered, before anyone hears it
  snapshot = 5,  ///< the core's state after every record before this one lies in the named file
  closed = 6,    ///< an orderly stop; anything may follow only after another `started`
  skipped = 7,   ///< a person's word that one input, taken before, is never applied. Since format version 2
  dropped = 8,   ///< in place of what was said on a stream whose own rule lets it go before the others. Since format version 4
};

/// Where a record begins: bytes since the journal's first life. Grows for ever, across segments and epochs.
struct Lsn {
  std::uint64_t value{0};
  friend constexpr auto operator<=>(Lsn, Lsn) = default;
};

/// One entry of a `Taken` record. A copy holds one event's bytes; a reference names `count` events in a publisher's journal.
struct TakenItem {
  Name first{};  ///< local inputs: stream local, all else zero
  std::uint32_t count{1};
  bool by_reference{false};
  ByteView payload{};  ///< copies only
};
struct TakenRecord {
  Timestamp now{};  ///< what the core was given as `now`, for every item
  std::vector<TakenItem> items;
};
/// Events of one stream and partition with consecutive sequences.
struct SaidRecord {
  Name first{};
  std::vector<ByteView> events;
};
/// The fixed part of a `said` body, before its events.
struct SaidHead {
  Name first{};
  std::uint32_t count{0};
};
inline constexpr std::size_t kSaidHeadBytes = 1 + 1 + 8 + 8 + 4;
/// Nothing when the body is too short or names no stream of the mesh.
std::optional<SaidHead> peek_said(ByteView body);
void put_said_head(const SaidHead& head, std::span<std::byte, kSaidHeadBytes> out);
struct StartedRecord {
  Token token{};
  Timestamp time{};
};
struct OpenedRecord {
  std::string instance;  ///< "broker_gateway-0"
  Epoch epoch{0};
  std::uint32_t core_version{0};
  std::uint64_t segment{0};        ///< counts from 0
  Lsn follows{};                   ///< where the records of the segment before end; 0: there is none. A hole there cannot hide
  std::uint32_t incarnation{0};    ///< of the last `Started` before this segment, so that trimming never gives a token twice
  Timestamp time{};                ///< greatest time recorded before this segment
  Epoch previous_epoch{0};         ///< 0: none
  Outbox::Heads heads{};           ///< last sequence said in `epoch` before this segment
  Outbox::Heads previous_heads{};  ///< last kept sequence of `previous_epoch`; readers close it there
};
/// Where an input lies: the record that took it, and its number among the events that record takes, references counted one by one.
struct InputPlace {
  Lsn record{};
  std::uint32_t number{0};
  friend constexpr auto operator<=>(const InputPlace&, const InputPlace&) = default;
};
struct SkippedRecord {
  InputPlace place{};
  Name name{};  ///< of the input; local: stream local, all else zero
  Timestamp time{};
  std::string who;
};
/// How far what was dropped went, by stream and partition; of the segment's epoch.
struct DroppedRecord {
  struct Head {
    Stream stream{};
    Partition partition{0};
    Sequence last{0};
  };
  std::vector<Head> heads;
};
struct SnapshotRecord {
  std::string file;
  std::uint64_t size{0};
  std::uint32_t crc{0};
};

// Each appends its body to `out`; each decode returns an Error (field = record's name) on bytes of another shape.
void encode(const TakenRecord& record, Bytes& out);
void encode(const SaidRecord& record, Bytes& out);
void encode(const StartedRecord& record, Bytes& out);
void encode(const OpenedRecord& record, Bytes& out);
void encode(const SnapshotRecord& record, Bytes& out);
void encode(const SkippedRecord& record, Bytes& out);
void encode(const DroppedRecord& record, Bytes& out);
Result<void> decode(ByteView body, TakenRecord& out);
Result<void> decode(ByteView body, SaidRecord& out);
Result<void> decode(ByteView body, StartedRecord& out);
Result<void> decode(ByteView body, OpenedRecord& out);
Result<void> decode(ByteView body, SnapshotRecord& out);
Result<void> decode(ByteView body, SkippedRecord& out);
Result<void> decode(ByteView body, DroppedRecord& out);  ///< zeros follow
/// Of the body of a `dropped` record: those before its zeros.
std::size_t dropped_bytes(ByteView body);

}  // namespace tickmesh
