// The last n of something, in a power-of-two buffer allocated once.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/bytes.hpp"

namespace tickmesh {

template <class T>
class Ring {
 public:
  explicit Ring(std::size_t capacity) : capacity_{capacity}, mask_{std::bit_ceil(capacity) - 1}, slots_(mask_ + 1) {
    TM_INVARIANT(capacity > 0, "a window holds at least one observation");
  }
  std::size_t capacity() const { return capacity_; }
  std::size_t size() const { return size_; }
  bool full() const { return size_ == capacity_; }
  /// 0 is the oldest; `i` < size().
  const T& operator[](std::size_t i) const { return slots_[(next_ - size_ + i) & mask_]; }
  const T& oldest() const { return (*this)[0]; }
  const T& newest() const { return slots_[(next_ - 1) & mask_]; }
  /// A full ring loses its oldest.
  void push(const T& value) {
    slots_[next_ & mask_] = value;
    ++next_;
    if (size_ < capacity_) ++size_;
  }
  void reset() { size_ = 0; }
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
  std::size_t capacity_;
  std::size_t mask_;
  std::size_t next_{0};
  std::size_t size_{0};
  std::vector<T> slots_;
};

}  // namespace tickmesh
