#include "journal/layout.hpp"

#include <algorithm>
#include <charconv>

#include "journal/crc32c.hpp"

namespace tickmesh {
namespace {

constexpr std::string_view kMagic = "TMJ1";

std::string hex16(std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  return std::string(16 - text.size(), '0') + std::string(text);
}

std::optional<std::uint64_t> between(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (name.size() != prefix.size() + 16 + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  const auto digits = name.substr(prefix.size(), 16);
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (code != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// The checksum covers the place as well as the bytes, so that nothing read at another place can pass.
std::uint32_t checksum(Lsn lsn, std::uint32_t length, std::uint64_t word) {
  std::array<std::byte, 20> head;
  std::memcpy(head.data(), &lsn.value, 8);
  std::memcpy(head.data() + 8, &length, 4);
  std::memcpy(head.data() + 12, &word, 8);
  return crc32c(head);
}
std::uint32_t checksum(Lsn lsn, std::uint32_t length, std::uint64_t word, ByteView body) {
  return crc32c(body, checksum(lsn, length, word));
}

}  // namespace

std::string segment_name(std::uint64_t index) { return "seg-" + hex16(index) + ".tmj"; }
std::string snapshot_name(Lsn lsn) { return "snap-" + hex16(lsn.value) + ".tms"; }
std::optional<std::uint64_t> segment_of_name(std::string_view name) { return between(name, "seg-", ".tmj"); }
std::optional<Lsn> snapshot_of_name(std::string_view name) {
  const auto value = between(name, "snap-", ".tms");
  return value ? std::optional(Lsn{*value}) : std::nullopt;
}

HeaderBytes encode_header(const SegmentHeader& header) {
  Bytes bytes;
  ByteWriter w(bytes);
  w.raw(as_bytes(kMagic));
  w.put(header.format);
  w.put(header.segment_bytes);
  w.put(header.index);
  w.put(header.epoch);
  w.put(header.pieces);
  bytes.resize(kSegmentHeaderBytes - 4);
  w.put(crc32c(bytes));
  HeaderBytes out;
  std::ranges::copy(bytes, out.begin());
  return out;
}

std::optional<SegmentHeader> decode_header(ByteView bytes, bool* blank) {
  bytes = bytes.first(kSegmentHeaderBytes);
  if (blank != nullptr) *blank = std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
  ByteReader r(bytes);
  const auto magic = r.raw(4);
  SegmentHeader header;
  header.format = r.get<std::uint32_t>();
  header.segment_bytes = r.get<std::uint64_t>();
  header.index = r.get<std::uint64_t>();
  header.epoch = r.get<Epoch>();
  header.pieces = r.get<std::uint32_t>();
  std::uint32_t crc;
  std::memcpy(&crc, bytes.data() + kSegmentHeaderBytes - 4, 4);
  if (as_text(magic) != kMagic || header.format < 1 || header.format > kPackedVersion ||
      crc != crc32c(bytes.first(kSegmentHeaderBytes - 4)))
    return std::nullopt;
  if (header.segment_bytes < kMinSegmentBytes || header.segment_bytes > kMaxSegmentBytes || header.segment_bytes % 8 != 0)
    return std::nullopt;
  return header;
}

void put_frame(RecordType type, Lsn lsn, Lsn durable, ByteView body, Bytes& out) {
  const auto length = static_cast<std::uint32_t>(kFrameBytes + body.size());
  const std::uint64_t word = durable.value << 8 | static_cast<std::uint64_t>(type);
  ByteWriter w(out);
  w.put(length);
  w.put(checksum(lsn, length, word, body));
  w.put(word);
  w.raw(body);
  out.resize(out.size() + (framed_size(body.size()) - length));
}

std::array<std::byte, kFrameBytes> frame_bytes(RecordType type, bool more, Lsn lsn, Lsn durable, ByteView head, ByteView rest) {
  const auto length = static_cast<std::uint32_t>(kFrameBytes + head.size() + rest.size());
  const std::uint64_t word = durable.value << 8 | static_cast<std::uint64_t>(type) | (more ? kMoreFollows : 0u);
  auto crc = checksum(lsn, length, word, head);
  if (!rest.empty()) crc = crc32c(rest, crc);
  std::array<std::byte, kFrameBytes> out;
  std::memcpy(out.data(), &length, 4);
  std::memcpy(out.data() + 4, &crc, 4);
  std::memcpy(out.data() + 8, &word, 8);
  return out;
}

bool whole(const Frame& frame, Lsn lsn, ByteView record) {
  const std::uint64_t word = frame.durable.value << 8 | static_cast<std::uint64_t>(frame.type) | (frame.more ? kMoreFollows : 0u);
  return checksum(lsn, frame.length, word, record.subspan(kFrameBytes, frame.length - kFrameBytes)) == frame.crc &&
         std::ranges::all_of(record.subspan(frame.length), [](std::byte b) { return b == std::byte{0}; });
}

Error corrupt(const std::string& file, std::uint64_t offset, const std::string& what) {
  return {"corrupt", file, "every record passes its checksum", file + " at offset " + std::to_string(offset) + ": " + what};
}

}  // namespace tickmesh
