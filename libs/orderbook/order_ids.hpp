// Where an order lies, by its id: the ids a venue gave last in a ring that they index themselves, all others in a hash table.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace tickmesh {

/// Ids to places, which are never 0. Venues count their orders up and most that anything happens to are young: those lie side by side in
/// the ring. It spans eight ids to an order expected, so that few ever leave it: as it moves on, who is still alive goes to the table (open
/// addressing, linear probing, removal by shifting back), which costs more memory accesses than all else that happens to an order. Ids in
/// any other order are found as well, in the table alone. The table grows when half full; nothing else allocates. Whoever owns the places
/// knows the whole ids: `id_at(place)` says them.
class OrderIds {
 public:
  explicit OrderIds(std::size_t ids)
      : ring_(std::bit_ceil(std::max<std::size_t>(ids * 8, 1U << 16))), slots_(std::bit_ceil(std::max<std::size_t>(ids, 16) * 2)) {}

  bool young(std::uint64_t id) const { return id - base_ < ring_.size(); }
  /// Asks the memory for what a look at an id begins with.
  void prefetch(std::uint64_t id) const {
    if (young(id))
      __builtin_prefetch(&in_ring(id));
    else
      prefetch_slot(id);
  }
  /// 0, or a place that may be another's.
  std::uint32_t guess(std::uint64_t id) const {
    if (young(id)) return in_ring(id);
    const std::uint32_t tag = tag_of(id);
    std::size_t i = tag & mask();
    while (slots_[i].place != 0 && slots_[i].tag != tag) i = (i + 1) & mask();
    return slots_[i].place;
  }
  /// 0: it is not here.
  template <class IdAt>
  std::uint32_t find(std::uint64_t id, IdAt&& id_at) const {
    if (young(id)) {
      const std::uint32_t place = in_ring(id);
      if (place != 0 || id < strays_) [[likely]]
        return place;
    }
    const std::uint32_t tag = tag_of(id);
    std::size_t i = tag & mask();
    while (slots_[i].place != 0 && (slots_[i].tag != tag || id_at(slots_[i].place) != id)) i = (i + 1) & mask();
    return slots_[i].place;
  }
  /// Of an id that is not here.
  void put(std::uint64_t id, std::uint32_t place) {
    if (!young(id) && !reaches(id)) return put_slot(id, place);
    in_ring(id) = place;
    ++in_ring_;
  }
  /// Of an id that is here, at `place`. It stays where it is not to go: of a young one that is nothing to guess a branch by.
  void erase(std::uint64_t id, std::uint32_t place, bool goes = true) {
    if (young(id) && in_ring(id) == place) [[likely]] {
      in_ring(id) = place & (std::uint32_t{goes} - 1);
      in_ring_ -= std::size_t{goes};
    } else if (goes) {
      erase_slot(id, place);
    }
  }

 private:
  [[gnu::noinline]] void erase_slot(std::uint64_t id, std::uint32_t place) {
    std::size_t i = tag_of(id) & mask();
    while (slots_[i].place != place) i = (i + 1) & mask();
    for (std::size_t next = (i + 1) & mask(); slots_[next].place != 0; next = (next + 1) & mask()) {
      if (((next - slots_[next].tag) & mask()) >= ((next - i) & mask())) {
        slots_[i] = slots_[next];
        i = next;
      }
    }
    slots_[i].place = 0;
    --in_slots_;
  }

  static constexpr std::uint64_t kStep = 64;         // ids that leave the ring at once
  static constexpr std::uint64_t kReach = 1U << 16;  // how far beyond its end an id makes it move on
  static constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  struct Slot {
    std::uint32_t tag{0};
    std::uint32_t place{0};  // 0: empty
  };
  static std::uint32_t tag_of(std::uint64_t id) { return static_cast<std::uint32_t>((id * 0x9E3779B97F4A7C15ULL) >> 32); }
  std::uint32_t& in_ring(std::uint64_t id) { return ring_[id & (ring_.size() - 1)]; }
  const std::uint32_t& in_ring(std::uint64_t id) const { return ring_[id & (ring_.size() - 1)]; }
  std::size_t mask() const { return slots_.size() - 1; }
  void prefetch_slot(std::uint64_t id) const { __builtin_prefetch(&slots_[tag_of(id) & mask()]); }

  /// The ring moves on to where `id` lies in it. False, and nothing changed: it lies behind, or so far ahead that no venue counts there.
  [[gnu::noinline]] bool reaches(std::uint64_t id) {
    const std::uint64_t step = id / kStep * kStep;
    if (in_ring_ == 0) {
      strays_ = step > highest_ ? kNone : step;
      base_ = step;
      return true;
    }
    if (id < base_ || id - base_ >= ring_.size() + kReach) {
      if (id > base_) strays_ = std::min(strays_, id);
      return false;
    }
    while (!young(id)) leave();
    return true;
  }
  /// The oldest step of the ring's ids goes to the table. Who is alive is nothing to guess a branch by: they are gathered first, and the
  /// memory that the next step will need is asked for.
  void leave() {
    std::array<std::uint8_t, kStep> alive;
    const auto gather = [&](const std::uint32_t* places) {
      std::size_t count = 0;
      for (std::size_t i = 0; i < kStep; ++i) {
        alive[count] = static_cast<std::uint8_t>(i);
        count += places[i] != 0 ? 1 : 0;
      }
      return count;
    };
    std::uint32_t* const leaving = &in_ring(base_);
    const std::size_t count = gather(leaving);
    for (std::size_t k = 0; k < count; ++k) put_slot(base_ + alive[k], leaving[alive[k]]);
    std::fill_n(leaving, kStep, 0);
    in_ring_ -= count;
    base_ += kStep;
    const std::size_t next = gather(&in_ring(base_));
    for (std::size_t k = 0; k < next; ++k) prefetch_slot(base_ + alive[k]);
  }
  [[gnu::noinline]] void put_slot(std::uint64_t id, std::uint32_t place) {
    highest_ = std::max(highest_, id);
    const std::uint32_t tag = tag_of(id);
    std::size_t i = tag & mask();
    while (slots_[i].place != 0) i = (i + 1) & mask();
    slots_[i] = {tag, place};
    if (++in_slots_ * 2 <= slots_.size()) return;
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.place == 0) continue;
      i = slot.tag & mask();
      while (slots_[i].place != 0) i = (i + 1) & mask();
      slots_[i] = slot;
    }
  }

  std::uint64_t base_{0};        // of the ring's ids, a multiple of kStep
  std::uint64_t strays_{kNone};  // from here on an id of the ring's range may lie in the table
  std::uint64_t highest_{0};     // of the ids that ever lay in the table
  std::vector<std::uint32_t> ring_;
  std::vector<Slot> slots_;
  std::size_t in_ring_{0}, in_slots_{0};
};

}  // namespace tickmesh
