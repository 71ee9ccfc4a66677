// One instance's journal: the truth of what it took and said, in one total order.
// The core thread appends to the page cache and never waits for the disk; a commit thread advances `durable`.
// Any thread may read; one process owns it (a lock beside the segments).
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "journal/disk.hpp"
#include "journal/records.hpp"

namespace tickmesh {

/// How long one stream can be had, where that is less than the whole journal: only its newest bytes, and only what is young enough.
struct StreamRule {
  Stream stream{};
  std::uint64_t bytes{0};  ///< of its records; 0: as many as there are
  Duration keep_for{};     ///< by the times recorded; 0: however old
};

struct JournalOptions {
  std::string dir;       ///< created when missing
  std::string instance;  ///< "broker_gateway-0"; refused when the journal is another's
  std::uint32_t core_version{1};
  std::uint64_t segment_bytes{
      16u << 20};                 ///< a record never spans segments; 64 KiB to 1 GiB, a multiple of 8. Of an existing journal its own holds
  std::uint64_t budget_bytes{0};  ///< 0: keep all. Oldest segments go when the sum passes it and nobody pins them (`pin`)
  unsigned reserve_segments{0};   ///< allocated beside the journal; used when the disk has no room for the next segment
  Duration keep_for{};            ///< what is younger stays, whatever the budget; by the times recorded, not by a clock
  std::vector<StreamRule> rules{};  ///< of streams that go before the others (`thin`)
  bool begin_epoch{false};          ///< a new epoch whatever the journal holds: a reader or the venue knows a higher sequence
  bool commit_thread{true};  ///< false: nothing is synced, allocated ahead or removed but by `sync`, `close` and `commit`; for simulations
};

/// What opening found.
struct JournalState {
  bool empty{false};      ///< no life before this one
  bool clean{false};      ///< the last record is `closed`
  bool new_epoch{false};  ///< empty, or not closed cleanly and the kernel's boot id changed
  Epoch previous_epoch{0};
  std::uint64_t torn_bytes{0};  ///< cut from the tail
  std::uint32_t last_incarnation{0};
  Timestamp last_time{};          ///< greatest `now` of any Taken or time of any Started
  std::uint32_t tail_version{0};  ///< core version of the newest segment before this start
};

struct RecordView {
  RecordType type{};
  Lsn lsn{};   ///< where it begins
  Lsn next{};  ///< where the next one begins
  ByteView body{};
  bool more{false};  ///< one of a part whose last record is yet to come: after a crash all of it is there, or none
};

/// Walks records in order. Holds no lock; sees what is appended later. A segment trimmed under it ends the walk with an Error.
class JournalCursor {
 public:
  virtual ~JournalCursor() = default;
  /// The next record, nothing at the end (call again later), or an Error naming file and offset when bytes are corrupt.
  /// The view lives until the next call.
  virtual Result<std::optional<RecordView>> next() = 0;
  virtual Lsn position() const = 0;
};

/// A slice of what was said.
struct SaidChunk {
  Name first{};                ///< name of events[0]
  std::vector<Bytes> events;   ///< empty: nothing at or after `from` yet
  Sequence trimmed_before{0};  ///< > 0: what was asked is gone; this is the first sequence still held
};

/// A snapshot that a record still held names.
struct SnapshotPlace {
  Lsn lsn{};         ///< of its record; the state covers every record before it
  std::string path;  ///< of its file
};

/// Consecutive events of one stream and partition, in a buffer of the caller's: u32 length and bytes of each, one after another.
struct SaidRun {
  Name first{};
  std::uint32_t count{0};
  ByteView events{};
};

/// `each(name, bytes)` for every event of a run. InvariantError when it does not hold what it announces.
template <class Each>
void for_each_event(const SaidRun& run, Each&& each) {
  Name name = run.first;
  ByteView rest = run.events;
  for (std::uint32_t i = 0; i < run.count; ++i, ++name.at.sequence) {
    std::uint32_t size = 0;
    TM_INVARIANT(rest.size() >= sizeof size, "a run holds the events it announces");
    std::memcpy(&size, rest.data(), sizeof size);
    TM_INVARIANT(rest.size() - sizeof size >= size, "a run holds the events it announces");
    each(name, rest.subspan(sizeof size, size));
    rest = rest.subspan(sizeof size + size);
  }
}

/// A slice of what was said, as a SaidReader gives it.
struct SaidSlice {
  Name first{};                  ///< name of events[0]
  std::vector<ByteView> events;  ///< empty: nothing at or after `from` yet
  Sequence trimmed_before{0};    ///< > 0: what was asked is gone; this is the first sequence still held
};
/// Serves what was said without an allocation an event. One thread each; keeps at most about 9 MiB and what one answer needs.
class SaidReader {
 public:
  virtual ~SaidReader() = default;
  /// As Journal::said; the slice lives until the next call.
  virtual const SaidSlice& read(Stream stream, Partition partition, Sequence from, std::size_t max_events, std::size_t max_bytes) = 0;
};

/// What is held of one stream in an epoch that is over.
struct EndedStream {
  Stream stream{Stream::local};
  Partition partition{0};
  Epoch epoch{0};
  Sequence first{0}, last{0};
};

/// What `append_said` keeps together.
inline constexpr std::size_t kMaxPartRuns = 250, kMaxPartBytes = 40u << 10;

class Journal {
 public:
  /// Errors, by code: "locked" by another process, "instance" (another instance's journal), "corrupt" before the tail (file and
  /// offset), "disk" (its own words), "bad_value" (options). `boot_id`: /proc/sys/kernel/random/boot_id; `now` gives a new epoch its name
  /// (ms), raised above `epoch_floor`.
  static Result<std::unique_ptr<Journal>> open(const JournalOptions& options, Disk& disk, Timestamp now, const std::string& boot_id,
                                               Epoch epoch_floor = 0);
  virtual ~Journal() = default;

