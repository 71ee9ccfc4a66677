// Reads records of one segment through a window, and looks at what lies beyond the last readable one.
#pragma once
#include <memory>

#include "journal/layout.hpp"

namespace tickmesh {

class SegmentReader {
 public:
  /// Reading costs at most this much memory, or the size of one record.
  static constexpr std::uint64_t kWindow = 256u << 10;

  SegmentReader(std::shared_ptr<const DiskFile> file, std::uint64_t index, std::uint64_t segment_bytes);

  enum class Kind : std::uint8_t {
    record,
    end,  ///< a length of zero, or no room for a frame
    bad,  ///< bytes that are no whole record
  };
  struct Found {
    Kind kind{Kind::end};
    RecordView view{};
    Lsn durable{};
  };
  /// What begins at `offset`; bytes at or after `limit` are not looked at.
  Found at(std::uint64_t offset, std::uint64_t limit);
  Found at(std::uint64_t offset) { return at(offset, segment_bytes_); }
  std::optional<SegmentHeader> header(bool* blank = nullptr);

  struct Beyond {
    std::uint64_t used_to{0};            ///< after the last byte that is not zero; `offset` when all are
    std::optional<std::uint64_t> valid;  ///< offset of the first whole record
    Lsn durable{};                       ///< the most any whole record there knew to be on the disk
  };
  /// `offset` itself holds no record.
  Beyond beyond(std::uint64_t offset);
  /// The next look comes from the file again: someone may be writing it.
  void forget() { held_ = 0; }

  std::uint64_t index() const { return index_; }
  std::uint64_t base() const { return index_ * segment_bytes_; }

 private:
  ByteView bytes(std::uint64_t offset, std::uint64_t size, std::uint64_t limit);

  std::shared_ptr<const DiskFile> file_;
  std::uint64_t index_;
  std::uint64_t segment_bytes_;
  Bytes window_;
  std::uint64_t start_{0};
  std::uint64_t held_{0};
};

}  // namespace tickmesh
