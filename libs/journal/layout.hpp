// How a journal's bytes lie on the disk: names, segment headers, record frames. README.md is the contract; this is its one spelling.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "journal/journal.hpp"

namespace tickmesh {

inline constexpr std::uint64_t kSegmentHeaderBytes = 64;
inline constexpr std::uint64_t kFrameBytes = 16;
inline constexpr std::uint64_t kMinSegmentBytes = 64u << 10;
inline constexpr std::uint64_t kMaxSegmentBytes = 1u << 30;
/// Of the segments written. Older ones are read for ever: version 1 lacks `skipped` records, both lack parts of several records.
inline constexpr std::uint32_t kFormatVersion = 3;
/// Of a segment from which a stream was dropped (`packed_segment.hpp`).
inline constexpr std::uint32_t kPackedVersion = 4;
inline constexpr std::size_t kMaxInstanceName = 64;
/// Room for the largest `opened` record: every head of both epochs at 10 bytes, 2 x 10,240, and the rest.
inline constexpr std::uint64_t kOpenedRoom = 21u << 10;

std::string segment_name(std::uint64_t index);
std::string snapshot_name(Lsn lsn);
std::optional<std::uint64_t> segment_of_name(std::string_view name);
std::optional<Lsn> snapshot_of_name(std::string_view name);

struct SegmentHeader {
  std::uint64_t segment_bytes{0};
  std::uint64_t index{0};
  Epoch epoch{0};
  std::uint32_t format{kFormatVersion};
  std::uint32_t pieces{0};  ///< of a packed segment
};
using HeaderBytes = std::array<std::byte, kSegmentHeaderBytes>;
HeaderBytes encode_header(const SegmentHeader& header);
/// Nothing when the bytes are no header (`blank` tells whether they are all zero: a segment held in reserve).
std::optional<SegmentHeader> decode_header(ByteView bytes, bool* blank = nullptr);

constexpr std::uint64_t framed_size(std::uint64_t body) { return (kFrameBytes + body + 7) / 8 * 8; }
/// Appends one framed record. `durable`: what was known to be on the disk when it was written.
void put_frame(RecordType type, Lsn lsn, Lsn durable, ByteView body, Bytes& out);

/// Set in a frame's type: the record is there only together with the one after it.
inline constexpr std::uint8_t kMoreFollows = 0x80;
/// The frame of a record whose body is `head` and then `rest`.
std::array<std::byte, kFrameBytes> frame_bytes(RecordType type, bool more, Lsn lsn, Lsn durable, ByteView head, ByteView rest);

/// The first eight bytes of a frame and what they say, before any checksum.
struct Frame {
  std::uint32_t length{0};  ///< frame and body, without padding; 0: no record begins here
  std::uint32_t crc{0};
  RecordType type{};
  bool more{false};  ///< kMoreFollows
  Lsn durable{};
  std::uint64_t size() const { return framed_size(length - kFrameBytes); }
};
/// `bytes`: at least kFrameBytes.
inline Frame decode_frame(ByteView bytes) {
  Frame frame;
  std::uint64_t word;
  std::memcpy(&frame.length, bytes.data(), 4);
  std::memcpy(&frame.crc, bytes.data() + 4, 4);
  std::memcpy(&word, bytes.data() + 8, 8);
  frame.type = static_cast<RecordType>(word & (0xFFu ^ kMoreFollows));
  frame.more = (word & kMoreFollows) != 0;
  frame.durable = Lsn{word >> 8};
  return frame;
}
/// Whether the frame could be one at all with `room` bytes left in its segment.
inline bool plausible(const Frame& frame, std::uint64_t room) {
  return frame.length >= kFrameBytes && frame.length <= room && frame.type >= RecordType::opened && frame.type <= RecordType::dropped &&
         frame.size() <= room;
}
/// `record`: the frame's size() bytes. Checks checksum and padding.
bool whole(const Frame& frame, Lsn lsn, ByteView record);

Error corrupt(const std::string& file, std::uint64_t offset, const std::string& what);

}  // namespace tickmesh