  virtual const JournalState& state() const = 0;
  virtual Epoch epoch() const = 0;

  // Core thread. Appending throws DiskError on EIO or a full disk: the process stops and verifies at its next start.
  /// Types started, taken and said. InvariantError: a body above max_body(), a `said` that does not continue its stream in this epoch.
  virtual Lsn append(RecordType type, ByteView body) = 0;
  /// Appends `said` records, one a run (more where a run is larger than a record may be), in one write; large runs are written from where
  /// they lie. Up to kMaxPartRuns and kMaxPartBytes, frames included, are one part: after a crash all of them are there, or none. Returns
  /// where the last one ends. InvariantError as `append`, with nothing promised about the runs before.
  virtual Lsn append_said(std::span<const SaidRun> runs);
  virtual Lsn end() const = 0;
  /// Writes the state to a file of its own (synced, renamed), then a `snapshot` record naming it. Keeps the last two.
  virtual Lsn snapshot(ByteView state) = 0;
  /// A person's word that an input of the tail is never applied again: appended to a segment of its own, and durable on return.
  virtual void skip(const SkippedRecord& /*input*/) { TM_INVARIANT(false, "this journal takes no one's word"); }
  /// Every such word the journal holds.
  virtual std::vector<SkippedRecord> skipped() const { return {}; }
  /// Appends `closed` and waits for the disk.
  virtual void close() = 0;

  // Durability.
  virtual void request_sync() = 0;     ///< asks the commit thread to make everything appended so far durable
  virtual Lsn durable() const = 0;     ///< every record that begins before this survives a power cut
  virtual int durable_fd() const = 0;  ///< an eventfd, readable after `durable` moved; read it to clear
  virtual void sync() = 0;             ///< request and wait
  /// Set when the commit thread met an error: the core thread stops at once.
  virtual std::optional<std::string> failure() const = 0;
  /// Without a commit thread: does the next thing it would do, on the calling one. False: there was none.
  virtual bool commit() { return false; }
  /// The disk has no room for another segment. Appending goes on in the current one, then in the reserve; then it throws.
  virtual bool disk_full() const { return false; }
  /// Part of the reserve is used, or could not be set aside: the disk is full or was. False again when all of it is back.
  virtual bool reserve_in_use() const { return false; }

  // Any thread.
  virtual std::unique_ptr<JournalCursor> read_from(Lsn from) const = 0;
  /// The same for who reads once to the end, as recovery does: where there are threads, one reads ahead of him.
  virtual std::unique_ptr<JournalCursor> read_ahead_from(Lsn from) const { return read_from(from); }
  virtual Lsn first() const = 0;  ///< the oldest record still held
  /// The newest snapshot whose file is whole: its record's Lsn (the state covers every record before it) and bytes.
  virtual std::optional<std::pair<Lsn, Bytes>> latest_snapshot() const = 0;
  virtual std::vector<SnapshotPlace> snapshots() const = 0;        ///< oldest first
  virtual std::optional<Bytes> snapshot_state(Lsn lsn) const = 0;  ///< nothing when the file is missing or damaged
  /// DiskError (EBADMSG) when the bytes no longer pass their checksum.
  /// Up to `max_events` and about `max_bytes` of what was said on (stream, partition) in the current epoch, from `from` on.
  virtual SaidChunk said(Stream stream, Partition partition, Sequence from, std::size_t max_events, std::size_t max_bytes) const = 0;
  virtual std::unique_ptr<SaidReader> said_reader() const;
  /// From where on this event of the current epoch is found: the record that holds it or one at most a block of the index (256 KiB) before;
  /// the oldest held when it is gone, `end()` when it is not said yet.
  virtual Lsn said_at(Stream, Partition, Sequence) const { return first(); }
  /// The same of `from.at.epoch`, one that is over. Nothing when none of it is held from there on.
  virtual SaidChunk said_before(const Name& /*from*/, std::size_t /*max_events*/, std::size_t /*max_bytes*/) const { return {}; }
  virtual std::vector<EndedStream> ended() const { return {}; }  ///< oldest epoch first
  virtual Outbox::Heads heads() const = 0;                       ///< last sequence said, current epoch
  virtual Outbox::Heads first_held() const = 0;                  ///< first sequence still held (0: none)
  /// Nothing at or after `lsn` may be trimmed on behalf of `holder` ("projector", "snapshot"); budgets yield to it. Before the
  /// first append nothing is trimmed: pin until then. Only what is durable is ever trimmed.
  virtual void pin(const std::string& holder, Lsn lsn) = 0;
  /// Applies the streams' own rules, one segment a call: what goes is served no more, and its segment's file written anew without it.
  /// One thread, which waits for the disk; never the newest segment, nor what the last snapshot but one needs. False: nothing was due.
  virtual bool thin() { return false; }
  virtual std::uint64_t bytes() const = 0;     ///< on disk
  virtual std::uint64_t max_body() const = 0;  ///< the largest body one record may have
};

/// Opens for reading only, without the lock: tickmeshctl and tests read a journal whoever owns it.
Result<std::unique_ptr<JournalCursor>> read_journal(const std::string& dir, Disk& disk);
struct JournalCheck {
  std::uint64_t records{0}, segments{0}, bytes{0}, torn_bytes{0};
  std::vector<std::string> problems;  ///< each names file and offset; empty: whole
};
JournalCheck verify_journal(const std::string& dir, Disk& disk);

}  // namespace tickmesh
