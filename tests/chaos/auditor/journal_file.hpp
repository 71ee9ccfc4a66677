// A journal's records from its files, by libs/journal/README.md.
#pragma once
#include <map>
#include <memory>
#include <vector>

#include "bytes.hpp"
#include "name.hpp"

namespace auditor {

enum RecordType : std::uint8_t { kOpened = 1, kStarted = 2, kTaken = 3, kSaid = 4, kSnapshot = 5, kClosed = 6 };

struct Record {
  std::uint8_t type{0};
  std::uint64_t lsn{0};
  std::string_view body{};  ///< lives as long as its JournalFile
};

struct Opened {
  std::string instance;
  std::uint64_t epoch{0};
  std::uint64_t segment{0};
  std::uint64_t follows{0};
  std::uint32_t incarnation{0};
  std::uint64_t previous_epoch{0};
  std::map<std::pair<std::uint8_t, std::uint8_t>, std::uint64_t> heads;  ///< last sequence said before, by stream and partition
};
struct Started {
  std::uint64_t epoch{0};
  std::uint32_t incarnation{0};
  std::int64_t time{0};
};
struct TakenItem {
  bool reference{false};
  Name first{};
  std::uint32_t count{0};
  std::string_view bytes{};  ///< of a copy
};
struct Taken {
  std::int64_t now{0};
  std::vector<TakenItem> items;
};
struct Said {
  Name first{};
  std::vector<std::string_view> events;
};
// Throw Malformed.
Opened opened(std::string_view body);
Started started(std::string_view body);
Taken taken(std::string_view body);
Said said(std::string_view body);

class JournalFile {
 public:
  /// Reads every segment of the folder. Throws Malformed (file and offset) where a record is damaged or a segment is missing.
  explicit JournalFile(const std::string& dir);
  const std::vector<Record>& records() const { return records_; }

 private:
  bool opening_follows(std::uint64_t index, std::uint64_t at) const;
  std::map<std::uint64_t, std::string> segments_;
  std::uint64_t segment_bytes_{0};
  std::vector<Record> records_;
};

/// The checksum a record of this place, type and body must bear; `word`: the frame's second eight bytes.
std::uint32_t record_checksum(std::uint64_t lsn, std::uint32_t length, std::uint64_t word, std::string_view body);

}  // namespace auditor
