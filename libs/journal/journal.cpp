#include "journal/journal.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "journal/committer.hpp"
#include "journal/contents.hpp"
#include "journal/recover.hpp"
#include "journal/snapshots.hpp"

namespace tickmesh {
namespace {

constexpr const char* kBootFile = "boot";

class OpenJournal final : public Journal {
 public:
  OpenJournal(JournalOptions options, Disk& disk, std::unique_ptr<DiskLock> lock, Recovery recovery, JournalState state)
      : options_{std::move(options)},
        disk_{disk},
        lock_{std::move(lock)},
        state_{state},
        segment_bytes_{recovery.segment_bytes != 0 ? recovery.segment_bytes : options_.segment_bytes},
        contents_{std::move(recovery.contents)},
        first_{recovery.first},
        last_{recovery.last},
        files_{std::make_shared<SegmentFiles>(options_.dir, disk, segment_bytes_, recovery.first)},
        committer_{disk, *files_, recovery.end, [this] { trim(); }, options_.commit_thread} {
    epoch_ = contents_->opened.epoch;
    if (recovery.segment_bytes == 0) return;
    file_ = disk_.open(files_->path(last_), false);
    files_->put(last_, file_);
    committer_.writes_go_to(file_);
    files_->set_end(recovery.end);
  }

  const JournalState& state() const override { return state_; }
  Epoch epoch() const override { return epoch_; }

  Lsn append(RecordType type, ByteView body) override {
    TM_INVARIANT(type == RecordType::started || type == RecordType::taken || type == RecordType::said,
                 "the journal writes its own opened, snapshot and closed records");
    return write(type, body);
  }
  Lsn end() const override { return files_->end(); }
  Lsn snapshot(ByteView state) override;
  void close() override;

  void request_sync() override { committer_.request(); }
  Lsn durable() const override { return committer_.durable(); }
  int durable_fd() const override { return committer_.fd(); }
  void sync() override { committer_.wait(end()); }
  std::optional<std::string> failure() const override { return committer_.failure(); }
  bool commit() override { return committer_.work(); }

  std::unique_ptr<JournalCursor> read_from(Lsn from) const override { return std::make_unique<Walk>(files_, from); }
  Lsn first() const override { return Lsn{files_->first_segment() * segment_bytes_ + kSegmentHeaderBytes}; }
  std::optional<std::pair<Lsn, Bytes>> latest_snapshot() const override;
  SaidChunk said(Stream stream, Partition partition, Sequence from, std::size_t max_events, std::size_t max_bytes) const override;
  Lsn said_at(Stream stream, Partition partition, Sequence sequence) const override;
  Outbox::Heads heads() const override {
    const std::shared_lock lock(mutex_);
    return contents_->heads;
  }
  Outbox::Heads first_held() const override {
    const std::shared_lock lock(mutex_);
    return contents_->first_held();
  }
  void pin(const std::string& holder, Lsn lsn) override {
    {
      const std::lock_guard lock(mutex_);
      pins_[holder] = lsn;
    }
    trim();
  }
  std::uint64_t bytes() const override {
    const std::shared_lock lock(mutex_);
    return bytes_locked(committer_.holds_reserve());
  }
  std::uint64_t max_body() const override { return segment_bytes_ - kSegmentHeaderBytes - kOpenedRoom - kFrameBytes - 8; }

  /// Opens a segment of `epoch` and goes on there.
  void roll(Epoch epoch);

 private:
  Lsn write(RecordType type, ByteView body);
  void make_room(std::uint64_t size);
  void take(const RecordView& record);
  void trim();
  std::uint64_t bytes_locked(bool reserve) const;
  bool old_enough_locked() const;
  std::optional<SaidChunk> read_said(const std::vector<Contents::Chunk>& chunks, SaidChunk out, std::size_t max_events,
                                     std::size_t max_bytes) const;
  void put(DiskFile& file, std::uint64_t offset, ByteView bytes);

  JournalOptions options_;
  Disk& disk_;
  std::unique_ptr<DiskLock> lock_;
  JournalState state_;
  std::uint64_t segment_bytes_;
  Epoch epoch_{0};

  // Core thread.
  std::shared_ptr<DiskFile> file_;
  Bytes buffer_;
  bool closed_{false};
  bool broken_{false};
  bool prepared_{false};
  std::atomic<bool> appended_{false};  ///< by this life; read by whoever pins

  mutable std::shared_mutex mutex_;  // written by the core thread but for pins and trimming
  std::unique_ptr<Contents> contents_;
  std::uint64_t first_;
  std::uint64_t last_;
  std::map<std::string, Lsn> pins_;

