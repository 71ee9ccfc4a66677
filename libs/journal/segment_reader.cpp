#include "journal/segment_reader.hpp"

#include <algorithm>

namespace tickmesh {

SegmentReader::SegmentReader(std::shared_ptr<const DiskFile> file, std::uint64_t index, std::uint64_t segment_bytes)
    : file_{std::move(file)}, index_{index}, segment_bytes_{segment_bytes} {}

ByteView SegmentReader::bytes(std::uint64_t offset, std::uint64_t size, std::uint64_t limit) {
  if (offset < start_ || offset + size > start_ + held_) {
    const auto wanted = std::min(std::max(kWindow, size), limit - offset);
    if (window_.size() < wanted) window_.resize(wanted);
    // What the window holds of it already is kept: a record that straddles its end is not read twice.
    std::uint64_t kept = 0;
    if (offset >= start_ && offset < start_ + held_) {
      kept = std::min(start_ + held_ - offset, wanted);
      std::memmove(window_.data(), window_.data() + (offset - start_), kept);
    }
    const auto got = kept + file_->read(offset + kept, std::span(window_).subspan(kept, wanted - kept));
    // A file cut short reads as if its rest were zero: that is what a segment's unused rest holds.
    std::fill(window_.begin() + static_cast<std::ptrdiff_t>(got), window_.begin() + static_cast<std::ptrdiff_t>(wanted), std::byte{0});
    start_ = offset;
    held_ = wanted;
  }
  return ByteView(window_).subspan(offset - start_, size);
}

SegmentReader::Found SegmentReader::at(std::uint64_t offset, std::uint64_t limit) {
  if (offset + kFrameBytes > limit) return {};
  const Lsn lsn{base() + offset};
  const auto head = bytes(offset, kFrameBytes, limit);
  const auto frame = decode_frame(head);
  if (frame.length == 0) {
    const bool blank = std::ranges::all_of(head, [](std::byte b) { return b == std::byte{0}; });
    return {blank ? Kind::end : Kind::bad, {}, {}};
  }
  if (!plausible(frame, limit - offset)) return {Kind::bad, {}, {}};
  const auto record = bytes(offset, frame.size(), limit);
  if (!whole(frame, lsn, record)) return {Kind::bad, {}, {}};
  const auto body = record.subspan(kFrameBytes, frame.length - kFrameBytes);
  return {Kind::record, {frame.type, lsn, Lsn{lsn.value + frame.size()}, body, frame.more}, frame.durable};
}

std::optional<SegmentHeader> SegmentReader::header(bool* blank) {
  const auto found = decode_header(bytes(0, kSegmentHeaderBytes, segment_bytes_), blank);
  if (found && (found->index != index_ || found->segment_bytes != segment_bytes_)) return std::nullopt;
  return found;
}

SegmentReader::Beyond SegmentReader::beyond(std::uint64_t offset) {
  offset = std::max(offset, kSegmentHeaderBytes);
  Beyond out{offset, std::nullopt, {}};
  while (offset + 8 <= segment_bytes_) {
    const auto word = bytes(offset, 8, segment_bytes_);
    std::uint64_t first;
    std::memcpy(&first, word.data(), 8);
    if (first == 0) {
      offset += 8;
      // As far as the window reaches: a segment allocated ahead is zeros by the megabyte.
      for (const std::byte* at = window_.data() + (offset - start_); offset + 8 <= start_ + held_; offset += 8, at += 8) {
        std::memcpy(&first, at, 8);
        if (first != 0) break;
      }
      continue;
    }
    const auto found = at(offset, segment_bytes_);
    if (found.kind == Kind::record) {
      if (!out.valid) out.valid = offset;
      out.durable = std::max(out.durable, found.durable);
      offset = out.used_to = found.view.next.value - base();
    } else {
      offset = out.used_to = offset + 8;
    }
  }
  return out;
}

}  // namespace tickmesh
