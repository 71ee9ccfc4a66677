// Texts to values, thousands of them, where most questions are about texts that are not there.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickmesh {

/// A hash table of 8 bytes an entry (open addressing, linear probing, removal by shifting back) beside the values, so that what is not
/// there is told without touching any value, and the room of a value taken out is the next one's. References hold until the next `at`.
template <class T>
class IdTable {
 public:
  bool contains(std::string_view id) const { return entries_[probe(id, hash_of(id))].place != 0; }
  T* find(std::string_view id) {
    const Entry& entry = entries_[probe(id, hash_of(id))];
    return entry.place == 0 ? nullptr : &items_[entry.place - 1].second;
  }
  /// Made when it is not there.
  T& at(std::string_view id) {
    const std::uint32_t hash = hash_of(id);
    std::size_t i = probe(id, hash);
    if (entries_[i].place != 0) return items_[entries_[i].place - 1].second;
    if (2 * (size_ + 1) > entries_.size()) {
      grow();
      i = probe(id, hash);
    }
    if (free_.empty()) {
      items_.emplace_back();
      free_.push_back(static_cast<std::uint32_t>(items_.size()));
    }
    entries_[i] = {hash, free_.back()};
    free_.pop_back();
    ++size_;
    auto& item = items_[entries_[i].place - 1];
    item.first = id;
    return item.second;
  }
  void erase(std::string_view id) {
    std::size_t i = probe(id, hash_of(id));
    const std::uint32_t place = entries_[i].place;
    if (place == 0) return;
    items_[place - 1] = {};
    free_.push_back(place);
    --size_;
    for (std::size_t next = (i + 1) & mask(); entries_[next].place != 0; next = (next + 1) & mask()) {
      if (((next - entries_[next].hash) & mask()) < ((next - i) & mask())) continue;  // it lies between its home and the hole
      entries_[i] = entries_[next];
      i = next;
    }
    entries_[i] = {};
  }
  std::size_t size() const { return size_; }
  /// In no order that means anything.
  template <class Use>
  void each(Use&& use) const {
    for (const Entry& entry : entries_)
      if (entry.place != 0) use(items_[entry.place - 1].first, items_[entry.place - 1].second);
  }

 private:
  struct Entry {
    std::uint32_t hash{0};
    std::uint32_t place{0};  ///< in items_, from 1; 0: none
  };
  static std::uint32_t hash_of(std::string_view id) { return static_cast<std::uint32_t>(std::hash<std::string_view>{}(id)); }
  std::size_t mask() const { return entries_.size() - 1; }
  /// Where it is, or would go.
  std::size_t probe(std::string_view id, std::uint32_t hash) const {
    std::size_t i = hash & mask();
    while (entries_[i].place != 0 && (entries_[i].hash != hash || items_[entries_[i].place - 1].first != id)) i = (i + 1) & mask();
    return i;
  }
  void grow() {
    std::vector<Entry> before(2 * entries_.size());
    before.swap(entries_);
    for (const Entry& entry : before) {
      if (entry.place == 0) continue;
      std::size_t i = entry.hash & mask();
      while (entries_[i].place != 0) i = (i + 1) & mask();
      entries_[i] = entry;
    }
  }

  std::vector<Entry> entries_ = std::vector<Entry>(64);  ///< as many as a power of two, half of them empty
  std::vector<std::pair<std::string, T>> items_;
  std::vector<std::uint32_t> free_;  ///< places
  std::size_t size_{0};
};

}  // namespace tickmesh
