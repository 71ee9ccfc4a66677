// Serving what was said: from the index to the block, from record to record there, each served one checked.
#include <algorithm>
#include <cerrno>

#include "journal/open_journal.hpp"

namespace tickmesh {
namespace {

constexpr std::uint64_t kHeldBytes = 8u << 20;

/// The blocks read last. Readers ask for one partition after another over the same stretch of the journal.
class Blocks {
 public:
  static constexpr std::size_t kHeld = kHeldBytes / Contents::kBlock;

  explicit Blocks(SegmentFiles& files) : files_{files} {}
  /// Bytes of a segment, none of them at or after the journal's end. Nothing: the segment is gone.
  std::optional<ByteView> at(std::uint64_t segment, std::uint64_t offset, std::uint64_t size) {
    auto number = offset / Contents::kBlock;
    if ((offset + size - 1) / Contents::kBlock == number) return part(segment, number, offset % Contents::kBlock, size);
    joined_.clear();
    for (; size > 0; ++number) {
      const auto begin = offset % Contents::kBlock;
      const auto n = std::min(size, Contents::kBlock - begin);
      const auto some = part(segment, number, begin, n);
      if (!some) return std::nullopt;
      joined_.insert(joined_.end(), some->begin(), some->end());
      offset += n;
      size -= n;
    }
    return joined_;
  }
  /// From `offset` to the end of its block or of what is written, as far as it was read. Nothing: the segment is gone.
  std::optional<ByteView> rest_of_block(std::uint64_t segment, std::uint64_t offset) {
    const auto begin = offset % Contents::kBlock;
    if (!part(segment, offset / Contents::kBlock, begin, 1)) return std::nullopt;
    return ByteView(last_->bytes).subspan(begin, last_->filled - begin);
  }

 private:
  struct Block {
    std::uint64_t segment{0};
    std::uint64_t number{0};
    std::uint64_t filled{0};
    std::uint64_t used{0};
    Bytes bytes;
  };

  std::optional<ByteView> part(std::uint64_t segment, std::uint64_t number, std::uint64_t begin, std::uint64_t size) {
    Block* block = last_;
    if (block == nullptr || block->segment != segment || block->number != number) block = find(segment, number);
    block->used = ++turn_;
    last_ = block;
    if (begin + size > block->filled && !fill(*block, begin + size)) return std::nullopt;
    return ByteView(block->bytes).subspan(begin, size);
  }

  Block* find(std::uint64_t segment, std::uint64_t number) {
    for (auto& block : blocks_)
      if (block.segment == segment && block.number == number && block.filled > 0) return &block;
    if (blocks_.size() < kHeld) {
      blocks_.reserve(kHeld);
      blocks_.emplace_back().bytes.resize(Contents::kBlock);
    }
    auto& oldest = *std::ranges::min_element(blocks_, {}, &Block::used);
    oldest.segment = segment;
    oldest.number = number;
    oldest.filled = 0;
    return &oldest;
  }

  /// Up to the end of the block or of what is written; what was read once is not read again, for records do not change.
  bool fill(Block& block, std::uint64_t needed) {
    const auto file = files_.segment(block.segment);
    if (!file && block.segment < files_.first_segment()) return false;
    if (!file) throw DiskError(files_.path(block.segment) + " is missing", ENOENT);
    const auto begin = block.number * Contents::kBlock;
    const auto end = files_.end().value;
    const auto size = files_.segment_bytes();
    const auto limit = std::min(begin + Contents::kBlock, end / size == block.segment ? end % size : size);
    const auto wanted = std::span(block.bytes).subspan(block.filled, limit - begin - block.filled);
    block.filled += file->read(begin + block.filled, wanted);
    if (block.filled < needed)
      throw DiskError(corrupt(files_.path(block.segment), begin + block.filled, "the file ends early").message, EBADMSG);
    return true;
  }

  SegmentFiles& files_;
  std::vector<Block> blocks_;
  Block* last_{nullptr};
  std::uint64_t turn_{0};
  Bytes joined_;
};

class BlockSaidReader final : public SaidReader {
 public:
  explicit BlockSaidReader(const OpenJournal& journal) : journal_{journal}, files_{journal.files()}, blocks_{files_} {}

