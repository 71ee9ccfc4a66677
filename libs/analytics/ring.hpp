// The last n of something, in a buffer of just so many, allocated once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/bytes.hpp"

namespace tickmesh {

/// 24 bytes and the buffer: what every tick reads of a window's state lies close together. What leaves a full ring lies where the next one
/// goes, so that a window asks for one line of memory a tick: the buffer is no longer than the window.
template <class T>
class Ring {
 public:
  explicit Ring(std::size_t capacity)
      : capacity_{static_cast<std::uint32_t>(capacity)}, slots_{std::make_unique<T[]>(std::size_t{capacity_})} {
    TM_INVARIANT(capacity > 0 && capacity <= (std::size_t{1} << 24), "a window holds at least one observation");
  }
  std::size_t capacity() const { return capacity_; }
  std::size_t size() const { return size_; }
  bool full() const { return size_ == capacity_; }
  /// 0 is the oldest; `i` < size().
  const T& operator[](std::size_t i) const { return back(size_ - 1 - i); }
  const T& oldest() const { return back(size_ - 1); }
  const T& newest() const { return back(0); }
  /// `ago` pushes before the newest; `ago` < size().
  const T& back(std::size_t ago) const { return slots_[before(static_cast<std::uint32_t>(ago))]; }
  /// What the next push will throw out: of a full ring its oldest; else some value, that is to be used for nothing.
  const T& leaving() const { return slots_[next_]; }
  /// A full ring loses its oldest.
  void push(const T& value) {
    slots_[next_] = value;
    next_ = next_ + 1 == capacity_ ? 0 : next_ + 1;
    size_ += size_ < capacity_ ? 1 : 0;
  }
  void reset() { size_ = 0; }
  /// Where the next one goes, for whoever fetches ahead; of a full ring that is where the oldest lies.
  const T* place() const { return &slots_[next_]; }
  const T* place(std::size_t ago) const { return &slots_[before(static_cast<std::uint32_t>(ago))]; }
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
  /// The slot of `ago` < capacity_ pushes before the newest.
  std::uint32_t before(std::uint32_t ago) const {
    // Without a branch: which side of the seam a slot lies on nobody can guess of thousands of rings.
    const auto place = static_cast<std::int32_t>(next_ - 1 - ago);
    return static_cast<std::uint32_t>(place) + (capacity_ & static_cast<std::uint32_t>(place >> 31));
  }
  std::uint32_t capacity_;
  std::uint32_t next_{0};
  std::uint32_t size_{0};
  std::unique_ptr<T[]> slots_;
};

}  // namespace tickmesh
