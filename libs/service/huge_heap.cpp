#include "service/huge_heap.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <limits>

namespace tickmesh {

void huge_heap(std::size_t bytes) {
  ::mallopt(M_MMAP_THRESHOLD, std::numeric_limits<int>::max());
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  void* block = std::malloc(bytes);
  if (block == nullptr) return;
  constexpr std::uintptr_t kHuge = 2 << 20;
  const std::uintptr_t first = (reinterpret_cast<std::uintptr_t>(block) + kHuge - 1) / kHuge * kHuge;
  const std::uintptr_t last = (reinterpret_cast<std::uintptr_t>(block) + bytes) / kHuge * kHuge;
  if (last > first) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
  std::free(block);
}

}  // namespace tickmesh
