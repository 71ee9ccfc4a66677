// Follows the frames of a journal that another process writes, to kill that process at a chosen one.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace tickmesh::chaos {

/// What a process had last written: where a kill fell.
enum class Written : std::uint8_t { nothing = 0, opened = 1, started = 2, taken = 3, said = 4, snapshot = 5, closed = 6, skipped = 7 };
const char* to_string(Written type);

class JournalTail {
 public:
  /// Goes to the end of what is there now; a folder that is not there yet has no end.
  explicit JournalTail(std::string dir);
  ~JournalTail();
  JournalTail(const JournalTail&) = delete;
  JournalTail& operator=(const JournalTail&) = delete;
  struct Record {
    Written type{Written::nothing};
    std::uint8_t stream{0};  ///< of the first event it holds, where it holds any (numbers as in common.proto)
  };
  /// The next record, or nothing yet.
  std::optional<Record> next();
  Written last() const { return last_; }

 private:
  bool enter(std::uint64_t segment);

  std::string dir_;
  int fd_{-1};
  std::uint64_t segment_{0};
  std::uint64_t offset_{0};
  Written last_{Written::nothing};
};

}  // namespace tickmesh::chaos
