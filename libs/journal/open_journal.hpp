// The one journal a process owns: appending, rolling over, trimming, serving.
#pragma once
#include <map>
#include <mutex>
#include <vector>

#include "journal/committer.hpp"
#include "journal/contents.hpp"
#include "journal/housekeeper.hpp"
#include "journal/recover.hpp"

namespace tickmesh {

class OpenJournal final : public Journal {
 public:
  OpenJournal(JournalOptions options, Disk& disk, std::unique_ptr<DiskLock> lock, Recovery recovery, JournalState state);

  const JournalState& state() const override { return state_; }
  Epoch epoch() const override { return epoch_; }

  Lsn append(RecordType type, ByteView body) override;
  Lsn append_said(std::span<const SaidRun> runs) override;
  Lsn end() const override { return files_->end(); }
  Lsn snapshot(ByteView state) override;
  void skip(const SkippedRecord& input) override;
  std::vector<SkippedRecord> skipped() const override { return contents_->skipped; }
  void close() override;

  void request_sync() override { committer_.request(); }
  Lsn durable() const override { return committer_.durable(); }
  int durable_fd() const override { return committer_.fd(); }
  void sync() override { committer_.wait(end()); }
  std::optional<std::string> failure() const override { return committer_.failure(); }
  bool commit() override { return housekeeper_.work() || committer_.work(); }
  bool disk_full() const override { return housekeeper_.disk_full(); }
  bool reserve_in_use() const override { return housekeeper_.reserve_in_use(); }

  std::unique_ptr<JournalCursor> read_from(Lsn from) const override;
  std::unique_ptr<JournalCursor> read_ahead_from(Lsn from) const override;
  Lsn first() const override { return Lsn{files_->first_segment() * segment_bytes_ + kSegmentHeaderBytes}; }
  std::optional<std::pair<Lsn, Bytes>> latest_snapshot() const override;
  std::vector<SnapshotPlace> snapshots() const override;
  std::optional<Bytes> snapshot_state(Lsn lsn) const override;
  Lsn said_at(Stream stream, Partition partition, Sequence sequence) const override;
  SaidChunk said(Stream stream, Partition partition, Sequence from, std::size_t max_events, std::size_t max_bytes) const override;
  SaidChunk said_before(const Name& from, std::size_t max_events, std::size_t max_bytes) const override;
  std::vector<EndedStream> ended() const override;
  std::unique_ptr<SaidReader> said_reader() const override;
  Outbox::Heads heads() const override;
  Outbox::Heads first_held() const override {
    const std::lock_guard lock(mutex_);
    return contents_->first_held();
  }
  void pin(const std::string& holder, Lsn lsn) override;
  bool thin() override;
  std::uint64_t bytes() const override;
  std::uint64_t max_body() const override { return segment_bytes_ - kSegmentHeaderBytes - kOpenedRoom - kFrameBytes - 8; }

  /// False: what was asked for was let go while it was read.
  bool holds(const Name& from) const;

  /// Opens a segment of `epoch` and goes on there.
  void roll(Epoch epoch);

  // For readers of what was said; any thread.
  /// Where to look for `from`: that entry and those after it, at most `most`. Empty, with the first sequence still held: it is gone.
  std::vector<Contents::Entry> entries(const Name& from, std::size_t most, Sequence& first) const;
  /// The last said in `name`'s epoch; 0: none of it is held.
  Sequence last_of(const Name& name) const;
  Sequence head(Stream stream, Partition partition) const {
    return heads_[static_cast<std::size_t>(stream)][partition].load(std::memory_order_acquire);
  }
  SegmentFiles& files() const { return *files_; }

 private:
  /// What is written in one go: frames and small bodies copied together, large ones left where they are.
  struct Draft {
    struct Part {
      std::size_t begin{0};  ///< in `staged`, when `view` is empty
      std::size_t size{0};
      ByteView view{};
    };
    Bytes staged;
    std::vector<Part> parts;
    std::uint64_t size{0};
    std::vector<ByteView> views;
  };
  struct NewEntry {
    Stream stream;
    Partition partition;
    Contents::Entry entry;
  };

  void may_append(std::uint64_t body) const;
  void make_room(std::uint64_t size);
  /// Drafts one record of head and rest; returns where it will begin.
  Lsn draft(RecordType type, ByteView head, ByteView rest, bool more = false);
  void stage(ByteView bytes);
  void write_draft();
  void index_drafted();
  Lsn write(RecordType type, ByteView body);
  void put(DiskFile& file, std::uint64_t offset, std::span<const ByteView> parts);
  bool trim(bool one_more = false);
  std::uint64_t held_bytes(std::uint64_t idle_segments) const;  // with the lock
  bool old_enough(std::uint64_t segment) const;                 // with the lock
  std::uint64_t trimmable() const;                              // with the lock: records before this may go
  /// With the lock: the oldest segment that holds what `rule` lets go.
  std::optional<std::uint64_t> overdue(const StreamRule& rule);

  JournalOptions options_;
  Disk& disk_;
  std::unique_ptr<DiskLock> lock_;
  JournalState state_;
  std::uint64_t segment_bytes_;
  Epoch epoch_{0};

  // Core thread.
  std::shared_ptr<DiskFile> file_;
  Draft draft_;
  std::vector<NewEntry> new_entries_;  // of what is drafted or written, not yet in the index
  bool closed_{false};
  bool broken_{false};
  bool prepared_{false};
  bool old_format_{false};             // the segment is of one that knows no parts
  std::atomic<bool> appended_{false};  ///< by this life; read by whoever pins

  std::array<std::array<std::atomic<Sequence>, kPartitions>, kStreams> heads_{};  // raised when the record can be read
  std::atomic<std::uint64_t> last_;

  mutable std::mutex mutex_;  // of the index, snapshots and pins; all else in `contents_` is the core thread's
  std::unique_ptr<Contents> contents_;
  std::map<std::string, Lsn> pins_;
  std::map<std::uint64_t, std::uint64_t> packed_;  // segments with a packed file, and its bytes
  std::optional<std::uint64_t> packing_;           // is not trimmed

  std::shared_ptr<SegmentFiles> files_;
  Housekeeper housekeeper_;
  Committer committer_;  // last: its thread uses what stands above
};

}  // namespace tickmesh
