#include "journal/packed_segment.hpp"

#include <algorithm>
#include <cerrno>

#include "journal/crc32c.hpp"
#include "journal/segment_reader.hpp"

namespace tickmesh {
namespace {

constexpr std::size_t kPieceBytes = 8;
constexpr std::size_t kHeldBytes = 256u << 10;
constexpr std::uint64_t kMostDropped = 1u << 20;  // a run of dropped records is said to end there

class PackedFile final : public DiskFile {
 public:
  PackedFile(std::unique_ptr<DiskFile> file, const SegmentHeader& header) : file_{std::move(file)}, size_{header.segment_bytes} {
    const std::uint64_t table = std::uint64_t{header.pieces} * kPieceBytes + sizeof(std::uint32_t);
    const std::uint64_t all = file_->size();
    if (table > all || all - table < kSegmentHeaderBytes) return;
    Bytes bytes(table);
    if (file_->read(all - table, bytes) != table) return;
    ByteReader r(bytes);
    std::vector<Run> runs;
    runs.reserve(header.pieces);
    std::uint64_t at = kSegmentHeaderBytes, stored_at = kSegmentHeaderBytes;
    for (std::uint32_t i = 0; i < header.pieces; ++i) {
      const auto stored = r.get<std::uint32_t>();
      const auto zeros = r.get<std::uint32_t>();
      runs.push_back({at, stored_at, stored});
      at += std::uint64_t{stored} + zeros;
      stored_at += stored;
    }
    if (r.get<std::uint32_t>() != crc32c(ByteView(bytes).first(table - sizeof(std::uint32_t)))) return;
    if (stored_at != all - table || at > size_) return;
    runs_ = std::move(runs);
  }
  void write(std::uint64_t, ByteView) override { throw DiskError("a packed segment is not written", EROFS); }
  void sync() override { file_->sync(); }
  void preallocate(std::uint64_t) override { throw DiskError("a packed segment is not written", EROFS); }
  std::uint64_t size() const override { return size_; }
  std::size_t read(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= size_) return 0;
    into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - offset)));
    std::ranges::fill(into, std::byte{0});
    const std::uint64_t end = offset + into.size();
    if (offset < kSegmentHeaderBytes) copy(0, 0, kSegmentHeaderBytes, offset, into);
    auto run = std::ranges::upper_bound(runs_, offset, {}, &Run::at);
    if (run != runs_.begin()) --run;
    for (; run != runs_.end() && run->at < end; ++run) copy(run->at, run->stored_at, run->stored, offset, into);
    return into.size();
  }

 private:
  struct Run {
    std::uint64_t at, stored_at;
    std::uint32_t stored;
  };
  /// What of `size` bytes, which the segment has at `at` and the file at `stored_at`, belongs into `into`, which begins at `offset`.
  void copy(std::uint64_t at, std::uint64_t stored_at, std::uint64_t size, std::uint64_t offset, std::span<std::byte> into) const {
    const std::uint64_t from = std::max(at, offset), to = std::min(at + size, offset + into.size());
    if (from >= to) return;
    file_->read(stored_at + (from - at), into.subspan(from - offset, to - from));
  }

  std::unique_ptr<DiskFile> file_;
  std::uint64_t size_;
  std::vector<Run> runs_;
};

/// A run of dropped records, and what stands in its place.
class Dropping {
 public:
  explicit Dropping(PackedWriter& out) : out_{out} {}
  void take(const SegmentReader::Found& record, const SaidHead& head) {
    if (size_ == 0) begin_ = record.view.lsn;
    size_ = record.view.next.value - begin_.value;
    more_ = record.view.more;
    durable_ = record.durable;
    const Sequence last = head.first.at.sequence + head.count - 1;
    const auto known = std::ranges::find(heads_.heads, head.first.partition, &DroppedRecord::Head::partition);
    if (known != heads_.heads.end())
      known->last = last;
    else
      heads_.heads.push_back({head.first.stream, head.first.partition, last});
    if (size_ >= kMostDropped) end();
  }
  void end() {
    if (size_ == 0) return;
    Bytes body;
    encode(heads_, body);
    const std::size_t told = body.size();
    body.resize(size_ - kFrameBytes);
    out_.bytes(frame_bytes(RecordType::dropped, more_, begin_, durable_, body, {}));
    out_.bytes(ByteView(body).first(told));
    out_.zeros(body.size() - told);
    size_ = 0;
    heads_.heads.clear();
  }

 private:
  PackedWriter& out_;
  DroppedRecord heads_;
  Lsn begin_{}, durable_{};
  std::uint64_t size_{0};
  bool more_{false};
};

}  // namespace

std::shared_ptr<DiskFile> open_segment(Disk& disk, const std::string& path) {
  auto file = disk.open(path, false);
  HeaderBytes bytes{};
  if (file->read(0, bytes) < bytes.size()) return file;
  const auto header = decode_header(bytes);
  if (!header || header->format != kPackedVersion) return file;
  return std::make_shared<PackedFile>(std::move(file), *header);
}

PackedWriter::PackedWriter(Disk& disk, const std::string& path) {
  disk.remove(path);
  file_ = disk.open(path, true);
  pieces_.emplace_back();
}

void PackedWriter::bytes(ByteView some) {
  if (pieces_.back().zeros > 0) pieces_.emplace_back();
  pieces_.back().stored += static_cast<std::uint32_t>(some.size());
  held_.insert(held_.end(), some.begin(), some.end());
  if (held_.size() >= kHeldBytes) flush();
}

void PackedWriter::zeros(std::uint64_t count) { pieces_.back().zeros += static_cast<std::uint32_t>(count); }

void PackedWriter::flush() {
  file_->write(at_, held_);
  at_ += held_.size();
  held_.clear();
}

std::uint64_t PackedWriter::finish(SegmentHeader header) {
  Bytes table;
  ByteWriter w(table);
  for (const Piece& piece : pieces_) w.put(piece.stored), w.put(piece.zeros);
  w.put(crc32c(table));
  held_.insert(held_.end(), table.begin(), table.end());
  flush();
  header.format = kPackedVersion;
  header.pieces = static_cast<std::uint32_t>(pieces_.size());
  file_->write(0, encode_header(header));
  file_->sync();
  return at_;
}

Result<std::uint64_t> pack_segment(Disk& disk, const std::string& from, const std::string& to, const SegmentHeader& header, Stream stream) {
  SegmentReader reader(open_segment(disk, from), header.index, header.segment_bytes);
  PackedWriter out(disk, to);
  Dropping dropping(out);
  Bytes copied;
  std::uint64_t offset = kSegmentHeaderBytes;
  for (;;) {
    const auto found = reader.at(offset);
    if (found.kind == SegmentReader::Kind::bad) return std::unexpected(corrupt(from, offset, "no whole record"));
    if (found.kind == SegmentReader::Kind::end) break;
    offset = found.view.next.value - reader.base();
    const auto head = found.view.type == RecordType::said ? peek_said(found.view.body) : std::nullopt;
    if (head && head->first.stream == stream) {
      dropping.take(found, *head);
      continue;
    }
    dropping.end();
    const auto body = found.view.body;
    const auto told = found.view.type == RecordType::dropped ? dropped_bytes(body) : body.size();
    out.bytes(frame_bytes(found.view.type, found.view.more, found.view.lsn, found.durable, body, {}));
    out.bytes(body.first(told));
    out.zeros(framed_size(body.size()) - kFrameBytes - told);
  }
  dropping.end();
  return out.finish(header);
}

}  // namespace tickmesh
