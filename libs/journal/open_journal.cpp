#include "journal/open_journal.hpp"

#include <algorithm>
#include <cerrno>
#include <ranges>

#include "journal/ahead_cursor.hpp"
#include "journal/snapshots.hpp"

namespace tickmesh {
namespace {

/// Below this a copy costs less than one more part of a write.
constexpr std::size_t kCopied = 2048;
/// What a draft may hold before it is written.
constexpr std::size_t kMaxParts = 2 * kMaxPartRuns, kMaxStaged = 128u << 10;
static_assert(kMaxPartBytes < kMaxStaged && kMaxParts < 1000, "a part is one write");

/// As many of its first events as fit into `most` bytes.
SaidRun cut_run(const SaidRun& run, std::uint64_t most) {
  SaidRun out{run.first, 0, {}};
  std::uint64_t size = 0;
  while (out.count < run.count) {
    std::uint32_t event;
    TM_INVARIANT(run.events.size() - size >= sizeof event, "a run holds the events it announces");
    std::memcpy(&event, run.events.data() + size, sizeof event);
    TM_INVARIANT(run.events.size() - size - sizeof event >= event, "a run holds the events it announces");
    if (size + sizeof event + event > most) break;
    size += sizeof event + event;
    ++out.count;
  }
  TM_INVARIANT(out.count > 0, "an event fits into a segment");
  out.events = run.events.first(size);
  return out;
}

}  // namespace

OpenJournal::OpenJournal(JournalOptions options, Disk& disk, std::unique_ptr<DiskLock> lock, Recovery recovery, JournalState state)
    : options_{std::move(options)},
      disk_{disk},
      lock_{std::move(lock)},
      state_{state},
      segment_bytes_{recovery.segment_bytes != 0 ? recovery.segment_bytes : options_.segment_bytes},
      last_{recovery.last},
      contents_{std::move(recovery.contents)},
      files_{std::make_shared<SegmentFiles>(options_.dir, disk, segment_bytes_, recovery.first)},
      housekeeper_{disk, *files_, {options_.dir, options_.reserve_segments, [this] { return trim(true); }, options_.commit_thread}},
      committer_{*files_, recovery.end, [this] { trim(); },
                 !options_.commit_thread           ? CommitBy::caller
                 : disk.sync_is_idle(options_.dir) ? CommitBy::requester
                                                   : CommitBy::thread} {
  epoch_ = contents_->opened.epoch;
  for (std::size_t s = 0; s < kStreams; ++s)
    for (std::size_t p = 0; p < kPartitions; ++p) heads_[s][p].store(contents_->heads[s][p], std::memory_order_relaxed);
  draft_.staged.reserve(kMaxStaged + (64u << 10));
  if (recovery.segment_bytes == 0) return;
  for (const auto segment : contents_->packed) packed_[segment] = disk_.open(files_->path(segment), false)->size();
  file_ = disk_.open(files_->path(last_), false);
  files_->put(last_, file_);
  committer_.writes_go_to(file_);
  files_->set_end(recovery.end);
  HeaderBytes header{};
  file_->read(0, header);
  const auto written = decode_header(header);
  old_format_ = !written || written->format != kFormatVersion;
}

void OpenJournal::put(DiskFile& file, std::uint64_t offset, std::span<const ByteView> parts) {
  if (broken_) throw DiskError("the journal met an error before", EIO);
  if (committer_.failed()) throw DiskError(committer_.failure().value_or("the disk failed"), EIO);
  try {
    if (parts.size() == 1)
      file.write(offset, parts.front());
    else
      file.write_parts(offset, parts);
  } catch (const DiskError&) {
    broken_ = true;  // part of the record may be there; nothing may follow it
    throw;
  }
}

void OpenJournal::roll(Epoch epoch) {
  const bool begins = epoch != epoch_;
  const auto index = file_ ? last_ + 1 : last_.load();
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
  Bytes body, bytes;
  encode(opened, body);
  const Lsn lsn{index * segment_bytes_ + kSegmentHeaderBytes};
  const auto header = encode_header({segment_bytes_, index, epoch});
  bytes.assign(header.begin(), header.end());
  put_frame(RecordType::opened, lsn, durable(), body, bytes);

  auto file = housekeeper_.take(index);
  const ByteView all = bytes;
  put(*file, 0, {&all, 1});
  files_->put(index, file);
  committer_.writes_go_to(file);
  file_ = std::move(file);
  if (begins) epoch_ = epoch;
  old_format_ = false;
  prepared_ = false;
  const Lsn next{index * segment_bytes_ + bytes.size()};
  last_.store(index);
  {
    const std::lock_guard lock(mutex_);
    const auto ok = contents_->take({RecordType::opened, lsn, next, body});
    TM_INVARIANT(ok.has_value(), "what is appended agrees with what the journal holds");
    if (begins) {
      new_entries_.clear();
      for (auto& stream : heads_)
        for (auto& head : stream) head.store(0, std::memory_order_release);
    }
  }
  files_->set_end(next);
  committer_.request();  // bounds what a power cut may take, and lets older segments go
}

void OpenJournal::make_room(std::uint64_t size) {
  // The last eight bytes stay zero, so that a record's end is always an Lsn of its own segment.
  const auto used = end().value + draft_.size - last_ * segment_bytes_;
  if (contents_->opened.core_version == options_.core_version && !old_format_ && used + size + 8 <= segment_bytes_) return;
  write_draft();
  roll(epoch_);
}

void OpenJournal::may_append(std::uint64_t body) const {
  TM_INVARIANT(!closed_, "nothing follows a closed journal's end");
  TM_INVARIANT(body <= max_body(), "a record fits into a segment");
}

void OpenJournal::stage(ByteView bytes) {
  auto& parts = draft_.parts;
  if (parts.empty() || !parts.back().view.empty()) parts.push_back({draft_.staged.size(), 0, {}});
  parts.back().size += bytes.size();
  draft_.staged.insert(draft_.staged.end(), bytes.begin(), bytes.end());
}

Lsn OpenJournal::draft(RecordType type, ByteView head, ByteView rest, bool more) {
  const auto body = head.size() + rest.size();
  const auto size = framed_size(body);
  if (draft_.parts.size() >= kMaxParts || draft_.staged.size() >= kMaxStaged) write_draft();
  make_room(size);
  const Lsn lsn{end().value + draft_.size};
  stage(frame_bytes(type, more, lsn, durable(), head, rest));
  if (!head.empty()) stage(head);
  if (rest.size() <= kCopied) {
    stage(rest);
  } else {
    draft_.parts.push_back({0, rest.size(), rest});
  }
  static constexpr std::array<std::byte, 8> kPadding{};
  if (const auto padding = size - kFrameBytes - body; padding > 0) stage(ByteView(kPadding).first(padding));
  draft_.size += size;
  return lsn;
}

void OpenJournal::write_draft() {
  if (draft_.size == 0) return;
  appended_.store(true, std::memory_order_relaxed);
  const auto begin = end().value;
  const auto offset = begin - last_ * segment_bytes_;
  draft_.views.clear();
  for (const auto& part : draft_.parts)
    draft_.views.push_back(part.view.empty() ? ByteView(draft_.staged).subspan(part.begin, part.size) : part.view);
  put(*file_, offset, draft_.views);
  const auto size = draft_.size;
  draft_.staged.clear();
  draft_.parts.clear();
  draft_.size = 0;
  files_->set_end(Lsn{begin + size});
  // Early: a sync of many megabytes may be under way, and allocating waits behind it.
  if (!prepared_ && offset + size > segment_bytes_ / 16) {
    prepared_ = true;
    housekeeper_.prepare(last_ + 1);
  }
}

void OpenJournal::index_drafted() {
  if (new_entries_.empty()) return;
  const std::lock_guard lock(mutex_);
  const auto held = files_->first_segment() * segment_bytes_;
  for (const auto& e : new_entries_)
    if (e.entry.lsn >= held) contents_->add(e.stream, e.partition, e.entry);
  new_entries_.clear();
}

Lsn OpenJournal::append_said(std::span<const SaidRun> runs) {
  std::array<std::byte, kSaidHeadBytes> head;
  const auto most = max_body() - kSaidHeadBytes;
  std::uint64_t sum = 0;
  for (const auto& run : runs) sum += framed_size(kSaidHeadBytes + run.events.size());
  const bool part = runs.size() > 1 && runs.size() <= kMaxPartRuns && sum <= kMaxPartBytes;
  if (part) make_room(sum);
  for (const auto& given : runs) {
    auto run = given;
    while (run.count > 0) {
      SaidRun piece = run;
      if (run.events.size() > most) piece = cut_run(run, most);
      may_append(kSaidHeadBytes + piece.events.size());
      const SaidHead said{piece.first, piece.count};
      TM_INVARIANT(contents_->continues(said), "what is said continues its stream in the journal's epoch");
      put_said_head(said, head);
      const auto lsn = draft(RecordType::said, head, piece.events, part && &given != &runs.back());
      if (const auto entry = contents_->said(said, lsn, kSaidHeadBytes + piece.events.size()))
        new_entries_.push_back({piece.first.stream, piece.first.partition, *entry});
      run.first.at.sequence += piece.count;
      run.count -= piece.count;
      run.events = run.events.subspan(piece.events.size());
    }
    TM_INVARIANT(run.events.empty(), "a run holds the events it announces");
  }
  write_draft();
  index_drafted();
  for (const auto& run : runs) {
    auto& head_of = heads_[static_cast<std::size_t>(run.first.stream)][run.first.partition];
    head_of.store(run.first.at.sequence + run.count - 1, std::memory_order_release);
  }
  return end();
}

Lsn OpenJournal::append(RecordType type, ByteView body) {
  TM_INVARIANT(type == RecordType::started || type == RecordType::taken || type == RecordType::said,
               "the journal writes its own opened, snapshot and closed records");
  if (type != RecordType::said) return write(type, body);
  const auto head = peek_said(body);
  may_append(body.size());
  TM_INVARIANT(head && contents_->continues(*head), "what is said continues its stream in the journal's epoch");
  const auto lsn = draft(type, {}, body);
  if (const auto entry = contents_->said(*head, lsn, body.size()))
    new_entries_.push_back({head->first.stream, head->first.partition, *entry});
  write_draft();
  index_drafted();
  const auto last = head->first.at.sequence + head->count - 1;
  heads_[static_cast<std::size_t>(head->first.stream)][head->first.partition].store(last, std::memory_order_release);
  return lsn;
}

Lsn OpenJournal::write(RecordType type, ByteView body) {
  may_append(body.size());
  const auto lsn = draft(type, {}, body);
  write_draft();
  if (type == RecordType::taken && body.size() >= sizeof(std::int64_t)) {
    contents_->taken(ByteReader(body).get<Timestamp>());
    return lsn;
  }
  std::unique_lock lock(mutex_, std::defer_lock);
  if (type == RecordType::snapshot) lock.lock();
  const auto ok = contents_->take({type, lsn, end(), body});
  TM_INVARIANT(ok.has_value(), "what is appended agrees with what the journal holds");
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
  if (before.size() == 2) housekeeper_.remove({options_.dir + '/' + before.front().second.file});
  trim();
  return lsn;
}

void OpenJournal::skip(const SkippedRecord& input) {
  TM_INVARIANT(input.place.record < end(), "what is skipped was taken before");
  roll(epoch_);  // the segment so far may be of a format that knows no such record
  Bytes body;
  encode(input, body);
  write(RecordType::skipped, body);
  sync();
}

void OpenJournal::close() {
  sync();  // so that the closing record knows everything before it to be on the disk
  write(RecordType::closed, {});
  closed_ = true;
  sync();
}

std::optional<std::pair<Lsn, Bytes>> OpenJournal::latest_snapshot() const {
  for (const SnapshotPlace& place : std::views::reverse(snapshots()))
    if (auto state = snapshot_state(place.lsn)) return std::pair(place.lsn, std::move(*state));
  return std::nullopt;
}

std::vector<SnapshotPlace> OpenJournal::snapshots() const {
  std::vector<SnapshotPlace> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [lsn, record] : contents_->snapshots) out.push_back({lsn, options_.dir + '/' + record.file});
  return out;
}

