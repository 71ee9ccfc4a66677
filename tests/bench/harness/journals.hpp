// Journals to measure with.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "journal/journal.hpp"

namespace tickmesh::bench {

/// Opens (or makes) the journal of `instance` in `dir`, as a service would. Throws std::runtime_error.
std::unique_ptr<Journal> open_journal(const std::string& dir, const std::string& instance, std::uint64_t budget_bytes = 0,
                                      std::uint32_t core_version = 1);

/// Bodies of `said` records of 64 kB each that tell the encoded ticks one after the other on tick.00, as one batch a record.
class TickRecords {
 public:
  TickRecords(std::span<const Bytes> ticks, Epoch epoch) : ticks_{ticks}, epoch_{epoch} {}
  /// The next record's body, of `count()` ticks; valid until the next call.
  ByteView next(std::size_t max_ticks);
  std::size_t count() const { return record_.events.size(); }

 private:
  std::span<const Bytes> ticks_;
  Epoch epoch_;
  std::size_t at_{0};
  Sequence next_{1};
  SaidRecord record_;
  Bytes body_;
};

}  // namespace tickmesh::bench
