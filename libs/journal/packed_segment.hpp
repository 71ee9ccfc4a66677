// A segment from which a stream was dropped: what is left lies in its file without the zeros between, and is read as if they were there,
// every record at its Lsn. README.md beside this file has the layout.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "journal/layout.hpp"

namespace tickmesh {

/// A segment's file, packed or not: reads and size are those of the whole segment. Packed ones are not written. One whose own table is
/// damaged reads as a segment without records. DiskError as Disk::open.
std::shared_ptr<DiskFile> open_segment(Disk& disk, const std::string& path);

/// Writes the file of a packed segment from front to back, synced in the end.
class PackedWriter {
 public:
  /// `path` is made anew.
  PackedWriter(Disk& disk, const std::string& path);
  /// What the segment has next, after its header.
  void bytes(ByteView some);
  void zeros(std::uint64_t count);
  /// `header` is the segment's own. Returns the bytes that the file takes.
  std::uint64_t finish(SegmentHeader header);

 private:
  struct Piece {
    std::uint32_t stored{0}, zeros{0};
  };
  void flush();

  std::unique_ptr<DiskFile> file_;
  std::vector<Piece> pieces_;
  Bytes held_;
  std::uint64_t at_{kSegmentHeaderBytes};
};

/// What of a segment goes, as PackedWriter takes it: records of `stream` give way to `dropped` ones. Error: a record that is not whole.
Result<std::uint64_t> pack_segment(Disk& disk, const std::string& from, const std::string& to, const SegmentHeader& header, Stream stream);

}  // namespace tickmesh