std::optional<Bytes> OpenJournal::snapshot_state(Lsn lsn) const {
  SnapshotRecord record;
  {
    const std::lock_guard lock(mutex_);
    const auto it = std::ranges::find(contents_->snapshots, lsn, &std::pair<Lsn, SnapshotRecord>::first);
    if (it == contents_->snapshots.end()) return std::nullopt;
    record = it->second;
  }
  return read_snapshot(disk_, options_.dir, lsn, record);
}

Lsn OpenJournal::said_at(Stream stream, Partition partition, Sequence sequence) const {
  if (sequence > head(stream, partition)) return end();
  Sequence held = 0;
  const auto found = entries({stream, partition, {epoch_, sequence}}, 1, held);
  return found.empty() ? first() : Lsn{found.front().lsn};
}

Outbox::Heads OpenJournal::heads() const {
  Outbox::Heads out;
  for (std::size_t s = 0; s < kStreams; ++s)
    for (std::size_t p = 0; p < kPartitions; ++p) out[s][p] = heads_[s][p].load(std::memory_order_acquire);
  return out;
}

void OpenJournal::pin(const std::string& holder, Lsn lsn) {
  {
    const std::lock_guard lock(mutex_);
    pins_[holder] = lsn;
  }
  trim();
}

std::uint64_t OpenJournal::bytes() const {
  const std::lock_guard lock(mutex_);
  return held_bytes(housekeeper_.idle_segments());
}

