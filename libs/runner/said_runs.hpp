// What an instance said that keeps no inputs: encoded as it is said, recorded whole, and handed on run by run.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "journal/journal.hpp"

namespace tickmesh {

/// Such an instance tells from its journal where it stood, so what it says at once is there whole or not at all (a part of the journal),
/// and what is of one stream and partition may stand side by side. No allocation an event once warm.
class SaidRuns final : public TickSink {
 public:
  explicit SaidRuns(const Codec& codec) : codec_{codec} {}
  void said(const Name& name, const Tick& tick) override;

  void said(const Name& name, const Event& event);
  /// Of what is not recorded yet, frames included.
  std::size_t bytes() const { return size_ + kFrame * used_.size(); }
  /// Appends what was said since the last time to the journal, and then to the queue. Up to kMaxPartBytes are one part.
  void record(Journal& journal);

  bool empty() const { return next_ == runs_.size(); }
  /// The oldest run not yet handed on; its bytes live until the last one is popped.
  SaidRun front() const;
  Lsn recorded() const { return runs_[next_].recorded; }  ///< where the front's part ends in the journal
  void pop();

 private:
  static constexpr std::size_t kFrame = 64;  // of a record, its name and count: more than they take
  /// The events of one stream and partition, as a `said` record has them: u32 length and bytes of each.
  struct Cell {
    Name first{};
    std::uint32_t count{0};
    std::size_t size{0};
    Bytes room;
  };
  struct Run {
    Name first{};
    std::uint32_t count{0};
    std::size_t size{0};
    Bytes room;  // the cell's, which has got another one
    Lsn recorded{};
  };
  Cell& cell_of(const Name& name);
  std::byte* room_for(Cell& cell, std::size_t size);
  void add(Cell& cell, std::byte* begin, std::size_t size);

  const Codec& codec_;
  std::array<Cell, kStreams * kPartitions> cells_{};
  std::size_t size_{0};
  std::vector<std::uint16_t> used_;  // cells with events, in the order of their first
  Bytes scratch_;
  std::vector<Run> runs_;
  std::vector<Bytes> rooms_;  // of runs handed on, for cells to come
  std::size_t next_{0};
  std::vector<SaidRun> views_;
};

}  // namespace tickmesh