  std::shared_ptr<SegmentFiles> files_;
  Committer committer_;  // last: its thread uses what stands above
};

void OpenJournal::put(DiskFile& file, std::uint64_t offset, ByteView bytes) {
  if (broken_) throw DiskError("the journal met an error before", EIO);
  if (committer_.failed()) throw DiskError(committer_.failure().value_or("the disk failed"), EIO);
  try {
    file.write(offset, bytes);
  } catch (const DiskError&) {
    broken_ = true;  // part of the record may be there; nothing may follow it
    throw;
  }
}

void OpenJournal::roll(Epoch epoch) {
  const bool begins = epoch != epoch_;
  const auto index = file_ ? last_ + 1 : last_;
  OpenedRecord opened;
  opened.instance = options_.instance;
  opened.epoch = epoch;
  opened.core_version = options_.core_version;
  opened.segment = index;
  opened.follows = end();
  opened.incarnation = contents_->incarnation;
  opened.time = contents_->time;
  opened.previous_epoch = begins ? contents_->opened.epoch : contents_->opened.previous_epoch;
  opened.previous_heads = begins ? contents_->heads : contents_->opened.previous_heads;
  if (!begins) opened.heads = contents_->heads;
  Bytes body;
  encode(opened, body);
  const Lsn lsn{index * segment_bytes_ + kSegmentHeaderBytes};
  const auto header = encode_header({segment_bytes_, index, epoch});
  buffer_.assign(header.begin(), header.end());
  put_frame(RecordType::opened, lsn, durable(), body, buffer_);

  auto file = committer_.take(index);
  put(*file, 0, buffer_);
  files_->put(index, file);
  committer_.writes_go_to(file);
  file_ = std::move(file);
  if (begins) epoch_ = epoch;
  prepared_ = false;
  const Lsn next{index * segment_bytes_ + buffer_.size()};
  {
    const std::lock_guard lock(mutex_);
    last_ = index;
    take({RecordType::opened, lsn, next, body});
  }
  files_->set_end(next);
  committer_.request();  // bounds what a power cut may take, and lets older segments go
  trim();
}

void OpenJournal::take(const RecordView& record) {
  const auto ok = contents_->take(record);
  TM_INVARIANT(ok.has_value(), "what is appended agrees with what the journal holds");
}

void OpenJournal::make_room(std::uint64_t size) {
  // The last eight bytes stay zero, so that a record's end is always an Lsn of its own segment.
  if (contents_->opened.core_version != options_.core_version || end().value - last_ * segment_bytes_ + size + 8 > segment_bytes_)
    roll(epoch_);
}

Lsn OpenJournal::write(RecordType type, ByteView body) {
  TM_INVARIANT(!closed_, "nothing follows a closed journal's end");
  TM_INVARIANT(body.size() <= max_body(), "a record fits into a segment");
  if (type == RecordType::said) {
    const auto head = peek_said(body);
    TM_INVARIANT(head && contents_->continues(*head), "what is said continues its stream in the journal's epoch");
  }
  const auto size = framed_size(body.size());
  appended_ = true;
  make_room(size);
  const auto lsn = end();
  const auto offset = lsn.value - last_ * segment_bytes_;
  buffer_.clear();
  put_frame(type, lsn, durable(), body, buffer_);
  put(*file_, offset, buffer_);
  const Lsn next{lsn.value + size};
  {
    const std::lock_guard lock(mutex_);
    take({type, lsn, next, body});
  }
  files_->set_end(next);
  if (!prepared_ && offset + size > segment_bytes_ / 2) {
    prepared_ = true;
    committer_.prepare(last_ + 1);
  }
  return lsn;
}

Lsn OpenJournal::snapshot(ByteView state) {
  TM_INVARIANT(!closed_, "nothing follows a closed journal's end");
  SnapshotRecord record{snapshot_name({}), 0, 0};
  Bytes body;
  encode(record, body);
  make_room(framed_size(body.size()));  // the file bears the place of its record
  record = write_snapshot(disk_, options_.dir, end(), state);
  const auto before = contents_->snapshots;
  body.clear();
  encode(record, body);
  const auto lsn = write(RecordType::snapshot, body);
  if (before.size() == 2) committer_.remove({options_.dir + '/' + before.front().second.file});
  trim();
  return lsn;
}

void OpenJournal::close() {
  sync();  // so that the closing record knows everything before it to be on the disk
  write(RecordType::closed, {});
  closed_ = true;
  sync();
}

std::optional<std::pair<Lsn, Bytes>> OpenJournal::latest_snapshot() const {
  std::vector<std::pair<Lsn, SnapshotRecord>> snapshots;
  {
    const std::shared_lock lock(mutex_);
    snapshots = contents_->snapshots;
  }
  for (; !snapshots.empty(); snapshots.pop_back()) {
    const auto& [lsn, record] = snapshots.back();
    if (auto state = read_snapshot(disk_, options_.dir, lsn, record)) return std::pair(lsn, std::move(*state));
  }
  return std::nullopt;
}

std::uint64_t OpenJournal::bytes_locked(bool reserve) const {
  auto sum = (last_ - first_ + 1 + (reserve ? 1 : 0)) * segment_bytes_;
  for (const auto& [lsn, record] : contents_->snapshots) sum += kSnapshotHeaderBytes + record.size;
  return sum;
}

/// Of the oldest segment: its newest time is what the next one's opening record knows.
bool OpenJournal::old_enough_locked() const {
  if (options_.keep_for.ns == 0) return true;
  const auto next = contents_->begun.find(first_ + 1);
  return next != contents_->begun.end() && next->second + options_.keep_for < contents_->time;
}

Lsn OpenJournal::said_at(Stream stream, Partition partition, Sequence sequence) const {
  const std::shared_lock lock(mutex_);
  if (sequence > contents_->heads[static_cast<std::size_t>(stream)][partition]) return end();
  const auto& chunks = contents_->chunks(stream, partition);
  if (chunks.empty() || sequence < chunks.front().first) return first();
  return Lsn{(std::ranges::upper_bound(chunks, sequence, {}, &Contents::Chunk::first) - 1)->lsn};
}

void OpenJournal::trim() {
  // Until something is appended, those who need what it holds are still coming to say so.
  if (options_.budget_bytes == 0 || !appended_) return;
  std::vector<std::string> gone;
  {
    const std::lock_guard lock(mutex_);
    auto keep = committer_.durable().value;
    for (const auto& [holder, lsn] : pins_) keep = std::min(keep, lsn.value);
    if (!contents_->snapshots.empty()) keep = std::min(keep, contents_->snapshots.front().first.value);
    // A segment goes only when the next one's opening record is on the disk: it says where the sequences stand.
    // Room is kept for the segment allocated ahead, whether it is there already or not.
    while (bytes_locked(true) > options_.budget_bytes && first_ < last_ && keep > (first_ + 1) * segment_bytes_ && old_enough_locked()) {
      gone.push_back(files_->path(first_));
      files_->set_first(++first_);
    }
    if (!gone.empty()) {
      contents_->trim(Lsn{first_ * segment_bytes_});
      contents_->begun.erase(contents_->begun.begin(), contents_->begun.lower_bound(first_));
    }
  }
  committer_.remove(std::move(gone));
}

SaidChunk OpenJournal::said(Stream stream, Partition partition, Sequence from, std::size_t max_events, std::size_t max_bytes) const {
  TM_INVARIANT(static_cast<std::size_t>(stream) < kStreams && partition < kPartitions, "a stream of the mesh is asked for");
  from = std::max<Sequence>(from, 1);
  for (;;) {
    SaidChunk out;
    out.first = {stream, partition, {epoch_, from}};
    std::vector<Contents::Chunk> wanted;
    {
      const std::shared_lock lock(mutex_);
      const auto head = contents_->heads[static_cast<std::size_t>(stream)][partition];
      if (from > head || max_events == 0) return out;
      const auto& chunks = contents_->chunks(stream, partition);
      if (chunks.empty() || from < chunks.front().first) {
        out.trimmed_before = chunks.empty() ? head + 1 : chunks.front().first;
        return out;
      }
      auto it = std::ranges::upper_bound(chunks, from, {}, &Contents::Chunk::first) - 1;
      for (std::size_t events = 0, size = 0; it != chunks.end() && events < max_events && size <= max_bytes; ++it) {
        wanted.push_back(*it);
        events += it->count - static_cast<std::size_t>(events == 0 ? from - it->first : 0);
        size += it->size;
      }
    }
    if (auto read = read_said(wanted, std::move(out), max_events, max_bytes)) return std::move(*read);
    // Trimmed meanwhile: the index knows by now.
  }
}

std::optional<SaidChunk> OpenJournal::read_said(const std::vector<Contents::Chunk>& chunks, SaidChunk out, std::size_t max_events,
                                                std::size_t max_bytes) const {
  Bytes bytes;
  std::size_t taken = 0;
  for (const auto& chunk : chunks) {
    const auto index = chunk.lsn / segment_bytes_;
    const auto file = files_->segment(index);
    if (!file && index < files_->first_segment()) return std::nullopt;
    if (!file) throw DiskError(files_->path(index) + " is missing", ENOENT);
    bytes.resize(chunk.size);
    const auto got = file->read(chunk.lsn % segment_bytes_, bytes);
    SaidRecord record;
    const auto frame = decode_frame(bytes);
    if (got != bytes.size() || !plausible(frame, chunk.size) || frame.size() != chunk.size || !whole(frame, Lsn{chunk.lsn}, bytes) ||
        !decode(ByteView(bytes).subspan(kFrameBytes, frame.length - kFrameBytes), record))
      throw DiskError(corrupt(files_->path(index), chunk.lsn % segment_bytes_, "the record no longer passes its checksum").message,
                      EBADMSG);
    const auto skip = out.first.at.sequence > chunk.first ? out.first.at.sequence - chunk.first : 0;
    for (std::size_t i = skip; i < record.events.size(); ++i) {
      const auto event = record.events[i];
      if (out.events.size() == max_events || (!out.events.empty() && taken + event.size() > max_bytes)) return out;
      out.events.emplace_back(event.begin(), event.end());
      taken += event.size();
    }
  }
  return out;
}

std::string read_boot(Disk& disk, const std::string& dir) {
  const auto names = disk.list(dir);
  if (std::ranges::find(names, kBootFile) == names.end()) return {};
  const auto file = disk.open(dir + '/' + kBootFile, false);
  Bytes bytes(std::min<std::uint64_t>(file->size(), 4096));
  bytes.resize(file->read(0, bytes));
  return std::string(as_text(bytes));
}

void write_boot(Disk& disk, const std::string& dir, const std::string& boot_id) {
  const auto path = dir + '/' + kBootFile;
  disk.remove(path + ".tmp");
  const auto file = disk.open(path + ".tmp", true);
  file->write(0, as_bytes(boot_id));
  file->sync();
  disk.rename(path + ".tmp", path);
}

/// Drafts, and snapshots whose record never came or is no longer one of the last two.
void sweep(Disk& disk, const std::string& dir, const Contents& contents) {
  for (const auto& name : disk.list(dir)) {
    const bool draft = name.ends_with(".tmp");
    const bool known = std::ranges::any_of(contents.snapshots, [&](const auto& s) { return s.second.file == name; });
    if (draft || (snapshot_of_name(name) && !known)) disk.remove(dir + '/' + name);
  }
}

Result<std::unique_ptr<Journal>> open_locked(const JournalOptions& options, Disk& disk, std::unique_ptr<DiskLock> lock, Timestamp now,
                                             const std::string& boot_id, Epoch epoch_floor) {
  const bool same_boot = read_boot(disk, options.dir) == boot_id;
  auto recovery = recover_folder(options.dir, disk, options.instance, same_boot);
  if (!recovery) return std::unexpected(recovery.error());
  auto& contents = *recovery->contents;
  sweep(disk, options.dir, contents);
  JournalState state;
  state.empty = recovery->segment_bytes == 0;
  state.clean = contents.clean;
  state.new_epoch = state.empty || options.begin_epoch || (!state.clean && !same_boot);
  state.previous_epoch = state.new_epoch ? contents.opened.epoch : contents.opened.previous_epoch;
  state.torn_bytes = recovery->torn_bytes;
  state.last_incarnation = contents.incarnation;
  state.last_time = contents.time;
  state.tail_version = contents.tail_version;
  if (!state.empty && !state.clean) {
    for (auto i = std::max(recovery->first, recovery->durable.value / recovery->segment_bytes); i <= recovery->last; ++i)
      disk.open(options.dir + '/' + segment_name(i), false)->sync();
  }
  const auto previous = contents.opened.epoch;
  auto journal = std::make_unique<OpenJournal>(options, disk, std::move(lock), std::move(*recovery), state);
  if (state.new_epoch) {
    const auto named = static_cast<Epoch>(std::max<std::int64_t>(now.ns / 1'000'000, 1));
    journal->roll(std::max({named, epoch_floor + 1, previous + 1}));
    journal->sync();
  }
  // Only now: until the new epoch is on the disk, the next start must see that the machine went down.
  if (!same_boot) write_boot(disk, options.dir, boot_id);
  return journal;
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const JournalOptions& options, Disk& disk, Timestamp now, const std::string& boot_id,
                                               Epoch epoch_floor) {
  if (options.instance.empty() || options.instance.size() > kMaxInstanceName)
    return bad_value("instance", "1 to 64 characters", "'" + options.instance.substr(0, 80) + "' names no instance");
  if (options.segment_bytes < kMinSegmentBytes || options.segment_bytes > kMaxSegmentBytes || options.segment_bytes % 8 != 0)
    return bad_value("segment_bytes", "64 KiB to 1 GiB, a multiple of 8", std::to_string(options.segment_bytes) + " is not");
  try {
    disk.make_dir(options.dir);
    auto lock = disk.lock(options.dir + "/lock");
    if (!lock) return std::unexpected(Error{"locked", "dir", "a journal has one owner", options.dir + " is held by another process"});
    return open_locked(options, disk, std::move(lock), now, boot_id, epoch_floor);
  } catch (const DiskError& e) {
    return std::unexpected(Error{"disk", options.dir, "", e.what()});
  }
}

}  // namespace tickmesh
