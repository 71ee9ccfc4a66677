// Huge pages for what is allocated next.
#pragma once
#include <cstddef>

namespace tickmesh {

/// The next `bytes` that are allocated lie in huge pages, where the machine has them on request (transparent_hugepage/enabled: madvise or
/// always): over a hundred megabytes of state the walks through page tables cost more than the misses themselves. As
/// GLIBC_TUNABLES=glibc.malloc.hugetlb=1 does for a whole program. The heap gives nothing back from then on. For the
/// calling thread, which is the process's first. Where it cannot be done nothing changes.
void huge_heap(std::size_t bytes);

}  // namespace tickmesh