std::uint64_t OpenJournal::held_bytes(std::uint64_t idle_segments) const {
  auto sum = (last_ - files_->first_segment() + 1 + idle_segments) * segment_bytes_;
  for (const auto& [segment, size] : packed_) sum -= segment_bytes_ - std::min(size, segment_bytes_);
  for (const auto& [lsn, record] : contents_->snapshots) sum += kSnapshotHeaderBytes + record.size;
  return sum;
}

/// Of the oldest segment: its newest time is what the next one's opening record knows.
bool OpenJournal::old_enough(std::uint64_t segment) const {
  if (options_.keep_for.ns == 0) return true;
  const auto next = contents_->begun.find(segment + 1);
  return next != contents_->begun.end() && next->second + options_.keep_for < contents_->opened.time;
}

std::uint64_t OpenJournal::trimmable() const {
  const auto durable = committer_.durable().value;
  return contents_->snapshots.empty() ? durable : std::min(durable, contents_->snapshots.front().first.value);
}

bool OpenJournal::trim(bool one_more) {
  // Until something is appended, those who need what it holds are still coming to say so.
  if (!appended_.load(std::memory_order_relaxed)) return false;
  // With a reserve, a full disk is the reserve's business: what is kept is not given away.
  if (options_.budget_bytes == 0 || (one_more && options_.reserve_segments > 0)) return false;
  std::vector<std::string> gone;
  {
    const std::lock_guard lock(mutex_);
    auto keep = trimmable();
    for (const auto& [holder, lsn] : pins_) keep = std::min(keep, lsn.value);
    // A segment goes only when the next one's opening record is on the disk: it says where the sequences stand.
    // Room is kept for the segment allocated ahead, whether it is there already or not.
    auto first = files_->first_segment();
    while ((held_bytes(1) > options_.budget_bytes || one_more) && first < last_ && keep > (first + 1) * segment_bytes_ &&
           first != packing_ && old_enough(first)) {
      gone.push_back(files_->path(first));
      packed_.erase(first);
      files_->set_first(++first);
      one_more = false;
    }
    if (!gone.empty()) {
      contents_->trim(Lsn{first * segment_bytes_});
      contents_->begun.erase(contents_->begun.begin(), contents_->begun.lower_bound(first));
      contents_->said_bytes.erase(contents_->said_bytes.begin(), contents_->said_bytes.lower_bound(first));
    }
  }
  const bool any = !gone.empty();
  housekeeper_.remove(std::move(gone));
  return any;
}

