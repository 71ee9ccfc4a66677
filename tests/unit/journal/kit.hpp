// What the journal's tests share.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "journal/journal.hpp"
#include "journal/layout.hpp"
#include "support/fake_disk.hpp"

namespace tickmesh::testing {

inline constexpr Timestamp kNow{1'737'376'814'000'000'000};
inline const std::string kBoot = "boot-a";

inline JournalOptions small(std::string dir = "/j") {
  JournalOptions options;
  options.dir = std::move(dir);
  options.instance = "broker_gateway-0";
  options.core_version = 7;
  options.segment_bytes = kMinSegmentBytes;
  return options;
}
inline std::unique_ptr<Journal> must_open(Disk& disk, const JournalOptions& options = small(), const std::string& boot = kBoot,
                                          Timestamp now = kNow) {
  auto journal = Journal::open(options, disk, now, boot);
  if (!journal) throw std::runtime_error("open: " + to_string(journal.error()));
  return std::move(*journal);
}
inline Bytes bytes_of(std::string_view text) {
  const auto view = as_bytes(text);
  return {view.begin(), view.end()};
}
inline Bytes taken(std::string_view payload, Timestamp now = kNow) {
  Bytes out;
  encode(TakenRecord{now, {{{Stream::local, 0, {}}, 1, false, as_bytes(payload)}}}, out);
  return out;
}
/// The next record on (stream, partition), holding `texts`.
inline Bytes said_next(const Journal& journal, Stream stream, Partition partition, const std::vector<std::string>& texts) {
  SaidRecord record;
  record.first = {stream, partition, {journal.epoch(), journal.heads()[static_cast<std::size_t>(stream)][partition] + 1}};
  for (const auto& text : texts) record.events.push_back(as_bytes(text));
  Bytes out;
  encode(record, out);
  return out;
}
inline void say(Journal& journal, Stream stream, Partition partition, const std::vector<std::string>& texts) {
  journal.append(RecordType::said, said_next(journal, stream, partition, texts));
}
inline std::vector<std::string> texts(const SaidChunk& chunk) {
  std::vector<std::string> out;
  for (const auto& event : chunk.events) out.emplace_back(as_text(event));
  return out;
}

struct Stored {
  RecordType type{};
  Lsn lsn{};
  Bytes body;
  friend bool operator==(const Stored&, const Stored&) = default;
};
struct Read {
  std::vector<Stored> records;
  std::optional<Error> error;
};
inline Read read_all(JournalCursor& cursor) {
  Read out;
  for (;;) {
    auto record = cursor.next();
    if (!record) {
      out.error = record.error();
      return out;
    }
    if (!*record) return out;
    out.records.push_back({(*record)->type, (*record)->lsn, Bytes((*record)->body.begin(), (*record)->body.end())});
  }
}
inline Read read_all(Disk& disk, const std::string& dir = "/j") {
  auto cursor = read_journal(dir, disk);
  if (!cursor) return {{}, cursor.error()};
  return read_all(**cursor);
}
/// Without the segments' opening records.
inline std::vector<Stored> content(const std::vector<Stored>& records) {
  std::vector<Stored> out;
  for (const auto& record : records)
    if (record.type != RecordType::opened) out.push_back(record);
  return out;
}

/// A real folder, gone afterwards.
class Folder {
 public:
  Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();
  std::string path;
};

}  // namespace tickmesh::testing
