#include <algorithm>
#include <ranges>

#include "journal/recover.hpp"
#include "journal/snapshots.hpp"

namespace tickmesh {
namespace {

constexpr std::size_t kMaxProblems = 100;

/// Where records go on after a damaged one, if they do.
std::optional<Lsn> next_whole(FolderSource& source, Lsn after) {
  const auto size = source.segment_bytes();
  for (const auto index : source.indices()) {
    if (index < after.value / size) continue;
    auto file = source.segment(index);
    if (!file) continue;
    SegmentReader reader(std::move(file), index, size);
    const auto from = index == after.value / size ? after.value % size : 0;
    if (const auto valid = reader.beyond(from).valid) return Lsn{index * size + *valid};
  }
  return std::nullopt;
}

/// Of the last two snapshot records; a file may be gone only when a newer snapshot has replaced it meanwhile.
void check_snapshots(const std::string& dir, Disk& disk, const Contents& contents, JournalCheck& out) {
  std::optional<Lsn> newest;
  const auto names = disk.list(dir);
  for (const auto& name : names)
    if (const auto lsn = snapshot_of_name(name)) newest = std::max(newest.value_or(Lsn{}), *lsn);
  for (const auto& [lsn, record] : contents.snapshots) {
    const bool there = std::ranges::find(names, record.file) != names.end();
    if (!there && newest && *newest > contents.snapshots.back().first) continue;
    if (!read_snapshot(disk, dir, lsn, record))
      out.problems.push_back(dir + '/' + record.file + " at offset 0: the snapshot is damaged or missing");
  }
}

void check(const std::string& dir, Disk& disk, JournalCheck& out) {
  const auto opened = FolderSource::open(dir, disk);
  if (!opened) {
    out.problems.push_back(opened.error().message);
    return;
  }
  auto& source = **opened;
  if (source.empty()) return;
  const auto size = source.segment_bytes();
  Contents contents;
  std::optional<Walk> walk;
  walk.emplace(*opened, Lsn{source.first_segment() * size + kSegmentHeaderBytes});
  while (out.problems.size() < kMaxProblems) {
    const auto record = walk->next();
    if (record && *record) {
      ++out.records;
      const auto lsn = (*record)->lsn.value;
      if (!out.problems.empty()) continue;  // after a hole, what follows cannot agree with what was before
      if (auto ok = contents.take(**record); !ok)
        out.problems.push_back(source.path(lsn / size) + " at offset " + std::to_string(lsn % size) + ": " + ok.error().message);
      continue;
    }
    if (!record && record.error().code == "trimmed") {
      contents = Contents{};
      walk.emplace(*opened, Lsn{source.first_segment() * size + kSegmentHeaderBytes});
      continue;
    }
    if (!record && record.error().code != "corrupt") {
      out.problems.push_back(record.error().message);
      return;
    }
    const auto at = walk->position();
    auto goes_on = next_whole(source, at);
    if (record && goes_on) {
      // Either written since the walk looked, or a segment whose blank header hides what it holds.
      const auto again = walk->next();
      if (again && *again) {
        ++out.records;
        if (out.problems.empty() && !contents.take(**again)) out.problems.push_back(source.path(at.value / size) + ": records contradict");
        continue;
      }
      goes_on = next_whole(source, at);
    }
    if (!goes_on) {
      const auto remains = look_beyond(source, at);
      if (record) out.torn_bytes = remains.bytes;
      if (!record) out.problems.push_back(record.error().message);
      break;
    }
    out.problems.push_back(record ? corrupt(source.path(at.value / size), at.value % size, "no whole record, though records follow").message
                                  : record.error().message);
    if (goes_on->value / size != at.value / size) {
      // Counted from its opening record on, when that is whole; a damaged header stands for itself.
      SegmentReader reader(source.segment(goes_on->value / size), goes_on->value / size, size);
      if (!reader.header()) {
        out.problems.push_back(corrupt(source.path(goes_on->value / size), 0, "the segment's header is damaged").message);
        break;
      }
    }
    walk.emplace(*opened, *goes_on);
  }
  for (const auto index : source.indices()) {
    const auto file = source.segment(index);
    if (!file) continue;
    out.bytes += file->size();
    HeaderBytes header{};
    if (file->read(0, header) == header.size() && decode_header(header)) ++out.segments;
  }
  if (out.problems.empty()) check_snapshots(dir, disk, contents, out);
}

}  // namespace

JournalCheck verify_journal(const std::string& dir, Disk& disk) {
  JournalCheck out;
  try {
    check(dir, disk, out);
  } catch (const DiskError& e) {
    out.problems.emplace_back(e.what());
  }
  return out;
}

Result<std::unique_ptr<JournalCursor>> read_journal(const std::string& dir, Disk& disk) {
  try {
    const auto source = FolderSource::open(dir, disk);
    if (!source) return std::unexpected(source.error());
    const auto first = (*source)->first_segment() * (*source)->segment_bytes();
    return std::make_unique<Walk>(*source, Lsn{first + kSegmentHeaderBytes});
  } catch (const DiskError& e) {
    return std::unexpected(Error{"disk", "", "", e.what()});
  }
}

}  // namespace tickmesh
