#include "journal/recover.hpp"

#include <algorithm>
#include <ranges>

#include "journal/ahead_cursor.hpp"

namespace tickmesh {
namespace {

void remove_segments(FolderSource& source, Disk& disk, std::uint64_t from) {
  // Newest first: stopped halfway, the next start finds a journal that is cut the same way.
  for (const auto index : std::views::reverse(source.indices()))
    if (index >= from) disk.remove(source.path(index));
}

/// Zeroes what a cut leaves behind, so that it is never read again.
void cut(FolderSource& source, Disk& disk, Lsn at, const Remains& remains) {
  const auto size = source.segment_bytes();
  const auto index = (at.value - 1) / size;
  remove_segments(source, disk, index + 1);
  const auto file = disk.open(source.path(index), false);
  if (file->size() < size) file->preallocate(size);
  const Bytes zeros(1u << 20);
  for (auto offset = at.value - index * size; offset < remains.used_to;) {
    const auto n = std::min<std::uint64_t>(zeros.size(), remains.used_to - offset);
    file->write(offset, ByteView(zeros).first(n));
    offset += n;
  }
  file->sync();
}

/// Records of a part wait for its last one.
struct Waiting {
  RecordView view;
  Bytes body;
};

Result<void> take(Contents& contents, const RecordView& record, const FolderSource& source, const std::string& instance) {
  const auto index = record.lsn.value / source.segment_bytes();
  const auto offset = record.lsn.value % source.segment_bytes();
  const bool opening = record.type == RecordType::opened;
  if (opening != (offset == kSegmentHeaderBytes))
    return std::unexpected(corrupt(source.path(index), offset, "a segment begins with its opening record, and has one"));
  if (auto ok = contents.take(record); !ok) return std::unexpected(corrupt(source.path(index), offset, ok.error().message));
  if (opening && contents.opened.segment != index)
    return std::unexpected(corrupt(source.path(index), offset, "the opening record of another segment"));
  if (opening && contents.opened.instance != instance)
    return std::unexpected(Error{"instance", "instance", "a journal has one instance",
                                 source.path(index) + " is the journal of " + contents.opened.instance + ", not of " + instance});
  return {};
}

}  // namespace

Remains look_beyond(FolderSource& source, Lsn from) {
  const auto size = source.segment_bytes();
  const auto at = from.value / size;
  Remains out;
  for (const auto index : source.indices()) {
    if (index < at) continue;
    auto file = source.segment(index);
    if (!file) continue;
    SegmentReader reader(std::move(file), index, size);
    const auto start = index == at ? std::max(from.value % size, kSegmentHeaderBytes) : kSegmentHeaderBytes;
    const auto beyond = reader.beyond(start);
    if (index == at) out.used_to = beyond.used_to;
    out.bytes += beyond.used_to - start;
    out.records = out.records || beyond.valid;
    out.durable = std::max(out.durable, beyond.durable);
  }
  return out;
}

Result<Recovery> recover_folder(const std::string& dir, Disk& disk, const std::string& instance, bool same_boot, bool ahead) {
  auto opened = FolderSource::open(dir, disk);
  if (!opened) return std::unexpected(opened.error());
  const auto source = *opened;
  Recovery out;
  out.contents = std::make_unique<Contents>();
  if (source->empty()) {
    remove_segments(*source, disk, 0);
    return out;
  }
  const auto size = source->segment_bytes();
  out.first = source->first_segment();
  auto reads = std::make_unique<Walk>(source, Lsn{out.first * size + kSegmentHeaderBytes});
  const Walk& walk = *reads;  // at rest once it has told an end
  std::unique_ptr<JournalCursor> cursor = std::move(reads);
  if (ahead) cursor = std::make_unique<AheadCursor>(std::move(cursor));
  std::optional<Error> damage;
  std::vector<Waiting> part;
  for (;;) {
    const auto record = cursor->next();
    if (!record) damage = record.error();
    if (!record && record.error().code == "disk") throw DiskError(record.error().message, 0);
    if (!record && record.error().code != "corrupt") return std::unexpected(record.error());
    if (!record || !*record) break;
    if ((*record)->more) {
      part.push_back({**record, Bytes((*record)->body.begin(), (*record)->body.end())});
      continue;
    }
    for (auto& waiting : part) {
      waiting.view.body = waiting.body;
      if (auto ok = take(*out.contents, waiting.view, *source, instance); !ok) return std::unexpected(ok.error());
    }
    part.clear();
    if (auto ok = take(*out.contents, **record, *source, instance); !ok) return std::unexpected(ok.error());
  }
  out.end = walk.position();
  out.durable = walk.durable();
  auto remains = look_beyond(*source, out.end);
  // The kernel keeps what a killed process wrote, so after the same boot a hole is damage. A power cut may lose what was not synced,
  // in any order; it is damage only when a later record knew the lost one to be on the disk.
  if (remains.records && (same_boot || remains.durable > out.end))
    return std::unexpected(
        damage.value_or(corrupt(source->path(out.end.value / size), out.end.value % size, "no whole record, though records follow")));
  if (!part.empty()) {
    // Written in one go and told to nobody before its last record was there.
    remains.bytes += out.end.value - part.front().view.lsn.value;
    out.end = part.front().view.lsn;
    out.durable = std::min(out.durable, out.end);
  }
  out.torn_bytes = remains.bytes;
  if (!out.contents->any) {
    if (out.first != 0) return std::unexpected(corrupt(source->path(out.first), kSegmentHeaderBytes, "no whole opening record"));
    remove_segments(*source, disk, 0);
    out.contents = std::make_unique<Contents>();
    out.end = out.durable = {};
    return out;
  }
  out.segment_bytes = size;
  out.last = (out.end.value - 1) / size;
  cut(*source, disk, out.end, remains);
  return out;
}

}  // namespace tickmesh
