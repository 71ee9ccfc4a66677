#include "journal/journal.hpp"

#include <algorithm>

#include "journal/open_journal.hpp"

namespace tickmesh {
namespace {

constexpr const char* kBootFile = "boot";

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
  auto recovery = recover_folder(options.dir, disk, options.instance, same_boot, options.commit_thread);
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

/// For journals that are no more than their `said`.
class PlainSaidReader final : public SaidReader {
 public:
  explicit PlainSaidReader(const Journal& journal) : journal_{journal} {}
  const SaidSlice& read(Stream stream, Partition partition, Sequence from, std::size_t max_events, std::size_t max_bytes) override {
    chunk_ = journal_.said(stream, partition, from, max_events, max_bytes);
    slice_.first = chunk_.first;
    slice_.events.assign(chunk_.events.begin(), chunk_.events.end());
    slice_.trimmed_before = chunk_.trimmed_before;
    return slice_;
  }

 private:
  const Journal& journal_;
  SaidChunk chunk_;
  SaidSlice slice_;
};

}  // namespace

std::unique_ptr<SaidReader> Journal::said_reader() const { return std::make_unique<PlainSaidReader>(*this); }

Lsn Journal::append_said(std::span<const SaidRun> runs) {
  Bytes body;
  for (const auto& run : runs) {
    std::array<std::byte, kSaidHeadBytes> head;
    put_said_head({run.first, run.count}, head);
    body.assign(head.begin(), head.end());
    body.insert(body.end(), run.events.begin(), run.events.end());
    append(RecordType::said, body);
  }
  return end();
}

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
