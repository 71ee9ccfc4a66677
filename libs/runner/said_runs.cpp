#include "runner/said_runs.hpp"

#include <cstring>

namespace tickmesh {
namespace {

using Length = std::uint32_t;

}  // namespace

[[gnu::always_inline]] inline SaidRuns::Cell& SaidRuns::cell_of(const Name& name) {
  const std::size_t at = static_cast<std::size_t>(name.stream) * kPartitions + name.partition;
  Cell& cell = cells_[at];
  if (cell.count++ == 0) {
    cell.first = name;
    used_.push_back(static_cast<std::uint16_t>(at));
  }
  return cell;
}

[[gnu::always_inline]] inline std::byte* SaidRuns::room_for(Cell& cell, std::size_t size) {
  if (cell.room.size() < cell.size + size) cell.room.resize(2 * (cell.size + size));
  return cell.room.data() + cell.size;
}

/// `begin`: room for the length, then the event's `size` bytes.
[[gnu::always_inline]] inline void SaidRuns::add(Cell& cell, std::byte* begin, std::size_t size) {
  const auto length = static_cast<Length>(size);
  std::memcpy(begin, &length, sizeof length);
  cell.size += sizeof length + size;
  size_ += sizeof length + size;
}

void SaidRuns::said(const Name& name, const Tick& tick) {
  Cell& cell = cell_of(name);
  std::byte* const begin = room_for(cell, sizeof(Length) + kTickRoom);
  add(cell, begin, static_cast<std::size_t>(codec_.encode(tick, begin + sizeof(Length)) - begin) - sizeof(Length));
}

void SaidRuns::said(const Name& name, const Event& event) {
  scratch_.clear();
  codec_.encode(event, scratch_);
  Cell& cell = cell_of(name);
  std::byte* const begin = room_for(cell, sizeof(Length) + scratch_.size());
  std::memcpy(begin + sizeof(Length), scratch_.data(), scratch_.size());
  add(cell, begin, scratch_.size());
}

void SaidRuns::record(Journal& journal) {
  if (used_.empty()) return;
  const std::size_t begin = runs_.size();
  for (const std::uint16_t at : used_) {
    Cell& cell = cells_[at];
    // Handed on where it lies: what was said is not copied, the cell goes on in a room that has been.
    runs_.push_back({cell.first, cell.count, cell.size, std::move(cell.room), {}});
    cell.room.clear();
    if (!rooms_.empty()) {
      cell.room = std::move(rooms_.back());
      rooms_.pop_back();
    }
    cell.count = 0;
    cell.size = 0;
  }
  used_.clear();
  size_ = 0;
  views_.clear();
  for (std::size_t i = begin; i < runs_.size(); ++i)
    views_.push_back({runs_[i].first, runs_[i].count, ByteView{runs_[i].room}.first(runs_[i].size)});
  const Lsn recorded = journal.append_said(views_);
  for (std::size_t i = begin; i < runs_.size(); ++i) runs_[i].recorded = recorded;
}

SaidRun SaidRuns::front() const {
  const Run& run = runs_[next_];
  return {run.first, run.count, ByteView{run.room}.first(run.size)};
}

void SaidRuns::pop() {
  if (++next_ < runs_.size()) return;
  for (Run& run : runs_) rooms_.push_back(std::move(run.room));
  runs_.clear();
  next_ = 0;
}

}  // namespace tickmesh
