#include "journal_file.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace auditor {
namespace {

constexpr std::uint64_t kHeader = 64;
constexpr std::uint64_t kFrame = 16;

constexpr std::array<std::uint32_t, 256> kTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1U) != 0 ? (c >> 1) ^ 0x82F63B78U : c >> 1;
    table[i] = c;
  }
  return table;
}();

template <class T>
T at(std::string_view bytes, std::uint64_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

Name name(Bytes& in) {
  Name n;
  n.stream = in.u8();
  n.partition = in.u8();
  n.epoch = in.u64();
  n.sequence = in.u64();
  if (n.stream >= kStreams || n.partition >= kPartitions) throw Malformed("a name of no stream");
  return n;
}

std::string whole_file(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A record at `offset`, or nothing where none begins. Throws where one begins and is damaged.
std::optional<Record> record_at(const std::string& segment, std::uint64_t index, std::uint64_t segment_bytes, std::uint64_t offset) {
  if (offset + kFrame > segment.size()) return std::nullopt;
  const auto length = at<std::uint32_t>(segment, offset);
  const auto crc = at<std::uint32_t>(segment, offset + 4);
  const auto word = at<std::uint64_t>(segment, offset + 8);
  if (length == 0 && crc == 0 && word == 0) return std::nullopt;
  const auto where = "segment " + std::to_string(index) + " at offset " + std::to_string(offset);
  if (length < kFrame || offset + length > segment.size()) throw Malformed(where + ": no whole record");
  Record r{static_cast<std::uint8_t>(word & 0x7FU),  // the highest bit: more of the same part follows
           index * segment_bytes + offset, std::string_view(segment).substr(offset + kFrame, length - kFrame)};
  if (record_checksum(r.lsn, length, word, r.body) != crc) throw Malformed(where + ": the checksum does not match");
  return r;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
  std::uint32_t c = ~before;
  for (const char b : bytes) c = kTable[(c ^ static_cast<unsigned char>(b)) & 0xFFU] ^ (c >> 8);
  return ~c;
}

std::uint32_t record_checksum(std::uint64_t lsn, std::uint32_t length, std::uint64_t word, std::string_view body) {
  std::array<char, 20> head;
  std::memcpy(head.data(), &lsn, 8);
  std::memcpy(head.data() + 8, &length, 4);
  std::memcpy(head.data() + 12, &word, 8);
  return crc32c(body, crc32c({head.data(), head.size()}));
}

Opened opened(std::string_view body) {
  Bytes in{body};
  Opened o;
  o.instance = in.text();
  o.epoch = in.u64();
  in.u32();  // core version
  o.segment = in.u64();
  o.follows = in.u64();
  o.incarnation = in.u32();
  in.i64();  // greatest time before
  o.previous_epoch = in.u64();
  for (auto n = in.u32(); n > 0; --n) {
    const auto stream = in.u8(), partition = in.u8();
    o.heads[{stream, partition}] = in.u64();
  }
  for (auto n = in.u32(); n > 0; --n) in.take(10);  // where the previous epoch ended
  in.finish();
  return o;
}

Started started(std::string_view body) {
  Bytes in{body};
  Started s;
  s.epoch = in.u64();
  s.incarnation = in.u32();
  s.time = in.i64();
  in.finish();
  return s;
}

Taken taken(std::string_view body) {
  Bytes in{body};
  Taken t;
  t.now = in.i64();
  for (auto n = in.u32(); n > 0; --n) {
    TakenItem item;
    const auto kind = in.u8();
    if (kind != 1 && kind != 2) throw Malformed("an item that is neither copy nor reference");
    item.reference = kind == 2;
    item.first = name(in);
    item.count = in.u32();
    if (!item.reference) item.bytes = in.text();
    t.items.push_back(item);
  }
  in.finish();
  return t;
}

Said said(std::string_view body) {
  Bytes in{body};
  Said s;
  s.first = name(in);
  for (auto n = in.u32(); n > 0; --n) s.events.push_back(in.text());
  in.finish();
  return s;
}

JournalFile::JournalFile(const std::string& dir) {
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const auto file = entry.path().filename().string();
    if (file.size() != 24 || !file.starts_with("seg-") || !file.ends_with(".tmj")) continue;
    auto bytes = whole_file(entry.path());
    const bool blank = std::ranges::all_of(bytes.substr(0, kHeader), [](char c) { return c == 0; });
    if (blank) continue;  // held in reserve
    if (bytes.size() < kHeader || !bytes.starts_with("TMJ1") ||
        crc32c(std::string_view(bytes).substr(0, kHeader - 4)) != at<std::uint32_t>(bytes, kHeader - 4))
      throw Malformed(dir + '/' + file + ": the segment's header is damaged");
    segment_bytes_ = at<std::uint64_t>(bytes, 8);
    segments_.emplace(at<std::uint64_t>(bytes, 16), std::move(bytes));
  }
  if (segments_.empty()) throw Malformed(dir + ": no segment");
  auto index = segments_.begin()->first;
  std::uint64_t offset = kHeader;
  for (;;) {
    const auto& segment = segments_.at(index);
    if (auto r = record_at(segment, index, segment_bytes_, offset)) {
      offset += (kFrame + r->body.size() + 7) / 8 * 8;
      records_.push_back(*r);
      continue;
    }
    if (!segments_.contains(index + 1)) break;
    if (!opening_follows(index + 1, index * segment_bytes_ + offset))
      throw Malformed(dir + ": segment " + std::to_string(index + 1) + " does not follow where segment " + std::to_string(index) + " ends");
    ++index;
    offset = kHeader;
  }
  if (index != segments_.rbegin()->first) throw Malformed(dir + ": segment " + std::to_string(index + 1) + " is missing");
}

bool JournalFile::opening_follows(std::uint64_t index, std::uint64_t at) const {
  const auto first = record_at(segments_.at(index), index, segment_bytes_, kHeader);
  return first && first->type == kOpened && opened(first->body).follows == at;
}

}  // namespace auditor