  const SaidSlice& read(Stream stream, Partition partition, Sequence from, std::size_t max_events, std::size_t max_bytes) override {
    return read({stream, partition, {journal_.epoch(), from}}, max_events, max_bytes);
  }
  /// Of whatever epoch is held.
  const SaidSlice& read(Name from, std::size_t max_events, std::size_t max_bytes) {
    TM_INVARIANT(static_cast<std::size_t>(from.stream) < kStreams && from.partition < kPartitions, "a stream of the mesh is asked for");
    from.at.sequence = std::max<Sequence>(from.at.sequence, 1);
    max_events_ = max_events;
    max_bytes_ = max_bytes;
    for (;;) {
      out_.first = from;
      out_.events.clear();
      out_.trimmed_before = 0;
      bytes_.clear();
      places_.clear();
      payload_ = 0;
      const auto head = journal_.last_of(from);
      if (from.at.sequence > head || max_events == 0) return out_;
      Sequence first = 0;
      const auto entries = journal_.entries(from, kEntries, first);
      if (entries.empty()) {
        out_.trimmed_before = first;
        return out_;
      }
      if (!collect(entries, head)) continue;  // trimmed meanwhile: the index knows by now
      const ByteView bytes{bytes_};
      for (const Place& place : places_) out_.events.push_back(bytes.subspan(place.begin, place.size));
      return out_;
    }
  }

 private:
  static constexpr std::size_t kEntries = 64;
  /// No answer reaches over more of the journal, once it has an event: whoever reads many partitions side by side then finds the same
  /// stretch in the blocks held, however seldom some of them speak.
  static constexpr std::uint64_t kStretch = kHeldBytes / 4;

  /// Of an event, in bytes_.
  struct Place {
    std::size_t begin;
    std::uint32_t size;
  };

  bool full() const { return places_.size() == max_events_ || payload_ > max_bytes_; }

  /// From the first entry on, up to `head`. False: trimmed under it.
  bool collect(const std::vector<Contents::Entry>& entries, Sequence head) {
    const auto segment_bytes = files_.segment_bytes();
    auto expected = out_.first.at.sequence;
    std::size_t entry = 0;
    auto lsn = entries.front().lsn;
    const auto far = lsn + kStretch;
    const auto end = files_.end().value;
    while (expected <= head && !full() && (lsn < far || places_.empty())) {
      if (entry + 1 < entries.size() &&
          (lsn / Contents::kBlock != entries[entry].lsn / Contents::kBlock || lsn / segment_bytes != entries[entry].lsn / segment_bytes)) {
        lsn = entries[++entry].lsn;
      }
      if (!pass_others(lsn, end)) return false;
      const auto segment = lsn / segment_bytes;
      const auto offset = lsn % segment_bytes;
      const auto limit = end / segment_bytes == segment ? end % segment_bytes : segment_bytes;
      if (lsn >= end) return damaged(segment, offset);
      Frame frame;
      std::optional<ByteView> start;
      if (offset + kFrameBytes <= limit) {
        start = blocks_.at(segment, offset, std::min<std::uint64_t>(kFrameBytes + kSaidHeadBytes, limit - offset));
        if (!start) return false;
        frame = decode_frame(*start);
      }
      if (frame.length == 0) {  // the rest of the segment is empty
        lsn = (segment + 1) * segment_bytes + kSegmentHeaderBytes;
        continue;
      }
      if (!plausible(frame, limit - offset)) return damaged(segment, offset);
      const auto head_of = frame.type == RecordType::said ? peek_said(start->subspan(kFrameBytes)) : std::nullopt;
      if (head_of && head_of->first.stream == out_.first.stream && head_of->first.partition == out_.first.partition &&
          head_of->first.at.sequence + head_of->count > expected) {
        const auto record = blocks_.at(segment, offset, frame.size());
        if (!record) return false;
        if (head_of->first.at.sequence > expected || !whole(frame, Lsn{lsn}, *record)) return damaged(segment, offset);
        if (!take(record->subspan(kFrameBytes + kSaidHeadBytes, frame.length - kFrameBytes - kSaidHeadBytes), head_of->count,
                  expected - head_of->first.at.sequence))
          return damaged(segment, offset);
        expected = head_of->first.at.sequence + head_of->count;
      }
      lsn += frame.size();
    }
    return true;
  }

