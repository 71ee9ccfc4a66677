// The paper venue's own book of what happened: one JSON object a line, each with its CRC32C, appended and synced.
// The format is described in README.md beside this file.
#pragma once
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "venue/paper_exchange.hpp"

namespace tickmesh {

/// Writing or syncing failed. The process stops at once: what was not synced must not be reported.
class LedgerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A fact and the last tick the venue had been fed when it was told.
struct LedgerEntry {
  PaperFact fact{};
  Name tick{};
};

std::uint32_t crc32c(std::string_view bytes);
/// One line with its newline. Equal entries give equal lines.
std::string ledger_line(std::uint64_t n, const LedgerEntry& entry);
/// Error: field "line", rule what it breaks.
Result<LedgerEntry> parse_ledger_line(std::string_view line, std::uint64_t expected_n);

class PaperLedger {
 public:
  /// Opens or creates `path`, locks it, cuts a torn tail and hands every entry to `each`, in order.
  /// Error: locked by another process, unreadable, or a broken line with a good one behind it (corruption, never cut).
  static Result<PaperLedger> open(const std::string& path, const std::function<void(const LedgerEntry&)>& each);
  /// The same without lock or change, also while another process appends: what is whole of it.
  static Result<void> read(const std::string& path, const std::function<void(const LedgerEntry&)>& each);
  PaperLedger(PaperLedger&& other) noexcept;
  PaperLedger& operator=(PaperLedger&& other) noexcept;
  ~PaperLedger();

  /// Writes all entries with one write and one fdatasync. Throws LedgerError.
  void append(const std::vector<LedgerEntry>& entries);
  std::uint64_t lines() const { return lines_; }
  std::uint64_t cut_bytes() const { return cut_bytes_; }  ///< the torn tail that open removed

 private:
  PaperLedger(int fd, std::uint64_t lines, std::uint64_t cut) : fd_{fd}, lines_{lines}, cut_bytes_{cut} {}
  int fd_{-1};
  std::uint64_t lines_{0};
  std::uint64_t cut_bytes_{0};
};

}  // namespace tickmesh
