// The last n of something, in a power-of-two buffer allocated once.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/bytes.hpp"

namespace tickmesh {

/// 24 bytes and the buffer: what every tick reads of a window's state lies close together.
template <class T>
class Ring {
 public:
  explicit Ring(std::size_t capacity)
      : capacity_{static_cast<std::uint32_t>(capacity)},
        mask_{std::bit_ceil(capacity_) - 1},
        slots_{std::make_unique<T[]>(std::size_t{mask_} + 1)} {
    TM_INVARIANT(capacity > 0 && capacity <= (std::size_t{1} << 24), "a window holds at least one observation");
  }
  std::size_t capacity() const { return capacity_; }
  std::size_t size() const { return size_; }
  bool full() const { return size_ == capacity_; }
  /// 0 is the oldest; `i` < size().
  const T& operator[](std::size_t i) const { return slots_[(next_ - size_ + static_cast<std::uint32_t>(i)) & mask_]; }
  const T& oldest() const { return (*this)[0]; }
  const T& newest() const { return back(0); }
  /// `ago` pushes before the newest; `ago` < size().
  const T& back(std::size_t ago) const { return slots_[(next_ - 1 - static_cast<std::uint32_t>(ago)) & mask_]; }
  /// A full ring loses its oldest.
  void push(const T& value) {
    slots_[next_ & mask_] = value;
    ++next_;
    if (size_ < capacity_) ++size_;
  }
  void reset() { size_ = 0; }
  /// Where the next one goes, for whoever fetches ahead.
  const T* place() const { return &slots_[next_ & mask_]; }
  const T* place(std::size_t ago) const { return &slots_[(next_ - 1 - static_cast<std::uint32_t>(ago)) & mask_]; }
  void save(ByteWriter& out) const {
    out.put(static_cast<std::uint32_t>(size_));
    for (std::size_t i = 0; i < size_; ++i) out.put((*this)[i]);
  }
  void load(ByteReader& in) {
    const auto count = in.get<std::uint32_t>();
    TM_INVARIANT(count <= capacity_, "a stored window fits the window it is loaded into");
    reset();
    for (std::uint32_t i = 0; i < count; ++i) push(in.get<T>());
  }

 private:
  std::uint32_t capacity_;
  std::uint32_t mask_;
  std::uint32_t next_{0};
  std::uint32_t size_{0};
  std::unique_ptr<T[]> slots_;
};

}  // namespace tickmesh