std::unique_ptr<JournalCursor> OpenJournal::read_from(Lsn from) const { return std::make_unique<Walk>(files_, from); }
std::unique_ptr<JournalCursor> OpenJournal::read_ahead_from(Lsn from) const {
  if (!options_.commit_thread) return read_from(from);
  return std::make_unique<AheadCursor>(read_from(from));
}

std::vector<Contents::Entry> OpenJournal::entries(const Name& from, std::size_t most, Sequence& first) const {
  const std::lock_guard lock(mutex_);
  const bool current = from.at.epoch == epoch_;
  const Contents::Ended* was = current ? nullptr : contents_->ended(from);
  first = current ? head(from.stream, from.partition) + 1 : 0;
  if (!current && was == nullptr) return {};
  const auto& all = current ? contents_->entries(from.stream, from.partition) : was->entries;
  if (!all.empty()) first = all.front().first;
  if (all.empty() || from.at.sequence < first) return {};
  const auto begin = std::ranges::upper_bound(all, from.at.sequence, {}, &Contents::Entry::first) - 1;
  const auto n = std::min<std::size_t>(most, static_cast<std::size_t>(all.end() - begin));
  return {begin, begin + static_cast<std::ptrdiff_t>(n)};
}

Sequence OpenJournal::last_of(const Name& name) const {
  if (name.at.epoch == epoch_) return head(name.stream, name.partition);
  const std::lock_guard lock(mutex_);
  const Contents::Ended* was = contents_->ended(name);
  return was == nullptr ? 0 : was->last;
}

std::vector<EndedStream> OpenJournal::ended() const {
  const std::lock_guard lock(mutex_);
  return contents_->all_ended();
}

}  // namespace tickmesh
