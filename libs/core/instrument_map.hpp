// What is kept of each instrument, found for every tick in one probe.
#pragma once
#include <algorithm>
#include <utility>
#include <vector>

#include "core/instrument.hpp"

namespace tickmesh {

/// Only grows; a new entry may move the others.
template <class T>
class InstrumentMap {
 public:
  using Entry = std::pair<InstrumentId, T>;
  /// Makes an entry where there is none.
  T& operator[](InstrumentId id) {
    if (index_.add(id)) entries_.emplace_back(id, T{});
    return entries_[index_.of(id)].second;
  }
  T* find(InstrumentId id) {
    const auto place = index_.of(id);
    return place == InstrumentIndex::kNone ? nullptr : &entries_[place].second;
  }
  const T* find(InstrumentId id) const { return const_cast<InstrumentMap*>(this)->find(id); }
  /// Of an entry that is there.
  T& at(InstrumentId id) {
    T* found = find(id);
    TM_INVARIANT(found != nullptr, "an instrument that is worked on is kept");
    return *found;
  }
  const T& at(InstrumentId id) const { return const_cast<InstrumentMap*>(this)->at(id); }
  std::size_t size() const { return entries_.size(); }
  /// By id, for snapshots: the same whatever came first.
  std::vector<const Entry*> sorted() const {
    std::vector<const Entry*> all;
    all.reserve(entries_.size());
    for (const Entry& entry : entries_) all.push_back(&entry);
    std::ranges::sort(all, {}, &Entry::first);
    return all;
  }

 private:
  InstrumentIndex index_;
  std::vector<Entry> entries_;
};

}  // namespace tickmesh
