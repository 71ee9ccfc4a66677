// Apart from the tests: inlined into them, g++ 12 takes these for a mismatched pair.
#include "unit/codec/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t count = 0;
}

void* operator new(std::size_t size) {
  ++count;
  if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc{};
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace tickmesh::testing {

std::size_t allocations() { return count; }

}  // namespace tickmesh::testing