  /// Moves over records of others, as far as their frames lie in one block. False: trimmed under it.
  bool pass_others(std::uint64_t& lsn, std::uint64_t end) {
    const auto segment_bytes = files_.segment_bytes();
    const auto room = std::min(segment_bytes - lsn % segment_bytes, end - lsn);
    if (room < kFrameBytes + kSaidHeadBytes) return true;
    const auto rest = blocks_.rest_of_block(lsn / segment_bytes, lsn % segment_bytes);
    if (!rest) return false;
    const auto size = std::min<std::uint64_t>(rest->size(), room);
    const auto* const bytes = rest->data();
    std::uint64_t at = 0;
    while (at + kFrameBytes + 2 <= size) {
      std::uint32_t length;
      std::memcpy(&length, bytes + at, sizeof length);
      const bool ours = (bytes[at + 8] & ~std::byte{kMoreFollows}) == static_cast<std::byte>(RecordType::said) &&
                        bytes[at + kFrameBytes] == static_cast<std::byte>(out_.first.stream) &&
                        bytes[at + kFrameBytes + 1] == static_cast<std::byte>(out_.first.partition);
      // Anything out of the ordinary is looked at with care, one at a time.
      if (ours || length < kFrameBytes || length > room - at) break;
      at += framed_size(length - kFrameBytes);
    }
    lsn += at;
    return true;
  }

  /// The events of one record but the first `skip`, as far as they fit. False: they do not fill it.
  bool take(ByteView events, std::uint32_t count, std::uint64_t skip) {
    const std::byte* const begin = events.data();
    std::size_t at = 0, from = 0;
    bool fits = true;
    std::uint32_t i = 0;
    for (; i < count && fits; ++i) {
      if (events.size() - at < sizeof(std::uint32_t)) return false;
      std::uint32_t size;
      std::memcpy(&size, begin + at, sizeof size);
      if (events.size() - at - sizeof size < size) return false;
      if (i == skip) from = at;
      if (i >= skip) {
        fits = places_.size() < max_events_ && (places_.empty() || payload_ + size <= max_bytes_);
        if (!fits) break;
        places_.push_back({bytes_.size() + at - from + sizeof size, size});
        payload_ += size;
      }
      at += sizeof size + size;
    }
    // Lengths and bytes as they lie there, in one piece.
    if (i > skip) bytes_.insert(bytes_.end(), begin + from, begin + at);
    if (!fits) max_events_ = places_.size();
    return !fits || at == events.size();
  }

  /// False: the segment was trimmed and is used again, or the stream dropped from it. Otherwise throws.
  bool damaged(std::uint64_t segment, std::uint64_t offset) const {
    if (segment < files_.first_segment() || !journal_.holds(out_.first)) return false;
    throw DiskError(corrupt(files_.path(segment), offset, "the record no longer passes its checksum").message, EBADMSG);
  }

  const OpenJournal& journal_;
  SegmentFiles& files_;
  Blocks blocks_;
  SaidSlice out_;
  Bytes bytes_;
  std::vector<Place> places_;
  std::size_t payload_{0};  ///< bytes of the events alone
  std::size_t max_events_{0};
  std::size_t max_bytes_{0};
};

}  // namespace

std::unique_ptr<SaidReader> OpenJournal::said_reader() const { return std::make_unique<BlockSaidReader>(*this); }

SaidChunk OpenJournal::said(Stream stream, Partition partition, Sequence from, std::size_t max_events, std::size_t max_bytes) const {
  return said_before({stream, partition, {epoch_, from}}, max_events, max_bytes);
}

SaidChunk OpenJournal::said_before(const Name& from, std::size_t max_events, std::size_t max_bytes) const {
  BlockSaidReader reader(*this);
  const auto& slice = reader.read(from, max_events, max_bytes);
  SaidChunk out;
  out.first = slice.first;
  out.trimmed_before = slice.trimmed_before;
  out.events.reserve(slice.events.size());
  for (const auto event : slice.events) out.events.emplace_back(event.begin(), event.end());
  return out;
}

}  // namespace tickmesh
