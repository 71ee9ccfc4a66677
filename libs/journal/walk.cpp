#include "journal/walk.hpp"

#include <algorithm>
#include <cerrno>

#include "journal/packed_segment.hpp"

namespace tickmesh {

Result<std::shared_ptr<FolderSource>> FolderSource::open(const std::string& dir, Disk& disk) {
  std::shared_ptr<FolderSource> source(new FolderSource(dir, disk));
  const auto indices = source->indices();
  for (const auto index : indices) {
    const auto file = disk.open(source->path(index), false);
    HeaderBytes bytes{};
    if (file->read(0, bytes) < bytes.size()) continue;
    if (const auto header = decode_header(bytes); header && header->index == index) {
      source->segment_bytes_ = header->segment_bytes;
      return source;
    }
  }
  // No header survives: either nothing was ever acknowledged, or all of it is damaged.
  for (const auto index : indices) {
    const std::shared_ptr<DiskFile> file = disk.open(source->path(index), false);
    const auto size = file->size() / 8 * 8;
    if (size < kSegmentHeaderBytes) continue;
    if (SegmentReader(file, index, size).beyond(0).valid)
      return std::unexpected(corrupt(source->path(index), 0, "the segment's header is damaged"));
  }
  return source;
}

std::vector<std::uint64_t> FolderSource::indices() const {
  std::vector<std::uint64_t> out;
  for (const auto& name : disk_.list(dir_))
    if (const auto index = segment_of_name(name)) out.push_back(*index);
  std::ranges::sort(out);
  return out;
}

std::uint64_t FolderSource::first_segment() const {
  const auto all = indices();
  return all.empty() ? 0 : all.front();
}

std::shared_ptr<const DiskFile> FolderSource::segment(std::uint64_t index) {
  try {
    return open_segment(disk_, path(index));
  } catch (const DiskError& e) {
    if (e.error == ENOENT) return nullptr;
    throw;
  }
}

bool Walk::enter(std::uint64_t index) {
  if (reader_ && reader_->index() == index) return true;
  auto file = source_->segment(index);
  if (!file) return false;
  reader_.emplace(std::move(file), index, source_->segment_bytes());
  return true;
}

std::optional<OpenedRecord> Walk::peek_opened(std::uint64_t index) {
  auto file = source_->segment(index);
  if (!file) return std::nullopt;
  SegmentReader reader(std::move(file), index, source_->segment_bytes());
  if (!reader.header()) return std::nullopt;
  const auto found = reader.at(kSegmentHeaderBytes);
  OpenedRecord opened;
  if (found.kind != SegmentReader::Kind::record || found.view.type != RecordType::opened || !decode(found.view.body, opened))
    return std::nullopt;
  return opened;
}

bool Walk::holds_records(std::uint64_t index) {
  auto file = source_->segment(index);
  if (!file) return false;
  SegmentReader reader(std::move(file), index, source_->segment_bytes());
  bool blank = false;
  // A segment held in reserve is zero throughout; only recovery and verify pay for looking at all of it.
  if (!reader.header(&blank) && blank) return false;
  return reader.beyond(kSegmentHeaderBytes).valid.has_value();
}

Result<std::optional<RecordView>> Walk::next() {
  if (dead_) return std::unexpected(*dead_);
  if (source_->segment_bytes() == 0) return std::nullopt;
  try {
    for (;;) {
      const auto end = source_->end();
      if (position_ >= end) return std::nullopt;
      if (goes_on(end)) {
        position_ = found_.view.next;
        durable_ = found_.durable;
        return found_.view;
      }
      const auto done = step(end);
      if (!done) {
        dead_ = done.error();
        return std::unexpected(*dead_);
      }
      if (*done == Step::wait) return std::nullopt;
      if (*done == Step::record) {
        position_ = found_.view.next;
        durable_ = found_.durable;
        return found_.view;
      }
    }
  } catch (const DiskError& e) {
    return std::unexpected(Error{"disk", "", "", e.what()});
  }
}

/// Whether the next record lies in the segment of the last one, as nearly all do: told without a division.
bool Walk::goes_on(Lsn end) {
  if (!reader_ || (end.value != ~std::uint64_t{0} && source_->first_segment() > reader_->index())) return false;
  const auto size = source_->segment_bytes(), at = position_.value - reader_->base();
  if (position_.value < reader_->base() || at < kSegmentHeaderBytes || at >= size) return false;
  found_ = reader_->at(at, std::min(end.value - reader_->base(), size));
  return found_.kind == SegmentReader::Kind::record;
}

Result<Walk::Step> Walk::step(Lsn end) {
  const auto size = source_->segment_bytes();
  const auto index = position_.value / size;
  const bool entering = !reader_ || reader_->index() != index;
  if (!enter(index) || (end.value != ~std::uint64_t{0} && source_->first_segment() > index)) {
    if (source_->first_segment() > index) return trimmed(index);
    if (end.value != ~std::uint64_t{0}) return std::unexpected(corrupt(source_->path(index), 0, "the segment is missing"));
    return Step::wait;
  }
  if (offset() < kSegmentHeaderBytes) position_.value = index * size + kSegmentHeaderBytes;
  if (entering && !reader_->header()) {
    const bool records = holds_records(index);
    reader_->forget();
    if (!reader_->header()) {
      reader_.reset();
      if (records) return std::unexpected(corrupt(source_->path(index), 0, "the segment's header is damaged"));
      return Step::wait;
    }
  }
  const auto limit = end.value / size == index ? end.value % size : size;
  found_ = reader_->at(offset(), limit);
  if (found_.kind == SegmentReader::Kind::record) return Step::record;
  // The window may be older than what was written since, and a write under way may have been half seen.
  reader_->forget();
  found_ = reader_->at(offset(), limit);
  if (found_.kind == SegmentReader::Kind::record) return Step::record;
  return at_no_record(end);
}

std::unexpected<Error> Walk::trimmed(std::uint64_t index) const {
  return std::unexpected(Error{"trimmed", source_->path(index), "", source_->path(index) + " is no longer held"});
}

Result<Walk::Step> Walk::at_no_record(Lsn end) {
  const auto size = source_->segment_bytes();
  const auto index = position_.value / size;
  const bool owner = end.value != ~std::uint64_t{0};
  const auto opened = peek_opened(index + 1);
  if (opened && opened->follows == position_) {
    position_.value = (index + 1) * size + kSegmentHeaderBytes;
    return Step::again;
  }
  const bool more = owner || opened || reader_->beyond(offset()).valid || holds_records(index + 1);
  if (!more) return Step::wait;
  // Whatever follows was written after the record here was whole, so this look at it is the last.
  reader_->forget();
  const auto limit = end.value / size == index ? end.value % size : size;
  found_ = reader_->at(offset(), limit);
  if (found_.kind == SegmentReader::Kind::record) return Step::record;
  if (const auto late = peek_opened(index + 1); late && late->follows == position_) return Step::again;
  // A trimmed segment may be written anew under another name while this reads it.
  if (source_->first_segment() > index) return trimmed(index);
  return std::unexpected(corrupt(source_->path(index), offset(), "no whole record, though records follow"));
}

}  // namespace tickmesh
