// Streams that have a rule of their own: their oldest records go before those of the others in the same segments.
#include <algorithm>
#include <ranges>

#include "journal/open_journal.hpp"
#include "journal/packed_segment.hpp"

namespace tickmesh {

std::optional<std::uint64_t> OpenJournal::overdue(const StreamRule& rule) {
  const auto stream = static_cast<std::size_t>(rule.stream);
  // The newest segment, still being written, counts as none of its bytes: it is never looked at.
  std::uint64_t sum = 0;
  std::optional<std::uint64_t> oldest, newest;
  for (const auto& [segment, bytes] : std::views::reverse(contents_->said_bytes)) {
    const auto next = contents_->begun.find(segment + 1);
    const bool old = rule.keep_for.ns > 0 && next != contents_->begun.end() && next->second + rule.keep_for < contents_->opened.time;
    sum += bytes[stream];
    if (bytes[stream] == 0 || trimmable() <= (segment + 1) * segment_bytes_) continue;
    if (!old && (rule.bytes == 0 || sum <= rule.bytes)) continue;
    if (!newest) newest = segment;
    oldest = segment;
  }
  if (newest) contents_->trim(rule.stream, Lsn{(*newest + 1) * segment_bytes_});
  return oldest;
}

bool OpenJournal::thin() {
  std::optional<std::uint64_t> segment;
  Stream stream{};
  {
    const std::lock_guard lock(mutex_);
    for (const StreamRule& rule : options_.rules) {
      segment = overdue(rule);
      stream = rule.stream;
      if (segment) break;
    }
    if (!segment) return false;
    packing_ = segment;
  }
  const auto path = files_->path(*segment), draft = options_.dir + "/packed.tmp";
  const auto done = [&](std::optional<std::uint64_t> size) {
    const std::lock_guard lock(mutex_);
    packing_.reset();
    contents_->said_bytes[*segment][static_cast<std::size_t>(stream)] = 0;  // nor is it tried again
    if (size) packed_[*segment] = *size;
  };
  try {
    HeaderBytes bytes{};
    disk_.open(path, false)->read(0, bytes);
    const auto header = decode_header(bytes);
    const auto size =
        header ? pack_segment(disk_, path, draft, *header, stream) : std::unexpected(corrupt(path, 0, "the segment's header is damaged"));
    if (!size) throw DiskError(size.error().message, EBADMSG);
    disk_.rename(draft, path);
    files_->forget(*segment);
    done(*size);
  } catch (...) {
    done(std::nullopt);
    disk_.remove(draft);
    throw;
  }
  return true;
}

bool OpenJournal::holds(const Name& from) const {
  Sequence first = 0;
  return !entries(from, 1, first).empty();
}

}  // namespace tickmesh
